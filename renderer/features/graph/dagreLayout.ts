/**
 * Layout by dagre: what hangs together stands near, groups are kept together, labels of edges have room. For graphs that a person looks
 * over as a whole; its time grows faster than the graph (tight-tree: under 1 s for 400 nodes; network simplex: 22 s for 1,000).
 */
import { Graph, layout as dagreLayout } from '@dagrejs/dagre'
import type { Box, LayoutInput, LayoutOutput } from './shapes.ts'

/** Of neighbours in the direction of the edges: an arrow needs less room than names do. */
const RANK_GAP = { LR: 44, TB: 52 } as const
const NODE_GAP = 22
/** Mean width of a character of an edge's label. */
const LABEL_CHARACTER = 6.2

export type Placed = Pick<LayoutOutput, 'nodes' | 'bends' | 'labels'>

export function byDagre(input: LayoutInput, direction: 'LR' | 'TB'): Placed {
  const graph = new Graph({ compound: true })
  graph.setGraph({
    rankdir: direction,
    ranksep: RANK_GAP[direction],
    nodesep: NODE_GAP,
    edgesep: 12,
    ranker: 'tight-tree',
    marginx: 8,
    marginy: 8,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of input.frames) graph.setNode(id, {})
  for (const { id, width, height } of input.nodes) graph.setNode(id, { width, height })
  for (const { id, frame } of [...input.frames, ...input.nodes]) if (frame !== null) graph.setParent(id, frame)
  for (const { source, target, label } of input.edges) {
    graph.setEdge(source, target, label ? { width: label.length * LABEL_CHARACTER + 12, height: 18, labelpos: 'c' } : {})
  }
  dagreLayout(graph)

  const nodes: Record<string, Box> = {}
  for (const { id, width, height } of input.nodes) {
    const at = graph.node(id) as unknown as { x: number; y: number }
    nodes[id] = { x: at.x - width / 2, y: at.y - height / 2, width, height }
  }
  const bends: LayoutOutput['bends'] = {}
  const labels: LayoutOutput['labels'] = {}
  for (const { id, source, target } of input.edges) {
    const { points, x, y } = graph.edge(source, target) as unknown as { points?: { x: number; y: number }[]; x?: number; y?: number }
    if (x !== undefined && y !== undefined) labels[id] = { x, y }
    bends[id] = (points ?? []).slice(1, -1).map(({ x, y }) => ({ x, y }))
  }
  return { nodes, bends, labels }
}
