/**
 * The runs that a schedule creates now, and what is due but must wait. The engine creates them and pages announce them with the same
 * function, so that an announcement cannot differ from what happens.
 */
import type { TimetableSpec } from '#contract/dagSpec.ts'
import type { PlannedRun, Restriction, Timetable } from './plannedRun.ts'

/** Where a schedule stands. */
export interface ScheduleState {
  timetable: Pick<Timetable, 'next'>
  /** The newest scheduled run, or null. */
  last: PlannedRun | null
  restriction: Restriction
  now: number
}

/** The runs due at `now` in the order of their creation, each as if those before it had been created. */
export function* dueRuns({ timetable, last, restriction, now }: ScheduleState): Generator<PlannedRun, void> {
  let before = last
  for (;;) {
    const next = timetable.next({ last: before, restriction, now })
    if (next === null || next.run_after > now) return
    yield next
    before = next
  }
}

export interface Outlook {
  /** Created now, oldest first: as many as there is room for. */
  starts: PlannedRun[]
  /** All that are due: those that start, and those that are created one by one as runs end. */
  due: number
  /** Counting ended early: more are due. */
  has_more: boolean
  /** The newest due ones, newest first. Empty if there are too many to tell. */
  newest: PlannedRun[]
  /** The first run that is not due yet; null = the schedule has ended, or it cannot be told. */
  next: PlannedRun | null
}

export interface OutlookLimits {
  /** How many more runs may be active now. */
  room: number
  /** Due runs looked at: 10,000 take about 50 ms. */
  max: number
  /** Length of `newest`. */
  list: number
}
/** Due runs looked at between two pauses. */
const STEPS = 250

/** What a schedule does from `now` on. Pauses (yields) now and then, so that a caller with other work can go on with that. */
export function* outlookSteps(
  state: ScheduleState & { spec: TimetableSpec },
  { room, max, list }: OutlookLimits,
): Generator<void, Outlook> {
  const found: PlannedRun[] = []
  let has_more = false
  for (const run of dueRuns(state)) {
    if (found.length === max) {
      has_more = true
      break
    }
    if (found.push(run) % STEPS === 0) yield
  }
  const newest = has_more ? yield* newestDue(state, { list, max }) : found.slice(-list).reverse()
  const last = newest[0] ?? (has_more ? null : state.last)
  const { restriction, now } = state
  const next = has_more && last === null ? null : state.timetable.next({ last, restriction, now })
  return { starts: found.slice(0, room), due: found.length, has_more, newest, next }
}

/**
 * The newest due runs of a schedule that has too many to walk through: it is walked from a moment near `now`. Where a cron schedule
 * begins does not move its points; a step of time is counted from the start, so there the moment is one of its own.
 */
function* newestDue(
  { spec, timetable, last, restriction, now }: ScheduleState & { spec: TimetableSpec },
  { list, max }: { list: number; max: number },
): Generator<void, PlannedRun[]> {
  const anchor = Math.max(restriction.earliest ?? Number.NEGATIVE_INFINITY, last?.interval.end ?? Number.NEGATIVE_INFINITY)
  if (!Number.isFinite(anchor)) return []
  const step = 'delta_ms' in spec ? spec.delta_ms : null
  if (step !== null && 'months' in spec && (spec.months !== 0 || step <= 0)) return []
  const startFor = (span: number): number => {
    const from = Math.max(anchor, now - span)
    return step === null ? from : anchor + Math.floor((from - anchor) / step) * step
  }
  const within = (span: number): PlannedRun[] | null => {
    const runs: PlannedRun[] = []
    for (const run of dueRuns({ timetable, last: null, restriction: { ...restriction, earliest: startFor(span), catchup: true }, now })) {
      if (runs.length === max) return null
      runs.push(run)
    }
    return runs
  }
  // Too short a span holds too few, too long a one too many to walk through: between the two one is looked for.
  let short = 0
  let long = Number.POSITIVE_INFINITY
  let span = list * 1000
  for (let round = 0; round < 64; round++) {
    const runs = within(span)
    yield
    if (runs !== null && (runs.length >= list || now - span <= anchor)) return runs.slice(-list).reverse()
    if (runs === null) long = span
    else short = span
    span = long === Number.POSITIVE_INFINITY ? short * 2 : (short + long) / 2
  }
  return []
}
