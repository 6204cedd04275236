/**
 * A schedule as people type it (cron, preset, timedelta) as the timetable that the Python package makes of it: 2.x rules give data
 * intervals, 3.x rules give points in time (python/vortex/definitions/timetables.py).
 */
import type { TimetableSpec } from '#contract/dagSpec.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './civil.ts'
import { zoneOf } from './zone.ts'

/** Something typed that cannot be read. `field` names the input, `hint` says how to mend it. */
export class ScheduleTextError extends RangeError {
  readonly field: string
  readonly hint: string
  constructor(field: string, message: string, hint: string) {
    super(message)
    this.name = 'ScheduleTextError'
    this.field = field
    this.hint = hint
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  week: 7 * DAY_MS,
  w: 7 * DAY_MS,
  day: DAY_MS,
  d: DAY_MS,
  hour: HOUR_MS,
  h: HOUR_MS,
  minute: MINUTE_MS,
  min: MINUTE_MS,
  m: MINUTE_MS,
  second: SECOND_MS,
  sec: SECOND_MS,
  s: SECOND_MS,
}
const PART = /(\d+)\s*(months?|weeks?|days?|hours?|minutes?|min|seconds?|sec|[wdhms])(?![a-z])/gi
/** What Python prints: `2 days, 3:00:00`. */
const PYTHON = /^(?:(\d+) days?,? )?(\d+):(\d\d):(\d\d)(?:\.\d+)?$/
/** What authors write: `timedelta(hours=6, minutes=30)`. */
const CALL = /^(?:datetime\.|dt\.)?(?:timedelta|relativedelta)\(([^)]*)\)$/
/** As in the contract's durations: 100 years. */
const LONGEST_MS = 36_525 * DAY_MS
const MONTHS_MAX = 1200

interface Step {
  ms: number
  months: number
}

/** A step of time, or null if the text is not one. */
function readStep(text: string): Step | null {
  const python = PYTHON.exec(text)
  if (python) {
    const [days, hours, minutes, seconds] = python.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number]
    return { ms: days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS, months: 0 }
  }
  const call = CALL.exec(text)
  if (call) return sum([...(call[1] ?? '').matchAll(/([a-z]+)\s*=\s*(\d+)/g)].map(([, unit, count]) => [Number(count), unit ?? '']))
  if (text.replace(PART, '').replace(/[\s,]|and/g, '') !== '') return null
  const parts = [...text.matchAll(PART)]
  return parts.length === 0 ? null : sum(parts.map(([, count, unit]) => [Number(count), unit ?? '']))
}

function sum(parts: readonly (readonly [number, string])[]): Step {
  const step = { ms: 0, months: 0 }
  for (const [count, unit] of parts) {
    const name = unit.toLowerCase()
    const one = name.length > 1 ? name.replace(/s$/, '') : name
    if (one === 'month') step.months += count
    else step.ms += count * (UNIT_MS[one] ?? 0)
  }
  return step
}

const STEP_HINT = 'Write a step such as 30m, 6 hours, 1 day, 0:30:00 or timedelta(hours=6).'

/** Throws a ScheduleTextError; what a cron expression means is checked when its timetable is made. */
export function readSchedule(text: string, p: { dialect: '2' | '3'; timezone: string }): TimetableSpec {
  const { dialect, timezone } = p
  checkZone(timezone)
  const typed = text.trim().replace(/^(['"])(.*)\1$/, '$2')
  if (typed === '' || /^(@?none|null)$/i.test(typed)) return { type: 'null' }
  if (typed === '@once') return { type: 'once' }
  if (typed === '@continuous') return { type: 'continuous' }
  const step = readStep(typed)
  if (step === null) {
    if (dialect === '2') return { type: 'cron_data_interval', cron: typed, timezone }
    return { type: 'cron_trigger', crons: [typed], timezone, interval_ms: 0, run_immediately: false }
  }
  const { ms, months } = step
  if (ms === 0 && months === 0) throw new ScheduleTextError('schedule', `The step "${typed}" is no time at all.`, STEP_HINT)
  if (ms > LONGEST_MS || months > MONTHS_MAX)
    throw new ScheduleTextError('schedule', `The step "${typed}" is longer than 100 years.`, STEP_HINT)
  if (dialect === '2') return { type: 'delta_data_interval', delta_ms: ms, months, timezone }
  return { type: 'delta_trigger', delta_ms: ms, months, timezone, interval_ms: 0 }
}

export function checkZone(timezone: string): void {
  try {
    zoneOf(timezone)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ScheduleTextError('timezone', message, 'Names are those of the IANA database: Europe/Berlin, America/New_York, UTC.')
  }
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?)?$/

/** A date or time: without an offset it is the wall clock of the zone, as in a DAG file. */
export function readMoment(text: string, p: { field: string; timezone: string }): number {
  const typed = text.trim()
  const wall = DATE.exec(typed)
  const at = wall ? Date.parse(`${typed.replace(' ', 'T').slice(0, 10)}T${typed.slice(11) || '00:00'}Z`) : Date.parse(typed)
  const isRolled = wall !== null && !Number.isNaN(at) && new Date(at).getUTCDate() !== Number(wall[3])
  if (Number.isNaN(at) || isRolled || at < Date.parse('0001-01-01T00:00:00Z') || at > Date.parse('9999-01-01T00:00:00Z'))
    throw new ScheduleTextError(
      p.field,
      `"${typed.slice(0, 60)}" is not a date.`,
      'Write it as 2026-11-23 or 2026-11-23T09:00; with an offset such as Z or +01:00 it is that moment in every zone.',
    )
  return wall ? zoneOf(p.timezone).toUtc(at) : at
}
