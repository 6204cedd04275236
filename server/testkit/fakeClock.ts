/** A clock that moves only when a test says so; due callbacks run in order of their time. */
import type { Clock, Timer } from '#runtime/clock.ts'

export interface FakeClock extends Clock {
  /** Moves time on and runs what becomes due on the way. */
  advance(ms: number): void
}

export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsed = 0
  const timers = new Set<{ due: number; callback: () => void }>()
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    after(ms, callback): Timer {
      const timer = { due: elapsed + ms, callback }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    advance(ms) {
      const end = elapsed + ms
      for (;;) {
        const next = [...timers].filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0]
        if (!next) break
        timers.delete(next)
        elapsed = Math.max(elapsed, next.due)
        next.callback()
      }
      elapsed = end
    },
  }
}
