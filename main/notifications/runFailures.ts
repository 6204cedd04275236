/**
 * Listens to the live events of the connection that the window shows, whatever page it is on, and tells failed runs. A connection that
 * breaks is opened again after a pause and goes on after the last event seen.
 */
import { createParser } from 'eventsource-parser'
import type { LiveEvent } from '#contract/events.ts'
import type { Upstream } from '../server/upstream.ts'
import type { FailedRun } from './failureDigest.ts'

/** As in the operation table, which would bring every schema of the API with it. */
const EVENTS_PATH = '/api/events'
const RETRY_FIRST_MS = 1_000
const RETRY_SLOWEST_MS = 30_000
/** The server sends a beat every 15 s: a stream that is silent for longer is dead. */
const SILENT_MS = 45_000

export interface RunFailuresOptions {
  upstream: () => Promise<Upstream>
  fetch: typeof fetch
  onFailed: (run: FailedRun) => void
}

/** The returned function ends it. */
export function watchRunFailures(options: RunFailuresOptions): () => void {
  const stopped = new AbortController()
  void listen(options, stopped.signal)
  return () => {
    stopped.abort()
  }
}

async function listen(options: RunFailuresOptions, signal: AbortSignal): Promise<void> {
  let seen: string | null = null
  let pause = RETRY_FIRST_MS
  const parser = createParser({
    onEvent({ id, event: name, data }) {
      seen = id ?? seen
      pause = RETRY_FIRST_MS
      // A beat, which has no id.
      if (name !== undefined) return
      const event = JSON.parse(data) as LiveEvent
      if (event.type === 'dag_run' && event.state === 'failed') options.onFailed({ dag_id: event.dag_id, run_id: event.run_id })
    },
  })
  while (!signal.aborted) {
    parser.reset()
    await readStream(options, {
      seen,
      signal,
      feed: (text) => {
        parser.feed(text)
      },
    }).catch(() => undefined)
    await sleep(pause, signal)
    pause = Math.min(2 * pause, RETRY_SLOWEST_MS)
  }
}

async function readStream(
  { upstream, fetch: send }: RunFailuresOptions,
  p: { seen: string | null; signal: AbortSignal; feed: (text: string) => void },
): Promise<void> {
  const { url, key } = await upstream()
  const silent = new AbortController()
  const signal = AbortSignal.any([p.signal, silent.signal])
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${key}`, ...(p.seen === null ? {} : { 'last-event-id': p.seen }) }
  const answer = await send(`${url}${EVENTS_PATH}`, { headers, credentials: 'omit', redirect: 'error', signal })
  if (!answer.ok || answer.body === null) return
  const decoder = new TextDecoder()
  const watch = (): NodeJS.Timeout =>
    setTimeout(() => {
      silent.abort()
    }, SILENT_MS)
  let timer = watch()
  try {
    for await (const bytes of answer.body) {
      clearTimeout(timer)
      timer = watch()
      p.feed(decoder.decode(bytes as Uint8Array, { stream: true }))
    }
  } finally {
    clearTimeout(timer)
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
