/** What a schedule does from now on, worked out beside the server's other work and as the contract's shapes. */
import type { NextRun } from '#contract/dag.ts'
import type { Outlook } from '#contract/schedule.ts'
import { outlookSteps, type Outlook as DueOutlook } from '#domain/schedule/dueRuns.ts'
import { compileTimetable, formatRunId, type PlannedRun } from '#domain/schedule/timetable.ts'
import type { DagSchedule } from '#scheduler/ports.ts'
import { iso } from './present/instant.ts'

/** Due runs that are looked at: a daily schedule since 1999. A schedule with more is said to have more. */
export const DUE_RUNS_MAX = 10_000
/** Runs listed: more than a person reads. */
const LISTED_MAX = 100

export type OutlookOf = Pick<DagSchedule, 'spec' | 'last' | 'restriction' | 'max_active_runs' | 'active_runs'>

/** Gives way to other work between the steps. Throws what compileTimetable throws. */
export async function outlookOf(schedule: OutlookOf, now: number): Promise<DueOutlook> {
  const { spec, last, restriction, max_active_runs, active_runs } = schedule
  const limits = { room: Math.max(0, max_active_runs - active_runs), max: DUE_RUNS_MAX, list: LISTED_MAX }
  const steps = outlookSteps({ spec, timetable: compileTimetable(spec), last, restriction, now }, limits)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

export function presentPlanned(run: PlannedRun): NextRun {
  return {
    run_after: iso(run.run_after),
    logical_date: iso(run.logical_date),
    data_interval_start: iso(run.interval.start),
    data_interval_end: iso(run.interval.end),
  }
}

export function presentOutlook(
  found: DueOutlook,
  { now, dialect, run_id_suffix }: Pick<DagSchedule, 'dialect' | 'run_id_suffix'> & { now: number },
): Outlook {
  const named = (run: PlannedRun) => ({
    ...presentPlanned(run),
    run_id: formatRunId({ run_type: 'scheduled', logical_date: run.logical_date, run_after: run.run_after, dialect }) + run_id_suffix,
  })
  return {
    now: iso(now),
    starts: found.starts.slice(0, LISTED_MAX).map(named),
    starts_count: found.starts.length,
    waiting_count: found.due - found.starts.length,
    has_more: found.has_more,
    newest_due: found.newest.map(presentPlanned),
    next: found.next === null ? null : presentPlanned(found.next),
  }
}
