import { describe, expect, it } from 'vitest'
import { svgOf } from './exportImage.ts'
import { layoutGraph } from './layout.ts'
import { marksOf } from './look.ts'
import type { GraphModel } from './model.ts'
import { EDGE_MARK, MARK } from './paint.ts'
import { relatedTo } from './related.ts'
import { buildScene, nodeAt, nodesIn } from './scene.ts'

const model: GraphModel = {
  nodes: ['a', 'b <i>', 'c'].map((id) => ({ id, kind: 'task', label: id, detail: '', frame: null, task_ids: [id], tooltip: id })),
  frames: [],
  edges: [{ id: 'a→b <i>', source: 'a', target: 'b <i>', label: 'x & y' }],
}
const layout = layoutGraph({
  nodes: model.nodes.map(({ id }) => ({ id, frame: null, width: 190, height: 50 })),
  frames: [],
  edges: model.edges,
  direction: 'LR',
})
const scene = buildScene(model, layout, 'LR')

describe('scene of a graph', () => {
  it('finds the node at a place, and none beside them', () => {
    const box = layout.nodes['b <i>']!
    expect(nodeAt(scene, { x: box.x + 5, y: box.y + 5 })).toBe(1)
    expect(nodeAt(scene, { x: box.x - 5, y: box.y - 5 })).toBeNull()
    expect(nodesIn(scene, { x: box.x + 189, y: box.y, width: 1, height: 1 })).toEqual([1])
    expect(nodesIn(scene, scene.bounds)).toEqual([0, 1, 2])
  })
  it('joins the ends of an edge', () => {
    const [a, b] = [layout.nodes['a']!, layout.nodes['b <i>']!]
    const points = [...scene.points.subarray(scene.starts[0], scene.starts[1])]
    expect(points.slice(0, 2)).toEqual([a.x + a.width, a.y + 25])
    expect(points.slice(-2)).toEqual([b.x, b.y + 25])
  })
  it('marks what is selected and what has nothing to do with it', () => {
    const { marks, edgeMarks } = marksOf(model, { selected: 'a', related: relatedTo(model, 'a'), found: null, current: null })
    expect([...marks]).toEqual([MARK.selected, 0, MARK.dim])
    expect([...edgeMarks]).toEqual([EDGE_MARK.downstream])
  })
  it('is written as SVG with names that cannot break out of it', () => {
    const color = { fill: '#00ff00', word: 'success' }
    const names = ['page', 'raised', 'frame', 'line', 'lineStrong', 'text', 'dim', 'edge', 'upstream', 'downstream', 'selected', 'current']
    const palette = { ...Object.fromEntries(names.map((name) => [name, `#${name}`])), font: '"A", b', states: [color] }
    const svg = svgOf({
      scene,
      look: {
        states: Uint8Array.of(1, 0, 0),
        counts: Uint32Array.of(1, 0, 0),
        ...marksOf(model, { selected: null, related: null, found: null, current: null }),
      },
      palette: palette as unknown as Parameters<typeof svgOf>[0]['palette'],
    })
    expect(svg).toContain('b &lt;i&gt;')
    expect(svg).toContain('x &amp; y')
    expect(svg).toContain('#00ff00')
    expect(svg).not.toContain('<i>')
    expect(svg.match(/<path /g)).toHaveLength(1)
  })
})
