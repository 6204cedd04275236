/** A run goes on with another version of its DAG (a clear that asks for the newest one). */
import { isFinished } from '#contract/states.ts'
import type { DagVersionRecord, TaskInstanceRecord } from '#db/records.ts'
import { graphOf } from './activeRuns.ts'
import { reopenRun } from './clear.ts'
import type { Cause, Engine } from './engine.ts'
import { endLive, transition } from './instances.ts'
import { Instance, type ActiveRun } from './model.ts'
import { newInstances } from './newInstances.ts'
import { recountUpstreams } from './upstreamCounts.ts'

/** Moves a run to the newest version: tasks that are gone are removed, new ones appear. The objects of kept instances stay. */
export function moveToVersion(e: Engine, run: ActiveRun, version: DagVersionRecord, actor: string): void {
  if (run.version.id === version.id) return
  const graph = graphOf(version)
  const cause: Cause = { cause: 'new_version', actor, message: `version ${version.version}` }
  const kept = new Map<string, Instance[]>()
  for (const instance of run.instances) {
    const { record } = instance
    const task = graph.index.get(record.task_id)
    // Of a task that is no longer mapped the first instance is left; one that is mapped now begins with it.
    const isKept = task !== undefined && (graph.mappings[task] != null || record.map_index <= 0)
    if (isKept) {
      kept.set(record.task_id, [...(kept.get(record.task_id) ?? []), instance])
      continue
    }
    endLive(e, instance, 'cleared')
    if (record.state !== 'removed') transition(e, instance, 'removed', cause)
    run.removed.set(record.task_id, [...(run.removed.get(record.task_id) ?? []), record])
    e.instances.delete(record.id)
  }
  run.version = version
  run.graph = graph
  run.expanded.clear()
  if (version.spec.dialect !== '2') run.taskSlots.max = version.spec.max_active_tasks
  run.byTask = graph.tasks.map((spec, task) => {
    const instances = kept.get(spec.task_id) ?? addedInstances(e, run, task, cause)
    for (const instance of instances) settleIndex(e, instance, task)
    return instances
  })
  run.instances = run.byTask.flat()
  run.unfinished = run.instances.filter(({ record }) => !isFinished(record.state)).length
  recountUpstreams(run)
  for (const instance of run.instances) e.dirty.push(instance)
  if (graph.uses_past && run.past === undefined) e.pending.effects.push(() => e.dependencies.requestPast(run))
  e.pending.changeRun(run.record, { dag_version_id: version.id })
  e.markRunChanged(run)
  if (run.unfinished > 0) reopenRun(e, run, cause)
}

/** The one instance of a task that is not mapped has no index. */
function settleIndex(e: Engine, instance: Instance, task: number): void {
  instance.task = task
  if (instance.run.graph.mappings[task] == null && instance.record.map_index === 0)
    e.pending.changeInstance(instance.record, { map_index: -1 })
}

/** Of a task that the run did not have, or had once: then its rows come back as if cleared. */
function addedInstances(e: Engine, run: ActiveRun, task: number, cause: Cause): Instance[] {
  const task_id = run.graph.tasks[task]?.task_id ?? ''
  const isMapped = run.graph.mappings[task] != null
  const old = (run.removed.get(task_id) ?? []).filter(({ map_index }) => isMapped || map_index <= 0)
  run.removed.set(
    task_id,
    (run.removed.get(task_id) ?? []).filter((row) => !old.includes(row)),
  )
  if (old.length > 0) return old.map((record) => comeBack(e, run, { task, record, cause }))
  return newInstances(e, run.record, run.graph, task).map((record) => {
    e.pending.insertInstance(record)
    return enter(e, new Instance(run, task, record))
  })
}

function comeBack(
  e: Engine,
  run: ActiveRun,
  { task, record, cause }: { task: number; record: TaskInstanceRecord; cause: Cause },
): Instance {
  const counts = run.record.task_counts
  const instance = new Instance(run, task, record)
  counts[record.state] = (counts[record.state] ?? 1) - 1
  if (counts[record.state] === 0) delete counts[record.state]
  e.ledger({
    kind: 'task_instance.state',
    dag_id: run.record.dag_id,
    dag_run_id: run.record.id,
    task_instance_id: record.id,
    attempt: record.try_number > 0 ? record.try_number : null,
    from_state: record.state,
    to_state: 'none',
    ...cause,
  })
  e.pending.changeInstance(record, {
    state: 'none',
    max_tries: record.try_number + instance.spec.retries + 1,
    start_time: null,
    end_time: null,
    scheduled_time: null,
    queued_time: null,
    next_try_at: null,
    state_reason: null,
  })
  return enter(e, instance)
}

function enter(e: Engine, instance: Instance): Instance {
  const { run, record } = instance
  run.record.task_counts[record.state] = (run.record.task_counts[record.state] ?? 0) + 1
  e.instances.set(record.id, instance)
  const live = e.live.get(record.id)
  if (live !== undefined) {
    instance.live = live
    live.instance = instance
  }
  return instance
}
