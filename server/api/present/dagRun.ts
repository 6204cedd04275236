/** DAG runs and backfills as the contract's shapes. */
import type { Backfill, DagRun, DagRunDetail } from '#contract/dagRun.ts'
import type { DagRunRecord, DagRunRow } from '#db/records.ts'
import type { BackfillRow } from '#db/store.ts'
import { iso, isoOrNull } from './instant.ts'

export function presentRun(run: DagRunRecord, version: number): DagRunDetail
export function presentRun(run: DagRunRow, version: number): DagRun
export function presentRun(run: DagRunRow, version: number): DagRun {
  const logical_date = isoOrNull(run.logical_date)
  return {
    id: run.id,
    dag_id: run.dag_id,
    run_id: run.run_id,
    run_type: run.run_type,
    state: run.state,
    logical_date,
    execution_date: logical_date,
    data_interval_start: isoOrNull(run.data_interval_start),
    data_interval_end: isoOrNull(run.data_interval_end),
    run_after: iso(run.run_after),
    queued_time: iso(run.queued_time),
    start_time: isoOrNull(run.start_time),
    end_time: isoOrNull(run.end_time),
    triggered_by: run.triggered_by,
    conf: run.conf,
    note: run.note,
    version,
    backfill_id: run.backfill_id,
    state_reason: run.state_reason,
    task_counts: run.task_counts as Record<string, number>,
  }
}

export function presentBackfill(backfill: BackfillRow): Backfill {
  const { runs_total, runs_finished, runs_failed } = backfill
  return {
    id: backfill.id,
    dag_id: backfill.dag_id,
    state: backfill.state,
    start_date: iso(backfill.start_date),
    end_date: iso(backfill.end_date),
    max_active_runs: backfill.max_active_runs,
    reprocess: backfill.reprocess,
    run_backwards: backfill.run_backwards,
    created_at: iso(backfill.created_at),
    created_by: backfill.created_by,
    end_time: isoOrNull(backfill.end_time),
    runs_total,
    runs_created: backfill.runs_created,
    runs_finished,
    runs_failed,
    progress: runs_total === 0 ? 1 : runs_finished / runs_total,
  }
}
