/**
 * Mapped tasks of a run: how many instances they have, and when they get them (Airflow: dynamic task mapping).
 *
 * A mapped task begins with one instance of map index -1. When its trigger rule lets that one run, and the length of what it is mapped
 * over is known, it becomes index 0 and the others are added. Literal lengths are known when the run is created. The tasks of
 * a mapped group get their instances together, as soon as the length is known, and then wait for each other by index.
 *
 * Invariants
 * - `run.expanded` holds a mapping exactly while its tasks have the instances that its sources ask for; a source that is cleared takes
 *   it out, and the next evaluation adds instances that are missing and removes those beyond the new length.
 * - An index is never used twice within a task: a removed instance comes back as the row that it was.
 */
import { MAP_LENGTH_MAX } from '#contract/dagSpec.ts'
import { isFinished } from '#contract/states.ts'
import { mapLength, type Mapping } from '#domain/mapping.ts'
import type { Cause, Engine } from './engine.ts'
import { endLive, leaseOf, transition } from './instances.ts'
import { Instance, type ActiveRun } from './model.ts'
import { newInstance } from './newInstances.ts'
import { recountUpstreams } from './upstreamCounts.ts'

/** `waiting`: a source has not ended yet. null: a source ended without leaving a value. */
type Length = number | 'waiting' | null

function lengthOf(run: ActiveRun, mapping: Mapping): Length {
  for (const source of mapping.sources.values())
    for (const { record } of run.byTask[source] ?? []) if (!isFinished(record.state)) return 'waiting'
  return mapLength(mapping, (source) => pushedBy(run, source))
}

/** Of a mapped source the values that its instances left, one each; of another one its items. */
function pushedBy(run: ActiveRun, source: number): number | null {
  let pushed: number | null = run.graph.mappings[source] == null ? null : 0
  for (const { record } of run.byTask[source] ?? [])
    if (record.state === 'success' && record.map_length !== null) pushed = (pushed ?? 0) + record.map_length
  return pushed
}

/**
 * Called when the rules let an instance of a mapped task run. True = it may; false = it waits, has ended for good, or will be
 * evaluated again.
 */
export function mayRunMapped(e: Engine, instance: Instance, mapping: Mapping): boolean {
  const { run, record } = instance
  if (!run.expanded.has(mapping)) {
    const length = lengthOf(run, mapping)
    if (length === 'waiting') return false
    if (!expand(e, run, mapping, { length, by: instance })) return false
  }
  return record.state === 'none' && record.map_index >= 0
}

/** A mapped group has its instances as soon as its length is known; what is missing only shows when the rules let a task run. */
export function expandGroupEarly(e: Engine, instance: Instance, mapping: Mapping): void {
  const { run } = instance
  if (!mapping.isGroup || run.expanded.has(mapping)) return
  const length = lengthOf(run, mapping)
  if (typeof length === 'number' && length > 0 && length <= MAP_LENGTH_MAX) expand(e, run, mapping, { length, by: instance })
}

/** False = there is nothing to run: the instance that asked has its final state. */
function expand(e: Engine, run: ActiveRun, mapping: Mapping, { length, by }: { length: number | null; by: Instance }): boolean {
  if (length === null) {
    end(e, by, stateWithoutLength(run, mapping), `what it is mapped over was not returned by ${namesOf(run, mapping)}`)
    return false
  }
  if (length > MAP_LENGTH_MAX) {
    end(e, by, 'failed', `it is mapped over ${length.toLocaleString('en')} items; the limit is ${MAP_LENGTH_MAX.toLocaleString('en')}`)
    return false
  }
  if (length === 0) {
    for (const task of mapping.tasks)
      for (const instance of [...(run.byTask[task] ?? [])])
        if (instance === by || !isFinished(instance.record.state)) end(e, instance, 'skipped', 'there is nothing to map over')
    return false
  }
  run.expanded.set(mapping, length)
  for (const task of mapping.tasks) if (setLength(e, run, task, length) > 0) noteExpanded(e, run, task, length)
  recountUpstreams(run, downstreamOf(run, mapping))
  for (const task of [...mapping.tasks, ...downstreamOf(run, mapping)])
    for (const instance of run.byTask[task] ?? []) if (instance.record.state === 'none') e.dirty.push(instance)
  return true
}

/** Whatever the trigger rule says, a task goes the way of what it is mapped over (Airflow's MappedTaskUpstreamDep). */
function stateWithoutLength(run: ActiveRun, mapping: Mapping): 'upstream_failed' | 'skipped' {
  const without = [...mapping.sources.values()].filter((source) => pushedBy(run, source) === null)
  const isSkipped = without.every((source) => run.byTask[source]?.every(({ record }) => record.state === 'skipped'))
  return isSkipped ? 'skipped' : 'upstream_failed'
}

function end(e: Engine, instance: Instance, to: 'upstream_failed' | 'failed' | 'skipped', reason: string): void {
  const cause: Cause = { cause: 'mapping', actor: 'scheduler', message: reason }
  transition(e, instance, to, cause, { start_time: e.now, end_time: e.now, state_reason: reason })
}

function namesOf(run: ActiveRun, mapping: Mapping): string {
  return [...mapping.sources.keys()].filter((task_id) => pushedBy(run, mapping.sources.get(task_id) ?? -1) === null).join(', ')
}

/** Gives a task the instances 0 to length - 1. Returns how many rows were added, renamed or removed. */
function setLength(e: Engine, run: ActiveRun, task: number, length: number): number {
  const instances = (run.byTask[task] ??= [])
  const byIndex = new Map(instances.map((instance) => [instance.record.map_index, instance]))
  let changes = 0
  const first = byIndex.get(-1)
  if (first !== undefined && !byIndex.has(0)) {
    e.pending.changeInstance(first.record, { map_index: 0 })
    byIndex.set(0, first)
    e.markChanged(first)
    changes++
  }
  for (let map_index = 0; map_index < length; map_index++) {
    const known = byIndex.get(map_index)
    if (known === undefined) addInstance(e, run, { task, map_index })
    else if (known.record.state === 'removed') transition(e, known, 'none', REMAPPED, { ...FRESH, max_tries: triesOf(known) })
    else continue
    changes++
  }
  for (const [map_index, instance] of byIndex) {
    if (map_index < length || instance.record.state === 'removed') continue
    endLive(e, instance, 'removed')
    transition(e, instance, 'removed', REMAPPED, { end_time: e.now, ...leaseOf(instance), next_try_at: null })
    changes++
  }
  return changes
}

const REMAPPED: Cause = { cause: 'mapping', actor: 'scheduler', message: 'the length of what it is mapped over has changed' }
const FRESH = { start_time: null, end_time: null, scheduled_time: null, queued_time: null, next_try_at: null, state_reason: null }

function triesOf({ record, spec }: Instance): number {
  return record.try_number + spec.retries + 1
}

function addInstance(e: Engine, run: ActiveRun, p: { task: number; map_index: number }): void {
  const record = newInstance(e, run.record, run.graph, p)
  const instance = new Instance(run, p.task, record)
  e.pending.insertInstance(record)
  run.instances.push(instance)
  run.byTask[p.task]?.push(instance)
  e.instances.set(record.id, instance)
  if (!isFinished(record.state)) run.unfinished++
  run.record.task_counts[record.state] = (run.record.task_counts[record.state] ?? 0) + 1
  e.markChanged(instance)
}

function noteExpanded(e: Engine, run: ActiveRun, task: number, length: number): void {
  const first = run.byTask[task]?.[0]
  e.ledger({
    kind: 'task.mapped',
    dag_id: run.record.dag_id,
    dag_run_id: run.record.id,
    task_instance_id: first?.record.id ?? null,
    cause: 'mapping',
    actor: 'scheduler',
    message: `${run.graph.tasks[task]?.task_id ?? ''} is mapped over ${length} items`,
  })
}

function downstreamOf(run: ActiveRun, mapping: Mapping): Set<number> {
  return new Set(mapping.tasks.flatMap((task) => [...(run.graph.downstream[task] ?? [])]))
}
