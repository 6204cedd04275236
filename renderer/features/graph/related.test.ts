import { describe, expect, it } from 'vitest'
import { edgeSide, relatedTo, stepFrom } from './related.ts'
import { layoutGraph } from './layout.ts'
import type { GraphModel } from './model.ts'

/** a -> b -> d, a -> c -> d, d -> e; x alone. */
const model: GraphModel = {
  nodes: ['a', 'b', 'c', 'd', 'e', 'x'].map((id) => ({
    id,
    kind: 'task',
    label: id,
    detail: '',
    frame: null,
    task_ids: [id],
    tooltip: id,
  })),
  frames: [],
  edges: [
    ['a', 'b'],
    ['a', 'c'],
    ['b', 'd'],
    ['c', 'd'],
    ['d', 'e'],
  ].map(([source = '', target = '']) => ({ id: `${source}→${target}`, source, target, label: null })),
}
const layout = layoutGraph({
  nodes: model.nodes.map(({ id }) => ({ id, frame: null, width: 190, height: 50 })),
  frames: [],
  edges: model.edges,
  direction: 'LR',
})

describe('what is related to a task', () => {
  it('is all that leads to it and all that follows', () => {
    const related = relatedTo(model, 'b')
    expect([...(related?.upstream ?? [])]).toEqual(['a'])
    expect([...(related?.downstream ?? [])].sort()).toEqual(['d', 'e'])
    const side = (source: string, target: string) => related && edgeSide(related, 'b', { source, target })
    expect([side('a', 'b'), side('b', 'd'), side('d', 'e')]).toEqual(['upstream', 'downstream', 'downstream'])
    expect([side('a', 'c'), side('c', 'd')]).toEqual([null, null])
  })
  it('is nothing for a task that the graph does not show', () => {
    expect(relatedTo(model, 'gone')).toBeNull()
  })
})

describe('arrow keys', () => {
  const step = (id: string | null, to: 'up' | 'down' | 'left' | 'right') => stepFrom({ model, layout, direction: 'LR', id, step: to })
  it('follow edges forward and back', () => {
    expect(step(null, 'right')).toBe('a')
    expect(['b', 'c']).toContain(step('a', 'right'))
    expect(step('d', 'right')).toBe('e')
    expect(step('b', 'left')).toBe('a')
    expect(step('e', 'right')).toBeNull()
  })
  it('go to the task beside', () => {
    const [above = '', below = ''] = (layout.nodes['b']?.y ?? 0) < (layout.nodes['c']?.y ?? 0) ? ['b', 'c'] : ['c', 'b']
    expect(step(above, 'down')).toBe(below)
    expect(step(below, 'up')).toBe(above)
  })
})
