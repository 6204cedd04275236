/**
 * What a graph shows, given which task groups are unfolded. Pure. A folded group stands for all its tasks: one node, the edges of its
 * tasks become its edges, edges inside it vanish. An unfolded group is a frame around what it holds.
 */
import type { DagTasks } from '#contract/dag.ts'

export interface GraphNode {
  id: string
  kind: 'task' | 'group'
  label: string
  /** Second line: operator, or the number of tasks. */
  detail: string
  /** Innermost unfolded group around it. */
  frame: string | null
  /** Tasks that it stands for. */
  task_ids: readonly string[]
  tooltip: string
}
export interface GraphFrame {
  id: string
  label: string
  frame: string | null
  task_ids: readonly string[]
}
export interface GraphEdge {
  id: string
  source: string
  target: string
  label: string | null
}
export interface GraphModel {
  nodes: readonly GraphNode[]
  frames: readonly GraphFrame[]
  edges: readonly GraphEdge[]
}

export type OpenGroups = ReadonlySet<string> | 'all'

/** `open` of the URL: unfolded groups joined by commas; `*` = all. Group ids hold no comma (Airflow's key rule). */
export function parseOpen(open: string | undefined): OpenGroups {
  if (open === '*') return 'all'
  return new Set(open === undefined ? [] : open.split(','))
}
export function toggleGroup(open: OpenGroups, groupId: string, all: readonly string[]): string | undefined {
  const next = new Set(open === 'all' ? all : open)
  if (!next.delete(groupId)) next.add(groupId)
  if (next.size === 0) return undefined
  return next.size === all.length ? '*' : [...next].sort().join(',')
}

export function buildGraph(dag: DagTasks, open: OpenGroups): GraphModel {
  const groups = new Map(dag.task_groups.map((group) => [group.group_id, group]))
  const isOpen = (groupId: string) => open === 'all' || open.has(groupId)
  const pathOf = new Map<string, readonly string[]>()
  /** Groups around a group, the outermost first, itself last. A parent that does not exist, or a loop, ends the path. */
  const path = (groupId: string): readonly string[] => {
    const known = pathOf.get(groupId)
    if (known) return known
    const reversed: string[] = []
    for (let at: string | null = groupId; at !== null && groups.has(at) && !reversed.includes(at); at = groups.get(at)?.parent_id ?? null)
      reversed.push(at)
    const result = reversed.reverse()
    pathOf.set(groupId, result)
    return result
  }

  const standsFor = new Map<string, string>()
  const members = new Map<string, string[]>()
  const nodes: GraphNode[] = []
  const folded = new Map<string, string | null>()
  for (const task of dag.tasks) {
    const around = task.task_group === null ? [] : path(task.task_group)
    for (const groupId of around) members.set(groupId, [...(members.get(groupId) ?? []), task.id])
    const closedAt = around.findIndex((groupId) => !isOpen(groupId))
    const closed = closedAt < 0 ? undefined : around[closedAt]
    standsFor.set(task.id, closed ?? task.id)
    if (closed !== undefined) folded.set(closed, around[closedAt - 1] ?? null)
    else {
      const groupId = around.at(-1) ?? null
      const label = groupId !== null && task.name.startsWith(`${groupId}.`) ? task.name.slice(groupId.length + 1) : task.name
      nodes.push({ id: task.id, kind: 'task', label, detail: task.operator, frame: groupId, task_ids: [task.id], tooltip: task.id })
    }
  }
  for (const [id, frame] of folded) {
    const group = groups.get(id)
    nodes.push({
      id,
      kind: 'group',
      label: group?.label ?? id,
      detail: '',
      frame,
      task_ids: members.get(id) ?? [],
      tooltip: group?.tooltip || id,
    })
  }
  const frames = dag.task_groups.flatMap((group) => {
    const around = path(group.group_id)
    const task_ids = members.get(group.group_id)
    // A group without tasks would be an empty frame that layout cannot place.
    if (!task_ids || !around.every(isOpen)) return []
    return [{ id: group.group_id, label: group.label, frame: around.at(-2) ?? null, task_ids }]
  })
  return { nodes, frames, edges: foldEdges(dag, standsFor) }
}

function foldEdges(dag: DagTasks, standsFor: ReadonlyMap<string, string>): GraphEdge[] {
  const edges = new Map<string, GraphEdge>()
  dag.dependencies.forEach(([upstream, downstream], at) => {
    const source = standsFor.get(upstream)
    const target = standsFor.get(downstream)
    if (source === undefined || target === undefined || source === target) return
    const id = `${source}→${target}`
    const label = dag.dependency_labels[at] ?? null
    const before = edges.get(id)
    edges.set(id, { id, source, target, label: before?.label ?? label })
  })
  return [...edges.values()]
}
