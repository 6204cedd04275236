import { describe, expect, it } from 'vitest'
import type { DagPreview } from '#contract/dagFile.ts'
import { changeOf, drawnPart, previewModel, toFlow } from './previewModel.ts'

const task = (id: string, change: 'same' | 'added' | 'changed' | 'removed', task_group: string | null = null) => ({
  id,
  name: id,
  operator: 'BashOperator',
  task_group,
  change,
})
const dag: DagPreview = {
  dag_id: 'd',
  dag_display_name: null,
  schedule: null,
  version: 3,
  other_file: null,
  tasks: [task('a', 'same'), task('g.b', 'added', 'g'), task('g.c', 'removed', 'g')],
  edges: [
    ['a', 'g.b', null, 'added'],
    ['a', 'g.c', 'x', 'removed'],
  ],
  task_groups: [{ group_id: 'g', label: 'g', parent_id: null, tooltip: '', ui_color: '' }],
  changed_settings: [],
  saved_schedule: null,
  notices: [],
}
const box = { x: 0, y: 0, width: 1, height: 1 }

describe('the graph of a preview', () => {
  it('marks tasks and edges, and a folded group by what it holds', () => {
    const open = previewModel(dag, 'all')
    const layout = { nodes: { a: box, 'g.b': box, 'g.c': box }, frames: { g: box }, bends: {}, labels: {} }
    const flow = toFlow(open, layout, dag)
    expect(flow.nodes.map(({ id, data }) => [id, data.change])).toEqual([
      ['g', 'same'],
      ['a', 'same'],
      ['g.b', 'added'],
      ['g.c', 'removed'],
    ])
    expect(flow.edges.map(({ data }) => data?.change)).toEqual(['added', 'removed'])
    const folded = previewModel(dag, new Set())
    expect(toFlow(folded, { ...layout, nodes: { a: box, g: box } }, dag).nodes.map(({ id, data }) => [id, data.change])).toEqual([
      ['a', 'same'],
      ['g', 'changed'],
    ])
    expect(folded.shape).not.toBe(open.shape)
  })
  it('keeps its shape when only settings of tasks change', () => {
    const other = { ...dag, tasks: dag.tasks.map((one) => ({ ...one, change: 'changed' as const })) }
    expect(previewModel(other, 'all').shape).toBe(previewModel(dag, 'all').shape)
  })
  it('says what several tasks share', () => {
    expect(changeOf(['added', 'added'])).toBe('added')
    expect(changeOf(['same', 'added'])).toBe('changed')
    expect(changeOf([])).toBe('same')
  })
  it('of a large DAG is what changed and what stands next to it', () => {
    const many = Array.from({ length: 500 }, (_, at) => task(`t${at}`, at === 250 ? 'changed' : 'same'))
    const edges = many.slice(1).map((one, at): DagPreview['edges'][number] => [`t${at}`, one.id, null, 'same'])
    const part = drawnPart({ ...dag, tasks: many, edges })
    expect(part.dag.tasks.map(({ id }) => id)).toEqual(['t249', 't250', 't251'])
    expect(part.dag.edges).toHaveLength(2)
    expect(part.left_out).toBe(497)
    expect(drawnPart(dag)).toEqual({ dag, left_out: 0 })
  })
})
