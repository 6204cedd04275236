/** The time for everything that shows it as it passes: one timer for all of a kind, running only while somebody looks. */
import { serverNow } from '../lib/serverClock.ts'

export interface Ticker {
  subscribe: (listener: () => void) => () => void
  now: () => number
}

export function makeTicker(ms: number): Ticker {
  let now = serverNow()
  let timer: ReturnType<typeof setInterval> | undefined
  const listeners = new Set<() => void>()
  return {
    subscribe(listener) {
      if (listeners.size === 0) {
        now = serverNow()
        timer = setInterval(() => {
          now = serverNow()
          for (const each of listeners) each()
        }, ms)
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) clearInterval(timer)
      }
    },
    now: () => now,
  }
}

/** For what nobody watches. */
export const never = () => () => undefined
