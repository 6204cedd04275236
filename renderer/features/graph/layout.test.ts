import { describe, expect, it } from 'vitest'
import type { Direction } from './direction.ts'
import { byLayers, DAGRE_MAX, layoutGraph, type Box, type LayoutInput } from './layout.ts'

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
  it('runs in four directions, the opposite ones mirrored', () => {
    for (const count of [3, DAGRE_MAX + 1]) {
      const nodes = Array.from({ length: count }, (_, i) => node(String(i), i < 2 ? 'g' : null))
      const edges = nodes.slice(1).map((_, i) => edge(String(i), String(i + 1)))
      const layout = (direction: Direction) => layoutGraph({ nodes, frames: [{ id: 'g', frame: null }], edges, direction })
      for (const [direction, axis, sign] of [
        ['LR', 'x', 1],
        ['RL', 'x', -1],
        ['TB', 'y', 1],
        ['BT', 'y', -1],
      ] as const) {
        const { nodes: boxes, frames } = layout(direction)
        expect(sign * (boxes['2']![axis] - boxes['0']![axis])).toBeGreaterThan(0)
        // The frame's title has its room on top, whatever the direction.
        expect(boxes['0']!.y - frames['g']!.y).toBeGreaterThanOrEqual(30)
        expectApart(boxes)
      }
    }
  })
  it('keeps the groups of a large graph together', () => {
    const groups = Array.from({ length: 6 }, (_, g) => ({ id: `g${g}`, frame: g < 5 ? null : 'g0' }))
    const nodes = Array.from({ length: 600 }, (_, i) => node(String(i), `g${Math.floor(i / 100)}`))
    const edges = nodes.slice(10).map(({ id }, i) => edge(String(i), id))
    const { nodes: boxes, frames } = layoutGraph({ nodes, frames: groups, edges, direction: 'LR' })
    expectApart(boxes)
    for (const { id, frame } of nodes)
      for (const [name, box] of Object.entries(frames))
        if (name !== frame && !(name === 'g0' && frame === 'g5')) expect(overlap(boxes[id]!, box)).toBe(false)
    const { g1, g2, g3, g4 } = frames
    expectApart({ g1: g1!, g2: g2!, g3: g3!, g4: g4! })
  })
  it('puts tasks without edges, and many between the same two, into blocks', () => {
    const middle = Array.from({ length: 400 }, (_, i) => node(`m${i}`))
    const loose = Array.from({ length: 100 }, (_, i) => node(`l${i}`))
    const { nodes } = layoutGraph({
      nodes: [node('a'), ...middle, ...loose, node('z')],
      frames: [],
      edges: middle.flatMap(({ id }) => [edge('a', id), edge(id, 'z')]),
      direction: 'LR',
    })
    expectApart(nodes)
    const columns = (prefix: string) => new Set(Object.entries(nodes).flatMap(([id, { x }]) => (id.startsWith(prefix) ? [x] : []))).size
    expect(columns('m')).toBeGreaterThan(5)
    expect(columns('l')).toBeGreaterThan(3)
    for (const { id } of middle) expect(nodes[id]!.x > nodes['a']!.x && nodes[id]!.x < nodes['z']!.x).toBe(true)
  })
  it('finds an order with few crossings', () => {
    // Two chains of ten that are listed crosswise: they can be drawn without any crossing.
    const nodes = Array.from({ length: 20 }, (_, i) => node(String(i)))
    const edges = Array.from({ length: 9 }, (_, i) => [
      edge(String(2 * i), String(2 * i + 3)),
      edge(String(2 * i + 1), String(2 * i + 2)),
    ]).flat()
    const { nodes: boxes } = byLayers({ nodes, frames: [], edges, direction: 'LR' })
    const isAbove = (i: number) => boxes[String(i)]!.y < boxes[String(i ^ 1)]!.y
    const first = isAbove(0)
    for (let i = 0; i < 9; i += 1) expect(isAbove(2 * i + (i % 2))).toBe(first)
  })
  it('takes no more than a moment for 5,000 tasks that all lead to a last one', () => {
    const nodes = Array.from({ length: 5_000 }, (_, i) => node(String(i)))
    const edges = nodes.slice(1).flatMap((_, i) => [edge(String(i), String(i + 1)), ...(i < 4_997 ? [edge(String(i), '4999')] : [])])
    const { nodes: boxes } = layoutGraph({ nodes, frames: [], edges, direction: 'TB' })
    expect(boxes['4999']!.y).toBeGreaterThan(boxes['4998']!.y)
  })
  it('gives an empty graph an empty layout', () => {
    expect(layoutGraph({ nodes: [], frames: [], edges: [], direction: 'LR' })).toEqual({ nodes: {}, frames: {}, bends: {}, labels: {} })
  })
})
