/** A duration; while it goes on it counts, on one timer shared by everything that counts. */
import { useSyncExternalStore } from 'react'
import { elapsed, formatDuration } from '../lib/time.ts'
import { strings } from '../strings.ts'
import { makeTicker, never } from './ticker.ts'

const second = makeTicker(1000)

export function Elapsed({ start, end }: { start: string | null; end: string | null }) {
  const goesOn = start !== null && end === null
  const at = useSyncExternalStore(goesOn ? second.subscribe : never, () => (goesOn ? second.now() : 0))
  const ms = elapsed(start, end, at)
  // What ended as it started did nothing that could be measured: skipped, marked, an empty operator.
  const isNothing = ms === null || (!goesOn && ms < 1)
  return (
    <span className="tabular">
      {isNothing ? strings.time.never : formatDuration(Math.max(0, goesOn ? Math.floor(ms / 1000) * 1000 : ms))}
    </span>
  )
}
