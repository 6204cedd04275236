/**
 * What trigger rules count: the states of the instances of the tasks directly above. The sums are kept per task; within a mapped group,
 * where each index has neighbours of its own, they are made when they are asked for.
 */
import type { CompiledGraph } from '#domain/graph.ts'
import { countedAs, type UpstreamCounts } from '#domain/triggerRule.ts'
import type { ActiveRun, Instance } from './model.ts'

/** Computes what the trigger rules count, of all tasks or of these. */
export function recountUpstreams(run: ActiveRun, tasks: Iterable<number> = run.graph.tasks.keys()): void {
  for (const task of tasks) {
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
    for (const upstream of run.graph.upstream[task] ?? []) {
      if (countsByIndex(run.graph, upstream, task)) continue
      for (const instance of run.byTask[upstream] ?? []) countInstance(counts, instance)
    }
    run.upstreamCounts[task] = counts
  }
}

/** A source begins again: how many instances depend on it is open. */
export function sourceReopened(run: ActiveRun, task: number): void {
  for (const mapping of run.expanded.keys()) if ([...mapping.sources.values()].includes(task)) run.expanded.delete(mapping)
}

/**
 * What the trigger rule of an instance counts. Within a mapped group only the neighbours of the same index count, or the not yet
 * mapped ones for each other; everything else counts with all its instances.
 */
export function upstreamCountsOf(instance: Instance): UpstreamCounts | undefined {
  const { run, task, record } = instance
  const all = run.upstreamCounts[task]
  const mapping = run.graph.mappings[task] ?? null
  if (all === undefined || mapping?.isGroup !== true) return all
  const counts = { ...all }
  for (const upstream of run.graph.upstream[task] ?? []) {
    if (run.graph.mappings[upstream] !== mapping) continue
    const neighbour = instanceAt(run, upstream, record.map_index)
    if (neighbour === undefined) continue
    countInstance(counts, neighbour)
  }
  return counts
}

/** Those instances of a task above that this one looks at: within a mapped group only that of its own index. */
export function lookedAt({ run, task, record }: Instance, above: number): readonly Instance[] {
  if (!countsByIndex(run.graph, above, task)) return run.byTask[above] ?? []
  const neighbour = instanceAt(run, above, record.map_index)
  return neighbour === undefined ? [] : [neighbour]
}

/** Instances of a task are in the order of their indexes, but for those that came back. */
export function instanceAt(run: ActiveRun, task: number, map_index: number): Instance | undefined {
  const instances = run.byTask[task] ?? []
  const likely = instances[Math.max(0, map_index)]
  return likely?.record.map_index === map_index ? likely : instances.find(({ record }) => record.map_index === map_index)
}

export function countInstance(counts: UpstreamCounts, instance: Instance): void {
  counts.total++
  const counted = countedAs(instance.record.state)
  if (counted !== null) counts[counted]++
  if (!instance.spec.is_setup) return
  counts.setup_total++
  if (counted === 'success') counts.setup_success++
  if (counted === 'skipped') counts.setup_skipped++
}

/** An upstream of the same mapped group: it counts by index, not in the sums of the task. */
export function countsByIndex(graph: CompiledGraph, upstream: number, task: number): boolean {
  const mapping = graph.mappings[task] ?? null
  return mapping !== null && mapping.isGroup && graph.mappings[upstream] === mapping
}
