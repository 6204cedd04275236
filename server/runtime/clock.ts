/** Time and randomness as parameters, so that tests and the simulator can own them. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number
  /** Milliseconds that never go back, for durations and leases. */
  monotonic(): number
  /**
   * Calls `callback` once after at least `ms`. Delays beyond setTimeout's 2^31-1 ms are cut into pieces, and no sleep is
   * longer than 30 s, so that a laptop that slept or a clock that jumped is noticed.
   */
  after(ms: number, callback: () => void): Timer
}
export interface Timer {
  cancel(): void
}

const LONGEST_SLEEP_MS = 30_000

/** Waits for work, but no longer than `ms`. */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown> | undefined): Promise<void> {
  let timer: Timer | undefined
  await Promise.race([work, new Promise<void>((resolve) => (timer = clock.after(ms, resolve)))])
  timer?.cancel()
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const due = performance.now() + ms
    let handle: NodeJS.Timeout
    const sleep = (): void => {
      const left = due - performance.now()
      handle = setTimeout(() => (due - performance.now() > 0.5 ? sleep() : callback()), Math.max(0, Math.min(left, LONGEST_SLEEP_MS)))
    }
    sleep()
    return { cancel: () => clearTimeout(handle) }
  },
}
