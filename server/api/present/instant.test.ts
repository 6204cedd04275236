import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { iso } from './instant.ts'

describe('iso', () => {
  it('says what the language says, of any instant, in any order', () => {
    // All that a date of the language can hold, whole milliseconds.
    const instant = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 })
    fc.assert(
      fc.property(fc.array(fc.oneof(instant, fc.integer({ min: 0, max: 3 * 86_400_000 })), { maxLength: 20 }), (all) => {
        expect(all.map(iso)).toEqual(all.map((ms) => new Date(ms).toISOString()))
      }),
    )
  })
  it('refuses what is no instant', () => {
    expect(() => iso(Number.NaN)).toThrow(RangeError)
  })
})
