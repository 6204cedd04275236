/** Runs in memory: taken in from rows or created anew with all their task instances, and forgotten. What becomes of them is in runs.ts. */
import { VortexError } from '#contract/errors.ts'
import { isFinished, type DagRunState, type RunType } from '#contract/states.ts'
import type { AssetEventRecord, DagRunRecord, DagVersionRecord, TaskInstanceRecord } from '#db/records.ts'
import { compileGraph, type CompiledGraph } from '#domain/graph.ts'
import type { Cause, Engine } from './engine.ts'
import { restoreKilled } from './leftAttempts.ts'
import { ActiveRun, Instance, type DagEntry } from './model.ts'
import { newInstances } from './newInstances.ts'
import { linkPast, statesByTask } from './past.ts'
import { Limit } from './readyQueues.ts'
import { recountUpstreams } from './upstreamCounts.ts'

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
  p: { isNew: boolean } = { isNew: false },
): ActiveRun {
  const graph = graphOf(version)
  const run = new ActiveRun(dag, record, version, graph, taskSlotsOf(dag, record, version))
  run.byTask = graph.tasks.map(() => [])
  for (const row of instances) {
    const task = graph.index.get(row.task_id)
    if (task === undefined) {
      run.removed.set(row.task_id, [...(run.removed.get(row.task_id) ?? []), row])
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
  countRun(run, 1)
  if (p.isNew) return run
  // It is here again (a clear, a mark): runs that look back at it must see how it goes on.
  for (const next of dag.runs.values()) if (next.past?.dag_run_id === record.id) linkPast(next, run)
  return run
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
  asset_events?: AssetEventRecord[]
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
    callback: null,
    asset_events: p.asset_events ?? null,
  }
  const instances = graph.tasks.flatMap((_, task) => newInstances(e, record, graph, task))
  for (const row of instances) record.task_counts[row.state] = (record.task_counts[row.state] ?? 0) + 1
  e.pending.insertRun(record, instances)
  e.ledger({
    kind: 'dag_run.created',
    dag_id: record.dag_id,
    dag_run_id: record.id,
    to_state: 'queued',
    ...p.cause,
  })
  const run = activate(e, dag, record, version, instances, { isNew: true })
  e.markRunChanged(run)
  e.dagsWithRoom.add(dag)
  return run
}

/** Every change of a run's state goes through here, so that its DAG need not count its runs. */
export function setRunState(e: Engine, run: ActiveRun, set: { state: DagRunState } & Parameters<Engine['pending']['changeRun']>[1]): void {
  countRun(run, -1)
  e.pending.changeRun(run.record, set)
  countRun(run, 1)
}

function countRun(run: ActiveRun, by: 1 | -1): void {
  const { dag, record } = run
  const isBackfill = record.run_type === 'backfill'
  if (record.state === 'queued') {
    const queued = isBackfill ? dag.queued_backfill : dag.queued
    if (by === 1) queued.add(run)
    else queued.delete(run)
  }
  if (isBackfill || !run.isActive) return
  dag.active += by
  if (record.state === 'running') dag.running += by
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

/** Held in memory until it is let go of as often. */
export function pinned(run: ActiveRun): ActiveRun {
  if (run.isDeleted) throw new VortexError('not_found', `Run "${run.record.run_id}" is deleted.`)
  run.pins++
  return run
}

/** Forgets a finished run. Later runs that look back at it keep a copy of its states. */
export function retire(e: Engine, run: ActiveRun, ending: number): void {
  if (run.isActive || run.pins > 0 || run.endings !== ending || e.runs.get(run.record.id) !== run) return
  if (run.waitingForThis.size > 0) {
    const states = statesByTask(run.instances.map(({ record }) => record))
    for (const next of run.waitingForThis) {
      next.past = { dag_run_id: run.record.id, run_id: run.record.run_id, stateOf: (task_id) => states.get(task_id) ?? null }
      next.waits_for = null
    }
  }
  run.waits_for?.waitingForThis.delete(run)
  for (const instance of run.instances) if (instance.live === null) e.instances.delete(instance.record.id)
  e.runs.delete(run.record.id)
  run.dag.runs.delete(run.record.run_id)
}
