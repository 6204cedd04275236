import { describe, expect, it } from 'vitest'
import { addDays, instantIn } from './zonedTime.ts'

describe('wall clock times', () => {
  it.each([
    ['2026-11-23', 'UTC', '2026-11-23T00:00:00.000Z'],
    ['2026-11-23T09:30', 'Europe/Berlin', '2026-11-23T08:30:00.000Z'],
    ['2026-07-01T00:00', 'Asia/Kolkata', '2026-06-30T18:30:00.000Z'],
    ['2026-07-01T00:00:30', '+05:30', '2026-06-30T18:30:30.000Z'],
    // Skipped: 02:30 becomes 03:30. Twice: the first 02:30.
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ])('%s in %s is %s', (local, zone, instant) => {
    expect(instantIn(local, zone)).toBe(instant)
  })
  it('refuses what is no time', () => {
    expect(instantIn('', 'UTC')).toBeNull()
    expect(instantIn('2026-13-01', 'UTC')).toBeNull()
  })
  it('adds days over the end of a year', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
  })
})
