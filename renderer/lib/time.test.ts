import { describe, expect, it } from 'vitest'
import { elapsed, formatDuration, formatInstant, formatRelative, zoneFor } from './time.ts'

describe('time', () => {
  it('prints an instant with its zone in the zone asked for', () => {
    expect(formatInstant('2026-11-23T09:00:00.000Z', 'UTC')).toBe('2026-11-23 09:00:00 UTC')
    expect(formatInstant('2026-07-01T22:30:00.000Z', 'Asia/Kolkata')).toBe('2026-07-02 04:00:00 GMT+5:30')
    expect(formatInstant('2026-07-01T22:30:00.000Z', '+05:30')).toContain('2026-07-02 04:00:00')
  })
  it('falls back to UTC for a zone that the browser does not know', () => {
    expect(formatInstant('2026-11-23T00:00:00.000Z', 'Mars/Base')).toBe('2026-11-23 00:00:00 UTC')
  })
  it('shows midnight as 00, not 24', () => {
    expect(formatInstant('2026-11-23T00:00:00.000Z', 'UTC')).toContain(' 00:00:00')
  })
  it('uses the zone of the DAG only in DAG mode', () => {
    expect(zoneFor('dag', 'Europe/Berlin')).toBe('Europe/Berlin')
    expect(zoneFor('dag', null)).toBe('UTC')
    expect(zoneFor('utc', 'Europe/Berlin')).toBe('UTC')
  })
  it('says how far away an instant is', () => {
    const now = Date.parse('2026-11-23T09:00:00.000Z')
    expect(formatRelative('2026-11-23T12:00:00.000Z', now)).toBe('in 3 hours')
    expect(formatRelative('2026-11-23T08:58:00.000Z', now)).toBe('2 minutes ago')
    expect(formatRelative('2026-11-21T08:58:00.000Z', now)).toBe('2 days ago')
  })
  it('writes durations with at most two units', () => {
    expect(formatDuration(0)).toBe('0 s')
    expect([85, 4200, 59_960, 185_000, 7_800_000, 356_400_000].map(formatDuration)).toEqual([
      '85 ms',
      '4.2 s',
      '1 min 00 s',
      '3 min 05 s',
      '2 h 10 min',
      '4 d 3 h',
    ])
  })
  it('measures what goes on up to now and nothing before its start', () => {
    expect(elapsed(null, null, 5000)).toBeNull()
    expect(elapsed('1970-01-01T00:00:01.000Z', null, 5000)).toBe(4000)
    expect(elapsed('1970-01-01T00:00:01.000Z', '1970-01-01T00:00:03.000Z', 9000)).toBe(2000)
  })
})
