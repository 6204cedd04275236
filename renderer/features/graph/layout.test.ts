import { describe, expect, it } from 'vitest'
import { DAGRE_MAX, layoutGraph, type Box, type Direction, type LayoutInput } from './layout.ts'

const node = (id: string, frame: string | null = null) => ({ id, width: 180, height: 44, frame })
const edge = (source: string, target: string) => ({ id: `${source}→${target}`, source, target })
const overlap = (a: Box, b: Box) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

function expectApart(boxes: Record<string, Box>) {
  const all = Object.values(boxes)
  all.forEach((a, i) => {
    for (const b of all.slice(i + 1)) expect(overlap(a, b)).toBe(false)
  })
}
/** A chain of `length` ranks with `width` nodes each, every node fed by two of the rank before. */
function lattice(length: number, width: number, direction: Direction): LayoutInput {
  const nodes = []
  const edges = []
  for (let rank = 0; rank < length; rank += 1) {
    for (let at = 0; at < width; at += 1) {
      nodes.push(node(`${rank}.${at}`))
      if (rank > 0) edges.push(edge(`${rank - 1}.${at}`, `${rank}.${at}`), edge(`${rank - 1}.${(at + 1) % width}`, `${rank}.${at}`))
    }
  }
  return { nodes, frames: [], edges, direction }
}

describe('graph layout', () => {
  it('puts downstream after upstream and no node upon another', () => {
    for (const direction of ['LR', 'TB'] as const) {
      const { nodes } = layoutGraph({
        nodes: ['a', 'b', 'c', 'd'].map((id) => node(id)),
        frames: [],
        edges: [edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')],
        direction,
      })
      const along = (id: string) => (direction === 'LR' ? nodes[id]!.x : nodes[id]!.y)
      expect(along('a')).toBeLessThan(along('b'))
      expect(along('b')).toBeLessThan(along('d'))
      expectApart(nodes)
    }
  })
  it('draws a frame around its nodes and the frames within it', () => {
    const { nodes, frames } = layoutGraph({
      nodes: [node('a'), node('b', 'g'), node('c', 'g.h'), node('d')],
      frames: [
        { id: 'g', frame: null },
        { id: 'g.h', frame: 'g' },
      ],
      edges: [edge('a', 'b'), edge('b', 'c'), edge('c', 'd')],
      direction: 'LR',
    })
    const holds = (outer: Box, inner: Box) =>
      outer.x <= inner.x &&
      outer.y <= inner.y &&
      outer.x + outer.width >= inner.x + inner.width &&
      outer.y + outer.height >= inner.y + inner.height
    expect(holds(frames['g']!, frames['g.h']!)).toBe(true)
    expect(holds(frames['g.h']!, nodes['c']!)).toBe(true)
    expect(holds(frames['g']!, nodes['a']!)).toBe(false)
  })
  it('lays out cycles, which folding groups can make', () => {
    const nodes = [node('a'), node('b')]
    expect(Object.keys(layoutGraph({ nodes, frames: [], edges: [edge('a', 'b'), edge('b', 'a')], direction: 'LR' }).nodes)).toEqual([
      'a',
      'b',
    ])
  })
  it('takes a linear pass above the size that dagre handles well', () => {
    const input = lattice(60, 10, 'LR')
    expect(input.nodes.length).toBeGreaterThan(DAGRE_MAX)
    const { nodes } = layoutGraph(input)
    expect(nodes['0.0']!.x).toBeLessThan(nodes['59.0']!.x)
    expectApart(nodes)
  })
  it('gives an empty graph an empty layout', () => {
    expect(layoutGraph({ nodes: [], frames: [], edges: [], direction: 'LR' })).toEqual({ nodes: {}, frames: {}, bends: {}, labels: {} })
  })
})
