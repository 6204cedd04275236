import { describe, expect, it } from 'vitest'
import type { GridRow } from '#contract/grid.ts'
import { mergeGridRows } from '#contract/gridRows.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import type { DagSpec } from '#contract/dagSpec.ts'
import { gridRows } from './gridRows.ts'

/** `a`, `g.x` (in group g), `g.h.y` (in h within g): ids as the authoring package makes them. */
function spec(tasks: string[], edges: [string, string][]): DagSpec {
  const model = makeDagSpec('d').tasks[0]!
  const groups = [
    ...new Set(
      tasks.flatMap((id) =>
        id
          .split('.')
          .slice(0, -1)
          .map((_, i, parts) => parts.slice(0, i + 1).join('.')),
      ),
    ),
  ]
  const above = (id: string) => (id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : null)
  return {
    ...makeDagSpec('d'),
    tasks: tasks.map((task_id) => ({ ...model, task_id, group_id: above(task_id) })),
    edges: edges.map(([from, to]) => [from, to, null]),
    task_groups: groups.map((group_id) => ({
      group_id,
      label: group_id.slice(group_id.lastIndexOf('.') + 1),
      parent_id: above(group_id),
      tooltip: '',
      ui_color: '',
    })),
  }
}
const outline = (rows: GridRow[]) => rows.map(({ id, operator }) => (operator === null ? `[${id}]` : id))

describe('rows of a version', () => {
  it('stand in the order in which they can run, each group before its members', () => {
    const rows = gridRows(
      spec(
        ['end', 'load.b', 'load.a', 'begin'],
        [
          ['begin', 'load.a'],
          ['load.a', 'load.b'],
          ['load.b', 'end'],
        ],
      ),
    )
    expect(outline(rows)).toEqual(['begin', '[load]', 'load.a', 'load.b', 'end'])
    expect(rows[2]).toEqual({ id: 'load.a', label: 'a', parent: 'load', operator: expect.any(String), is_removed: false })
  })
  it('keep a chain together and the order of the author where the graph leaves it open', () => {
    expect(
      outline(
        gridRows(
          spec(
            ['b', 'b2', 'a', 'a2'],
            [
              ['b', 'b2'],
              ['a', 'a2'],
            ],
          ),
        ),
      ),
    ).toEqual(['b', 'b2', 'a', 'a2'])
  })
  it('stand up to groups that wait for each other, and to groups in groups', () => {
    const rows = gridRows(
      spec(
        ['g.a', 'h.b', 'g.c', 'g.k.d'],
        [
          ['g.a', 'h.b'],
          ['h.b', 'g.c'],
        ],
      ),
    )
    expect(outline(rows)).toEqual(['[g]', 'g.a', 'g.c', '[g.k]', 'g.k.d', '[h]', 'h.b'])
  })
  it('leave groups without tasks out', () => {
    expect(gridRows({ ...spec([], []), task_groups: [{ group_id: 'g', label: 'g', parent_id: null, tooltip: '', ui_color: '' }] })).toEqual(
      [],
    )
  })
})

describe('rows of several versions', () => {
  const rows = (...ids: string[]) => gridRows(spec(ids, []))
  it('are all there: what the newest lacks stands where it stood', () => {
    expect(outline(mergeGridRows(rows('a', 'c', 'd'), rows('a', 'b', 'c', 'e')))).toEqual(['a', 'b', 'c', 'e', 'd'])
    expect(outline(mergeGridRows(rows('g.a', 'z'), rows('first', 'g.a', 'g.b', 'h.x')))).toEqual([
      'first',
      '[g]',
      'g.a',
      'g.b',
      '[h]',
      'h.x',
      'z',
    ])
  })
  it('stay as they are if nothing is missing', () => {
    expect(mergeGridRows(rows('a', 'g.b'), rows('g.b'))).toEqual(rows('a', 'g.b'))
  })
  it('tell a task from a group of the same name', () => {
    expect(outline(mergeGridRows(rows('x.a'), rows('x')))).toEqual(['x', '[x]', 'x.a'])
  })
})
