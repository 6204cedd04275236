/** Backfills: an explicit request for runs over a past range, with a limit of its own (Airflow core-concepts/backfill). */
import type { BackfillIntervalRecord, BackfillRecord, DagRunRecord } from '#db/records.ts'
import { formatRunId } from '#domain/schedule/timetable.ts'
import type { ReprocessBehaviour } from '#contract/states.ts'
import type { Engine } from './engine.ts'
import { clearInstances, reopenRun, selectForClear } from './clear.ts'
import type { ActiveRun, BackfillEntry, DagEntry } from './model.ts'
import { createRun } from './activeRuns.ts'

/** More intervals than this are refused: a slip of the pen, such as @hourly over ten years, must not flood the database. */
export const BACKFILL_INTERVALS_MAX = 20_000

export interface PlannedInterval extends Omit<BackfillIntervalRecord, 'backfill_id' | 'dag_run_id'> {
  reason: string | null
  existing: DagRunRecord | null
}

/** Which runs a backfill would create or run again, in order. `existing` are the runs the DAG has in that range. */
export function planBackfill(
  dag: DagEntry,
  p: { start_date: number; end_date: number; reprocess: ReprocessBehaviour; run_backwards: boolean; existing: DagRunRecord[] },
): PlannedInterval[] | 'too_many' {
  const { spec } = dag.version
  const byDate = new Map(p.existing.map((run) => [run.logical_date, run]))
  const planned: PlannedInterval[] = []
  const restriction = { earliest: null, latest: spec.end_date === null ? null : Date.parse(spec.end_date), catchup: true }
  for (const slot of dag.timetable.between({ from: p.start_date, to: p.end_date, restriction })) {
    if (planned.length >= BACKFILL_INTERVALS_MAX) return 'too_many'
    const existing = byDate.get(slot.logical_date) ?? null
    const { action, reason } = actionFor(existing, p.reprocess)
    planned.push({
      ordinal: 0,
      logical_date: slot.logical_date,
      data_interval_start: slot.interval.start,
      data_interval_end: slot.interval.end,
      action,
      reason,
      existing,
      run_id:
        existing?.run_id ??
        formatRunId({ run_type: 'backfill', logical_date: slot.logical_date, run_after: slot.run_after, dialect: spec.dialect }),
    })
  }
  if (p.run_backwards) planned.reverse()
  planned.forEach((interval, ordinal) => (interval.ordinal = ordinal))
  return planned
}

function actionFor(
  existing: DagRunRecord | null,
  reprocess: ReprocessBehaviour,
): { action: 'create' | 'reprocess' | 'skip'; reason: string | null } {
  if (existing === null) return { action: 'create', reason: null }
  if (existing.state === 'queued' || existing.state === 'running')
    return { action: 'skip', reason: `run ${existing.run_id} is ${existing.state}` }
  if (reprocess === 'completed' || (reprocess === 'failed' && existing.state === 'failed')) return { action: 'reprocess', reason: null }
  return { action: 'skip', reason: `run ${existing.run_id} ended as ${existing.state}` }
}

/** Stores a backfill and starts its first runs. */
export function createBackfill(
  e: Engine,
  dag: DagEntry,
  p: Omit<BackfillRecord, 'id' | 'state' | 'created_at' | 'end_time' | 'runs_total' | 'runs_created' | 'runs_finished'>,
  planned: PlannedInterval[],
): BackfillEntry {
  const record: BackfillRecord = {
    ...p,
    id: e.nextId.backfill++,
    state: 'running',
    created_at: e.now,
    end_time: null,
    runs_total: planned.filter(({ action }) => action !== 'skip').length,
    runs_created: 0,
    runs_finished: 0,
  }
  const intervals = planned.map(({ ordinal, logical_date, data_interval_start, data_interval_end, action, run_id }) => ({
    backfill_id: record.id,
    ordinal,
    logical_date,
    data_interval_start,
    data_interval_end,
    action,
    run_id,
    dag_run_id: null,
  }))
  const entry: BackfillEntry = { record, intervals, active: new Set(), hasFailures: false }
  e.backfills.set(record.id, entry)
  e.pending.insertBackfill(record, intervals)
  e.ledger({
    kind: 'backfill.created',
    dag_id: p.dag_id,
    to_state: 'running',
    cause: 'user',
    actor: p.created_by,
    message: `${record.runs_total} runs`,
  })
  continueBackfill(e, dag, entry)
  return entry
}

/**
 * Creates the next runs of a backfill, up to its max_active_runs. An interval that reprocesses an existing run needs that run
 * in memory: it is asked for, and `reprocess` goes on from there.
 */
export function continueBackfill(e: Engine, dag: DagEntry, entry: BackfillEntry): void {
  const { record } = entry
  for (const interval of entry.intervals) {
    if (record.state !== 'running' || entry.active.size >= record.max_active_runs) return
    if (interval.action === 'skip' || interval.dag_run_id !== null) continue
    if (interval.action === 'reprocess') {
      e.pending.effects.push(() => e.dependencies.requestReprocess(entry, interval))
      return
    }
    const run = createRun(e, dag, {
      run_type: 'backfill',
      logical_date: interval.logical_date,
      interval: { start: interval.data_interval_start, end: interval.data_interval_end },
      run_after: interval.data_interval_end,
      run_id: interval.run_id,
      conf: record.conf,
      note: null,
      backfill_id: record.id,
      cause: { cause: 'backfill', actor: record.created_by },
    })
    adopt(e, entry, interval, run)
  }
  endBackfillIfDone(e, entry)
}

/** The run of an interval is in memory: it runs again as part of the backfill, and the next interval may follow. */
export function reprocess(e: Engine, entry: BackfillEntry, interval: BackfillIntervalRecord, run: ActiveRun): void {
  if (
    !isWanted(e, entry, interval) ||
    entry.active.size >= entry.record.max_active_runs ||
    e.runs.get(run.record.id) !== run ||
    run.isDeleted
  )
    return
  e.pending.changeRun(run.record, { backfill_id: entry.record.id })
  adopt(e, entry, interval, run)
  if (!run.isActive) {
    const actor = entry.record.created_by
    clearInstances(e, run, selectForClear(run, {}), { actor, note: `backfill ${entry.record.id}` })
    reopenRun(e, run, { cause: 'cleared', actor })
  }
  continueBackfill(e, run.dag, entry)
}

/** The backfill goes on and nothing belongs to the interval yet. */
export function isWanted(e: Engine, entry: BackfillEntry, interval: BackfillIntervalRecord): boolean {
  return e.backfills.get(entry.record.id) === entry && entry.record.state === 'running' && interval.dag_run_id === null
}

/** A run, new or cleared, now belongs to the interval. */
function adopt(e: Engine, entry: BackfillEntry, interval: BackfillIntervalRecord, run: ActiveRun): void {
  interval.dag_run_id = run.record.id
  entry.active.add(run.record.id)
  e.pending.setInterval({ backfill_id: entry.record.id, ordinal: interval.ordinal, dag_run_id: run.record.id })
  e.pending.changeBackfill(entry.record, { runs_created: entry.record.runs_created + 1 })
}

/** A run ended: if it belongs to a backfill, the next one may start. */
export function backfillRunEnded(e: Engine, run: ActiveRun): void {
  const entry = run.record.backfill_id === null ? undefined : e.backfills.get(run.record.backfill_id)
  if (entry === undefined || !entry.active.delete(run.record.id)) return
  e.pending.changeBackfill(entry.record, { runs_finished: entry.record.runs_finished + 1 })
  if (run.record.state === 'failed') entry.hasFailures = true
  continueBackfill(e, run.dag, entry)
}

function endBackfillIfDone(e: Engine, entry: BackfillEntry): void {
  const { record } = entry
  if (record.state !== 'running' || entry.active.size > 0) return
  if (entry.intervals.some(({ action, dag_run_id }) => action !== 'skip' && dag_run_id === null)) return
  const state = entry.hasFailures ? 'failed' : 'success'
  e.pending.changeBackfill(record, { state, end_time: e.now })
  e.ledger({
    kind: 'backfill.state',
    dag_id: record.dag_id,
    from_state: 'running',
    to_state: state,
    cause: 'done',
    actor: 'scheduler',
  })
  e.pending.effects.push(() => {
    if (e.backfills.get(record.id) === entry) e.backfills.delete(record.id)
  })
}
