/**
 * Slows down guessing of passwords. Three counters of failures: account and address together, address, account.
 *
 * Invariants: nobody waits longer than a minute after a failure; an address that has signed in to an account before is held there by its
 * own failures on that account only, not by those of strangers on the account or behind the same address, so that a flood cannot keep its
 * owner out.
 */
import type { Clock } from '#runtime/clock.ts'
import {
  LOGIN_FORGET_MS,
  LOGIN_FREE_FAILURES,
  LOGIN_FREE_FAILURES_ACCOUNT,
  LOGIN_FREE_FAILURES_ADDRESS,
  LOGIN_TRACKED_MAX,
  LOGIN_WAIT_MAX_MS,
} from '#runtime/limits.ts'

interface Failures {
  count: number
  last_at: number
}
export interface LoginAttempt {
  /** Empty for sign-in links, which name no account. */
  username: string
  address: string
}
export interface LoginThrottle {
  /** Milliseconds to wait before this attempt may be tried; 0 = now. */
  wait(attempt: LoginAttempt): number
  failed(attempt: LoginAttempt): void
  /** Takes back the attempt's `failed`, which was counted before its outcome was known. */
  succeeded(attempt: LoginAttempt): void
}

export function createLoginThrottle(clock: Clock): LoginThrottle {
  const failures = new Map<string, Failures>()
  const known = new Set<string>()

  const keys = (attempt: LoginAttempt): { key: string; free: number }[] => {
    const username = attempt.username.toLowerCase()
    const pair = `pair ${attempt.address} ${username}`
    const counters = [{ key: pair, free: LOGIN_FREE_FAILURES }]
    if (known.has(pair)) return counters
    counters.push({ key: `address ${attempt.address}`, free: LOGIN_FREE_FAILURES_ADDRESS })
    if (username !== '') counters.push({ key: `account ${username}`, free: LOGIN_FREE_FAILURES_ACCOUNT })
    return counters
  }
  const current = (key: string): Failures | undefined => {
    const entry = failures.get(key)
    if (entry && clock.monotonic() - entry.last_at > LOGIN_FORGET_MS) {
      failures.delete(key)
      return undefined
    }
    return entry
  }
  return {
    wait(attempt) {
      let longest = 0
      for (const { key, free } of keys(attempt)) {
        const entry = current(key)
        if (!entry || entry.count < free) continue
        const pause = Math.min(LOGIN_WAIT_MAX_MS, 1000 * 2 ** Math.min(20, entry.count - free))
        longest = Math.max(longest, entry.last_at + pause - clock.monotonic())
      }
      return Math.max(0, Math.ceil(longest))
    },
    failed(attempt) {
      for (const { key } of keys(attempt)) {
        const count = (current(key)?.count ?? 0) + 1
        failures.delete(key)
        failures.set(key, { count, last_at: clock.monotonic() })
      }
      trim(failures)
    },
    succeeded(attempt) {
      const [pair, ...others] = keys(attempt)
      if (!pair || attempt.username === '') return
      failures.delete(pair.key)
      for (const { key } of others) {
        const entry = failures.get(key)
        if (entry) entry.count -= 1
      }
      known.delete(pair.key)
      known.add(pair.key)
      trim(known)
    },
  }
}

/** Forgets the oldest entries: Map and Set keep the order of insertion. */
function trim(entries: Map<string, unknown> | Set<string>): void {
  for (const key of entries.keys()) {
    if (entries.size <= LOGIN_TRACKED_MAX) return
    entries.delete(key)
  }
}
