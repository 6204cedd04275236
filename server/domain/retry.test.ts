import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryDelay } from './retry.ts'

const DAY = 24 * 3_600_000
const question = fc.record({
  try_number: fc.integer({ min: 1, max: 5_000 }),
  retry_delay_ms: fc.integer({ min: 0, max: 10 * DAY }),
  exponential_backoff: fc.oneof(fc.constantFrom(0, 1, 2), fc.double({ min: 0, max: 20, noNaN: true })),
  max_retry_delay_ms: fc.option(fc.integer({ min: 0, max: 2 * DAY }), { nil: null }),
  key: fc.string(),
})

describe('retryDelay', () => {
  test('a constant delay is kept as it is, whatever the cap', () => {
    fc.assert(
      fc.property(question, (q) => {
        expect(retryDelay({ ...q, exponential_backoff: 0 })).toBe(q.retry_delay_ms)
      }),
    )
  })

  test('a backoff lies between once and twice its base, at least a second, below both caps', () => {
    fc.assert(
      fc.property(question, (q) => {
        fc.pre(q.exponential_backoff > 0 && q.exponential_backoff !== 1)
        const power = Math.min(q.exponential_backoff ** (q.try_number - 1), Number.MAX_VALUE / 1e12)
        const base = Math.max(1_000, Math.ceil((q.retry_delay_ms / 1_000) * power) * 1_000)
        const cap = Math.min(DAY, q.max_retry_delay_ms ?? DAY)
        const delay = retryDelay(q)
        expect(delay).toBeGreaterThanOrEqual(Math.min(base, cap))
        expect(delay).toBeLessThanOrEqual(Math.min(2 * base, cap))
        expect(Number.isInteger(delay)).toBe(true)
        expect(retryDelay(q)).toBe(delay)
      }),
    )
  })

  test('two minutes doubled for the third try wait 8 to 16 minutes', () => {
    const delay = retryDelay({
      try_number: 3,
      retry_delay_ms: 120_000,
      exponential_backoff: 2,
      max_retry_delay_ms: null,
      key: 'etl#load#0#3',
    })
    expect(delay).toBeGreaterThanOrEqual(480_000)
    expect(delay).toBeLessThan(960_000)
  })

  test('tasks that fail together do not return together', () => {
    const delays = Array.from({ length: 1_000 }, (_, index) =>
      retryDelay({ try_number: 1, retry_delay_ms: 60_000, exponential_backoff: 2, max_retry_delay_ms: null, key: `etl#load_${index}#0#1` }),
    )
    const quarters = [0, 0, 0, 0]
    for (const delay of delays) quarters[Math.floor((delay - 60_000) / 15_000)]! += 1
    for (const share of quarters) expect(share).toBeGreaterThan(180)
  })
})
