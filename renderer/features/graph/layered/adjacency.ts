/** Neighbours of numbered nodes in two flat arrays: those of node `n` are `list[start[n]]` up to `list[start[n + 1]]`. */
export interface Adjacency {
  start: Int32Array
  list: Int32Array
}

/** `skip`: edges that are left out. */
export function adjacencyOf(count: number, from: Int32Array, to: Int32Array, skip?: Uint8Array): Adjacency {
  const start = new Int32Array(count + 1)
  for (let e = 0; e < from.length; e += 1) if (skip?.[e] !== 1) start[at(from, e) + 1] = at(start, at(from, e) + 1) + 1
  for (let n = 0; n < count; n += 1) start[n + 1] = at(start, n + 1) + at(start, n)
  const next = start.slice(0, count)
  const list = new Int32Array(at(start, count))
  for (let e = 0; e < from.length; e += 1) {
    if (skip?.[e] === 1) continue
    const node = at(from, e)
    list[at(next, node)] = at(to, e)
    next[node] = at(next, node) + 1
  }
  return { start, list }
}

/** A number of a typed array at an index that is known to be inside it. */
export function at(array: Int32Array | Float64Array | Uint8Array, index: number): number {
  return array[index] as number
}
