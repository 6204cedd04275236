/**
 * Task instances: the named transitions and what follows from each. Nothing else assigns a task instance's state.
 */
import { isFinished, type TaskInstanceState } from '#contract/states.ts'
import type { TaskInstanceRecord } from '#db/records.ts'
import { countedAs, decideByTriggerRule } from '#domain/triggerRule.ts'
import { checkTransition } from '#domain/taskInstance.ts'
import { notBeyondCalendar, retryDelay } from '#domain/retry.ts'
import type { Cause, Engine } from './engine.ts'
import { endWait } from './errands.ts'
import { limitsOf } from './limits.ts'
import type { ActiveRun, Instance } from './model.ts'
import { ReadyQueue } from './readyQueues.ts'
import { countsByIndex, instanceAt, sourceReopened } from './upstreamCounts.ts'

/** States in which a task instance waits by its deferral, or goes on after it. */
const CONTINUES: ReadonlySet<TaskInstanceState> = new Set(['deferred', 'scheduled', 'queued', 'running'])

/** Moves an instance to another state, records why, and marks downstream ones for evaluation. */
export function transition(
  e: Engine,
  instance: Instance,
  to: TaskInstanceState,
  cause: Cause,
  set: Partial<Omit<TaskInstanceRecord, 'id' | 'dag_run_id' | 'task_id' | 'map_index'>> = {},
): void {
  const { record, run } = instance
  const from = record.state
  checkTransition(from, to)
  if (instance.queue !== null && to !== 'scheduled') e.ready.withdraw(instance)
  if (from === 'deferred') endWait(e, instance)
  // What it went on with is over with the attempt.
  const isOver = record.deferral !== null && !CONTINUES.has(to)
  e.pending.changeInstance(record, { ...(isOver ? { deferral: null } : {}), ...set, state: to })
  e.ledger({
    kind: 'task_instance.state',
    dag_id: run.record.dag_id,
    dag_run_id: run.record.id,
    task_instance_id: record.id,
    attempt: record.try_number > 0 ? record.try_number : null,
    from_state: from,
    to_state: to,
    cause: cause.cause,
    actor: cause.actor,
    message: cause.message ?? null,
  })
  countInRun(run, from, -1)
  countInRun(run, to, 1)
  countForDownstream(e, instance, from, to)
  const wasFinished = isFinished(from)
  const finished = isFinished(to)
  if (finished !== wasFinished) {
    run.unfinished += finished ? -1 : 1
    if (finished && run.unfinished === 0) e.maybeFinished.add(run)
  }
  if (finished) wakeNextRuns(e, instance)
  e.markChanged(instance)
}

function countInRun(run: ActiveRun, state: TaskInstanceState, by: number): void {
  const counts = run.record.task_counts
  const count = (counts[state] ?? 0) + by
  if (count === 0) delete counts[state]
  else counts[state] = count
}

function countForDownstream(e: Engine, instance: Instance, from: TaskInstanceState, to: TaskInstanceState): void {
  const before = countedAs(from)
  const after = countedAs(to)
  if (before === after) return
  const { run } = instance
  const isSetup = instance.spec.is_setup
  for (const task of run.graph.downstream[instance.task] ?? []) {
    const counts = run.upstreamCounts[task]
    if (counts === undefined) continue
    const isByIndex = countsByIndex(run.graph, instance.task, task)
    if (!isByIndex && before !== null) counts[before]--
    if (!isByIndex && after !== null) counts[after]++
    if (isSetup && !isByIndex) {
      if (before === 'success') counts.setup_success--
      if (before === 'skipped') counts.setup_skipped--
      if (after === 'success') counts.setup_success++
      if (after === 'skipped') counts.setup_skipped++
    }
    if (after === null) continue
    const rule = run.graph.tasks[task]?.trigger_rule
    // Ten thousand instances above ten thousand: each end above is looked at once, not by each of those below.
    if ((run.byTask[task]?.length ?? 0) > 1 && !isByIndex && rule !== undefined && decideByTriggerRule(rule, counts) === 'wait') continue
    lookAgain(e, instance, task)
  }
  if (after === null) sourceReopened(run, instance.task)
  if (after !== null) for (const task of run.graph.setups.needed_by[instance.task] ?? []) lookAgain(e, instance, task)
}

/** Instances of another task of the run that look at this one: within a mapped group only that of the same index. */
function lookAgain(e: Engine, { run, task, record }: Instance, below: number): void {
  if (countsByIndex(run.graph, task, below)) {
    const neighbour = instanceAt(run, below, record.map_index)
    if (neighbour !== undefined) e.dirty.push(neighbour)
  } else for (const instance of run.byTask[below] ?? []) e.dirty.push(instance)
}

/**
 * Later runs may wait for this task (depends_on_past), or for it as a neighbour downstream (wait_for_downstream). They wait for all its
 * instances to go well, so of ten thousand only the last one wakes them.
 */
function wakeNextRuns(e: Engine, { run, record: { task_id } }: Instance): void {
  for (const next of run.waitingForThis) {
    const task = next.graph.index.get(task_id)
    const state = next.past?.stateOf(task_id) ?? null
    if (task === undefined || (state !== 'success' && state !== 'skipped')) continue
    for (const below of [task, ...(next.graph.upstream[task] ?? [])])
      for (const instance of next.byTask[below] ?? []) e.dirty.push(instance)
  }
}

/** Puts an instance among the runnable ones; dispatch takes it from there. */
export function makeReady(e: Engine, instance: Instance): void {
  if (instance.queue !== null) return
  const { key, limits } = limitsOf(e, instance)
  const queue = e.ready.queueFor(key, limits, () => new ReadyQueue(key, limits, instance.record.queue))
  e.ready.add(queue, instance)
  e.newlyReady.push(instance)
}

/** A branch or short circuit has excluded it. */
export function skipFor(e: Engine, instance: Instance, { record }: Instance): void {
  const cause: Cause = { cause: 'branch', actor: record.task_id }
  transition(e, instance, 'skipped', cause, { start_time: e.now, end_time: e.now, state_reason: `not chosen by ${record.task_id}` })
}

/** A failed try: another one if tries are left and the failure may be retried, else final. */
export function fail(
  e: Engine,
  instance: Instance,
  p: Cause & { retryable: boolean; reason: string; at: number; immediately?: boolean },
): void {
  const { record, spec, run } = instance
  const cause: Cause = { cause: p.cause, actor: p.actor, message: p.reason }
  if (!p.retryable || record.try_number >= record.max_tries) {
    transition(e, instance, 'failed', cause, { end_time: p.at, lease_token: null, next_try_at: null, state_reason: p.reason })
    if (spec.is_teardown === false && run.version.spec.fail_fast) failFast(e, instance)
    return
  }
  if (p.immediately === true) {
    transition(e, instance, 'scheduled', cause, {
      scheduled_time: e.now,
      lease_token: null,
      worker_id: null,
      state_reason: p.reason,
      ...(record.deferral === null ? {} : { deferral: null }),
    })
    makeReady(e, instance)
    return
  }
  const delay = retryDelay({
    // Pokes, attempts given back and tries before a clear do not make the delay longer.
    try_number: Math.max(1, record.try_number - (record.max_tries - spec.retries - 1)),
    retry_delay_ms: spec.retry_delay_ms,
    exponential_backoff: spec.retry_exponential_backoff,
    max_retry_delay_ms: spec.max_retry_delay_ms,
    key: `${run.record.dag_id}#${record.task_id}#${run.record.logical_date ?? run.record.run_after}#${record.try_number}`,
  })
  const due = notBeyondCalendar(p.at + delay)
  transition(e, instance, 'up_for_retry', cause, { end_time: p.at, next_try_at: due, lease_token: null, state_reason: p.reason })
  e.setTimer({ at: due, kind: 'instance', dag_id: run.record.dag_id, id: record.id })
}

/** fail_fast: the first failure ends what has not run yet and kills what runs. */
function failFast(e: Engine, failed: Instance): void {
  const cause: Cause = { cause: 'fail_fast', actor: 'scheduler', message: `${failed.record.task_id} failed and the DAG is fail_fast` }
  for (const other of failed.run.instances) {
    if (other === failed || isFinished(other.record.state) || other.spec.is_teardown) continue
    const to = other.live === null ? 'skipped' : 'failed'
    if (other.live !== null) endLive(e, other, 'cancelled')
    transition(e, other, to, cause, { end_time: e.now, ...leaseOf(other), next_try_at: null, state_reason: cause.message ?? null })
  }
}

/** Asks the worker to kill the live attempt and closes the attempt's row. The slots stay taken until the worker reports. */
export function endLive(e: Engine, instance: Instance, reason: string): void {
  const live = instance.live
  if (live === null || live.isKilled) return
  e.pending.changeAttempt(live.ref, { state: 'killed', end_time: e.now, reason })
  e.kill(live, reason)
}

/** A killed attempt keeps its token until it is gone, so that the next term knows of it too (leftAttempts.ts). */
export function leaseOf(instance: Instance): { lease_token?: null } {
  return instance.live === null ? { lease_token: null } : {}
}
