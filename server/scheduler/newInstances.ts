/** Rows of task instances as a run begins, or as a task gets them later. */
import { MAP_LENGTH_MAX } from '#contract/dagSpec.ts'
import type { DagRunRecord, TaskInstanceRecord } from '#db/records.ts'
import type { CompiledGraph } from '#domain/graph.ts'
import { mapLength } from '#domain/mapping.ts'
import type { Engine } from './engine.ts'

/** Rows of a task as a run begins: one for each index if that is known by then. */
export function newInstances(e: Engine, run: DagRunRecord, graph: CompiledGraph, task: number): TaskInstanceRecord[] {
  const mapping = graph.mappings[task] ?? null
  const length = mapping === null || mapping.sources.size > 0 ? 0 : mapLength(mapping, () => null)
  if (length === null || length === 0 || length > MAP_LENGTH_MAX) return [newInstance(e, run, graph, { task, map_index: -1 })]
  return Array.from({ length }, (_, map_index) => newInstance(e, run, graph, { task, map_index }))
}

/** A task instance as a run begins. A task whose start_date lies after the run is not part of it. */
export function newInstance(
  e: Engine,
  run: DagRunRecord,
  graph: CompiledGraph,
  { task, map_index }: { task: number; map_index: number },
): TaskInstanceRecord {
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
    map_index,
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
    map_length: null,
    rendered_map_index: null,
    deferral: null,
    continuations: 0,
    waiting_since: null,
  }
}
