/**
 * Timetables: when a DAG runs, and what each run covers. One module computes what the scheduler creates, what a backfill
 * lists and what the UI previews. Pure: the clock is a parameter, nothing is read or written.
 *
 * The rules are those of Airflow 2.10 (data-interval kind) and 3.3 (trigger kind), daylight-saving days included; the test
 * airflowTimetables.test.ts compares them with recordings of Airflow itself.
 */
import type { TimetableSpec } from '#contract/dagSpec.ts'
import type { RunType } from '#contract/states.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, civilDate } from './civil.ts'
import { computedTimetable } from './computedTimetable.ts'
import { compileCron } from './cron.ts'
import { cronPoints, type Points } from './cronClock.ts'
import { makeDelta, type Delta } from './delta.ts'
import { cronIntervalTimetable, deltaIntervalTimetable } from './intervalTimetable.ts'
import { continuousTimetable, eventsTimetable, nullTimetable, onceTimetable } from './simpleTimetables.ts'
import { anyOf, cronTriggerTimetable, deltaTriggerTimetable } from './triggerTimetable.ts'
import type { PlannedRun, Restriction, Timetable } from './plannedRun.ts'
import { zoneOf, type Transition } from './zone.ts'

export type { PlannedRun, Restriction, Timetable } from './plannedRun.ts'

/** Makes a timetable. Throws an error that says what is wrong with the expression, zone, step or date. */
export function compileTimetable(spec: TimetableSpec): Timetable {
  switch (spec.type) {
    case 'null':
      return nullTimetable
    case 'once':
      return onceTimetable
    case 'continuous':
      return continuousTimetable
    case 'cron_data_interval': {
      const cron = compileCron(spec.cron)
      return cronIntervalTimetable(cronPoints(cron, zoneOf(spec.timezone)), cron.expression)
    }
    case 'cron_trigger': {
      const zone = zoneOf(spec.timezone)
      const timetables = spec.crons.map((expression) => {
        const cron = compileCron(expression)
        const points: Points = cronPoints(cron, zone)
        return cronTriggerTimetable({
          points,
          intervalMs: spec.interval_ms,
          runImmediately: spec.run_immediately,
          summary: cron.expression,
        })
      })
      const [only] = timetables
      if (only === undefined) throw new RangeError('A cron_trigger timetable needs at least one cron expression.')
      return timetables.length === 1 ? only : anyOf(timetables)
    }
    case 'delta_data_interval':
      return deltaIntervalTimetable(deltaOf(spec), describeDelta(spec))
    case 'delta_trigger':
      return deltaTriggerTimetable({ points: deltaOf(spec), intervalMs: spec.interval_ms, summary: describeDelta(spec) })
    case 'events':
      return eventsTimetable({
        dates: spec.dates.map(readInstant),
        description: spec.description,
        restrictToEvents: spec.restrict_to_events,
      })
    case 'computed':
      return computedTimetable(spec)
  }
}

function deltaOf(spec: { delta_ms: number; months: number }): Delta {
  return makeDelta({ ms: spec.delta_ms, months: spec.months })
}

function readInstant(text: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new RangeError(`"${text}" is not a date and time in ISO 8601 form.`)
  return at
}

/** `1 month, 2 days, 3:00:00`: Python's way to print a timedelta, with months in front. */
function describeDelta({ delta_ms: ms, months }: { delta_ms: number; months: number }): string {
  const parts: string[] = []
  const days = Math.floor(ms / DAY_MS)
  const rest = ms - days * DAY_MS
  if (months !== 0) parts.push(`${months} month${months === 1 ? '' : 's'}`)
  if (days !== 0) parts.push(`${days} day${Math.abs(days) === 1 ? '' : 's'}`)
  if (rest !== 0 || months === 0) {
    const seconds = (rest % MINUTE_MS) / SECOND_MS
    const clock = [Math.floor(rest / HOUR_MS), pad(Math.floor(rest / MINUTE_MS) % 60, 2), pad(Math.floor(seconds), 2)].join(':')
    parts.push(seconds % 1 === 0 ? clock : `${clock}.${pad(rest % SECOND_MS, 3)}000`)
  }
  return parts.join(', ')
}

export interface PreviewedRun extends PlannedRun {
  /** The change of the clock on the local day of the run's start, or null: its local time may look unexpected. */
  clock_change: Transition | null
}

export interface PreviewQuestion {
  spec: TimetableSpec
  last: PlannedRun | null
  restriction: Restriction
  now: number
  /** At most this many runs. */
  count: number
}

/** The next runs as the scheduler would create them if every one of them were created on time. */
export function previewRuns({ spec, last, restriction, now, count }: PreviewQuestion): PreviewedRun[] {
  const timetable = compileTimetable(spec)
  const zone = zoneOf('timezone' in spec ? spec.timezone : 'UTC')
  const runs: PreviewedRun[] = []
  // How long a continuous run takes is unknown, so only its next start can be shown.
  const limit = spec.type === 'continuous' ? Math.min(count, 1) : count
  let before = last
  let clock = now
  while (runs.length < limit) {
    const run = timetable.next({ last: before, restriction, now: clock })
    if (run === null) break
    const dayStart = zone.toUtc(Math.floor(zone.toLocal(run.run_after) / DAY_MS) * DAY_MS)
    const [change = null] = zone.transitions({ from: dayStart - 1, to: zone.toUtc(zone.toLocal(dayStart) + DAY_MS) })
    runs.push({ ...run, clock_change: change })
    before = run
    clock = Math.max(clock, run.run_after)
  }
  return runs
}

export interface RunIdParts {
  run_type: RunType
  /** null: the run is for no date; `suffix` then makes the id unique. */
  logical_date: number | null
  run_after: number
  dialect: '2' | '3'
  /** Eight random letters or digits, drawn by the caller. */
  suffix?: string
}

/** The run id that Airflow gives: 2.x ends in the logical date, 3.x in the moment from which the run may start. */
export function formatRunId({ run_type: runType, logical_date: logicalDate, run_after: runAfter, dialect, suffix }: RunIdParts): string {
  const word = dialect === '2' && runType === 'asset_triggered' ? 'dataset_triggered' : runType
  const at = dialect === '2' && logicalDate !== null ? logicalDate : runAfter
  const end = suffix !== undefined && logicalDate === null ? `_${suffix}` : ''
  return `${word}__${isoWithOffset(at)}${end}`
}

/** Python's isoformat of a UTC time: `2026-11-23T09:00:00+00:00`, with six decimals only if they are not all 0. */
export function isoWithOffset(at: number): string {
  const number = Math.floor(at / DAY_MS)
  const { year, month, day } = civilDate(number)
  const time = at - number * DAY_MS
  const clock = [Math.floor(time / HOUR_MS), Math.floor(time / MINUTE_MS) % 60, Math.floor(time / SECOND_MS) % 60]
  const fraction = Math.floor(time % SECOND_MS)
  const decimals = fraction === 0 ? '' : `.${pad(fraction, 3)}000`
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock.map((part) => pad(part, 2)).join(':')}${decimals}+00:00`
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
