/** A duration; while it goes on it counts, on one timer shared by everything that counts. */
import { useSyncExternalStore } from 'react'
import { elapsed, formatDuration } from '../lib/time.ts'
import { strings } from '../strings.ts'

const TICK_MS = 1000
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now()
    timer = setInterval(() => {
      now = Date.now()
      for (const each of listeners) each()
    }, TICK_MS)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) clearInterval(timer)
  }
}
const never = () => () => undefined

export function Elapsed({ start, end }: { start: string | null; end: string | null }) {
  const goesOn = start !== null && end === null
  const at = useSyncExternalStore(goesOn ? subscribe : never, () => (goesOn ? now : 0))
  const ms = elapsed(start, end, at)
  // What ended as it started did nothing that could be measured: skipped, marked, an empty operator.
  const isNothing = ms === null || (!goesOn && ms < 1)
  return (
    <span className="tabular">
      {isNothing ? strings.time.never : formatDuration(Math.max(0, goesOn ? Math.floor(ms / 1000) * 1000 : ms))}
    </span>
  )
}
