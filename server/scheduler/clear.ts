/** Clearing: which task instances of a run are reset, and what that means for them and for their run. */
import { VortexError } from '#contract/errors.ts'
import type { ClearBody } from '#contract/dagRun.ts'
import { reachable } from '#domain/graph.ts'
import { noteSuccess, setRunState } from './activeRuns.ts'
import type { Cause, Engine } from './engine.ts'
import { endLive, skipFor, transition } from './instances.ts'
import type { ActiveRun, Instance } from './model.ts'

/** Instances of a run that a clear would reset. */
export function selectForClear(run: ActiveRun, options: ClearBody): Instance[] {
  const named = options.task_ids ?? []
  const { map_index } = options
  if (map_index !== undefined && named.length !== 1)
    throw new VortexError('invalid_request', 'map_index needs the task that it belongs to: give exactly one id in task_ids.', {
      field: 'map_index',
    })
  const start = new Set<number>()
  for (const task_id of named) {
    const task = run.graph.index.get(task_id)
    if (task === undefined) throw new VortexError('not_found', `Run "${run.record.run_id}" has no task "${task_id}".`)
    start.add(task)
  }
  if (named.length === 0) run.graph.tasks.forEach((_, task) => start.add(task))
  const matches = ({ record }: Instance): boolean =>
    (map_index === undefined || record.map_index === map_index) &&
    (options.only_failed !== true || record.state === 'failed' || record.state === 'upstream_failed')
  const seeds = new Set(run.instances.filter((instance) => start.has(instance.task) && matches(instance)))
  const seeded = new Set([...seeds].map(({ task }) => task))
  // Of a mapped task only the seeds themselves run again; what is above or below does with all its instances.
  const tasks = new Set<number>()
  if (options.include_upstream === true) for (const task of reachable(run.graph.upstream, seeded)) tasks.add(task)
  if (options.include_downstream === true) for (const task of reachable(run.graph.downstream, seeded)) tasks.add(task)
  // Work runs again between its setups and their teardowns; a setup never without its teardowns.
  const { setups } = run.graph
  for (const task of [...seeded, ...tasks]) for (const setup of setups.of[task] ?? []) tasks.add(setup)
  for (const task of [...seeded, ...tasks]) for (const teardown of setups.teardowns[task] ?? []) tasks.add(teardown)
  return run.instances.filter((instance) => (seeds.has(instance) || tasks.has(instance.task)) && instance.record.state !== 'none')
}

/** Resets instances so that they run again. A live attempt is killed first; its instance restarts when it is gone. */
export function clearInstances(
  e: Engine,
  run: ActiveRun,
  instances: Instance[],
  p: {
    actor: string
    note?: string | undefined
    /** By which branch an instance was excluded (branches.ts). */
    excluded?: ReadonlyMap<Instance, Instance>
  },
): void {
  const cause: Cause = { cause: 'cleared', actor: p.actor, message: p.note ?? null }
  const wasFinished = !run.isActive
  for (const instance of instances) {
    const { record, spec } = instance
    if (record.state === 'restarting') continue
    const reset = {
      max_tries: record.try_number + spec.retries + 1,
      start_time: null,
      end_time: null,
      scheduled_time: null,
      queued_time: null,
      next_try_at: null,
      waiting_since: null,
      state_reason: null,
      pool: spec.pool,
      pool_slots: spec.pool_slots,
      queue: spec.queue,
      priority_weight: run.graph.weights[instance.task] ?? spec.priority_weight,
      ...(p.note === undefined ? {} : { note: p.note }),
    }
    if (instance.live !== null) {
      endLive(e, instance, 'cleared')
      transition(e, instance, 'restarting', cause, reset)
    } else {
      transition(e, instance, 'none', cause, { ...reset, worker_id: null, lease_token: null })
      const branch = p.excluded?.get(instance)
      if (branch?.record.state === 'success') skipFor(e, instance, branch)
      else e.dirty.push(instance)
    }
  }
  if (instances.length === 0) return
  if (wasFinished) reopenRun(e, run, cause)
  // It was cancelled or marked, and its teardowns were still to end it as failed: from now on its task instances decide.
  else if (run.record.state_reason !== null) {
    e.pending.changeRun(run.record, { state_reason: null })
    e.markRunChanged(run)
  }
}

/** An ended run is to go on: it waits for room like a new one. */
export function reopenRun(e: Engine, run: ActiveRun, cause: Cause): void {
  const { record } = run
  if (run.isActive) return
  const from = record.state
  setRunState(e, run, { state: 'queued', queued_time: e.now, start_time: null, end_time: null, state_reason: null })
  e.ledger({
    kind: 'dag_run.state',
    dag_id: record.dag_id,
    dag_run_id: record.id,
    from_state: from,
    to_state: 'queued',
    ...cause,
  })
  noteSuccess(run, from)
  e.markRunChanged(run)
  e.dagsWithRoom.add(run.dag)
}
