/** One linear layered pass over a flat graph: ranks, order, coordinates. `along` is the direction of the edges, `beside` across it. */
import { at } from './adjacency.ts'
import { placeBeside } from './coordinates.ts'
import { layersOf, type Layers } from './layers.ts'
import { orderRanks } from './ordering.ts'
import { acyclic, ranksOf, type Edges } from './ranks.ts'

export interface Point {
  along: number
  beside: number
}
export interface FlatGraph {
  /** Size of each node along the edges and across them. */
  deep: Float64Array
  wide: Float64Array
  edges: Edges
  /** How many edges each edge stands for: a bundle between two groups fans out inside them. */
  strands?: Int32Array
}
export interface FlatLayout {
  /** Nearest corner of each node; the least is 0. */
  along: Float64Array
  beside: Float64Array
  /** Points of each edge between its ends. */
  bends: Point[][]
  deep: number
  wide: number
}

export const RANK_GAP = 64
export const NODE_GAP = 22
const EDGE_GAP = 12
/** A fan between two ranks gets more room, so that its edges meet its nodes at an angle that can be followed. */
const FAN_SHARE = 0.06
/** Fewer edges between two groups are no bundle. */
const BUNDLE_MIN = 5
const RANK_GAP_MAX = 320
/** Bends nearer to a straight line than this are none. */
const STRAIGHT = 0.5

export function layeredLayout({ deep, wide, edges: given, strands }: FlatGraph): FlatLayout {
  const count = deep.length
  const edges = acyclic(count, given)
  const layers = layersOf(count, edges, ranksOf(count, edges))
  orderRanks(layers)
  const half = new Float64Array(layers.total)
  for (let n = 0; n < count; n += 1) half[n] = at(wide, n) / 2
  const gap = (a: number, b: number) => (a < count && b < count ? NODE_GAP : EDGE_GAP)
  const middle = placeBeside(layers, { count, half, gap })
  const fans = bundleFans(layers, given, { wide, strands })
  const { starts, depths } = rankStarts(layers, { deep, middle, fans })
  const along = new Float64Array(count)
  const beside = new Float64Array(count)
  let least = Infinity
  let most = -Infinity
  for (let n = 0; n < layers.total; n += 1) {
    least = Math.min(least, at(middle, n) - at(half, n))
    most = Math.max(most, at(middle, n) + at(half, n))
  }
  for (let n = 0; n < count; n += 1) {
    const r = at(layers.rank, n)
    along[n] = at(starts, r) + (at(depths, r) - at(deep, n)) / 2
    beside[n] = at(middle, n) - at(half, n) - least
  }
  const bends =
    given.from.length === 0
      ? []
      : Array.from(given.from, (source, e) => {
          const points = bendsOf(layers, { e, middle, starts, depths, least })
          return at(edges.from, e) === source ? points : points.reverse()
        })
  const last = layers.ranks.length - 1
  return { along, beside, bends, deep: last < 0 ? 0 : at(starts, last) + at(depths, last), wide: count === 0 ? 0 : most - least }
}

/** How far the strands of bundles spread behind each rank: across half of the narrower end. */
function bundleFans(
  { rank, ranks }: Layers,
  { from, to }: Edges,
  p: { wide: Float64Array; strands: Int32Array | undefined },
): Float64Array {
  const fans = new Float64Array(ranks.length)
  if (p.strands === undefined) return fans
  for (let e = 0; e < from.length; e += 1) {
    if (at(p.strands, e) < BUNDLE_MIN) continue
    const [a, b] = [at(from, e), at(to, e)]
    const spread = Math.min(at(p.wide, a), at(p.wide, b)) / 2
    const [first, last] = [Math.min(at(rank, a), at(rank, b)), Math.max(at(rank, a), at(rank, b)) - 1]
    for (const r of [first, last]) fans[r] = Math.max(at(fans, r), spread)
  }
  return fans
}

interface Spread {
  deep: Float64Array
  middle: Float64Array
  fans: Float64Array
}

/** Where each rank begins, and how deep its deepest node is. */
function rankStarts({ ranks, down }: Layers, { deep, middle, fans }: Spread): { starts: Float64Array; depths: Float64Array } {
  const starts = new Float64Array(ranks.length)
  const depths = new Float64Array(ranks.length)
  let end = 0
  ranks.forEach((members, r) => {
    let fan = at(fans, r)
    let depth = 0
    for (const node of members) {
      if (node < deep.length) depth = Math.max(depth, at(deep, node))
      for (let i = at(down.start, node); i < at(down.start, node + 1); i += 1)
        fan = Math.max(fan, Math.abs(at(middle, node) - at(middle, at(down.list, i))))
    }
    starts[r] = end
    depths[r] = depth
    end += depth + Math.min(RANK_GAP_MAX, RANK_GAP + fan * FAN_SHARE)
  })
  return { starts, depths }
}

interface Bending {
  e: number
  middle: Float64Array
  starts: Float64Array
  depths: Float64Array
  least: number
}

/** An edge goes straight past the nodes of a rank, and bends between the ranks. */
function bendsOf({ chainStart, chainLength, rank }: Layers, { e, middle, starts, depths, least }: Bending): Point[] {
  const points: Point[] = []
  for (let i = 0; i < at(chainLength, e); i += 1) {
    const standIn = at(chainStart, e) + i
    const r = at(rank, standIn)
    const beside = at(middle, standIn) - least
    const before = points.at(-1)
    const isStraight = before !== undefined && Math.abs(before.beside - beside) < STRAIGHT
    if (isStraight) before.along = at(starts, r) + at(depths, r)
    else points.push({ along: at(starts, r), beside }, { along: at(starts, r) + at(depths, r), beside })
  }
  return points
}
