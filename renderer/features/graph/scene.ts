/**
 * A laid-out graph as plain numbers: what the painter draws, and what a click in the picture is looked up in. Pure.
 * Arrays rather than objects, because it crosses to the painter's thread and 10,000 nodes are looked over with each picture.
 */
import { isAcross, type Direction } from './direction.ts'
import type { LayoutOutput, Point } from './layout.ts'
import type { GraphModel } from './model.ts'
import type { Area } from './inView.ts'

export interface Scene {
  direction: Direction
  bounds: Area
  /** x, y, width, height of each node, in the order of the model. */
  boxes: Float32Array
  /** 1 = a folded group. */
  isGroup: Uint8Array
  labels: readonly string[]
  details: readonly string[]
  frames: Float32Array
  frameLabels: readonly string[]
  /** Source and target of each edge. */
  ends: Int32Array
  /** Points of edge `e`, its ends included: x and y from `points[starts[e]]` up to `points[starts[e + 1]]`. */
  starts: Int32Array
  points: Float32Array
  edgeLabels: readonly (string | null)[]
}

/** Room around the graph in the picture: strokes and selections reach beyond their boxes. */
const MARGIN = 12

export function buildScene(model: GraphModel, layout: LayoutOutput, direction: Direction): Scene {
  const index = new Map(model.nodes.map(({ id }, i) => [id, i]))
  const boxes = new Float32Array(model.nodes.length * 4)
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  const widen = (x: number, y: number, width = 0, height = 0) => {
    bounds.left = Math.min(bounds.left, x)
    bounds.top = Math.min(bounds.top, y)
    bounds.right = Math.max(bounds.right, x + width)
    bounds.bottom = Math.max(bounds.bottom, y + height)
  }
  model.nodes.forEach(({ id }, i) => {
    const { x, y, width, height } = layout.nodes[id] ?? NOWHERE
    boxes.set([x, y, width, height], i * 4)
    widen(x, y, width, height)
  })
  const frames = model.frames.flatMap(({ id, label }) => {
    const box = layout.frames[id]
    return box === undefined ? [] : [{ label, box }]
  })
  for (const { box } of frames) widen(box.x, box.y, box.width, box.height)
  const ends = new Int32Array(model.edges.length * 2)
  const starts = new Int32Array(model.edges.length + 1)
  const points: number[] = []
  model.edges.forEach(({ id, source, target }, e) => {
    const [from, to] = [index.get(source) ?? 0, index.get(target) ?? 0]
    ends.set([from, to], e * 2)
    const [first, last] = [portOf(boxes, from, direction, true), portOf(boxes, to, direction, false)]
    points.push(first.x, first.y)
    for (const { x, y } of layout.bends[id] ?? []) {
      points.push(x, y)
      widen(x, y)
    }
    points.push(last.x, last.y)
    starts[e + 1] = points.length
  })
  return {
    direction,
    bounds: {
      x: bounds.left - MARGIN,
      y: bounds.top - MARGIN,
      width: bounds.right - bounds.left + 2 * MARGIN,
      height: bounds.bottom - bounds.top + 2 * MARGIN,
    },
    boxes,
    isGroup: Uint8Array.from(model.nodes, ({ kind }) => Number(kind === 'group')),
    labels: model.nodes.map(({ label }) => label),
    details: model.nodes.map(({ detail }) => detail),
    frames: Float32Array.from(frames.flatMap(({ box: { x, y, width, height } }) => [x, y, width, height])),
    frameLabels: frames.map(({ label }) => label),
    ends,
    starts,
    points: Float32Array.from(points),
    edgeLabels: model.edges.map(({ label }) => label),
  }
}

const NOWHERE = { x: 0, y: 0, width: 0, height: 0 }

/** Where an edge leaves a node (`isOut`) or meets it. */
function portOf(boxes: Float32Array, node: number, direction: Direction, isOut: boolean): Point {
  const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(node * 4, node * 4 + 4)
  const isFar = isOut === (direction === 'LR' || direction === 'TB')
  return isAcross(direction) ? { x: isFar ? x + width : x, y: y + height / 2 } : { x: x + width / 2, y: isFar ? y + height : y }
}

/** The node at a place of the graph, or null. */
export function nodeAt({ boxes }: Scene, { x, y }: Point): number | null {
  for (let i = 0; i < boxes.length; i += 4) {
    const [left = 0, top = 0, width = 0, height = 0] = [boxes[i], boxes[i + 1], boxes[i + 2], boxes[i + 3]]
    if (x >= left && x <= left + width && y >= top && y <= top + height) return i / 4
  }
  return null
}

/** The nodes that an area touches. */
export function nodesIn({ boxes }: Scene, area: Area): number[] {
  const found: number[] = []
  for (let i = 0; i < boxes.length; i += 4) {
    const [left = 0, top = 0, width = 0, height = 0] = [boxes[i], boxes[i + 1], boxes[i + 2], boxes[i + 3]]
    if (left + width >= area.x && left <= area.x + area.width && top + height >= area.y && top <= area.y + area.height) found.push(i / 4)
  }
  return found
}
