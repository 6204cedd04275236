import { describe, expect, test } from 'vitest'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { diffSpecs } from '../specDiff.ts'
import { type ComputedSpec, knownSpan, needsNewList, planTheSame } from './computedTimetable.ts'
import { calendarCells, planCalendar } from './calendarCells.ts'
import type { PlannedRun } from './plannedRun.ts'
import { compileTimetable, previewRuns } from './timetable.ts'

const DAY = 86_400_000
const START = Date.parse('2026-01-01T00:00:00Z')
const day = (number: number): number => START + number * DAY
/** Of day n: its interval, and a run once it is over. */
const row = (number: number): [number, number, number] => [day(number), day(number + 1), day(number + 1)]
const run = (number: number): PlannedRun => ({
  logical_date: day(number),
  interval: { start: day(number), end: day(number + 1) },
  run_after: day(number + 1),
})

const spec = (part: Partial<ComputedSpec> = {}): ComputedSpec => ({
  type: 'computed',
  summary: 'Workdays',
  computed_at: day(10),
  runs: [10, 11, 12, 15, 16].map(row),
  history: [5, 8, 9].map(row),
  is_complete: false,
  manual: { type: 'runs' },
  ...part,
})
const open = { earliest: null, latest: null, catchup: true }
const dates = (found: Iterable<PlannedRun>): number[] => [...found].map(({ logical_date }) => (logical_date - START) / DAY)

describe('next', () => {
  const timetable = compileTimetable(spec())
  test.each([
    { words: 'the first of the list', last: null, catchup: true, now: day(11), next: 10 },
    { words: 'the one after the last run', last: run(12), catchup: true, now: day(30), next: 15 },
    { words: 'the one after a run that the list does not have', last: run(13), catchup: true, now: day(14), next: 15 },
    { words: 'none after the end of the list', last: run(16), catchup: true, now: day(30), next: null },
    { words: 'missed runs, with catchup', last: run(10), catchup: true, now: day(16) + 1, next: 11 },
    { words: 'the newest missed run alone, without catchup', last: run(10), catchup: false, now: day(16) + 1, next: 15 },
    { words: 'the run that is due, without catchup', last: run(10), catchup: false, now: day(12), next: 11 },
    { words: 'none after the end date', last: run(12), catchup: true, now: day(13), latest: day(14), next: null },
  ])('$words', ({ last, catchup, now, next, latest = null }) => {
    const found = timetable.next({ last, restriction: { earliest: null, latest, catchup }, now })
    expect(found === null ? null : (found.logical_date - START) / DAY).toBe(next)
  })

  test('what was due when the list was made is wanted, also without catchup', () => {
    const knowing = compileTimetable(spec({ computed_at: day(17) }))
    expect(knowing.next({ last: run(10), restriction: { ...open, catchup: false }, now: day(18) })).toEqual(run(11))
  })
})

test('a range of dates takes the past and the future that are known', () => {
  const timetable = compileTimetable(spec())
  expect(dates(timetable.between({ from: day(6), to: day(15), restriction: open }))).toEqual([8, 9, 10, 11, 12, 15])
  expect(dates(timetable.between({ from: day(6), to: day(15), restriction: { ...open, earliest: day(9), latest: day(11) } }))).toEqual([
    9, 10, 11,
  ])
})

test.each([
  { manual: { type: 'runs' } as const, at: day(14.5), interval: [day(12), day(13)] },
  { manual: { type: 'runs' } as const, at: day(1), interval: [day(1), day(1)] },
  { manual: { type: 'offset', start_ms: -DAY, end_ms: 0 } as const, at: day(3.5), interval: [day(2.5), day(3.5)] },
  { manual: { type: 'list', slots: [row(1), row(2)] } satisfies ComputedSpec['manual'], at: day(2.5), interval: [day(3), day(3)] },
])('a run by hand: $manual.type', ({ manual, at, interval: [start, end] }) => {
  expect(compileTimetable(spec({ manual })).manual({ at })).toEqual({ start, end })
})

test('a preview and a calendar end where the list ends, and the calendar says so', () => {
  const runs = previewRuns({ spec: spec(), last: run(11), restriction: open, now: day(12), count: 100 })
  expect(dates(runs)).toEqual([12, 15, 16])
  const cells = calendarCells({ zone: 'UTC', from: '2026-01-06', days: 30, unit: 'day' })
  const question = { last: run(11), restriction: open, now: day(12), cells, max: 1000 }
  const planned = (timetable: ComputedSpec) => [...steps(planCalendar({ timetable, ...question }))].at(-1)
  expect(planned(spec())).toMatchObject({ planned_until: day(16) })
  expect(planned(spec({ is_complete: true }))).toMatchObject({ planned_until: null })
  expect(knownSpan(spec())).toEqual({ from: day(5), until: day(16) })
})

function* steps<T>(generator: Generator<void, T>): Generator<T> {
  for (;;) {
    const step = generator.next()
    if (step.done === true) return yield step.value
  }
}

test.each([
  { words: 'no: two thirds of it are left', part: {}, last: run(10), now: day(10.1), needed: false },
  { words: 'the last third is reached', part: {}, last: run(12), now: day(10.2), needed: false },
  { words: 'one run is left', part: {}, last: run(15), now: day(10.2), needed: true },
  { words: 'catching up has used it up', part: { computed_at: day(30) }, last: null, now: day(30.1), needed: true },
  { words: 'nothing follows', part: { is_complete: true }, last: run(16), now: day(10.2), needed: false },
  { words: 'it is old', part: { is_complete: true }, last: null, now: day(10.5), needed: true },
  { words: 'it was made just now', part: {}, last: run(16), now: day(10) + 1000, needed: false },
  { words: 'it is empty, tried lately', part: { runs: [] }, last: null, now: day(10) + 5 * 60_000, needed: false },
  { words: 'it is empty', part: { runs: [] }, last: null, now: day(10) + 16 * 60_000, needed: true },
])('needs a new list: $words', ({ part, last, now, needed }) => {
  expect(needsNewList(spec(part), last, now)).toBe(needed)
})

test.each([
  { words: 'the later part of the same list', part: { computed_at: day(12), runs: [12, 15, 16, 17].map(row) }, same: true },
  { words: 'another day within', part: { runs: [11, 12, 14, 16].map(row) }, same: false },
  { words: 'another summary', part: { summary: 'Weekends' }, same: false },
  { words: 'an empty list', part: { runs: [] }, same: true },
])('against the list, $words', ({ part, same }) => {
  expect(planTheSame(spec(), spec(part))).toBe(same)
  const dag = (timetable: ComputedSpec) => makeDagSpec('d', { timetable })
  expect(diffSpecs(dag(spec()), dag(spec(part))).changed_settings).toEqual(same ? [] : ['timetable'])
})

test('other timetables need no list', () => {
  expect(needsNewList({ type: 'once' }, null, day(1))).toBe(false)
  expect(knownSpan({ type: 'once' })).toBeNull()
})
