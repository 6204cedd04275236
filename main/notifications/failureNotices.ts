/** Notices of the failed runs of one connection: its live events and its own digest, begun and ended together. */
import { FailureDigest, type FailureNotice } from './failureDigest.ts'
import { watchRunFailures, type RunFailuresOptions } from './runFailures.ts'

/** The returned function ends it: nothing is shown any more, also not what was gathered. */
export function watchFailures(p: Pick<RunFailuresOptions, 'upstream' | 'fetch'> & { show: (notice: FailureNotice) => void }): () => void {
  const digest = new FailureDigest({ after: (ms, action) => void setTimeout(action, ms), show: p.show })
  const stopWatching = watchRunFailures({
    upstream: p.upstream,
    fetch: p.fetch,
    onFailed: (run) => {
      digest.add(run)
    },
  })
  return () => {
    stopWatching()
    digest.stop()
  }
}
