/** Which rank (column of a graph that runs left to right) each node stands in: every edge leads to a higher rank. */
import { adjacencyOf, at } from './adjacency.ts'

export interface Edges {
  from: Int32Array
  to: Int32Array
}

/** The edges with those turned around that close a cycle; folding groups can make cycles. Edges of a node to itself must not occur. */
export function acyclic(count: number, edges: Edges): Edges {
  const down = adjacencyOf(count, edges.from, edges.to)
  const missing = new Int32Array(count)
  for (const node of edges.to) missing[node] = at(missing, node) + 1
  const order = new Int32Array(count).fill(-1)
  const ready: number[] = []
  for (let n = count - 1; n >= 0; n -= 1) if (at(missing, n) === 0) ready.push(n)
  let placed = 0
  // Where only cycles are left, the one of lowest number is taken as if nothing were before it.
  for (let lowest = 0; placed < count;) {
    let node = ready.pop()
    if (node === undefined) {
      while (at(order, lowest) !== -1) lowest += 1
      node = lowest
    }
    if (at(order, node) !== -1) continue
    order[node] = placed
    placed += 1
    for (let i = at(down.start, node); i < at(down.start, node + 1); i += 1) {
      const next = at(down.list, i)
      missing[next] = at(missing, next) - 1
      if (at(missing, next) === 0) ready.push(next)
    }
  }
  const from = edges.from.slice()
  const to = edges.to.slice()
  for (let e = 0; e < from.length; e += 1) {
    if (at(order, at(from, e)) < at(order, at(to, e))) continue
    from[e] = at(edges.to, e)
    to[e] = at(edges.from, e)
  }
  return { from, to }
}

/**
 * Longest path from the roots; then a node that has more edges out than in is moved up to what it leads to, which shortens edges.
 * O(nodes + edges).
 */
export function ranksOf(count: number, edges: Edges): Int32Array {
  const down = adjacencyOf(count, edges.from, edges.to)
  const up = adjacencyOf(count, edges.to, edges.from)
  const missing = new Int32Array(count)
  for (let n = 0; n < count; n += 1) missing[n] = at(up.start, n + 1) - at(up.start, n)
  const order = new Int32Array(count)
  let filled = 0
  for (let n = 0; n < count; n += 1) if (at(missing, n) === 0) order[filled++] = n
  const rank = new Int32Array(count)
  for (let i = 0; i < filled; i += 1) {
    const node = at(order, i)
    for (let j = at(down.start, node); j < at(down.start, node + 1); j += 1) {
      const next = at(down.list, j)
      rank[next] = Math.max(at(rank, next), at(rank, node) + 1)
      missing[next] = at(missing, next) - 1
      if (at(missing, next) === 0) order[filled++] = next
    }
  }
  for (let i = filled - 1; i >= 0; i -= 1) {
    const node = at(order, i)
    const out = at(down.start, node + 1) - at(down.start, node)
    if (out === 0 || out <= at(up.start, node + 1) - at(up.start, node)) continue
    let lowest = Infinity
    for (let j = at(down.start, node); j < at(down.start, node + 1); j += 1) lowest = Math.min(lowest, at(rank, at(down.list, j)))
    rank[node] = lowest - 1
  }
  return rank
}
