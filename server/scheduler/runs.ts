/**
 * DAG runs: created by the schedule, a person or a backfill; started within max_active_runs; ended when all their task
 * instances are finished (Airflow core-concepts/dag-run). Timers of DAGs, runs and instances end up here.
 */
import { VortexError } from '#contract/errors.ts'
import { isFinished, type DagRunState, type RunType } from '#contract/states.ts'
import type { DagRunRecord, DagVersionRecord, TaskInstanceRecord } from '#db/records.ts'
import { compileGraph, type CompiledGraph } from '#domain/graph.ts'
import { countedAs } from '#domain/triggerRule.ts'
import { backfillRunEnded } from './backfills.ts'
import type { Cause, DueTimer, Engine } from './engine.ts'
import { endLive, leaseOf, transition, wake } from './instances.ts'
import { ActiveRun, Instance, type DagEntry } from './model.ts'
import { restoreKilled } from './leftAttempts.ts'
import { linkPast } from './past.ts'
import { Limit } from './readyQueues.ts'
import { createDueRuns } from './schedule.ts'

const graphs = new WeakMap<DagVersionRecord, CompiledGraph>()
/** The graph of a version, compiled once per version record. */
export function graphOf(version: DagVersionRecord): CompiledGraph {
  let graph = graphs.get(version)
  if (graph === undefined) {
    graph = compileGraph(version.spec)
    graphs.set(version, graph)
  }
  return graph
}

/** 3.x limits active tasks per run, 2.x per DAG over all its runs. */
function taskSlotsOf(dag: DagEntry, record: DagRunRecord, version: DagVersionRecord): Limit {
  return version.spec.dialect === '2' ? dag.taskSlots : new Limit('max_active_tasks', `run:${record.id}`, version.spec.max_active_tasks)
}

/** Takes a run with its task instances into memory. Counters are computed from the states. */
export function activate(
  e: Engine,
  dag: DagEntry,
  record: DagRunRecord,
  version: DagVersionRecord,
  instances: TaskInstanceRecord[],
): ActiveRun {
  const graph = graphOf(version)
  const run = new ActiveRun(dag, record, version, graph, taskSlotsOf(dag, record, version))
  run.byTask = graph.tasks.map(() => [])
  for (const row of instances) {
    const task = graph.index.get(row.task_id)
    if (task === undefined) {
      run.removed.set(row.task_id, row)
      continue
    }
    const instance = new Instance(run, task, row)
    run.instances.push(instance)
    run.byTask[task]?.push(instance)
    e.instances.set(row.id, instance)
    const live = e.live.get(row.id)
    if (live !== undefined) {
      // Its processes are still being ended although its run had left memory.
      instance.live = live
      live.instance = instance
    } else restoreKilled(e, instance)
    if (!isFinished(row.state)) run.unfinished++
  }
  recountUpstreams(run)
  dag.runs.set(record.run_id, run)
  e.runs.set(record.id, run)
  if (graph.uses_past) e.pending.effects.push(() => e.dependencies.requestPast(run))
  // It is here again (a clear, a mark): runs that look back at it must see how it goes on.
  for (const next of dag.runs.values()) if (next.past?.dag_run_id === record.id) linkPast(next, run)
  return run
}

export function recountUpstreams(run: ActiveRun): void {
  run.upstreamCounts = run.graph.upstream.map((upstreams) => {
    const counts = {
      total: 0,
      success: 0,
      skipped: 0,
      failed: 0,
      upstream_failed: 0,
      removed: 0,
      setup_total: 0,
      setup_success: 0,
      setup_skipped: 0,
    }
    for (const task of upstreams) {
      for (const instance of run.byTask[task] ?? []) {
        counts.total++
        const counted = countedAs(instance.record.state)
        if (counted !== null) counts[counted]++
        if (!instance.spec.is_setup) continue
        counts.setup_total++
        if (counted === 'success') counts.setup_success++
        if (counted === 'skipped') counts.setup_skipped++
      }
    }
    return counts
  })
}

export interface NewRun {
  run_type: RunType
  logical_date: number | null
  interval: { start: number; end: number } | null
  run_after: number
  run_id: string
  conf: Record<string, unknown>
  note: string | null
  backfill_id: number | null
  cause: Cause
}

/** Creates a run of the DAG's newest version, queued, with all its task instances. */
export function createRun(e: Engine, dag: DagEntry, p: NewRun): ActiveRun {
  const version = dag.version
  const graph = graphOf(version)
  const run_id = p.run_type === 'manual' ? p.run_id : `${p.run_id}${dag.run_id_suffix}`
  const record: DagRunRecord = {
    id: e.nextId.dag_run++,
    dag_id: dag.record.dag_id,
    run_id,
    run_type: p.run_type,
    state: 'queued',
    logical_date: p.logical_date,
    data_interval_start: p.interval?.start ?? null,
    data_interval_end: p.interval?.end ?? null,
    run_after: p.run_after,
    queued_time: e.now,
    start_time: null,
    end_time: null,
    triggered_by: p.cause.actor,
    conf: p.conf,
    note: p.note,
    dag_version_id: version.id,
    backfill_id: p.backfill_id,
    state_reason: null,
    task_counts: {},
  }
  const instances = graph.tasks.map((_, task) => newInstance(e, record, graph, task))
  for (const row of instances) record.task_counts[row.state] = (record.task_counts[row.state] ?? 0) + 1
  e.pending.insertRun(record, instances)
  e.ledger({
    kind: 'dag_run.created',
    dag_id: record.dag_id,
    dag_run_id: record.id,
    task_instance_id: null,
    attempt: null,
    from_state: null,
    to_state: 'queued',
    ...p.cause,
  })
  const run = activate(e, dag, record, version, instances)
  e.markRunChanged(run)
  e.dagsWithRoom.add(dag)
  return run
}

/** A task instance as a run begins. A task whose start_date lies after the run is not part of it. */
export function newInstance(e: Engine, run: DagRunRecord, graph: CompiledGraph, task: number): TaskInstanceRecord {
  const spec = graph.tasks[task]
  if (spec === undefined) throw new Error(`no task ${task}`)
  const date = run.logical_date
  const excluded =
    date !== null &&
    ((spec.start_date !== null && Date.parse(spec.start_date) > date) || (spec.end_date !== null && Date.parse(spec.end_date) < date))
  return {
    id: e.nextId.task_instance++,
    dag_run_id: run.id,
    task_id: spec.task_id,
    map_index: -1,
    state: excluded ? 'removed' : 'none',
    try_number: 0,
    max_tries: spec.retries + 1,
    operator: spec.operator,
    pool: spec.pool,
    pool_slots: spec.pool_slots,
    queue: spec.queue,
    priority_weight: graph.weights[task] ?? spec.priority_weight,
    scheduled_time: null,
    queued_time: null,
    start_time: null,
    end_time: null,
    next_try_at: null,
    worker_id: null,
    lease_token: null,
    state_reason: excluded ? 'the run lies outside the start_date and end_date of the task' : null,
    note: null,
  }
}

/** Starts queued runs of DAGs that have room, oldest first, then lets the schedule create what is due. */
export function startQueuedRuns(e: Engine): void {
  for (const dag of e.dagsWithRoom) {
    e.dagsWithRoom.delete(dag)
    let running = 0
    for (const run of dag.runs.values()) if (run.record.state === 'running' && run.record.run_type !== 'backfill') running++
    for (const run of dag.runs.values()) {
      if (run.record.state !== 'queued') continue
      const isBackfill = run.record.run_type === 'backfill' // limited by its own max_active_runs
      if (run.record.run_type !== 'manual' && dag.record.is_paused) continue
      if (!isBackfill && running >= dag.record.max_active_runs) continue
      startRun(e, run)
      if (!isBackfill) running++
    }
    createDueRuns(e, dag)
  }
}

function startRun(e: Engine, run: ActiveRun): void {
  const { record } = run
  e.pending.changeRun(record, { state: 'running', start_time: record.start_time ?? e.now, end_time: null, state_reason: null })
  e.ledger({
    kind: 'dag_run.state',
    dag_id: record.dag_id,
    dag_run_id: record.id,
    task_instance_id: null,
    attempt: null,
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
      e.setTimer({ at: next_try_at, kind: 'instance', dag_id: run.record.dag_id, instance })
    }
  }
  if (run.unfinished === 0) e.maybeFinished.add(run)
}

export function setRunTimeout(e: Engine, run: ActiveRun): void {
  const timeout = run.version.spec.dagrun_timeout_ms
  if (timeout !== null && run.record.start_time !== null)
    e.setTimer({ at: run.record.start_time + timeout, kind: 'run_timeout', dag_id: run.record.dag_id, run })
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

/** Gives a run its final state. It leaves memory after the commit. */
export function endRun(e: Engine, run: ActiveRun, state: Extract<DagRunState, 'success' | 'failed'>, cause: Cause): void {
  const { record, dag } = run
  const from = record.state
  e.pending.changeRun(record, { state, start_time: record.start_time ?? e.now, end_time: e.now, state_reason: cause.cause })
  e.ledger({
    kind: 'dag_run.state',
    dag_id: record.dag_id,
    dag_run_id: record.id,
    task_instance_id: null,
    attempt: null,
    from_state: from,
    to_state: state,
    ...cause,
  })
  e.markRunChanged(run)
  e.dagsWithRoom.add(dag)
  noteSuccess(run, from)
  countConsecutiveFailures(e, run, state)
  backfillRunEnded(e, run)
  const ending = ++run.endings
  e.pending.effects.push(() => retire(e, run, ending))
}

/** Keeps the DAG's newest success, for templates. */
export function noteSuccess({ dag, record }: ActiveRun, from: DagRunState): void {
  if (from !== 'success' && record.state !== 'success') return
  dag.successes++
  const known = dag.newest_success
  if (record.state !== 'success') {
    if (known?.id === record.id) dag.newest_success = undefined
  } else if (known !== undefined && record.logical_date !== null && (known?.logical_date ?? -Infinity) <= record.logical_date)
    dag.newest_success = { ...record }
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
    task_instance_id: null,
    attempt: null,
    from_state: null,
    to_state: null,
    cause: 'max_consecutive_failed_dag_runs',
    actor: 'scheduler',
    message: `${failed} runs failed in a row`,
  })
  e.publish({ type: 'dag', dag_id: dag.record.dag_id })
}

/** Forgets a finished run. Later runs that look back at it keep a copy of its states. */
export function retire(e: Engine, run: ActiveRun, ending: number): void {
  if (run.isActive || run.pins > 0 || run.endings !== ending || e.runs.get(run.record.id) !== run) return
  if (run.waitingForThis.size > 0) {
    const states = new Map(run.instances.map(({ record }) => [record.task_id, record.state]))
    for (const next of run.waitingForThis) next.past = { dag_run_id: run.record.id, stateOf: (task_id) => states.get(task_id) ?? null }
  }
  for (const other of run.dag.runs.values()) other.waitingForThis.delete(run)
  for (const instance of run.instances) if (instance.live === null) e.instances.delete(instance.record.id)
  e.runs.delete(run.record.id)
  run.dag.runs.delete(run.record.run_id)
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

export function takeTimer(e: Engine, timer: DueTimer): void {
  if (timer.kind === 'instance') {
    // Of an earlier stay of its run in memory it says nothing.
    if (timer.instance !== null && e.instances.get(timer.instance.record.id) === timer.instance) wake(e, timer.instance)
  } else if (timer.kind === 'dag') {
    const dag = e.dags.get(timer.dag_id)
    if (dag === undefined) return
    if (dag.timer_at === timer.at) dag.timer_at = null
    createDueRuns(e, dag)
  } else if (timer.run !== null && timer.run.record.state === 'running' && e.runs.get(timer.run.record.id) === timer.run) {
    const { run } = timer
    const timeout = run.version.spec.dagrun_timeout_ms
    if (timeout === null || (run.record.start_time ?? 0) + timeout > e.now) return
    const cause = { cause: 'timed_out', actor: 'scheduler', message: `dagrun_timeout of ${timeout / 1000} s` }
    abortRun(e, run, cause, { live: 'skipped', teardowns: 'end' })
  }
}

/** Held in memory until it is let go of as often. */
export function pinned(run: ActiveRun): ActiveRun {
  if (run.isDeleted) throw new VortexError('not_found', `Run "${run.record.run_id}" is deleted.`)
  run.pins++
  return run
}
