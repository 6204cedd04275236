/**
 * Where the nodes go. Pure, run in a worker. Up to DAGRE_MAX nodes dagre does it; above, a linear layered pass of our own (layered/).
 * Both lay out from left to right or from top to bottom; the two opposite directions are mirrored.
 */
import { byDagre, type Placed } from './dagreLayout.ts'
import { isAcross } from './direction.ts'
import { nestedLayout, type NestedBox } from './layered/nested.ts'
import type { Box, LayoutInput, LayoutOutput, Point } from './shapes.ts'

export type { Box, LayoutInput, LayoutOutput, Point } from './shapes.ts'

/** Above it dagre would keep the reader waiting for more than half a second. */
export const DAGRE_MAX = 250
/** Tasks without any edge would make one endless rank of dagre's; the other pass puts them in a block. */
const LOOSE_MAX = 12
/** Room of a frame around what it holds; its title stands on top. */
const FRAME_PAD = 16
const FRAME_TITLE = 30
/** A block of many tasks is as broad as a window. */
const WINDOW_RATIO = 1.6

export function layoutGraph(input: LayoutInput): LayoutOutput {
  if (input.nodes.length === 0) return { nodes: {}, frames: {}, bends: {}, labels: {} }
  const isSmall = input.nodes.length <= DAGRE_MAX && looseNodes(input) <= LOOSE_MAX
  const forward = isAcross(input.direction) ? 'LR' : 'TB'
  const placed = isSmall ? byDagre(input, forward) : byLayers(input)
  if (input.direction !== forward) mirror(placed, forward)
  // After the mirror, because titles of frames stay on top.
  return { ...placed, frames: frameBoxes(input, placed.nodes) }
}

function looseNodes({ nodes, edges }: LayoutInput): number {
  const linked = new Set(edges.flatMap(({ source, target }) => [source, target]))
  return nodes.reduce((count, { id }) => count + Number(!linked.has(id)), 0)
}

/** Turns left to right into right to left, and top to bottom into bottom to top. */
function mirror({ nodes, bends, labels }: Placed, axis: 'LR' | 'TB'): void {
  const flip =
    axis === 'LR'
      ? (point: Point, size: number) => (point.x = -point.x - size)
      : (point: Point, size: number) => (point.y = -point.y - size)
  for (const box of Object.values(nodes)) flip(box, axis === 'LR' ? box.width : box.height)
  // Edges of one bundle share their bends.
  for (const point of new Set(Object.values(bends).flat())) flip(point, 0)
  for (const point of Object.values(labels)) flip(point, 0)
}

/** The linear pass. Labels of edges get no room of their own: they stand in the middle of their edge. */
export function byLayers({ nodes, frames, edges, direction }: LayoutInput): Placed {
  const across = isAcross(direction)
  const frameIndex = new Map(frames.map(({ id }, i) => [id, i]))
  const nodeIndex = new Map(nodes.map(({ id }, i) => [id, i]))
  const frameOf = (frame: string | null) => (frame === null ? -1 : (frameIndex.get(frame) ?? -1))
  const known = edges.flatMap((edge) => {
    const [source, target] = [nodeIndex.get(edge.source), nodeIndex.get(edge.target)]
    return source === undefined || target === undefined || source === target ? [] : [{ id: edge.id, source, target }]
  })
  const layout = nestedLayout({
    nodes: nodes.map(({ width, height, frame }) => ({
      deep: across ? width : height,
      wide: across ? height : width,
      frame: frameOf(frame),
    })),
    frames: frames.map(({ frame }) => ({ frame: frameOf(frame) })),
    edges: known,
    pad: {
      before: direction === 'TB' ? FRAME_TITLE : FRAME_PAD,
      after: direction === 'BT' ? FRAME_TITLE : FRAME_PAD,
      near: across ? FRAME_TITLE : FRAME_PAD,
      far: FRAME_PAD,
    },
    blockRatio: across ? 1 / WINDOW_RATIO : WINDOW_RATIO,
  })
  const pointOf = ({ along, beside }: { along: number; beside: number }): Point =>
    across ? { x: along, y: beside } : { x: beside, y: along }
  const placed: Placed = { nodes: {}, bends: {}, labels: {} }
  nodes.forEach(({ id, width, height }, i) => {
    const box: NestedBox | undefined = layout.nodes[i]
    if (box !== undefined) placed.nodes[id] = { ...pointOf(box), width, height }
  })
  known.forEach(({ id }, i) => (placed.bends[id] = (layout.bends[i] ?? []).map(pointOf)))
  return placed
}

/** A frame is as large as what it holds; dagre's own boxes leave no room for the title. */
function frameBoxes({ nodes, frames }: LayoutInput, boxes: Record<string, Box>): Record<string, Box> {
  const around = new Map(frames.map(({ id, frame }) => [id, frame]))
  const edges = new Map<string, { left: number; top: number; right: number; bottom: number }>()
  const put = (frame: string | null, { x, y, width, height }: Box) => {
    if (frame === null) return
    const now = edges.get(frame)
    if (now === undefined) edges.set(frame, { left: x, top: y, right: x + width, bottom: y + height })
    else {
      now.left = Math.min(now.left, x)
      now.top = Math.min(now.top, y)
      now.right = Math.max(now.right, x + width)
      now.bottom = Math.max(now.bottom, y + height)
    }
  }
  for (const { id, frame } of nodes) {
    const box = boxes[id]
    if (box) put(frame, box)
  }
  const depthOf = (id: string) => {
    let depth = 0
    for (let at = around.get(id); at !== null && at !== undefined && depth < 100; at = around.get(at)) depth += 1
    return depth
  }
  const byDepth = frames.map(({ id, frame }) => ({ id, frame, depth: depthOf(id) })).sort((a, b) => b.depth - a.depth)
  const found: Record<string, Box> = {}
  // The innermost first, so that each frame knows the frames within it.
  for (const { id, frame } of byDepth) {
    const inner = edges.get(id)
    if (inner === undefined) continue
    const [x, y] = [inner.left - FRAME_PAD, inner.top - FRAME_TITLE]
    const box = { x, y, width: inner.right + FRAME_PAD - x, height: inner.bottom + FRAME_PAD - y }
    found[id] = box
    put(frame, box)
  }
  return found
}
