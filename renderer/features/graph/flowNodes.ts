/** Nodes and edges as React Flow takes them. */
import type { LayoutOutput } from './layout.ts'
import type { GraphModel } from './model.ts'
import type { BendFlowEdge, FrameFlowNode, TaskFlowNode } from './nodeTypes.tsx'

export type FlowNode = TaskFlowNode | FrameFlowNode

export function toFrames(model: GraphModel, layout: LayoutOutput): FrameFlowNode[] {
  return model.frames.flatMap((frame): FrameFlowNode[] => {
    const box = layout.frames[frame.id]
    if (!box) return []
    const { x, y, width, height } = box
    const data = { label: frame.label, detail: '', tooltip: frame.id, taskIds: frame.task_ids }
    return [{ id: frame.id, type: 'frame', position: { x, y }, width, height, data, zIndex: -1, selectable: false, focusable: false }]
  })
}

export function toNodes(model: GraphModel, layout: LayoutOutput): TaskFlowNode[] {
  return model.nodes.flatMap((node): TaskFlowNode[] => {
    const box = layout.nodes[node.id]
    if (!box) return []
    const { x, y, width, height } = box
    const data = { label: node.label, detail: node.detail, tooltip: node.tooltip, taskIds: node.task_ids }
    return [
      { id: node.id, type: node.kind === 'group' ? 'taskGroup' : 'task', position: { x, y }, width, height, data, ariaLabel: node.label },
    ]
  })
}

export function toEdges(model: GraphModel, layout: LayoutOutput): BendFlowEdge[] {
  return model.edges.map(({ id, source, target, label }) => ({
    id,
    source,
    target,
    type: 'bend',
    data: { bends: layout.bends[id] ?? [], label, labelAt: layout.labels[id] ?? null },
  }))
}
