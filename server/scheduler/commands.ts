/** What people ask of runs and task instances: trigger, pause, cancel, mark, delete. Each is one step of the engine. */
import { VortexError } from '#contract/errors.ts'
import { formatRunId } from '#domain/schedule/timetable.ts'
import { createRun, retire } from './activeRuns.ts'
import { watchAssets } from './assets.ts'
import { reopenRun } from './clear.ts'
import type { Cause, Engine } from './engine.ts'
import { forgetErrands } from './errands.ts'
import { endLive, leaseOf, makeReady, transition } from './instances.ts'
import { Instance, type ActiveRun, type DagEntry } from './model.ts'
import { abortRun, endRun } from './runs.ts'
import { createDueRuns, plan } from './schedule.ts'

export function dagOf(e: Engine, dag_id: string): DagEntry {
  const dag = e.dags.get(dag_id)
  if (e.reloading.has(dag_id)) throw new VortexError('conflict', `DAG "${dag_id}" is being read again; nothing was changed. Try again.`)
  if (dag === undefined) throw new VortexError('not_found', `There is no DAG "${dag_id}".`)
  return dag
}

/** What identifies a run; both the name and the logical date are unique among the manual runs of a DAG. */
export interface RunIdentity {
  run_after: number
  logical_date: number | null
  run_id: string
}

/** Names of 3.x are made of this moment, those of 2.x of the logical date. Anybody may have given a run that name before. */
export function identify(dag: DagEntry, p: { now: number; logical_date: number | null | 'none'; run_id: string | null }): RunIdentity {
  const run_after = uniqueNow(dag, p.now)
  const logical_date = p.logical_date === 'none' ? null : (p.logical_date ?? run_after)
  const run_id = p.run_id ?? formatRunId({ run_type: 'manual', logical_date, run_after, dialect: dag.version.spec.dialect })
  return { run_after, logical_date, run_id }
}

export function triggerRun(
  e: Engine,
  p: RunIdentity & {
    dag_id: string
    conf: Record<string, unknown>
    note: string | null
    actor: string
  },
): ActiveRun {
  const dag = dagOf(e, p.dag_id)
  if (dag.record.is_stale) throw new VortexError('invalid_state', `DAG "${p.dag_id}" is no longer defined by any file.`)
  return createRun(e, dag, {
    run_type: 'manual',
    logical_date: p.logical_date,
    interval: p.logical_date === null ? null : dag.timetable.manual({ at: p.logical_date }),
    run_after: p.run_after,
    run_id: p.run_id,
    conf: p.conf,
    note: p.note,
    backfill_id: null,
    cause: { cause: 'user', actor: p.actor },
  })
}

/** Two triggers within one millisecond get different moments, and so different logical dates and names. */
function uniqueNow(dag: DagEntry, now: number): number {
  const at = Math.max(now, (dag.last_manual_date ?? 0) + 1)
  dag.last_manual_date = at
  return at
}

export function setPaused(e: Engine, p: { dag_id: string; paused: boolean; actor: string }): void {
  const dag = dagOf(e, p.dag_id)
  if (dag.record.is_paused === p.paused) return
  e.pending.changeDag(dag.record, { is_paused: p.paused, updated_at: e.now, consecutive_failed_runs: 0 })
  e.ledger({
    kind: p.paused ? 'dag.paused' : 'dag.unpaused',
    dag_id: p.dag_id,
    cause: 'user',
    actor: p.actor,
  })
  e.publish({ type: 'dag', dag_id: p.dag_id })
  if (p.paused) {
    plan(e, dag)
    return
  }
  for (const run of dag.runs.values()) {
    if (run.record.state !== 'running') continue
    for (const instance of run.instances) if (instance.record.state === 'scheduled' && instance.queue === null) makeReady(e, instance)
  }
  e.dagsWithRoom.add(dag)
  watchAssets(e, dag)
  createDueRuns(e, dag)
}

export function cancelRun(e: Engine, run: ActiveRun, actor: string): void {
  if (!run.isActive) throw new VortexError('invalid_state', `Run "${run.record.run_id}" has already ended as ${run.record.state}.`)
  abortRun(e, run, { cause: 'cancelled', actor, message: `cancelled by ${actor}` }, { live: 'failed', teardowns: 'run' })
}

/** Teardowns that may still run do so, whatever the run is marked as; the run keeps its state until then (Airflow). */
export function markRun(e: Engine, run: ActiveRun, state: 'success' | 'failed', actor: string): void {
  const cause: Cause = { cause: 'marked', actor, message: `marked ${state} by ${actor}` }
  if (state === 'failed') {
    if (run.isActive) abortRun(e, run, cause, { live: 'failed', teardowns: 'run' })
    else if (run.record.state !== 'failed') endRun(e, run, 'failed', cause)
    return
  }
  for (const instance of run.instances) {
    if (instance.record.state === 'success' || instance.spec.is_teardown) continue
    endLive(e, instance, 'marked')
    const set = { end_time: e.now, ...leaseOf(instance), next_try_at: null, state_reason: cause.message ?? null }
    transition(e, instance, 'success', cause, set)
  }
  if (run.isActive && run.unfinished > 0) {
    if (run.record.state_reason !== null) e.pending.changeRun(run.record, { state_reason: null })
    return
  }
  e.maybeFinished.delete(run)
  if (run.record.state !== 'success') endRun(e, run, 'success', cause)
}

export function markInstance(e: Engine, instance: Instance, state: 'success' | 'failed' | 'skipped', actor: string): void {
  const message = `marked ${state} by ${actor}`
  const { run } = instance
  const wasActive = run.isActive
  if (instance.record.state === state) return
  endLive(e, instance, 'marked')
  transition(
    e,
    instance,
    state,
    { cause: 'marked', actor, message },
    { end_time: e.now, start_time: instance.record.start_time ?? e.now, ...leaseOf(instance), next_try_at: null, state_reason: message },
  )
  if (!wasActive) {
    // The run had ended: its state follows from its task instances again, as after a clear.
    reopenRun(e, run, { cause: 'marked', actor, message })
    if (run.unfinished === 0) e.maybeFinished.add(run)
  }
}

export function deleteRun(e: Engine, run: ActiveRun, actor: string): void {
  if (run.isActive) throw new VortexError('invalid_state', `Run "${run.record.run_id}" is ${run.record.state}; cancel it first.`)
  forgetErrands(e, run)
  e.pending.deleteRun(run.record.id)
  e.ledger({
    kind: 'dag_run.deleted',
    dag_id: run.record.dag_id,
    from_state: run.record.state,
    cause: 'user',
    actor,
    message: run.record.run_id,
  })
  e.publish({ type: 'dag_run_deleted', dag_id: run.record.dag_id, run_id: run.record.run_id })
  for (const next of run.waitingForThis) {
    next.past = undefined
    e.pending.effects.push(() => e.dependencies.requestPast(next))
  }
  if (run.dag.newest_success?.id === run.record.id) run.dag.newest_success = undefined
  run.dag.successes++
  const ending = run.endings
  run.isDeleted = true
  e.pending.effects.push(() => retire(e, run, ending))
}

export function refuseActiveRuns(dag: DagEntry): void {
  const active = [...dag.runs.values()].find((run) => run.isActive)
  if (active !== undefined)
    throw new VortexError('invalid_state', `DAG "${dag.record.dag_id}" has an active run ("${active.record.run_id}"); cancel it first.`)
}

export function deleteDag(e: Engine, dag_id: string, actor: string): void {
  const dag = dagOf(e, dag_id)
  refuseActiveRuns(dag)
  for (const run of dag.runs.values()) {
    forgetErrands(e, run)
    run.isDeleted = true
  }
  for (const { instance } of e.live.values()) if (instance.run.dag === dag) instance.run.isDeleted = true
  for (const { record } of e.backfills.values()) if (record.dag_id === dag_id) e.backfills.delete(record.id)
  e.pending.deleteDag(dag_id)
  e.ledger({
    kind: 'dag.deleted',
    dag_id,
    cause: 'user',
    actor,
  })
  e.publish({ type: 'dag', dag_id })
  e.dags.delete(dag_id)
  e.assetDags.delete(dag)
}
