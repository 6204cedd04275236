import { describe, expect, test } from 'vitest'
import type { TimetableSpec } from '#contract/dagSpec.ts'
import { compileTimetable, formatRunId, isoWithOffset, previewRuns, type PlannedRun } from './timetable.ts'

const at = (text: string): number => Date.parse(text)
const open = { earliest: null, latest: null, catchup: false }
const daily: TimetableSpec = { type: 'cron_data_interval', cron: '@daily', timezone: 'UTC' }
const brief = (run: PlannedRun | null): string | null =>
  run && `${new Date(run.interval.start).toISOString().slice(0, 16)}..${new Date(run.interval.end).toISOString().slice(0, 16)}`

describe('compileTimetable', () => {
  test('a daily DAG runs first one day after its start date and covers that day', () => {
    const run = compileTimetable(daily).next({
      last: null,
      restriction: { earliest: at('2026-01-01T00:00Z'), latest: null, catchup: true },
      now: at('2026-03-01T00:00Z'),
    })
    expect(run).toEqual({
      logical_date: at('2026-01-01T00:00Z'),
      interval: { start: at('2026-01-01T00:00Z'), end: at('2026-01-02T00:00Z') },
      run_after: at('2026-01-02T00:00Z'),
    })
  })

  test('without catchup only the newest complete interval is taken', () => {
    const run = compileTimetable(daily).next({
      last: null,
      restriction: { earliest: at('2020-01-01T00:00Z'), latest: null, catchup: false },
      now: at('2026-03-01T10:00Z'),
    })
    expect(brief(run)).toBe('2026-02-28T00:00..2026-03-01T00:00')
  })

  test('an end date ends the schedule', () => {
    const restriction = { earliest: at('2026-01-01T00:00Z'), latest: at('2026-01-03T00:00Z'), catchup: true }
    const runs = [...compileTimetable(daily).between({ from: at('2025-01-01T00:00Z'), to: at('2027-01-01T00:00Z'), restriction })]
    expect(runs.map(brief)).toEqual([
      '2026-01-01T00:00..2026-01-02T00:00',
      '2026-01-02T00:00..2026-01-03T00:00',
      '2026-01-03T00:00..2026-01-04T00:00',
    ])
  })

  test('an expression that never matches plans nothing instead of failing', () => {
    const never = compileTimetable({ type: 'cron_trigger', crons: ['0 0 30 2 *'], timezone: 'UTC', interval_ms: 0, run_immediately: false })
    expect(never.next({ last: null, restriction: open, now: 0 })).toBeNull()
    expect(never.next({ last: null, restriction: { ...open, earliest: 0, catchup: true }, now: 0 })).toBeNull()
  })

  test.each([
    ['* * * *', '4 fields'],
    ['61 * * * *', '61 is not within 0 to 59 in the minute field "61"'],
    ['0 0 * * mon,tue#2', 'cannot be mixed'],
    ['0 0 * * 1#6', '"#6" is not 1 to 5'],
    ['0 0 0 * *', '0 is not within 1 to 31'],
    ['*/0 * * * *', 'a step of 0'],
    ['H H * * *', 'hashed and random'],
    ['0 0 ?,1 * *', '"?" must stand alone'],
    ['0 0 15w,16 * *', '"W" stands with a single day'],
    ['every day at noon please', '"every" is not a number in the minute field'],
  ])('refuses %s and says why', (cron, why) => {
    expect(() => compileTimetable({ type: 'cron_data_interval', cron, timezone: 'UTC' })).toThrow(why)
  })

  test('refuses unknown zones and steps that go nowhere', () => {
    expect(() => compileTimetable({ ...daily, timezone: 'Mars/Olympus' })).toThrow('There is no time zone "Mars/Olympus"')
    expect(() => compileTimetable({ type: 'delta_trigger', delta_ms: 0, months: 0, timezone: 'UTC', interval_ms: 0 })).toThrow(
      'longer than nothing',
    )
    expect(() =>
      compileTimetable({ type: 'delta_trigger', delta_ms: -40 * 86_400_000, months: 1, timezone: 'UTC', interval_ms: 0 }),
    ).toThrow('longer than nothing')
  })

  test('a fixed offset is a zone', () => {
    const run = compileTimetable({ ...daily, timezone: '+05:30' }).next({ last: null, restriction: open, now: at('2026-03-01T10:00Z') })
    expect(brief(run)).toBe('2026-02-27T18:30..2026-02-28T18:30')
  })
})

describe('previewRuns', () => {
  test('shows the runs of a DAG without catchup as time goes on, and marks the change of the clock', () => {
    const spec: TimetableSpec = { type: 'cron_data_interval', cron: '30 2 * * *', timezone: 'America/New_York' }
    const runs = previewRuns({ spec, last: null, restriction: open, now: at('2026-03-07T12:00Z'), count: 4 })
    expect(runs.map((run) => new Date(run.run_after).toISOString())).toEqual([
      '2026-03-07T07:30:00.000Z',
      '2026-03-08T07:30:00.000Z',
      '2026-03-09T06:30:00.000Z',
      '2026-03-10T06:30:00.000Z',
    ])
    expect(runs.map((run) => run.clock_change?.at ?? null)).toEqual([null, at('2026-03-08T07:00Z'), null, null])
  })

  test('a continuous DAG shows its next start only', () => {
    expect(previewRuns({ spec: { type: 'continuous' }, last: null, restriction: open, now: 5_000, count: 10 })).toHaveLength(1)
  })
})

describe('formatRunId', () => {
  const dates = { logical_date: at('2026-01-01T00:00Z'), run_after: at('2026-01-02T00:00Z') }
  test('ends in the logical date for 2.x and in run_after for 3.x', () => {
    expect(formatRunId({ ...dates, run_type: 'scheduled', dialect: '2' })).toBe('scheduled__2026-01-01T00:00:00+00:00')
    expect(formatRunId({ ...dates, run_type: 'scheduled', dialect: '3' })).toBe('scheduled__2026-01-02T00:00:00+00:00')
    expect(formatRunId({ ...dates, run_type: 'asset_triggered', dialect: '2' })).toBe('dataset_triggered__2026-01-01T00:00:00+00:00')
    expect(formatRunId({ run_type: 'manual', logical_date: null, run_after: dates.run_after, dialect: '3', suffix: 'k3jd8fha' })).toBe(
      'manual__2026-01-02T00:00:00+00:00_k3jd8fha',
    )
  })
  test('prints six decimals, and none for whole seconds', () => {
    expect(isoWithOffset(at('2026-11-23T09:00:00.120Z'))).toBe('2026-11-23T09:00:00.120000+00:00')
    expect(isoWithOffset(at('1969-12-31T23:59:59Z'))).toBe('1969-12-31T23:59:59+00:00')
  })
})
