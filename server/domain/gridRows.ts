/**
 * The rows of the grid for one DAG version: tasks and task groups, each group before its members, siblings in the order in which they
 * can run. Where the graph leaves an order open, the author's stands.
 */
import type { DagSpec } from '#contract/dagSpec.ts'
import type { GridRow } from '#contract/grid.ts'
import { Heap } from './heap.ts'

type Spec = Pick<DagSpec, 'tasks' | 'edges' | 'task_groups'>

/** A task or a group among its siblings. */
interface Node {
  row: GridRow
  /** Place of its first task in the author's order. */
  place: number
  children: Node[]
  /** Siblings that it must stand before, and how many must stand before it. */
  after: Set<Node>
  waits: number
}

const newNode = (row: GridRow, place: number): Node => ({ row, place, children: [], after: new Set(), waits: 0 })

export function gridRows(spec: Spec): GridRow[] {
  const groups = new Map(spec.task_groups.map((group) => [group.group_id, group]))
  const nodes = new Map<string, Node>()
  const root = newNode({ id: '', label: '', parent: null, operator: null, is_removed: false }, 0)
  const rowId = (node: Node): string | null => (node === root ? null : node.row.id)
  /** Groups around a task, the outermost first; a parent that does not exist, or a loop, ends the path. */
  const pathOf = (group_id: string | null): string[] => {
    const path: string[] = []
    for (let at = group_id; at !== null && groups.has(at) && !path.includes(at); at = groups.get(at)?.parent_id ?? null) path.push(at)
    return path.reverse()
  }
  const chains = new Map<string, Node[]>()
  spec.tasks.forEach((task, place) => {
    let parent = root
    const chain: Node[] = []
    for (const group_id of pathOf(task.group_id)) {
      let node = nodes.get(group_id)
      if (node === undefined) {
        const label = groups.get(group_id)?.label ?? group_id
        node = newNode({ id: group_id, label, parent: rowId(parent), operator: null, is_removed: false }, place)
        nodes.set(group_id, node)
        parent.children.push(node)
      }
      chain.push(node)
      parent = node
    }
    const label = task.task_display_name ?? withoutGroup(task.task_id, task.group_id)
    const node = newNode({ id: task.task_id, label, parent: rowId(parent), operator: task.operator, is_removed: false }, place)
    parent.children.push(node)
    chains.set(task.task_id, [...chain, node])
  })
  for (const [from, to] of spec.edges) orderSiblings(chains.get(from), chains.get(to))
  const rows: GridRow[] = []
  const write = (node: Node): void => {
    for (const child of ordered(node.children)) {
      rows.push(child.row)
      write(child)
    }
  }
  write(root)
  return rows
}

const withoutGroup = (task_id: string, group_id: string | null): string =>
  group_id !== null && task_id.startsWith(`${group_id}.`) ? task_id.slice(group_id.length + 1) : task_id

/** An edge between two tasks orders the first two of their surroundings that differ. */
function orderSiblings(from: readonly Node[] | undefined, to: readonly Node[] | undefined): void {
  if (from === undefined || to === undefined) return
  const at = from.findIndex((node, i) => node !== to[i])
  const before = from[at]
  const after = to[at]
  if (before === undefined || after === undefined || before.after.has(after)) return
  before.after.add(after)
  after.waits++
}

/** Groups may wait for each other in a circle though their tasks do not: then the author's order breaks it. */
function ordered(siblings: readonly Node[]): Node[] {
  const ready = new Heap<Node>((a, b) => a.place < b.place)
  const waiting = new Set(siblings)
  for (const node of siblings) if (node.waits === 0) ready.push(node)
  const result: Node[] = []
  while (waiting.size > 0) {
    const next = ready.pop() ?? first(waiting)
    if (!waiting.delete(next)) continue
    result.push(next)
    for (const after of next.after) if (--after.waits === 0) ready.push(after)
  }
  return result
}

function first(waiting: ReadonlySet<Node>): Node {
  const [node] = waiting
  if (node === undefined) throw new Error('nothing waits')
  return node
}
