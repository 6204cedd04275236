/**
 * A calendar of a DAG: the days or hours of a time zone as stretches of time, and what a schedule plans in each of them. Pure; the
 * dates are those of the timetable that the scheduler itself asks.
 */
import type { TimetableSpec } from '#contract/dagSpec.ts'
import { civilDate, DAY_MS, dayNumber, HOUR_MS } from './civil.ts'
import { knownSpan } from './computedTimetable.ts'
import { compileTimetable, type PlannedRun, type Restriction } from './timetable.ts'
import { zoneOf, type Zone } from './zone.ts'

export interface Cell {
  /** 2026-11-23 in the zone. */
  date: string
  /** Hour of the wall clock; 0 in a calendar of days. On the day on which clocks go back one hour comes twice. */
  hour: number
  start: number
  end: number
}

/** Cells without gaps, from the start of day `from` on. A day may have 23 or 25 hours. Throws if there is no such day or zone. */
export function calendarCells(p: { zone: string; from: string; days: number; unit: 'day' | 'hour' }): Cell[] {
  const zone = zoneOf(p.zone)
  const first = readDay(p.from)
  const cells: Cell[] = []
  for (let day = first; day < first + p.days; day++) {
    const [start, end] = [startOfDay(zone, day), startOfDay(zone, day + 1)]
    const date = dayText(day)
    if (p.unit === 'day') cells.push({ date, hour: 0, start, end })
    else
      for (let at = start; at < end; at += HOUR_MS) {
        const hour = Math.floor((((zone.toLocal(at) % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS)
        cells.push({ date, hour, start: at, end: Math.min(at + HOUR_MS, end) })
      }
  }
  return cells
}

/** The first instant of a local day: where midnight comes twice, the first one. */
function startOfDay(zone: Zone, day: number): number {
  const local = day * DAY_MS
  const start = zone.toUtc(local)
  const earlier = local - zone.offsetAt(start - 1)
  return earlier < start && zone.toLocal(earlier) === local ? earlier : start
}

function readDay(text: string): number {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const number = dayNumber({ year, month, day })
  // Beyond these years the instants of a day cannot be stored.
  if (dayText(number) !== text || year < 1 || year > 9998) throw new RangeError(`${text} is not a day. Write it as 2026-11-23.`)
  return number
}

function dayText(number: number): string {
  const { year, month, day } = civilDate(number)
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

export interface PlanQuestion {
  timetable: TimetableSpec
  /** The newest run that the schedule has created. */
  last: PlannedRun | null
  restriction: Restriction
  now: number
  /** Sorted and without gaps. */
  cells: readonly Cell[]
  /** Dates that are worked out at most in the past, and again in the future: 10,000 take about 50 ms. */
  max: number
}

export interface Plan {
  /** Per cell: runs that the schedule will still create. */
  planned: number[]
  /** Per cell: dates of the schedule in the past. */
  expected: number[]
  /** Per cell: the first date of the schedule in it; null = none, or none that is worked out. */
  first: (number | null)[]
  /** Set when `max` was reached, or the schedule is known no further: nothing is planned from here on. */
  planned_until: number | null
}

/** Dates worked out between two pauses: about a millisecond. */
const STEPS = 250

/** By logical date, which is also what a backfill asks for. Pauses (yields) now and then, so that a caller can go on with other work. */
export function* planCalendar(p: PlanQuestion): Generator<void, Plan> {
  const planned = p.cells.map(() => 0)
  const expected = p.cells.map(() => 0)
  const first = p.cells.map((): number | null => null)
  const plan: Plan = { planned, expected, first, planned_until: null }
  const [start, end] = [p.cells[0]?.start, p.cells.at(-1)?.end]
  if (start === undefined || end === undefined) return plan
  const timetable = compileTimetable(p.timetable)
  const cellOf = cellFinder(p.cells)
  const count = (counts: number[], at: number): void => {
    const cell = cellOf(at)
    if (cell === null) return
    counts[cell] = (counts[cell] ?? 0) + 1
    first[cell] = Math.min(first[cell] ?? at, at)
  }
  let left = p.max
  // A delta counts from the run before, so only dates that follow one mean anything.
  if (!p.timetable.type.startsWith('delta')) {
    const restriction = { ...p.restriction, catchup: true }
    for (const run of timetable.between({ from: start, to: Math.min(end - 1, p.now), restriction })) {
      if (left-- <= 0) break
      if (left % STEPS === 0) yield
      if (run.run_after <= p.now) count(expected, run.logical_date)
    }
  }
  left = p.max
  const known = knownSpan(p.timetable)
  let last = p.last
  let clock = p.now
  for (;;) {
    const run = timetable.next({ last, restriction: p.restriction, now: clock })
    if (run === null) plan.planned_until = known?.until ?? null
    if (run === null || run.logical_date >= end) return plan
    if (left-- <= 0) {
      plan.planned_until = run.logical_date
      return plan
    }
    if (left % STEPS === 0) yield
    count(planned, run.logical_date)
    // How long a continuous run takes is unknown: only its next start is known.
    if (p.timetable.type === 'continuous') return plan
    last = run
    clock = Math.max(clock, run.run_after)
  }
}

function cellFinder(cells: readonly Cell[]): (at: number) => number | null {
  return (at) => {
    let [low, high] = [0, cells.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const cell = cells[middle]
      if (cell === undefined) return null
      if (at < cell.start) high = middle - 1
      else if (at >= cell.end) low = middle + 1
      else return middle
    }
    return null
  }
}
