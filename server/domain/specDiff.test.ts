import { describe, expect, it } from 'vitest'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { diffSpecs } from './specDiff.ts'

const spec = (ids: string[], edges: [string, string, string | null][] = [], more = {}) =>
  makeDagSpec('d', { tasks: ids.map((id) => makeTaskSpec(id)), edges, ...more })

describe('diffSpecs', () => {
  it('calls everything of a new DAG added', () => {
    const diff = diffSpecs(null, spec(['a', 'b'], [['a', 'b', null]]))
    expect(diff.tasks.map(({ change }) => change)).toEqual(['added', 'added'])
    expect(diff.edges).toEqual([['a', 'b', null, 'added']])
  })
  it('tells added, changed, removed and unchanged tasks and edges', () => {
    const before = spec(
      ['a', 'b', 'c'],
      [
        ['a', 'b', null],
        ['b', 'c', 'x'],
      ],
    )
    const edited = spec(
      ['a', 'b', 'n'],
      [
        ['a', 'b', 'now labelled'],
        ['b', 'n', null],
      ],
    )
    edited.tasks[1] = makeTaskSpec('b', { retries: 7 })
    const diff = diffSpecs(before, edited)
    expect(diff.tasks.map(({ task, change }) => [task.task_id, change])).toEqual([
      ['a', 'same'],
      ['b', 'changed'],
      ['n', 'added'],
      ['c', 'removed'],
    ])
    expect(diff.edges).toEqual([
      ['a', 'b', 'now labelled', 'changed'],
      ['b', 'n', null, 'added'],
      ['b', 'c', 'x', 'removed'],
    ])
  })
  it('does not mind the order of keys, and names settings that differ', () => {
    const before = spec(['a'])
    const reversed = Object.fromEntries(Object.entries(makeTaskSpec('a')).reverse()) as unknown as (typeof before.tasks)[number]
    expect(diffSpecs(before, { ...before, tasks: [reversed] })).toMatchObject({ tasks: [{ change: 'same' }], changed_settings: [] })
    expect(diffSpecs(before, { ...before, tags: ['new'], catchup: true }).changed_settings.sort()).toEqual(['catchup', 'tags'])
  })
  it('keeps the group of a removed task', () => {
    const group = { group_id: 'g', label: 'g', parent_id: null, tooltip: '', ui_color: '' }
    const before = makeDagSpec('d', { tasks: [makeTaskSpec('g.a', { group_id: 'g' })], task_groups: [group] })
    expect(diffSpecs(before, spec([])).task_groups).toEqual([group])
  })
})
