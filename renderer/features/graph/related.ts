/** What is upstream and downstream of a node of the graph, and the steps of the arrow keys along its edges. Pure. */
import type { Direction } from './direction.ts'
import type { LayoutOutput } from './layout.ts'
import type { GraphModel } from './model.ts'

export interface Related {
  upstream: ReadonlySet<string>
  downstream: ReadonlySet<string>
}

export function relatedTo(model: GraphModel, id: string): Related | null {
  if (!model.nodes.some((node) => node.id === id)) return null
  const before = new Map<string, string[]>()
  const after = new Map<string, string[]>()
  for (const { source, target } of model.edges) {
    put(after, source, target)
    put(before, target, source)
  }
  return { upstream: reach(before, id), downstream: reach(after, id) }
}

function put(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function reach(next: ReadonlyMap<string, readonly string[]>, start: string): Set<string> {
  const found = new Set<string>()
  const stack = [start]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const id of next.get(at) ?? []) {
      if (found.has(id) || id === start) continue
      found.add(id)
      stack.push(id)
    }
  }
  return found
}

/** Whether an edge lies on a way to the node, or from it. */
export function edgeSide(related: Related, id: string, edge: { source: string; target: string }): 'upstream' | 'downstream' | null {
  const isIn = (set: ReadonlySet<string>, end: string) => end === id || set.has(end)
  if (related.upstream.has(edge.source) && isIn(related.upstream, edge.target)) return 'upstream'
  if (related.downstream.has(edge.target) && isIn(related.downstream, edge.source)) return 'downstream'
  return null
}

export type Step = 'up' | 'down' | 'left' | 'right'

/** Which way the steps along the edges go in each direction of the graph. */
const FORWARD: Record<Direction, Step> = { LR: 'right', RL: 'left', TB: 'down', BT: 'up' }
const OPPOSITE: Record<Step, Step> = { up: 'down', down: 'up', left: 'right', right: 'left' }

/**
 * The node that an arrow key goes to: along an edge to the nearest neighbour, or across to the nearest node that stands beside.
 * Null = there is none. Without a node it begins at the first one.
 */
export function stepFrom(p: {
  model: GraphModel
  layout: LayoutOutput
  direction: Direction
  id: string | null
  step: Step
}): string | null {
  const { model, layout, direction, id, step } = p
  const here = id === null ? undefined : layout.nodes[id]
  if (id === null || here === undefined) return model.nodes.find((node) => !model.edges.some((edge) => edge.target === node.id))?.id ?? null
  const middle = centre(here)
  const nearest = (ids: Iterable<string>, isWanted: (x: number, y: number) => boolean = () => true) => {
    let best: string | null = null
    let least = Infinity
    for (const other of ids) {
      const box = layout.nodes[other]
      if (box === undefined || other === id) continue
      const { x, y } = centre(box)
      const distance = Math.hypot(x - middle.x, y - middle.y)
      if (distance >= least || !isWanted(x - middle.x, y - middle.y)) continue
      best = other
      least = distance
    }
    return best
  }
  if (step === FORWARD[direction]) return nearest(model.edges.flatMap(({ source, target }) => (source === id ? [target] : [])))
  if (step === OPPOSITE[FORWARD[direction]]) return nearest(model.edges.flatMap(({ source, target }) => (target === id ? [source] : [])))
  const isBeside: Record<Step, (x: number, y: number) => boolean> = {
    up: (x, y) => y < -1 && Math.abs(x) < here.width,
    down: (x, y) => y > 1 && Math.abs(x) < here.width,
    left: (x, y) => x < -1 && Math.abs(y) < here.height,
    right: (x, y) => x > 1 && Math.abs(y) < here.height,
  }
  return nearest(
    model.nodes.map((node) => node.id),
    isBeside[step],
  )
}

const centre = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }) => ({
  x: x + width / 2,
  y: y + height / 2,
})
