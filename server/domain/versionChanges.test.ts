import { describe, expect, it } from 'vitest'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { diffSpecs, isEqual } from './specDiff.ts'
import { versionChanges } from './versionChanges.ts'

const spec = (tasks: string[], edges: [string, string][], change = {}) =>
  makeDagSpec('d', { tasks: tasks.map((id) => makeTaskSpec(id)), edges: edges.map(([a, b]) => [a, b, null]), ...change })

describe('changes between versions', () => {
  it('finds nothing between equal specs, whatever the order of keys', () => {
    const a = spec(['x', 'y'], [['x', 'y']])
    const b = { ...a, tasks: a.tasks.map((task) => Object.fromEntries(Object.entries(task).reverse()) as typeof task) }
    expect(versionChanges(a, b)).toEqual({
      dag_fields: [],
      tasks_added: [],
      tasks_removed: [],
      tasks_changed: [],
      edges_added: [],
      edges_removed: [],
      truncated: false,
    })
  })
  it('names tasks and edges that came and went, and fields with both values', () => {
    const before = spec(['x', 'y'], [['x', 'y']])
    const after = spec(['x', 'z'], [['x', 'z']], { schedule: '@hourly' })
    after.tasks[0] = makeTaskSpec('x', { retries: 2, template_fields: { bash_command: 'echo other' } })
    expect(versionChanges(before, after)).toEqual({
      dag_fields: [{ field: 'schedule', before: '@daily', after: '@hourly' }],
      tasks_added: ['z'],
      tasks_removed: ['y'],
      tasks_changed: [
        {
          task_id: 'x',
          fields: [
            { field: 'retries', before: 0, after: 2 },
            { field: 'template: bash_command', before: 'echo x', after: 'echo other' },
          ],
        },
      ],
      edges_added: [['x', 'z']],
      edges_removed: [['x', 'y']],
      truncated: false,
    })
  })
  it('agrees with the editor: labels of edges, groups, and what is no setting', () => {
    const group = { group_id: 'g', label: 'g', parent_id: null, tooltip: '', ui_color: '' }
    const before = spec(['x', 'y'], [['x', 'y']], { task_groups: [group] })
    const after = {
      ...before,
      edges: [['x', 'y', 'if it is Monday']] as typeof before.edges,
      task_groups: [{ ...group, tooltip: 'why' }],
      file: 'elsewhere.py',
    }
    expect(versionChanges(before, after)).toMatchObject({
      dag_fields: [
        { field: 'file', before: before.file, after: 'elsewhere.py' },
        { field: 'task group g: tooltip', before: '', after: 'why' },
        { field: 'label of x → y', before: null, after: 'if it is Monday' },
      ],
      edges_added: [],
      edges_removed: [],
    })
    const edited = diffSpecs(before, after)
    expect([edited.changed_settings, edited.edges[0]?.[3]]).toEqual([['task_groups'], 'changed'])
  })
  it('cuts long values and lists, and says so of lists', () => {
    const before = spec([], [])
    const after = spec(
      Array.from({ length: 501 }, (_, i) => `t${i}`),
      [],
      { doc_md: 'x'.repeat(5000) },
    )
    const changes = versionChanges(before, after)
    expect(changes.tasks_added).toHaveLength(500)
    expect(changes.truncated).toBe(true)
    expect(String(changes.dag_fields[0]?.after)).toHaveLength(2002)
  })
  it.each([
    [[1, [2]], [1, [2]], true],
    [[], {}, false],
    [{ a: undefined }, {}, false],
    [null, {}, false],
    ['1', 1, false],
  ])('compares %j with %j', (a, b, equal) => {
    expect(isEqual(a, b)).toBe(equal)
  })
})
