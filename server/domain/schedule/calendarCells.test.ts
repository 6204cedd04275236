import { describe, expect, it } from 'vitest'
import { calendarCells, planCalendar, type Plan, type PlanQuestion } from './calendarCells.ts'

const HOUR = 3_600_000
const at = (text: string) => Date.parse(text)
const plan = (question: PlanQuestion): Plan => {
  const steps = planCalendar(question)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

describe('calendar cells', () => {
  it('makes days of 23 and 25 hours where clocks change', () => {
    const spring = calendarCells({ zone: 'Europe/Berlin', from: '2026-03-28', days: 3, unit: 'day' })
    expect(spring.map(({ start, end }) => (end - start) / HOUR)).toEqual([24, 23, 24])
    expect(spring[1]).toEqual({ date: '2026-03-29', hour: 0, start: at('2026-03-28T23:00Z'), end: at('2026-03-29T22:00Z') })
    const autumn = calendarCells({ zone: 'Europe/Berlin', from: '2026-10-25', days: 1, unit: 'day' })
    expect(autumn.map(({ start, end }) => (end - start) / HOUR)).toEqual([25])
  })
  it('names the hours of the wall clock: one is missing in spring, one comes twice in autumn', () => {
    const hours = (from: string) => calendarCells({ zone: 'Europe/Berlin', from, days: 1, unit: 'hour' }).map(({ hour }) => hour)
    expect(hours('2026-03-29').slice(0, 4)).toEqual([0, 1, 3, 4])
    expect(hours('2026-10-25').slice(0, 5)).toEqual([0, 1, 2, 2, 3])
  })
  it('starts a day at the first of two midnights', () => {
    const [day] = calendarCells({ zone: 'America/Havana', from: '2026-11-01', days: 1, unit: 'day' })
    expect(new Date(day?.start ?? 0).toISOString()).toBe('2026-11-01T04:00:00.000Z')
    expect(((day?.end ?? 0) - (day?.start ?? 0)) / HOUR).toBe(25)
  })
  it('leaves no gap over two years of any zone', () => {
    for (const zone of ['UTC', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/Santiago', 'Africa/Casablanca', '+05:30']) {
      for (const unit of ['day', 'hour'] as const) {
        const cells = calendarCells({ zone, from: '2025-01-01', days: 730, unit })
        expect(cells.slice(1).every((cell, index) => cell.start === cells[index]?.end)).toBe(true)
        expect(cells.every((cell) => cell.end > cell.start)).toBe(true)
      }
    }
  })
  it('refuses what is no day', () => {
    expect(() => calendarCells({ zone: 'UTC', from: '2026-02-30', days: 1, unit: 'day' })).toThrow('2026-02-30 is not a day')
  })
})

describe('the plan of a calendar', () => {
  const cells = calendarCells({ zone: 'UTC', from: '2026-11-20', days: 7, unit: 'day' })
  const daily = { type: 'cron_data_interval', cron: '0 0 * * *', timezone: 'UTC' } as const
  const restriction = { earliest: at('2026-11-21T00:00Z'), latest: null, catchup: false }
  const now = at('2026-11-23T12:00Z')

  it('tells dates of the past from runs to come, by logical date', () => {
    const last = {
      logical_date: at('2026-11-22T00:00Z'),
      interval: { start: at('2026-11-22T00:00Z'), end: at('2026-11-23T00:00Z') },
      run_after: at('2026-11-23T00:00Z'),
    }
    expect(plan({ timetable: daily, last, restriction, now, cells, max: 100 })).toEqual({
      expected: [0, 1, 1, 0, 0, 0, 0],
      planned: [0, 0, 0, 1, 1, 1, 1],
      first: [null, ...[21, 22, 23, 24, 25, 26].map((day) => at(`2026-11-${day}T00:00Z`))],
      planned_until: null,
    })
  })
  it('says where it stopped when the schedule has too many dates', () => {
    const minutely: PlanQuestion['timetable'] = {
      type: 'cron_trigger',
      crons: ['* * * * *'],
      timezone: 'UTC',
      interval_ms: 0,
      run_immediately: false,
    }
    const found = plan({ timetable: minutely, last: null, restriction, now, cells, max: 1000 })
    expect(found.planned.reduce((sum, n) => sum + n, 0)).toBe(1000)
    expect(found.planned_until).toBeGreaterThan(now)
  })
  it('plans nothing without a schedule, and counts no past dates of a delta', () => {
    const none = plan({ timetable: { type: 'null' }, last: null, restriction, now, cells, max: 100 })
    expect(none.planned.concat(none.expected).every((n) => n === 0)).toBe(true)
    const delta = { type: 'delta_data_interval', delta_ms: 86_400_000, months: 0, timezone: 'UTC' } as const
    const found = plan({ timetable: delta, last: null, restriction, now, cells, max: 100 })
    expect(found.expected.every((n) => n === 0)).toBe(true)
    expect(found.planned.some((n) => n > 0)).toBe(true)
  })
})
