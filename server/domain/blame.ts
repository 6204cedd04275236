/**
 * Which upstream task instances made a trigger rule give a final state without a run: the answer to "why was it skipped?". Follows the
 * chain to its roots, since "upstream_failed because b is upstream_failed" sends people on a walk.
 */
import type { CompiledGraph } from './graph.ts'
import type { TaskInstanceState, TriggerRule } from '#contract/states.ts'

/** What is known of a task instance; `by_rule`: its trigger rule gave it its state, so its own upstreams are the reason. */
export interface BlamedInstance {
  task_id: string
  map_index: number
  state: TaskInstanceState
  by_rule: boolean
}

export interface Blame {
  upstream: BlamedInstance
  /** Where it began, if that is not the upstream itself; at most ROOTS_MAX. */
  roots: BlamedInstance[]
}

/** A sentence names no more. */
const ROOTS_MAX = 3

/** States of upstreams that speak against running, by rule. What is not listed: failures first, then skips. */
const AGAINST: Partial<Record<TriggerRule, readonly TaskInstanceState[]>> = {
  all_failed: ['success', 'skipped'],
  all_skipped: ['success', 'failed', 'upstream_failed'],
  one_failed: ['success', 'skipped', 'removed'],
  one_done: ['skipped', 'upstream_failed', 'removed'],
}
const FAILURES: readonly TaskInstanceState[] = ['failed', 'upstream_failed']
const SKIPS: readonly TaskInstanceState[] = ['skipped', 'removed']

/** The direct upstreams to name for a task instance that its rule made `skipped` or `upstream_failed`. */
export function blame(p: {
  graph: CompiledGraph
  task: number
  state: TaskInstanceState
  instances: (task: number) => readonly BlamedInstance[]
}): Blame[] {
  const { graph, task, instances } = p
  return against({ ...p, upstreams: upstreamsOf(graph, task, instances) }).map((upstream) => ({
    upstream,
    roots: upstream.by_rule ? rootsOf(p, upstream) : [],
  }))
}

function upstreamsOf(graph: CompiledGraph, task: number, instances: (task: number) => readonly BlamedInstance[]): BlamedInstance[] {
  return [...(graph.upstream[task] ?? [])].flatMap((upstream) => [...instances(upstream)])
}

function against(p: { graph: CompiledGraph; task: number; state: TaskInstanceState; upstreams: BlamedInstance[] }): BlamedInstance[] {
  const rule = p.graph.tasks[p.task]?.trigger_rule ?? 'all_success'
  const wanted = AGAINST[rule] ?? (p.state === 'upstream_failed' ? FAILURES : SKIPS)
  const found = p.upstreams.filter(({ state }) => wanted.includes(state))
  // A rule that wants one success has nobody in particular to blame: all of them lack it.
  return found.length > 0 ? found : p.upstreams
}

function rootsOf(
  p: { graph: CompiledGraph; instances: (task: number) => readonly BlamedInstance[] },
  start: BlamedInstance,
): BlamedInstance[] {
  const roots: BlamedInstance[] = []
  const seen = new Set<string>()
  const waiting = [start]
  for (let next = waiting.shift(); next !== undefined && roots.length < ROOTS_MAX; next = waiting.shift()) {
    const task = p.graph.index.get(next.task_id)
    if (seen.has(next.task_id) || task === undefined) continue
    seen.add(next.task_id)
    if (next.by_rule)
      waiting.push(...against({ graph: p.graph, task, state: next.state, upstreams: upstreamsOf(p.graph, task, p.instances) }))
    else roots.push(next)
  }
  return roots
}
