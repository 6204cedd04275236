/** When a failed try is repeated: Airflow's backoff arithmetic. */

/** No backoff waits longer than a day (Airflow's MAX_RETRY_DELAY); a constant delay may. */
const MAX_BACKOFF_MS = 24 * 3_600_000
const MIN_BACKOFF_MS = 1_000

/** The end of the year 9999: later instants have no text that every database, language and browser reads. */
const LATEST = Date.UTC(10_000, 0) - 1

/** `at`, or the last moment that can be written down. */
export function notBeyondCalendar(at: number): number {
  return Math.min(at, LATEST)
}

export interface RetryQuestion {
  /** Number of the try that failed, from 1. */
  try_number: number
  retry_delay_ms: number
  /** Factor of each further try; 0 and 1 = constant delay. */
  exponential_backoff: number
  /** Caps a backoff; a constant delay is what it is. */
  max_retry_delay_ms: number | null
  /** What the jitter is made from: `dag#task#logical date#try`. The same key waits equally long, so a restart changes nothing. */
  key: string
}

/**
 * Milliseconds from the end of a failed try to the next one. With a backoff the delay is `retry_delay * factor^(try - 1)`,
 * rounded up to a second, plus jitter of up to as much again, so that tasks that failed together do not return together.
 */
export function retryDelay({ try_number, retry_delay_ms, exponential_backoff: factor, max_retry_delay_ms, key }: RetryQuestion): number {
  if (factor <= 0 || factor === 1) return retry_delay_ms
  // 0 times a power that left the range of numbers would be NaN.
  const grown = retry_delay_ms === 0 ? 0 : (retry_delay_ms / 1_000) * factor ** Math.max(0, try_number - 1)
  // Beyond the cap jitter has no effect, and the power soon leaves the range of numbers.
  const base = Math.max(MIN_BACKOFF_MS, Math.min(Math.ceil(grown) * 1_000, MAX_BACKOFF_MS))
  const delay = Math.min(base + (hash(key) % base), MAX_BACKOFF_MS)
  return max_retry_delay_ms === null ? delay : Math.min(max_retry_delay_ms, delay)
}

/** FNV-1a with 32 bits and a final mix: even in its low bits, and the same on every platform. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
