/**
 * A ranked graph cut into layers: an edge that spans several ranks becomes a chain of stand-ins, one in each rank between, so that
 * every edge leads to the next layer. Stand-ins are counted: an edge longer than the rest of the allowance is left out and drawn as it falls.
 */
import { adjacencyOf, at, type Adjacency } from './adjacency.ts'
import type { Edges } from './ranks.ts'

/** A DAG whose every task leads to a last one would need nodes x ranks of them. */
const STAND_INS_MAX = 40_000

export interface Layers {
  /** Nodes, then stand-ins. */
  total: number
  rank: Int32Array
  /** Members of each rank; the order within is what is sought. */
  ranks: Int32Array[]
  up: Adjacency
  down: Adjacency
  /** First stand-in of each edge, and how many; they follow each other. 0 of a long edge too. */
  chainStart: Int32Array
  chainLength: Int32Array
}

export function layersOf(count: number, edges: Edges, rankOfNode: Int32Array): Layers {
  const edgeCount = edges.from.length
  const span = (e: number) => at(rankOfNode, at(edges.to, e)) - at(rankOfNode, at(edges.from, e))
  const chainStart = new Int32Array(edgeCount)
  const chainLength = new Int32Array(edgeCount)
  const isLong = new Uint8Array(edgeCount)
  const byLength = new Int32Array(edgeCount).map((_, e) => e).sort((a, b) => span(a) - span(b))
  let total = count
  for (const e of byLength) {
    const needed = span(e) - 1
    if (total + needed > count + STAND_INS_MAX) {
      isLong[e] = 1
      continue
    }
    chainStart[e] = total
    chainLength[e] = needed
    total += needed
  }
  const rank = new Int32Array(total)
  rank.set(rankOfNode)
  const links = edgeCount + (total - count)
  const from = new Int32Array(links)
  const to = new Int32Array(links)
  const skip = new Uint8Array(links)
  let link = 0
  for (let e = 0; e < edgeCount; e += 1) {
    let before = at(edges.from, e)
    for (let i = 0; i < at(chainLength, e); i += 1) {
      const standIn = at(chainStart, e) + i
      rank[standIn] = at(rank, before) + 1
      from[link] = before
      to[link] = standIn
      link += 1
      before = standIn
    }
    from[link] = before
    to[link] = at(edges.to, e)
    skip[link] = at(isLong, e)
    link += 1
  }
  const size = new Int32Array(rank.reduce((most, r) => Math.max(most, r), -1) + 1)
  for (const r of rank) size[r] = at(size, r) + 1
  const ranks = Array.from(size, (n) => new Int32Array(n))
  size.fill(0)
  for (let n = 0; n < total; n += 1) {
    const r = at(rank, n)
    const members = ranks[r]
    if (members !== undefined) members[at(size, r)] = n
    size[r] = at(size, r) + 1
  }
  return {
    total,
    rank,
    ranks,
    up: adjacencyOf(total, to, from, skip),
    down: adjacencyOf(total, from, to, skip),
    chainStart,
    chainLength,
  }
}
