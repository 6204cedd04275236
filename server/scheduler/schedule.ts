/** The schedule of a DAG: what is next, when its timer fires, and the runs that are due (Airflow's timetables decide the dates). */
import { dueRuns } from '#domain/schedule/dueRuns.ts'
import { formatRunId, type PlannedRun } from '#domain/schedule/timetable.ts'
import type { Engine } from './engine.ts'
import type { DagEntry } from './model.ts'
import { createRun } from './activeRuns.ts'

/** Earliest and latest logical dates, and whether missed runs are made up for. Unset catchup starts no back runs. */
export function restrictionOf(dag: DagEntry): { earliest: number | null; latest: number | null; catchup: boolean } {
  const { spec } = dag.version
  return {
    earliest: spec.start_date === null ? null : Date.parse(spec.start_date),
    latest: spec.end_date === null ? null : Date.parse(spec.end_date),
    catchup: spec.catchup ?? false,
  }
}

export function lastScheduled(dag: DagEntry): PlannedRun | null {
  const { record } = dag
  if (record.last_scheduled_logical_date === null) return null
  const start = record.last_scheduled_interval_start ?? record.last_scheduled_logical_date
  const end = record.last_scheduled_interval_end ?? start
  return { logical_date: record.last_scheduled_logical_date, interval: { start, end }, run_after: record.last_scheduled_run_after ?? end }
}

/** The next run of the schedule, or null. */
export function nextPlanned(e: Engine, dag: DagEntry): PlannedRun | null {
  if (dag.record.is_stale) return null
  return dag.timetable.next({ last: lastScheduled(dag), restriction: restrictionOf(dag), now: e.now })
}

/** Writes down what is next for the DAG and sets its timer. */
export function plan(e: Engine, dag: DagEntry): void {
  const next = nextPlanned(e, dag)
  const { record } = dag
  if (record.next_run_after !== (next?.run_after ?? null) || record.next_logical_date !== (next?.logical_date ?? null)) {
    e.pending.changeDag(record, {
      next_run_after: next?.run_after ?? null,
      next_logical_date: next?.logical_date ?? null,
      next_interval_start: next?.interval.start ?? null,
      next_interval_end: next?.interval.end ?? null,
    })
    e.publish({ type: 'dag', dag_id: record.dag_id })
  }
  if (next === null || record.is_paused) return
  // A run that is due but has no room is created when a run of the DAG ends; no timer can tell when that is.
  if (next.run_after <= e.now && dag.active >= record.max_active_runs) return
  const at = Math.max(next.run_after, e.now + 1)
  if (dag.timer_at === at) return
  dag.timer_at = at
  e.setTimer({ at, kind: 'dag', dag_id: record.dag_id })
}

/** At most this many runs of one DAG are created in one step; the rest follows in the next ones, so nobody else waits. */
const RUNS_PER_STEP = 64

/** Creates the scheduled runs that are due, within max_active_runs. */
export function createDueRuns(e: Engine, dag: DagEntry): void {
  if (dag.record.is_paused || dag.record.is_stale) return
  const due = dueRuns({ timetable: dag.timetable, last: lastScheduled(dag), restriction: restrictionOf(dag), now: e.now })
  for (let created = 0; created < RUNS_PER_STEP && dag.active < dag.record.max_active_runs; created++) {
    const { value: next } = due.next()
    if (next === undefined) break
    const run_id = formatRunId({
      run_type: 'scheduled',
      logical_date: next.logical_date,
      run_after: next.run_after,
      dialect: dag.version.spec.dialect,
    })
    e.pending.changeDag(dag.record, {
      last_scheduled_logical_date: next.logical_date,
      last_scheduled_interval_start: next.interval.start,
      last_scheduled_interval_end: next.interval.end,
      last_scheduled_run_after: next.run_after,
    })
    createRun(e, dag, {
      run_type: 'scheduled',
      logical_date: next.logical_date,
      interval: next.interval,
      run_after: next.run_after,
      run_id,
      conf: {},
      note: null,
      backfill_id: null,
      cause: { cause: 'schedule', actor: 'scheduler' },
    })
  }
  plan(e, dag)
}
