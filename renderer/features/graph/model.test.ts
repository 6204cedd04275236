import { describe, expect, it } from 'vitest'
import type { DagTasks } from '#contract/dag.ts'
import { buildGraph, parseOpen, toggleGroup } from './model.ts'

/** start -> outer.a -> outer.inner.b -> outer.inner.c -> end, and start -> end. */
function dag(): DagTasks {
  const task = (id: string, group: string | null) => ({ id, name: id, operator: 'BashOperator', task_group: group })
  return {
    tasks: [
      task('start', null),
      task('outer.a', 'outer'),
      task('outer.inner.b', 'outer.inner'),
      task('outer.inner.c', 'outer.inner'),
      task('end', null),
    ],
    dependencies: [
      ['start', 'outer.a'],
      ['outer.a', 'outer.inner.b'],
      ['outer.inner.b', 'outer.inner.c'],
      ['outer.inner.c', 'end'],
      ['start', 'end'],
    ],
    dependency_labels: [null, null, null, 'done', null],
    task_groups: [
      { group_id: 'outer', label: 'Outer', parent_id: null, tooltip: '', ui_color: '' },
      { group_id: 'outer.inner', label: 'Inner', parent_id: 'outer', tooltip: '', ui_color: '' },
      { group_id: 'empty', label: 'Empty', parent_id: null, tooltip: '', ui_color: '' },
    ],
  } as unknown as DagTasks
}
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id).sort()

describe('graph model', () => {
  it('shows a folded group as one node with the edges of its tasks', () => {
    const graph = buildGraph(dag(), parseOpen(undefined))
    expect(ids(graph.nodes)).toEqual(['end', 'outer', 'start'])
    expect(graph.frames).toEqual([])
    expect(graph.nodes.find(({ id }) => id === 'outer')?.task_ids).toEqual(['outer.a', 'outer.inner.b', 'outer.inner.c'])
    expect(graph.edges.map(({ id, label }) => [id, label])).toEqual([
      ['start→outer', null],
      ['outer→end', 'done'],
      ['start→end', null],
    ])
  })
  it('unfolds the outer group and keeps the inner one folded in its frame', () => {
    const graph = buildGraph(dag(), parseOpen('outer'))
    expect(ids(graph.nodes)).toEqual(['end', 'outer.a', 'outer.inner', 'start'])
    expect(ids(graph.frames)).toEqual(['outer'])
    expect(graph.nodes.find(({ id }) => id === 'outer.inner')?.frame).toBe('outer')
  })
  it('unfolds all, shortens names by their group, and draws no frame for an empty group', () => {
    const graph = buildGraph(dag(), parseOpen('*'))
    expect(ids(graph.nodes)).toEqual(['end', 'outer.a', 'outer.inner.b', 'outer.inner.c', 'start'])
    expect(graph.frames.map(({ id, frame }) => [id, frame])).toEqual([
      ['outer', null],
      ['outer.inner', 'outer'],
    ])
    expect(graph.nodes.find(({ id }) => id === 'outer.inner.b')?.label).toBe('b')
    expect(graph.edges).toHaveLength(5)
  })
  it('does not unfold an inner group whose outer one is folded', () => {
    expect(ids(buildGraph(dag(), parseOpen('outer.inner')).nodes)).toEqual(['end', 'outer', 'start'])
  })
  it('survives a group whose parents form a loop', () => {
    const looped = dag()
    looped.task_groups = looped.task_groups.map((group) => (group.group_id === 'outer' ? { ...group, parent_id: 'outer.inner' } : group))
    expect(buildGraph(looped, 'all').nodes).toHaveLength(5)
  })
})

describe('unfolded groups in the URL', () => {
  const all = ['a', 'b']
  it('are toggled one by one, and all of them are a star', () => {
    expect(toggleGroup(parseOpen(undefined), 'a', all)).toBe('a')
    expect(toggleGroup(parseOpen('a'), 'b', all)).toBe('*')
    expect(toggleGroup(parseOpen('*'), 'a', all)).toBe('b')
    expect(toggleGroup(parseOpen('b'), 'b', all)).toBeUndefined()
  })
})
