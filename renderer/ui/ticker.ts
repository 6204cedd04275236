/** The time for everything that shows it as it passes: one timer for all of a kind, running only while somebody looks. */
export interface Ticker {
  subscribe: (listener: () => void) => () => void
  now: () => number
}

export function makeTicker(ms: number): Ticker {
  let now = Date.now()
  let timer: ReturnType<typeof setInterval> | undefined
  const listeners = new Set<() => void>()
  return {
    subscribe(listener) {
      if (listeners.size === 0) {
        now = Date.now()
        timer = setInterval(() => {
          now = Date.now()
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
