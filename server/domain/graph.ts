/**
 * The compiled form of a DAG version: indexes instead of names, neighbours as arrays, weights summed once. A task's end then
 * costs its out-degree, never a scan.
 */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import { mappingsOf, type Mapping } from './mapping.ts'

export interface CompiledGraph {
  tasks: readonly TaskSpec[]
  index: ReadonlyMap<string, number>
  upstream: readonly Int32Array[]
  downstream: readonly Int32Array[]
  /** Task indexes, every upstream before its downstreams. */
  order: Int32Array
  /** Effective priority weights by each task's weight rule, clipped to 32 bits. */
  weights: Int32Array
  /**
   * Tasks whose states decide the run: without downstreams, not counting teardowns that may not fail the run. One that may decides in
   * place of the work above it, as in Airflow.
   */
  deciders: Int32Array
  /** Some task looks at the previous run. */
  uses_past: boolean
  setups: SetupScopes
  /** How each task is mapped; null = it is not. Tasks of one mapped group share one object. */
  mappings: readonly (Mapping | null)[]
}

/** Which work belongs to which setups (Airflow core-concepts/setup and teardown). */
export interface SetupScopes {
  /** Of each task: the setups above it whose teardown is below it, or that have none. */
  of: readonly Int32Array[]
  /** Those of them that are not directly above it: its trigger rule says nothing about them, and they must have succeeded. */
  indirect: readonly Int32Array[]
  /** Of each teardown: what is between its setups and it, and not directly above it. It waits for that, too. */
  between: readonly Int32Array[]
  /** Of each task: those that look at it though it is not directly above them (`indirect`, `between`). */
  needed_by: readonly Int32Array[]
  /** Of each setup: its teardowns. */
  teardowns: readonly Int32Array[]
  all_teardowns: Int32Array
}

/** Compiles a spec. Throws if an edge names an unknown task or the graph has a cycle (the parser refuses both first). */
export function compileGraph(spec: Pick<DagSpec, 'tasks' | 'edges' | 'task_groups'>): CompiledGraph {
  const tasks = spec.tasks
  const index = new Map(tasks.map((task, i) => [task.task_id, i]))
  const up: number[][] = tasks.map(() => [])
  const down: number[][] = tasks.map(() => [])
  const seen = new Set<string>()
  for (const [from, to] of spec.edges) {
    const a = index.get(from)
    const b = index.get(to)
    if (a === undefined || b === undefined) throw new Error(`edge ${from} -> ${to} names a task that does not exist`)
    if (seen.has(`${a},${b}`)) continue
    seen.add(`${a},${b}`)
    down[a]?.push(b)
    up[b]?.push(a)
  }
  const upstream = up.map((list) => Int32Array.from(list))
  const downstream = down.map((list) => Int32Array.from(list))
  const order = topologicalOrder(upstream, downstream)
  if (order.length !== tasks.length) throw new Error('the graph has a cycle')
  return {
    tasks,
    index,
    upstream,
    downstream,
    order,
    weights: effectiveWeights(tasks, upstream, downstream, order),
    deciders: decidingTasks(tasks, downstream),
    uses_past: tasks.some((task) => task.depends_on_past || task.wait_for_downstream),
    setups: setupScopes(tasks, upstream, downstream),
    mappings: mappingsOf(spec, index),
  }
}

const NONE = new Int32Array()

function topologicalOrder(upstream: readonly Int32Array[], downstream: readonly Int32Array[]): Int32Array {
  const missing = Int32Array.from(upstream, (list) => list.length)
  const order = new Int32Array(upstream.length)
  let filled = 0
  for (let i = 0; i < missing.length; i++) if (missing[i] === 0) order[filled++] = i
  for (let at = 0; at < filled; at++) {
    for (const next of downstream[order[at] as number] ?? []) {
      const left = (missing[next] as number) - 1
      missing[next] = left
      if (left === 0) order[filled++] = next
    }
  }
  return order.subarray(0, filled)
}

function decidingTasks(tasks: readonly TaskSpec[], downstream: readonly Int32Array[]): Int32Array {
  const counts = (task: TaskSpec | undefined): boolean => task?.is_teardown !== true || task.on_failure_fail_dagrun
  const isDecider = (task: TaskSpec, i: number): boolean => counts(task) && (downstream[i] ?? NONE).every((d) => !counts(tasks[d]))
  const deciders = tasks.flatMap((task, i) => (isDecider(task, i) ? [i] : []))
  // Nothing but teardowns.
  return Int32Array.from(deciders.length > 0 ? deciders : tasks.flatMap((_, i) => (downstream[i]?.length === 0 ? [i] : [])))
}

function setupScopes(tasks: readonly TaskSpec[], upstream: readonly Int32Array[], downstream: readonly Int32Array[]): SetupScopes {
  const all_teardowns = Int32Array.from(tasks.flatMap((task, i) => (task.is_teardown ? [i] : [])))
  if (!tasks.some((task) => task.is_setup)) {
    const none = tasks.map(() => NONE)
    return { of: none, indirect: none, between: none, needed_by: none, teardowns: none, all_teardowns }
  }
  const of: number[][] = tasks.map(() => [])
  const indirect: number[][] = tasks.map(() => [])
  const needed_by: number[][] = tasks.map(() => [])
  const teardowns: number[][] = tasks.map(() => [])
  const between: Set<number>[] = tasks.map(() => new Set())
  tasks.forEach((task, setup) => {
    if (!task.is_setup) return
    const direct = downstream[setup] ?? NONE
    const own = [...direct].filter((next) => tasks[next]?.is_teardown === true)
    const above = own.length === 0 ? null : reachable(upstream, own)
    teardowns[setup] = own
    const allBelow = reachable(downstream, [setup])
    for (const teardown of own)
      for (const task of reachable(upstream, [teardown]))
        if (allBelow.has(task) && upstream[teardown]?.includes(task) !== true) between[teardown]?.add(task)
    for (const below of allBelow) {
      if (tasks[below]?.is_teardown === true || above?.has(below) === false) continue
      of[below]?.push(setup)
      if (direct.includes(below)) continue
      indirect[below]?.push(setup)
      needed_by[setup]?.push(below)
    }
  })
  between.forEach((scope, teardown) => scope.forEach((task) => needed_by[task]?.push(teardown)))
  const packed = (lists: number[][]): Int32Array[] => lists.map((list) => (list.length === 0 ? NONE : Int32Array.from(list)))
  return {
    of: packed(of),
    indirect: packed(indirect),
    between: packed(between.map((scope) => [...scope])),
    needed_by: packed(needed_by),
    teardowns: packed(teardowns),
    all_teardowns,
  }
}

/** All tasks reachable from `start` along `edges`, without `start`. */
export function reachable(edges: readonly Int32Array[], start: Iterable<number>): Set<number> {
  const found = new Set<number>()
  const stack = [...start]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const next of edges[at] ?? []) {
      if (found.has(next)) continue
      found.add(next)
      stack.push(next)
    }
  }
  return found
}

const BLOCK = 2048 // descendants counted per pass: 256 bytes of bits per task, so 100,000 tasks need 26 MB for a moment
const INT32_MAX = 2_147_483_647

/** Sum of each task's own weight and those of all its descendants (or ancestors), by blocks of bit sets. */
function sumOverReachable(own: Int32Array, edges: readonly Int32Array[], order: Int32Array): Float64Array {
  const count = own.length
  const sums = Float64Array.from(own)
  const words = BLOCK / 32
  const bits = new Int32Array(count * words)
  for (let base = 0; base < count; base += BLOCK) {
    bits.fill(0)
    for (let at = count - 1; at >= 0; at--) {
      const task = order[at] as number
      const row = task * words
      for (const next of edges[task] ?? []) {
        const other = next * words
        for (let w = 0; w < words; w++) bits[row + w] = (bits[row + w] as number) | (bits[other + w] as number)
        if (next >= base && next < base + BLOCK)
          bits[row + ((next - base) >> 5)] = (bits[row + ((next - base) >> 5)] as number) | (1 << ((next - base) & 31))
      }
      for (let w = 0; w < words; w++) {
        let word = bits[row + w] as number
        while (word !== 0) {
          const bit = 31 - Math.clz32(word & -word)
          sums[task] = (sums[task] as number) + (own[base + w * 32 + bit] as number)
          word &= word - 1
        }
      }
    }
  }
  return sums
}

function effectiveWeights(
  tasks: readonly TaskSpec[],
  upstream: readonly Int32Array[],
  downstream: readonly Int32Array[],
  order: Int32Array,
): Int32Array {
  const own = Int32Array.from(tasks, (task) => task.priority_weight)
  const needs = (rule: string): boolean => tasks.some((task) => task.weight_rule === rule)
  const down = needs('downstream') ? sumOverReachable(own, downstream, order) : null
  const up = needs('upstream') ? sumOverReachable(own, upstream, Int32Array.from(order).reverse()) : null
  return Int32Array.from(tasks, (task, i) => {
    const sum = task.weight_rule === 'downstream' ? down?.[i] : task.weight_rule === 'upstream' ? up?.[i] : own[i]
    return Math.max(-INT32_MAX - 1, Math.min(INT32_MAX, sum ?? 0))
  })
}
