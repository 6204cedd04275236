/**
 * A timetable of the author's own class. Its code never runs here: the parse worked out the runs, and this walks them. What it says
 * reaches as far as the lists do; the DAG file is parsed again before they end (`needsNewList`).
 */
import type { TimetableSpec } from '#contract/dagSpec.ts'
import { HOUR_MS, MINUTE_MS } from './civil.ts'
import type { DataInterval, PlannedRun, Timetable } from './plannedRun.ts'

export type ComputedSpec = Extract<TimetableSpec, { type: 'computed' }>
type Row = ComputedSpec['runs'][number]

export function computedTimetable(spec: ComputedSpec): Timetable {
  const runs = spec.runs.map(plannedRun)
  const history = spec.history.map(plannedRun)
  const all = [...history, ...runs]
  return {
    next({ last, restriction, now }) {
      const from = last === null ? 0 : indexAfter(runs, last)
      const at = restriction.catchup ? from : passOver(runs, from, now, spec.computed_at)
      const run = runs[at]
      return run === undefined || isBeyond(run, restriction.latest) ? null : run
    },
    manual: ({ at }) => manualInterval(spec.manual, all, at),
    *between({ from, to, restriction }) {
      const latest = Math.min(to, restriction.latest ?? to)
      const earliest = Math.max(from, restriction.earliest ?? from)
      for (const run of all) if (run.logical_date >= earliest && run.logical_date <= latest) yield run
    },
    summary: spec.summary,
  }
}

function plannedRun([start, end, run_after]: Row): PlannedRun {
  return { logical_date: start, interval: { start, end }, run_after }
}

function indexAfter(runs: readonly PlannedRun[], last: PlannedRun): number {
  const at = runs.findIndex(
    (run) => run.run_after > last.run_after || (run.run_after === last.run_after && run.logical_date > last.logical_date),
  )
  return at < 0 ? runs.length : at
}

/**
 * Without catchup, runs that came due since the list was made, and after which another one is due: missed while the server was down or
 * the DAG paused. What was due already when the list was made, the timetable wants all the same.
 */
function passOver(runs: readonly PlannedRun[], from: number, now: number, computed_at: number): number {
  let at = from
  for (;;) {
    const following = runs[at + 1]
    if (following === undefined || following.run_after > now || following.run_after <= computed_at) return at
    at++
  }
}

function isBeyond(run: PlannedRun, latest: number | null): boolean {
  return latest !== null && run.logical_date > latest
}

function manualInterval(manual: ComputedSpec['manual'], all: readonly PlannedRun[], at: number): DataInterval {
  if (manual.type === 'offset') return { start: at + manual.start_ms, end: at + manual.end_ms }
  const found = manual.type === 'list' ? manual.slots.findLast(([from]) => from <= at) : undefined
  if (found !== undefined) return { start: found[1], end: found[2] }
  const run = manual.type === 'runs' ? all.findLast((one) => one.run_after <= at) : undefined
  return run?.interval ?? { start: at, end: at }
}

/** The stretch of logical dates for which the runs are known; `until` null = to the end of time, for the timetable has ended. */
export function knownSpan(spec: TimetableSpec): { from: number; until: number | null } | null {
  if (spec.type !== 'computed') return null
  return {
    from: (spec.history[0] ?? spec.runs[0])?.[0] ?? spec.computed_at,
    until: spec.is_complete ? null : (spec.runs.at(-1)?.[0] ?? spec.computed_at),
  }
}

/** Whether two lists agree as far as both reach. */
export function planTheSame(a: ComputedSpec, b: ComputedSpec): boolean {
  if (a.summary !== b.summary) return false
  const from = Math.max(a.runs[0]?.[0] ?? Infinity, b.runs[0]?.[0] ?? Infinity)
  const until = Math.min(a.runs.at(-1)?.[0] ?? -Infinity, b.runs.at(-1)?.[0] ?? -Infinity)
  const common = ({ runs }: ComputedSpec): Row[] => runs.filter(([start]) => start >= from && start <= until)
  return JSON.stringify(common(a)) === JSON.stringify(common(b))
}

/** A list is made anew as often, for it may depend on what changes outside: a table of holidays, say. */
const OLD_MS = 6 * HOUR_MS
const YOUNG_MS = MINUTE_MS
/** An empty list is the author's mistake, or a moment's trouble. */
const EMPTY_MS = 15 * MINUTE_MS

/** Whether the DAG file should be parsed again for its list of runs. */
export function needsNewList(spec: TimetableSpec, last: PlannedRun | null, now: number): boolean {
  if (spec.type !== 'computed') return false
  const age = now - spec.computed_at
  if (age < YOUNG_MS) return false
  if (age > OLD_MS) return true
  if (spec.is_complete) return false
  if (spec.runs.length === 0) return age > EMPTY_MS
  const runs = spec.runs.map(plannedRun)
  const left = runs.slice(last === null ? 0 : indexAfter(runs, last)).filter((run) => run.run_after > now)
  return left.length <= runs.length / 3
}
