/** What people ask of runs and task instances: trigger, pause, cancel, clear, mark, delete. Each is one step of the engine. */
import { VortexError } from '#contract/errors.ts'
import type { ClearBody } from '#contract/dagRun.ts'
import { isFinished } from '#contract/states.ts'
import type { DagVersionRecord, TaskInstanceRecord } from '#db/records.ts'
import { reachable } from '#domain/graph.ts'
import { formatRunId } from '#domain/schedule/timetable.ts'
import type { Cause, Engine } from './engine.ts'
import { endLive, makeReady, transition } from './instances.ts'
import { Instance, type ActiveRun, type DagEntry } from './model.ts'
import { abortRun, createDueRuns, createRun, endRun, graphOf, newInstance, plan, recountUpstreams, retire } from './runs.ts'

export function dagOf(e: Engine, dag_id: string): DagEntry {
  const dag = e.dags.get(dag_id)
  if (dag === undefined) throw new VortexError('not_found', `There is no DAG "${dag_id}".`)
  return dag
}

export function triggerRun(e: Engine, p: { dag_id: string; conf: Record<string, unknown>; logical_date: number | null; run_id: string | null; note: string | null; actor: string }): ActiveRun {
  const dag = dagOf(e, p.dag_id)
  if (dag.record.is_stale) throw new VortexError('invalid_state', `DAG "${p.dag_id}" is no longer defined by any file.`)
  const logical_date = p.logical_date ?? uniqueNow(e, dag)
  const run_id = p.run_id ?? formatRunId({ run_type: 'manual', logical_date, run_after: e.now, dialect: dag.version.spec.dialect })
  return createRun(e, dag, {
    run_type: 'manual', logical_date, interval: dag.timetable.manual({ at: logical_date }), run_after: e.now, run_id, conf: p.conf, note: p.note, backfill_id: null,
    cause: { cause: 'user', actor: p.actor },
  })
}

/** Two triggers within one millisecond get different logical dates. */
function uniqueNow(e: Engine, dag: DagEntry): number {
  const at = Math.max(e.now, (dag.last_manual_date ?? 0) + 1)
  dag.last_manual_date = at
  return at
}

export function setPaused(e: Engine, p: { dag_id: string; paused: boolean; actor: string }): void {
  const dag = dagOf(e, p.dag_id)
  if (dag.record.is_paused === p.paused) return
  e.pending.changeDag(dag.record, { is_paused: p.paused, updated_at: e.now, consecutive_failed_runs: 0 })
  e.ledger({ kind: p.paused ? 'dag.paused' : 'dag.unpaused', dag_id: p.dag_id, dag_run_id: null, task_instance_id: null, attempt: null, from_state: null, to_state: null, cause: 'user', actor: p.actor })
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
  createDueRuns(e, dag)
}

export function cancelRun(e: Engine, run: ActiveRun, actor: string): void {
  if (!run.isActive) throw new VortexError('invalid_state', `Run "${run.record.run_id}" has already ended as ${run.record.state}.`)
  abortRun(e, run, { cause: 'cancelled', actor, message: `cancelled by ${actor}` }, 'failed')
}

export function markRun(e: Engine, run: ActiveRun, state: 'success' | 'failed', actor: string): void {
  const cause: Cause = { cause: 'marked', actor, message: `marked ${state} by ${actor}` }
  for (const instance of run.instances) {
    const current = instance.record.state
    if (state === 'failed' ? isFinished(current) : current === 'success') continue
    const isLive = instance.live !== null
    endLive(e, instance, 'marked')
    const to = state === 'success' ? 'success' : isLive ? 'failed' : 'skipped'
    if (current !== to) transition(e, instance, to, cause, { end_time: e.now, lease_token: null, next_try_at: null, state_reason: cause.message ?? null })
  }
  e.maybeFinished.delete(run)
  if (run.record.state !== state) endRun(e, run, state, cause)
}

export function markInstance(e: Engine, instance: Instance, state: 'success' | 'failed' | 'skipped', actor: string): void {
  const message = `marked ${state} by ${actor}`
  const { run } = instance
  const wasActive = run.isActive
  if (instance.record.state === state) return
  endLive(e, instance, 'marked')
  transition(e, instance, state, { cause: 'marked', actor, message }, { end_time: e.now, start_time: instance.record.start_time ?? e.now, lease_token: null, next_try_at: null, state_reason: message })
  if (!wasActive) {
    // The run had ended: its state follows from its task instances again, as after a clear.
    reopenRun(e, run, { cause: 'marked', actor, message })
    if (run.unfinished === 0) e.maybeFinished.add(run)
  }
}

function reopenRun(e: Engine, run: ActiveRun, cause: Cause): void {
  const { record } = run
  if (run.isActive) return
  const from = record.state
  e.pending.changeRun(record, { state: 'queued', queued_time: e.now, start_time: null, end_time: null, state_reason: null })
  e.ledger({ kind: 'dag_run.state', dag_id: record.dag_id, dag_run_id: record.id, task_instance_id: null, attempt: null, from_state: from, to_state: 'queued', ...cause })
  e.markRunChanged(run)
  e.dagsWithRoom.add(run.dag)
}

/** Instances of a run that a clear would reset. */
export function selectForClear(run: ActiveRun, options: ClearBody): Instance[] {
  const named = options.task_ids ?? []
  const start = new Set<number>()
  for (const task_id of named) {
    const task = run.graph.index.get(task_id)
    if (task === undefined) throw new VortexError('not_found', `Run "${run.record.run_id}" has no task "${task_id}".`)
    start.add(task)
  }
  if (named.length === 0) run.graph.tasks.forEach((_, task) => start.add(task))
  const matches = (instance: Instance): boolean => options.only_failed !== true || instance.record.state === 'failed' || instance.record.state === 'upstream_failed'
  const seeds = run.instances.filter((instance) => start.has(instance.task) && matches(instance))
  const tasks = new Set(seeds.map(({ task }) => task))
  const upstream = options.include_upstream === true ? reachable(run.graph.upstream, tasks) : []
  const downstream = options.include_downstream === true ? reachable(run.graph.downstream, tasks) : []
  for (const task of [...upstream, ...downstream]) tasks.add(task)
  return run.instances.filter((instance) => tasks.has(instance.task) && instance.record.state !== 'none')
}

/** Resets instances so that they run again. A live attempt is killed first; its instance restarts when it is gone. */
export function clearInstances(e: Engine, run: ActiveRun, instances: Instance[], p: { actor: string; note?: string | undefined }): void {
  const cause: Cause = { cause: 'cleared', actor: p.actor, message: p.note ?? null }
  const wasFinished = !run.isActive
  for (const instance of instances) {
    const { record, spec } = instance
    if (record.state === 'restarting') continue
    const reset = {
      max_tries: record.try_number + spec.retries + 1, start_time: null, end_time: null, scheduled_time: null, queued_time: null, next_try_at: null, state_reason: null,
      pool: spec.pool, pool_slots: spec.pool_slots, queue: spec.queue, priority_weight: run.graph.weights[instance.task] ?? spec.priority_weight,
      ...(p.note === undefined ? {} : { note: p.note }),
    }
    if (instance.live !== null) {
      endLive(e, instance, 'cleared')
      transition(e, instance, 'restarting', cause, reset)
    } else {
      transition(e, instance, 'none', cause, { ...reset, worker_id: null, lease_token: null })
      e.dirty.push(instance)
    }
  }
  if (wasFinished && instances.length > 0) reopenRun(e, run, cause)
}

/** Moves a run to the newest version: tasks that are gone are removed, new ones appear. */
export function moveToVersion(e: Engine, run: ActiveRun, version: DagVersionRecord, actor: string): void {
  if (run.version.id === version.id) return
  const graph = graphOf(version)
  const cause: Cause = { cause: 'new_version', actor, message: `version ${version.version}` }
  const kept: Instance[] = []
  const rows = new Map<string, TaskInstanceRecord>()
  for (const instance of run.instances) {
    if (graph.index.has(instance.record.task_id)) {
      rows.set(instance.record.task_id, instance.record)
      continue
    }
    endLive(e, instance, 'cleared')
    if (instance.record.state !== 'removed') transition(e, instance, 'removed', cause)
  }
  run.version = version
  run.graph = graph
  run.byTask = graph.tasks.map(() => [])
  graph.tasks.forEach((spec, task) => {
    const old = run.instances.find(({ record }) => record.task_id === spec.task_id)
    const instance = new Instance(run, task, rows.get(spec.task_id) ?? addedInstance(e, run, task))
    if (old?.live != null) {
      instance.live = old.live
      e.live.set(instance.record.id, Object.assign(old.live, { instance }))
    }
    kept.push(instance)
    run.byTask[task]?.push(instance)
    e.instances.set(instance.record.id, instance)
  })
  run.instances = kept
  run.unfinished = kept.filter(({ record }) => !isFinished(record.state)).length
  recountUpstreams(run)
  e.pending.changeRun(run.record, { dag_version_id: version.id })
  e.markRunChanged(run)
}

function addedInstance(e: Engine, run: ActiveRun, task: number): TaskInstanceRecord {
  const row = newInstance(e, run.record, run.graph, task)
  e.pending.insertInstance(row)
  run.record.task_counts[row.state] = (run.record.task_counts[row.state] ?? 0) + 1
  return row
}

export function deleteRun(e: Engine, run: ActiveRun, actor: string): void {
  if (run.isActive) throw new VortexError('invalid_state', `Run "${run.record.run_id}" is ${run.record.state}; cancel it first.`)
  e.pending.deleteRun(run.record.id)
  e.ledger({ kind: 'dag_run.deleted', dag_id: run.record.dag_id, dag_run_id: null, task_instance_id: null, attempt: null, from_state: run.record.state, to_state: null, cause: 'user', actor, message: run.record.run_id })
  e.publish({ type: 'dag_run_deleted', dag_id: run.record.dag_id, run_id: run.record.run_id })
  const ending = run.endings
  e.pending.effects.push(() => retire(e, run, ending))
}

export function deleteDag(e: Engine, dag_id: string, actor: string): void {
  const dag = dagOf(e, dag_id)
  const active = [...dag.runs.values()].find((run) => run.isActive)
  if (active !== undefined) throw new VortexError('invalid_state', `DAG "${dag_id}" has an active run ("${active.record.run_id}"); cancel it first.`)
  e.pending.deleteDag(dag_id)
  e.ledger({ kind: 'dag.deleted', dag_id, dag_run_id: null, task_instance_id: null, attempt: null, from_state: null, to_state: null, cause: 'user', actor })
  e.publish({ type: 'dag', dag_id })
  e.dags.delete(dag_id)
}
