/** A preview as a graph: the same folding as the graph of a version, with what changed on each node and edge. Pure. */
import type { Edge, Node } from '@xyflow/react'
import type { DagTasks } from '#contract/dag.ts'
import type { DagPreview } from '#contract/dagFile.ts'
import type { LayoutOutput } from '../graph/layout.ts'
import { buildGraph, type GraphModel, type OpenGroups } from '../graph/model.ts'

export type Change = DagPreview['tasks'][number]['change']
export interface PreviewModel {
  model: GraphModel
  /** Differs when the layout must: nodes, groups or edges, and nothing else. */
  shape: string
}
export type PreviewNode = Node<{ label: string; detail: string; change: Change; counts: string }, 'task' | 'taskGroup' | 'frame'>
export type PreviewEdge = Edge<{ bends: { x: number; y: number }[]; change: Change; label: string | null }, 'bend'>

export function previewModel(dag: DagPreview, open: OpenGroups): PreviewModel {
  const graph = {
    task_groups: dag.task_groups,
    tasks: dag.tasks,
    dependencies: dag.edges.map(([upstream, downstream]) => [upstream, downstream]),
    dependency_labels: dag.edges.map(([, , label]) => label),
  }
  // buildGraph reads these four fields alone.
  const model = buildGraph(graph as unknown as DagTasks, open)
  const shape = [...model.nodes.map(({ id, frame }) => `${id}<${frame ?? ''}`), ...model.edges.map(({ id }) => id)].join(';')
  return { model, shape: hashOf(shape) }
}

/** More nodes than these, redrawn as one types, would cost the typist more than they tell. */
const DRAWN_MAX = 400

/** Of a large DAG what changed, with what stands next to it; `left_out` = tasks that are not drawn. */
export function drawnPart(dag: DagPreview): { dag: DagPreview; left_out: number } {
  if (dag.tasks.length <= DRAWN_MAX) return { dag, left_out: 0 }
  const changed = new Set(dag.tasks.filter(({ change }) => change !== 'same').map(({ id }) => id))
  for (const [upstream, downstream, , change] of dag.edges) if (change !== 'same') changed.add(upstream).add(downstream)
  const near = new Set(changed)
  for (const [upstream, downstream] of dag.edges) {
    if (changed.has(upstream)) near.add(downstream)
    if (changed.has(downstream)) near.add(upstream)
  }
  const tasks = dag.tasks.filter(({ id }) => near.has(id)).slice(0, DRAWN_MAX)
  const drawn = new Set(tasks.map(({ id }) => id))
  const edges = dag.edges.filter(([upstream, downstream]) => drawn.has(upstream) && drawn.has(downstream))
  return { dag: { ...dag, tasks, edges }, left_out: dag.tasks.length - tasks.length }
}

/** What a node that stands for several tasks shows: the change that they share, else that something changed. */
export function changeOf(changes: readonly Change[]): Change {
  const [first = 'same'] = changes
  return changes.every((change) => change === first) ? first : 'changed'
}

export function toFlow(
  { model }: PreviewModel,
  layout: LayoutOutput | undefined,
  dag: DagPreview,
): { nodes: PreviewNode[]; edges: PreviewEdge[] } {
  if (layout === undefined) return { nodes: [], edges: [] }
  const changes = new Map(dag.tasks.map((task) => [task.id, task.change]))
  const of = (ids: readonly string[]) => ids.map((id) => changes.get(id) ?? 'same')
  const frames = model.frames.flatMap((frame): PreviewNode[] => {
    const box = layout.frames[frame.id]
    if (!box) return []
    const data = { label: frame.label, detail: '', change: 'same' as const, counts: '' }
    return [{ ...placed(frame.id, box), type: 'frame', data, zIndex: -1, selectable: false, focusable: false }]
  })
  const nodes = model.nodes.flatMap((node): PreviewNode[] => {
    const box = layout.nodes[node.id]
    if (!box) return []
    const own = of(node.task_ids)
    const data = { label: node.label, detail: node.detail, change: changeOf(own), counts: node.kind === 'group' ? String(own.length) : '' }
    return [{ ...placed(node.id, box), type: node.kind === 'group' ? 'taskGroup' : 'task', data, ariaLabel: node.label }]
  })
  const edgeChanges = new Map(dag.edges.map(([upstream, downstream, , change]) => [`${upstream}→${downstream}`, change]))
  const edges = model.edges.map(({ id, source, target, label }): PreviewEdge => ({
    id,
    source,
    target,
    type: 'bend',
    // The edge of a folded group stands for several; it is drawn plain.
    data: { bends: layout.bends[id] ?? [], change: edgeChanges.get(id) ?? 'same', label },
  }))
  return { nodes: [...frames, ...nodes], edges }
}

function placed(id: string, box: { x: number; y: number; width: number; height: number }) {
  return { id, position: { x: box.x, y: box.y }, width: box.width, height: box.height }
}

/** FNV-1a: a short name for a long text. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return `${text.length}-${(hash >>> 0).toString(36)}`
}
