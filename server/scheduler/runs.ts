/**
 * What becomes of DAG runs: started within max_active_runs, ended when all their task instances are finished (Airflow
 * core-concepts/dag-run), and aborted. They leave memory after the commit that ended them.
 */
import { isFinished, type DagRunState } from '#contract/states.ts'
import { noteSuccess, retire, setRunState } from './activeRuns.ts'
import { backfillRunEnded } from './backfills.ts'
import { startCallback } from './dagCallbacks.ts'
import { startTrigger } from './deferral.ts'
import type { Cause, Engine } from './engine.ts'
import { endLive, leaseOf, transition } from './instances.ts'
import type { ActiveRun } from './model.ts'
import { createDueRuns } from './schedule.ts'

/** Starts queued runs of DAGs that have room, oldest first, then lets the schedule create what is due. */
export function startQueuedRuns(e: Engine): void {
  for (const dag of e.dagsWithRoom) {
    e.dagsWithRoom.delete(dag)
    const { is_paused, max_active_runs } = dag.record
    if (!is_paused) for (const run of dag.queued_backfill) startRun(e, run) // limited by the backfill's own max_active_runs
    for (const run of dag.queued) {
      if (dag.running >= max_active_runs) break
      if (!is_paused || run.record.run_type === 'manual') startRun(e, run)
    }
    createDueRuns(e, dag)
  }
}

function startRun(e: Engine, run: ActiveRun): void {
  const { record } = run
  setRunState(e, run, { state: 'running', start_time: record.start_time ?? e.now, end_time: null, state_reason: null })
  e.ledger({
    kind: 'dag_run.state',
    dag_id: record.dag_id,
    dag_run_id: record.id,
    from_state: 'queued',
    to_state: 'running',
    cause: 'room',
    actor: 'scheduler',
  })
  e.markRunChanged(run)
  setRunTimeout(e, run)
  resume(e, run)
}

/** Evaluates everything that might start now: a run that starts, or one that was read back after a restart. */
export function resume(e: Engine, run: ActiveRun): void {
  for (const instance of run.instances) {
    const { state, next_try_at } = instance.record
    if (state === 'none') e.dirty.push(instance)
    else if ((state === 'up_for_retry' || state === 'up_for_reschedule' || state === 'deferred') && next_try_at !== null) {
      e.setTimer({ at: next_try_at, kind: 'instance', dag_id: run.record.dag_id, id: instance.record.id })
    }
    startTrigger(e, instance, { isRestored: true })
  }
  if (run.unfinished === 0) e.maybeFinished.add(run)
}

export function setRunTimeout(e: Engine, run: ActiveRun): void {
  const timeout = run.version.spec.dagrun_timeout_ms
  if (timeout !== null && run.record.start_time !== null)
    e.setTimer({ at: run.record.start_time + timeout, kind: 'run_timeout', dag_id: run.record.dag_id, id: run.record.id })
}

/** Ends runs whose task instances are all finished. The deciding tasks (leaves) give the state. */
export function finishRuns(e: Engine): void {
  for (const run of e.maybeFinished) {
    e.maybeFinished.delete(run)
    if (run.unfinished > 0 || run.record.state !== 'running') continue
    // Stopped by a person, and only its teardowns went on.
    const stopped = run.record.state_reason
    const failed = [...run.graph.deciders].some((task) =>
      run.byTask[task]?.some(({ record }) => record.state === 'failed' || record.state === 'upstream_failed'),
    )
    if (stopped !== null) endRun(e, run, 'failed', { cause: stopped, actor: 'scheduler' })
    else endRun(e, run, failed ? 'failed' : 'success', { cause: failed ? 'task_failure' : 'success', actor: 'scheduler' })
  }
}

/** Causes of an end that no person asked for; Airflow's words for the reason that a callback of the DAG is given. */
const CALLS_BACK: ReadonlySet<string> = new Set(['success', 'task_failure', 'timed_out'])

/** Gives a run its final state. It leaves memory after the commit. */
export function endRun(e: Engine, run: ActiveRun, state: Extract<DagRunState, 'success' | 'failed'>, cause: Cause): void {
  const { record, dag } = run
  const from = record.state
  setRunState(e, run, { state, start_time: record.start_time ?? e.now, end_time: e.now, state_reason: cause.cause })
  e.ledger({
    kind: 'dag_run.state',
    dag_id: record.dag_id,
    dag_run_id: record.id,
    from_state: from,
    to_state: state,
    ...cause,
  })
  e.markRunChanged(run)
  e.dagsWithRoom.add(dag)
  noteSuccess(run, from)
  countConsecutiveFailures(e, run, state)
  backfillRunEnded(e, run)
  if (CALLS_BACK.has(cause.cause)) startCallback(e, run, cause.cause)
  const ending = ++run.endings
  e.pending.effects.push(() => retire(e, run, ending))
}

function countConsecutiveFailures(e: Engine, run: ActiveRun, state: DagRunState): void {
  const { dag } = run
  const limit = run.version.spec.max_consecutive_failed_dag_runs
  if (limit === 0) return
  const failed = state === 'failed' ? dag.record.consecutive_failed_runs + 1 : 0
  if (failed !== dag.record.consecutive_failed_runs) e.pending.changeDag(dag.record, { consecutive_failed_runs: failed })
  if (failed < limit || dag.record.is_paused) return
  e.pending.changeDag(dag.record, { is_paused: true, updated_at: e.now })
  e.ledger({
    kind: 'dag.paused',
    dag_id: dag.record.dag_id,
    dag_run_id: run.record.id,
    cause: 'max_consecutive_failed_dag_runs',
    actor: 'scheduler',
    message: `${failed} runs failed in a row`,
  })
  e.publish({ type: 'dag', dag_id: dag.record.dag_id })
}

/**
 * The unfinished work of a run ends: live attempts are killed, the rest is skipped, then the run fails. Teardowns that may still run
 * do so first (Airflow), unless the run was stopped before or `teardowns` says otherwise; until then it is `running` with a reason.
 */
export function abortRun(e: Engine, run: ActiveRun, cause: Cause, p: { live: 'failed' | 'skipped'; teardowns: 'run' | 'end' }): void {
  const { record } = run
  const isSpared = p.teardowns === 'run' && record.state === 'running' && record.state_reason === null
  for (const instance of run.instances) {
    if (isFinished(instance.record.state) || (isSpared && instance.spec.is_teardown)) continue
    const isLive = instance.live !== null
    if (isLive) endLive(e, instance, cause.cause)
    transition(e, instance, isLive ? p.live : 'skipped', cause, {
      end_time: e.now,
      ...leaseOf(instance),
      next_try_at: null,
      state_reason: cause.message ?? cause.cause,
    })
  }
  e.maybeFinished.delete(run)
  if (!isSpared || run.unfinished === 0) return endRun(e, run, 'failed', cause)
  e.pending.changeRun(record, { state_reason: cause.cause })
  e.markRunChanged(run)
}
