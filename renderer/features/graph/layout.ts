/**
 * Where the nodes go. Pure, run in a worker. Up to DAGRE_MAX nodes dagre does it (tight-tree: network simplex needs 22 s for 1,000
 * nodes, tight-tree under 1 s for 400); above, one linear layered pass: rank by longest path, then a few sweeps that order each rank
 * by the mean place of its neighbours.
 */
import { Graph, layout as dagreLayout } from '@dagrejs/dagre'

export type Direction = 'LR' | 'TB'
export interface Box {
  x: number
  y: number
  width: number
  height: number
}
export interface LayoutInput {
  nodes: readonly { id: string; width: number; height: number; frame: string | null }[]
  frames: readonly { id: string; frame: string | null }[]
  edges: readonly { id: string; source: string; target: string; label?: string | null }[]
  direction: Direction
}
export interface LayoutOutput {
  /** Top left corners. */
  nodes: Record<string, Box>
  frames: Record<string, Box>
  /** Bends of an edge between its ends. */
  bends: Record<string, { x: number; y: number }[]>
  /** Middle of the label of an edge that has one. */
  labels: Record<string, { x: number; y: number }>
}

export const DAGRE_MAX = 400
const RANK_GAP = 64
const NODE_GAP = 22
/** Room of a frame around what it holds; its title stands on top. */
const FRAME_PAD = 16
const FRAME_TITLE = 30
const SWEEPS = 4
/** Mean width of a character of an edge's label. */
const LABEL_CHARACTER = 6.2

export function layoutGraph(input: LayoutInput): LayoutOutput {
  if (input.nodes.length === 0) return { nodes: {}, frames: {}, bends: {}, labels: {} }
  return input.nodes.length <= DAGRE_MAX ? byDagre(input) : byLayers(input)
}

function byDagre(input: LayoutInput): LayoutOutput {
  const graph = new Graph({ compound: true })
  graph.setGraph({
    rankdir: input.direction,
    ranksep: RANK_GAP,
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
  return { nodes, frames: frameBoxes(input, nodes), bends, labels }
}

/** A frame is as large as what it holds; dagre's own boxes leave no room for the title. */
function frameBoxes(input: LayoutInput, nodes: Record<string, Box>): Record<string, Box> {
  const inside = new Map<string, Box[]>()
  const put = (frame: string | null, box: Box) => {
    if (frame !== null) inside.set(frame, [...(inside.get(frame) ?? []), box])
  }
  for (const { id, frame } of input.nodes) {
    const box = nodes[id]
    if (box) put(frame, box)
  }
  const frames: Record<string, Box> = {}
  const depth = new Map(input.frames.map(({ id, frame }) => [id, frame]))
  const depthOf = (id: string) => {
    let count = 0
    for (let at = depth.get(id); at !== null && at !== undefined && count < 100; at = depth.get(at)) count += 1
    return count
  }
  // The innermost first, so that each frame knows the frames within it.
  for (const { id, frame } of [...input.frames].sort((a, b) => depthOf(b.id) - depthOf(a.id))) {
    const boxes = inside.get(id)
    if (!boxes) continue
    const left = Math.min(...boxes.map(({ x }) => x)) - FRAME_PAD
    const top = Math.min(...boxes.map(({ y }) => y)) - FRAME_TITLE
    const right = Math.max(...boxes.map(({ x, width }) => x + width)) + FRAME_PAD
    const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + FRAME_PAD
    const box = { x: left, y: top, width: right - left, height: bottom - top }
    frames[id] = box
    put(frame, box)
  }
  return frames
}

/** O(nodes + edges) per sweep. Frames are not drawn: this pass does not keep groups together. */
function byLayers(input: LayoutInput): LayoutOutput {
  const index = new Map(input.nodes.map(({ id }, at) => [id, at]))
  const count = input.nodes.length
  const out: number[][] = Array.from({ length: count }, () => [])
  const into: number[][] = Array.from({ length: count }, () => [])
  for (const { source, target } of input.edges) {
    const from = index.get(source)
    const to = index.get(target)
    if (from === undefined || to === undefined) continue
    out[from]?.push(to)
    into[to]?.push(from)
  }
  const rank = longestPathRanks(out, into)
  const ranks: number[][] = []
  rank.forEach((at, node) => (ranks[at] ??= []).push(node))
  const place = new Float64Array(count)
  ranks.forEach((nodes) => {
    nodes.forEach((node, at) => (place[node] = at - nodes.length / 2))
  })
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isDown = sweep % 2 === 0
    for (const nodes of isDown ? ranks : [...ranks].reverse()) {
      const wish = new Map(nodes.map((node) => [node, mean((isDown ? into : out)[node] ?? [], place) ?? place[node] ?? 0]))
      nodes.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0))
      nodes.forEach((node, at) => (place[node] = at - nodes.length / 2))
    }
  }
  const width = Math.max(...input.nodes.map((node) => node.width))
  const height = Math.max(...input.nodes.map((node) => node.height))
  const isAcross = input.direction === 'LR'
  const nodes: Record<string, Box> = {}
  input.nodes.forEach((node, at) => {
    const along = (rank[at] ?? 0) * ((isAcross ? width : height) + RANK_GAP * 2)
    const beside = (place[at] ?? 0) * ((isAcross ? height : width) + NODE_GAP)
    nodes[node.id] = { x: isAcross ? along : beside, y: isAcross ? beside : along, width: node.width, height: node.height }
  })
  return { nodes, frames: {}, bends: {}, labels: {} }
}

/** Rank = longest path from a root (Kahn). Nodes on a cycle, which folding can make, come after the last rank of what is before them. */
function longestPathRanks(out: readonly number[][], into: readonly number[][]): number[] {
  const rank = new Array<number>(out.length).fill(0)
  const missing = into.map((nodes) => nodes.length)
  const ready = missing.flatMap((left, node) => (left === 0 ? [node] : []))
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    for (const next of out[node] ?? []) {
      rank[next] = Math.max(rank[next] ?? 0, (rank[node] ?? 0) + 1)
      missing[next] = (missing[next] ?? 1) - 1
      if (missing[next] === 0) ready.push(next)
    }
  }
  return rank
}

function mean(nodes: readonly number[], place: Float64Array): number | null {
  if (nodes.length === 0) return null
  let sum = 0
  for (const node of nodes) sum += place[node] ?? 0
  return sum / nodes.length
}
