/**
 * The order within each rank, such that few edges cross: sweeps down and up that sort a rank by the mean place of its neighbours, the
 * best of them kept; then neighbours change places where that saves crossings. Each sweep is O(edges log rank).
 */
import { at, type Adjacency } from './adjacency.ts'
import type { Layers } from './layers.ts'

/** Sweeps without a gain before the search ends. */
const PATIENCE = 4
/** Work of one search, in edges looked at: about 100 ms. A larger graph gets fewer sweeps, never none. */
const WORK_MAX = 1_000_000
const SWEEPS_MAX = 24
/** Above this many nodes and stand-ins neighbours no longer change places one by one. */
const EXCHANGE_MAX = 6_000

export function orderRanks(layers: Layers): void {
  const { ranks, total, down, up } = layers
  const place = new Int32Array(total)
  depthFirst(layers)
  setPlaces(ranks, place)
  let best = crossings(layers, place)
  let kept = ranks.map((members) => members.slice())
  const wish = new Float64Array(total)
  const work = down.list.length * 2 + total
  const sweeps = Math.max(4, Math.min(SWEEPS_MAX, Math.floor(WORK_MAX / work)))
  for (let sweep = 0, idle = 0; sweep < sweeps && idle < PATIENCE && best > 0; sweep += 1) {
    // Every other pair breaks ties the other way round: a way out of a standstill.
    const isReversed = sweep % 4 >= 2
    if (sweep % 2 === 0) for (let r = 1; r < ranks.length; r += 1) sortRank(ranks[r], up, { place, wish, isReversed })
    else for (let r = ranks.length - 2; r >= 0; r -= 1) sortRank(ranks[r], down, { place, wish, isReversed })
    const found = crossings(layers, place)
    idle += 1
    if (found >= best) continue
    best = found
    idle = 0
    kept = ranks.map((members) => members.slice())
  }
  kept.forEach((members, r) => ranks[r]?.set(members))
  setPlaces(ranks, place)
  if (best > 0 && total <= EXCHANGE_MAX) exchange(layers, place)
}

function setPlaces(ranks: readonly Int32Array[], place: Int32Array): void {
  for (const members of ranks) members.forEach((node, i) => (place[node] = i))
}

/** A first order in which what hangs together stands together: each rank in the order of a walk from the roots. */
function depthFirst({ ranks, rank, total, down }: Layers): void {
  const filled = new Int32Array(ranks.length)
  const seen = new Uint8Array(total)
  const stack: number[] = []
  for (const roots of ranks.map((members) => members.slice())) {
    for (const root of roots) {
      stack.push(root)
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        if (at(seen, node) === 1) continue
        seen[node] = 1
        const r = at(rank, node)
        const members = ranks[r]
        if (members !== undefined) members[at(filled, r)] = node
        filled[r] = at(filled, r) + 1
        for (let i = at(down.start, node + 1) - 1; i >= at(down.start, node); i -= 1) stack.push(at(down.list, i))
      }
    }
  }
}

interface Sorting {
  place: Int32Array
  wish: Float64Array
  isReversed: boolean
}

/** Sorts a rank by the mean place of its neighbours; members without any stay where they are, the others fill the places between. */
function sortRank(members: Int32Array | undefined, neighbours: Adjacency, { place, wish, isReversed }: Sorting): void {
  if (members === undefined) return
  const movable: number[] = []
  for (const node of members) {
    const first = at(neighbours.start, node)
    const end = at(neighbours.start, node + 1)
    if (first === end) continue
    let sum = 0
    for (let i = first; i < end; i += 1) sum += at(place, at(neighbours.list, i))
    wish[node] = sum / (end - first)
    movable.push(node)
  }
  const tie = isReversed ? -1 : 1
  movable.sort((a, b) => at(wish, a) - at(wish, b) || tie * (at(place, a) - at(place, b)))
  if (movable.length === members.length) members.set(movable)
  else {
    let next = 0
    members.forEach((node, i) => {
      if (at(neighbours.start, node) < at(neighbours.start, node + 1)) members[i] = movable[next++] ?? node
    })
  }
  members.forEach((node, i) => (place[node] = i))
}

/** Crossings between all neighbouring ranks, counted with a tree of sums (Barth, Mutzel, Jünger). */
export function crossings({ ranks, down }: Pick<Layers, 'ranks' | 'down'>, place: Int32Array): number {
  const widest = ranks.reduce((most, members) => Math.max(most, members.length), 0)
  let size = 1
  while (size < widest) size *= 2
  const tree = new Int32Array(size * 2)
  let count = 0
  for (let r = 0; r + 1 < ranks.length; r += 1) {
    tree.fill(0)
    for (const node of ranks[r] ?? []) {
      const first = at(down.start, node)
      const end = at(down.start, node + 1)
      // Edges of one node do not cross each other: all are counted before any is put in.
      for (let i = first; i < end; i += 1) {
        for (let leaf = at(place, at(down.list, i)) + size; leaf > 1; leaf >>= 1) if (leaf % 2 === 0) count += at(tree, leaf + 1)
      }
      for (let i = first; i < end; i += 1) {
        for (let leaf = at(place, at(down.list, i)) + size; leaf > 0; leaf >>= 1) tree[leaf] = at(tree, leaf) + 1
      }
    }
  }
  return count
}

/** Rounds over all pairs of neighbours; most is gained in the first ones. */
const EXCHANGE_ROUNDS = 6

function exchange({ ranks, up, down }: Layers, place: Int32Array): void {
  for (let round = 0, isBetter = true; isBetter && round < EXCHANGE_ROUNDS; round += 1) {
    isBetter = false
    for (const members of ranks) {
      for (let i = 0; i + 1 < members.length; i += 1) {
        const a = at(members, i)
        const b = at(members, i + 1)
        const gain = between(up, place, a, b) - between(up, place, b, a) + between(down, place, a, b) - between(down, place, b, a)
        if (gain <= 0) continue
        isBetter = true
        members[i] = b
        members[i + 1] = a
        place[b] = i
        place[a] = i + 1
      }
    }
  }
}

/** Crossings of the edges of `a` with those of `b` on one side, if `a` stands before `b`. */
function between({ start, list }: Adjacency, place: Int32Array, a: number, b: number): number {
  let count = 0
  for (let i = at(start, a); i < at(start, a + 1); i += 1) {
    const p = at(place, at(list, i))
    for (let j = at(start, b); j < at(start, b + 1); j += 1) if (at(place, at(list, j)) < p) count += 1
  }
  return count
}
