import { describe, expect, it } from 'vitest'
import { byMonth, cellName, countsText, lookOf, missingIn, moved, oddLength, rangeOf, weekday, type Cell } from './model.ts'

const cell = (date: string, change: Partial<Cell> = {}): Cell => ({
  date,
  hour: 0,
  start: `${date}T00:00:00.000Z`,
  end: new Date(Date.parse(`${date}T00:00Z`) + 86_400_000).toISOString(),
  counts: {},
  planned: 0,
  expected: 0,
  first_date: null,
  ...change,
})

describe('calendar', () => {
  it('asks for whole years and months', () => {
    expect(rangeOf('year', '2028-05-12')).toEqual({ from: '2028-01-01', days: 366, unit: 'day' })
    expect(rangeOf('month', '2026-02-12')).toEqual({ from: '2026-02-01', days: 28, unit: 'day' })
    expect(rangeOf('hours', '2026-12-31')).toEqual({ from: '2026-12-01', days: 31, unit: 'hour' })
  })
  it('moves by what it shows', () => {
    expect([moved('year', '2026-05-12', -1), moved('year', '2026-05-12', 1)]).toEqual(['2025-01-01', '2027-01-01'])
    expect([moved('month', '2026-01-31', -1), moved('month', '2026-01-31', 1)]).toEqual(['2025-12-01', '2026-02-01'])
  })
  it('begins weeks on Monday and groups by month', () => {
    expect([weekday('2026-11-23'), weekday('2026-11-29')]).toEqual([0, 6])
    expect(byMonth([cell('2026-11-30'), cell('2026-12-01')]).map(({ month, cells }) => [month, cells[0]?.index])).toEqual([
      ['2026-11', 0],
      ['2026-12', 1],
    ])
  })
  it('shows what needs a person first, and tells planned from missing', () => {
    expect(lookOf(cell('2026-11-23', { counts: { success: 9, failed: 1 }, planned: 2 }))).toBe('failed')
    expect(lookOf(cell('2026-11-23', { planned: 2 }))).toBe('planned')
    expect(lookOf(cell('2026-11-23', { expected: 1 }))).toBe('missing')
    expect(lookOf(cell('2026-11-23'))).toBe('empty')
    expect(missingIn(cell('2026-11-23', { expected: 2, counts: { success: 1 } }))).toBe(0)
  })
  it('has words for each cell', () => {
    expect(countsText(cell('2026-11-23', { counts: { success: 9, failed: 1 }, planned: 2 }))).toBe('1 failed, 9 success, 2 planned')
    expect(countsText(cell('2026-11-23', { expected: 1 }))).toBe('the schedule has a date here, without a run')
    expect(countsText(cell('2026-11-23'))).toBe('no run')
    expect(cellName({ date: '2026-03-09', hour: 4 }, true)).toBe('9 March 2026, 04:00')
    expect(oddLength(cell('2026-03-29', { end: '2026-03-29T23:00:00.000Z' }), false)).toBe(23)
    expect(oddLength(cell('2026-03-29'), false)).toBeNull()
  })
})
