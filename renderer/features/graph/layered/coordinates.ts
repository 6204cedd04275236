/**
 * Where the members of each rank stand beside each other: as near to the mean of their neighbours as the order and the gaps allow.
 * For one rank that is a regression under an order, which pooling neighbours solves exactly in O(members); sweeps down and up do the rest.
 */
import { at, type Adjacency } from './adjacency.ts'
import type { Layers } from './layers.ts'

const SWEEPS = 10
/** Pull of an edge by how many of its ends are stand-ins: long edges are drawn straight rather than short ones. */
const PULL = [1, 2, 8] as const
/** A member without neighbours on the side looked at would rather stay. */
const STAY = 0.1

interface Room {
  /** Nodes before `count` are real. */
  count: number
  /** Half the breadth of each member. */
  half: Float64Array
  gap: (a: number, b: number) => number
}

/** Middles of all nodes and stand-ins. */
export function placeBeside(layers: Layers, room: Room): Float64Array {
  const { ranks, up, down, total } = layers
  const middle = new Float64Array(total)
  for (const members of ranks) {
    let end = 0
    members.forEach((node, i) => {
      const before = i === 0 ? -1 : at(members, i - 1)
      middle[node] = before < 0 ? 0 : end + room.gap(before, node) + at(room.half, node)
      end = at(middle, node) + at(room.half, node)
    })
    const shift = end / 2
    for (const node of members) middle[node] = at(middle, node) - shift
  }
  const pool = new Pool(ranks.reduce((most, members) => Math.max(most, members.length), 0))
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    // The last ones look both ways, which centres a node between what is before and after it.
    const sides = sweep >= SWEEPS - 2 ? [up, down] : sweep % 2 === 0 ? [up] : [down]
    if (sweep % 2 === 0) for (const members of ranks) settle(members, sides, { middle, room, pool })
    else for (let r = ranks.length - 1; r >= 0; r -= 1) settle(ranks[r], sides, { middle, room, pool })
  }
  return middle
}

interface Settling {
  middle: Float64Array
  room: Room
  pool: Pool
}

function settle(members: Int32Array | undefined, sides: readonly Adjacency[], { middle, room, pool }: Settling): void {
  if (members === undefined || members.length === 0) return
  // `needed`: how far a member must stand from the first one at least; without it the wishes only need to be in order.
  let needed = 0
  members.forEach((node, i) => {
    const before = i === 0 ? -1 : at(members, i - 1)
    if (before >= 0) needed += at(room.half, before) + room.gap(before, node) + at(room.half, node)
    let weight = 0
    let sum = 0
    for (const { start, list } of sides) {
      for (let j = at(start, node); j < at(start, node + 1); j += 1) {
        const other = at(list, j)
        const pull = PULL[(Number(node >= room.count) + Number(other >= room.count)) as 0 | 1 | 2]
        weight += pull
        sum += pull * at(middle, other)
      }
    }
    pool.add(i, weight === 0 ? at(middle, node) - needed : sum / weight - needed, weight === 0 ? STAY : weight)
    pool.needed[i] = needed
  })
  pool.read((i, value) => (middle[at(members, i)] = value + at(pool.needed, i)))
}

/** Pool of adjacent violators: the non-decreasing values nearest to those added. */
class Pool {
  readonly needed: Float64Array
  readonly #value: Float64Array
  readonly #weight: Float64Array
  readonly #end: Int32Array
  #blocks = 0

  constructor(size: number) {
    this.needed = new Float64Array(size)
    this.#value = new Float64Array(size)
    this.#weight = new Float64Array(size)
    this.#end = new Int32Array(size)
  }

  add(index: number, value: number, weight: number): void {
    if (index === 0) this.#blocks = 0
    let block = this.#blocks
    let mean = value
    let sum = weight
    while (block > 0 && at(this.#value, block - 1) >= mean) {
      block -= 1
      const before = at(this.#weight, block)
      mean = (mean * sum + at(this.#value, block) * before) / (sum + before)
      sum += before
    }
    this.#value[block] = mean
    this.#weight[block] = sum
    this.#end[block] = index + 1
    this.#blocks = block + 1
  }

  read(take: (index: number, value: number) => void): void {
    let index = 0
    for (let block = 0; block < this.#blocks; block += 1)
      for (; index < at(this.#end, block); index += 1) take(index, at(this.#value, block))
  }
}
