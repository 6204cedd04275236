import { describe, expect, it } from 'vitest'
import { rangeFields, readRange, timeLeft } from './range.ts'

describe('the range of a backfill', () => {
  it('takes whole days and hours from a link', () => {
    expect(rangeFields({ from: '2026-03-28', to: '2026-03-29' }, '2026-11-23')).toEqual({
      from: '2026-03-28T00:00',
      to: '2026-03-29T23:59:59',
    })
    expect(rangeFields({ from: '2026-03-28T05:00', to: '2026-03-28T06:00' }, '2026-11-23')).toEqual({
      from: '2026-03-28T05:00',
      to: '2026-03-28T06:59:59',
    })
    expect(rangeFields({}, '2026-11-23')).toEqual({ from: '2026-11-16T00:00', to: '2026-11-22T23:59:59' })
  })
  it('reads them in the zone of the DAG, also on the day on which clocks change', () => {
    expect(readRange({ from: '2026-03-29T00:00', to: '2026-03-29T23:59:59' }, 'Europe/Berlin')).toEqual({
      start_date: '2026-03-28T23:00:00.000Z',
      end_date: '2026-03-29T21:59:59.000Z',
    })
    expect(readRange({ from: '2026-03-30T00:00', to: '2026-03-29T00:00' }, 'UTC')).toEqual({ problem: 'order' })
    expect(readRange({ from: '', to: '2026-03-29T00:00' }, 'UTC')).toEqual({ problem: 'missing' })
  })
  it('tells what is left at the pace so far', () => {
    const backfill = { created_at: '2026-11-23T00:00:00.000Z', runs_total: 10, runs_finished: 4 }
    expect(timeLeft(backfill, Date.parse('2026-11-23T00:00:08.000Z'))).toBe(12_000)
    expect(timeLeft({ ...backfill, runs_finished: 0 }, Date.parse('2026-11-23T00:00:08.000Z'))).toBeNull()
  })
})
