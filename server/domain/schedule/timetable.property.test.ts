import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimetableSpec } from '#contract/dagSpec.ts'
import { compileCron } from './cron.ts'
import { compileTimetable, type PlannedRun } from './timetable.ts'
import { zoneOf } from './zone.ts'

const ZONES = [
  'UTC',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Casablanca',
  'Pacific/Apia',
  'Antarctica/Troll',
  '-03:30',
]
const zone = fc.constantFrom(...ZONES)
const instant = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2035, 0) })

function field(min: number, max: number): fc.Arbitrary<string> {
  const value = fc.integer({ min, max }).map(String)
  return fc.oneof(
    { arbitrary: fc.constant('*'), weight: 3 },
    value,
    fc.tuple(value, value).map(([a, b]) => `${a}-${b}`),
    fc.tuple(value, value, fc.integer({ min: 1, max: 9 })).map(([a, b, step]) => `${a}-${b}/${step}`),
    fc.integer({ min: 1, max: max + 3 }).map((step) => `*/${step}`),
    fc.array(value, { minLength: 2, maxLength: 4 }).map((values) => values.join(',')),
  )
}
const cron = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    fc.oneof(field(1, 31), fc.constantFrom('L', '15W', '31')),
    field(1, 12),
    fc.oneof(field(0, 7), fc.constantFrom('mon#1', 'L5', 'fri-mon')),
  )
  .map((fields) => fields.join(' '))
// A plain day of week beside a # cannot be written by this grammar; W needs a single day, which it has.

const timetableSpec: fc.Arbitrary<TimetableSpec> = fc.oneof(
  fc.record({ type: fc.constant('cron_data_interval' as const), cron, timezone: zone }),
  fc.record({
    type: fc.constant('cron_trigger' as const),
    crons: fc.array(cron, { minLength: 1, maxLength: 3 }),
    timezone: zone,
    interval_ms: fc.constant(0),
    run_immediately: fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 10_000_000 })),
  }),
  fc.record({
    type: fc.constant('delta_data_interval' as const),
    delta_ms: fc.integer({ min: 1_000, max: 10 ** 10 }),
    months: fc.integer({ min: 0, max: 14 }),
    timezone: zone,
  }),
  fc.record({
    type: fc.constant('delta_trigger' as const),
    delta_ms: fc.integer({ min: 1_000, max: 10 ** 10 }),
    months: fc.integer({ min: 0, max: 14 }),
    timezone: zone,
    interval_ms: fc.constant(0),
  }),
)
const restriction = fc.record({ earliest: fc.option(instant, { nil: null }), latest: fc.constant(null), catchup: fc.boolean() })

describe('a timetable', () => {
  test('plans strictly later runs one after the other, whatever the clock and the restriction', () => {
    fc.assert(
      fc.property(
        timetableSpec,
        restriction,
        instant,
        fc.array(fc.integer({ min: 0, max: 10 ** 9 }), { maxLength: 30 }),
        (spec, limits, start, steps) => {
          const timetable = compileTimetable(spec)
          let last: PlannedRun | null = null
          let now = start
          for (const step of steps) {
            const run: PlannedRun | null = timetable.next({ last, restriction: limits, now })
            if (run === null) break
            expect(run.interval.start).toBeLessThanOrEqual(run.interval.end)
            expect(run.run_after).toBe(run.interval.end)
            expect(run.logical_date).toBe(run.interval.start)
            if (last !== null) {
              expect(run.logical_date).toBeGreaterThan(last.logical_date)
              expect(run.run_after).toBeGreaterThan(last.run_after)
            }
            last = run
            now = Math.max(now + step, run.run_after)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('with catchup the intervals of a cron meet where no clock changes', () => {
    fc.assert(
      fc.property(cron, instant, (expression, earliest) => {
        const timetable = compileTimetable({ type: 'cron_data_interval', cron: expression, timezone: 'UTC' })
        let before: PlannedRun | null = null
        for (let index = 0; index < 20; index++) {
          const run: PlannedRun | null = timetable.next({
            last: before,
            restriction: { earliest, latest: null, catchup: true },
            now: earliest,
          })
          if (run === null) return
          expect(run.interval.start).toBeGreaterThanOrEqual(before?.interval.end ?? earliest)
          if (before !== null) expect(run.interval.start).toBe(before.interval.end)
          before = run
        }
      }),
      { numRuns: 300 },
    )
  })

  test('between gives the runs of the range and stops', () => {
    fc.assert(
      fc.property(timetableSpec, instant, fc.integer({ min: 0, max: 10 ** 9 }), (spec, from, length) => {
        const to = from + length
        let count = 0
        for (const run of compileTimetable(spec).between({ from, to, restriction: { earliest: null, latest: null, catchup: false } })) {
          expect(run.logical_date).toBeGreaterThanOrEqual(from)
          expect(run.logical_date).toBeLessThanOrEqual(to)
          if (++count === 200) break
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a cron expression', () => {
  test('any text is read or refused with a SyntaxError', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(fc.string({ unit: fc.constantFrom(...'0123456789*/-,LW#?lwhr()monfriju '), maxLength: 8 }), { minLength: 4, maxLength: 7 })
        .map((parts) => parts.join(' ')),
    )
    fc.assert(
      fc.property(text, instant, (expression, at) => {
        try {
          compileCron(expression).next(at)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  test('previous is the inverse of next', () => {
    fc.assert(
      fc.property(cron, instant, (expression, at) => {
        const search = compileCron(expression)
        const next = search.next(at)
        fc.pre(next !== null)
        const before = search.previous(next!)
        if (before !== null) {
          expect(before).toBeLessThanOrEqual(at)
          expect(search.next(before)).toBe(next)
        }
        const after = search.next(next!)
        if (after !== null) expect(search.previous(after)).toBe(next)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a zone', () => {
  test('agrees with Intl at any instant, and reads a local time back', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES.slice(0, -1)), instant, (name, at) => {
        const whole = Math.floor(at / 1000) * 1000
        const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' }).format(whole)
        const local = zoneOf(name).toLocal(whole)
        expect(new Date(local).toISOString().slice(0, 19).replace('T', ' ')).toBe(clock)
        const back = zoneOf(name).toUtc(local)
        // The second of two equal clock times wins; they are at most two hours apart here.
        expect(back - whole).toBeGreaterThanOrEqual(0)
        expect(back - whole).toBeLessThanOrEqual(2 * 3_600_000)
      }),
      { numRuns: 2_000 },
    )
  })
})
