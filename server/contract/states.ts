/**
 * Every state list of VORTEX, written once. SQL checks, proto maps, colours and docs are tested against these lists.
 * Words and meaning follow Airflow (core-concepts/tasks and core-concepts/dag-run); `none` is a real word here, never null.
 */

/** States of a task instance. */
export const TASK_INSTANCE_STATES = [
  'none', // its upstream task instances do not allow it yet
  'scheduled', // may run; waits for a limit (pool, parallelism, worker capacity)
  'queued', // handed to a worker under a lease, not started yet
  'running', // the worker reported its process as started
  'success',
  'failed', // final: no tries are left, or the failure may not be retried
  'skipped', // a branch, a trigger rule or the task itself skipped it
  'upstream_failed', // an upstream failure makes its trigger rule impossible
  'up_for_retry', // failed; its next try is due at `next_try_at`
  'up_for_reschedule', // a sensor in reschedule mode; its next poke is due at `next_try_at`
  'deferred', // waits for a trigger, holds no worker slot
  'restarting', // cleared while it ran; its process is being ended, then it starts again
  'removed', // its task is not part of the run's DAG version any more
] as const
export type TaskInstanceState = (typeof TASK_INSTANCE_STATES)[number]

/** States that end a task instance. */
export const FINISHED_STATES = [
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'removed',
] as const satisfies readonly TaskInstanceState[]
/** States in which an attempt holds a worker slot and a lease. */
export const LEASED_STATES = ['queued', 'running', 'restarting'] as const satisfies readonly TaskInstanceState[]

/** States of a DAG run. */
export const DAG_RUN_STATES = ['queued', 'running', 'success', 'failed'] as const
export type DagRunState = (typeof DAG_RUN_STATES)[number]

/** Why a DAG run exists. */
export const RUN_TYPES = ['scheduled', 'manual', 'backfill', 'asset_triggered'] as const
export type RunType = (typeof RUN_TYPES)[number]

/** States of one attempt (one try at a task instance on one worker). */
export const ATTEMPT_STATES = [
  'queued',
  'running',
  'success',
  'failed',
  'skipped',
  'rescheduled',
  'deferred',
  'lost', // its lease ended without a report: the outcome is unknown
  'killed', // ended on request: cancel, clear, timeout of the run
] as const
export type AttemptState = (typeof ATTEMPT_STATES)[number]

/** States of a worker as the controller sees it. */
export const WORKER_STATES = ['active', 'draining', 'offline'] as const
export type WorkerState = (typeof WORKER_STATES)[number]

/** States of a backfill. */
export const BACKFILL_STATES = ['running', 'paused', 'success', 'failed', 'cancelled'] as const
export type BackfillState = (typeof BACKFILL_STATES)[number]

/** Which existing runs a backfill runs again: none, the failed ones, or all (Airflow's reprocess behaviour). */
export const REPROCESS_BEHAVIOURS = ['none', 'failed', 'completed'] as const
export type ReprocessBehaviour = (typeof REPROCESS_BEHAVIOURS)[number]

/** Roles, weakest first. Each includes the ones before it. */
export const ROLES = ['Viewer', 'Operator', 'Admin'] as const
export type Role = (typeof ROLES)[number]

/** Trigger rules (Airflow core-concepts/dags, "Trigger Rules"). Old names are mapped by the Python package. */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_done_min_one_success',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'always',
  'all_done_setup_success',
] as const
export type TriggerRule = (typeof TRIGGER_RULES)[number]

/** How a task's effective priority weight is computed from its own weight (Airflow "Priority weights"). */
export const WEIGHT_RULES = ['downstream', 'upstream', 'absolute'] as const

const finished: ReadonlySet<string> = new Set(FINISHED_STATES)
/** True if a task instance in this state is final until somebody clears or marks it. */
export function isFinished(state: TaskInstanceState): boolean {
  return finished.has(state)
}
