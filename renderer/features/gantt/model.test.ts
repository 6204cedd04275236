import { describe, expect, it } from 'vitest'
import type { DagTasks } from '#contract/dag.ts'
import type { AttemptSpan } from '#contract/insights.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { barsOf, buildGantt } from './model.ts'

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
const instance = (task_id: string, times: (number | null)[], change: Partial<TaskInstance> = {}) => {
  const [waiting = null, start = null, end = null] = times
  return {
    task_id,
    map_index: -1,
    state: 'success',
    try_number: 1,
    scheduled_time: iso(waiting),
    queued_time: iso(waiting),
    start_time: iso(start),
    end_time: iso(end),
    ...change,
  } as TaskInstance
}
const span = (task_id: string, attempt: number, times: (number | null)[], state: AttemptSpan['state'] = 'failed'): AttemptSpan => {
  const [queued = 0, start = null, end = null] = times
  return { task_id, map_index: -1, attempt, state, queued_time: iso(queued ?? 0) ?? '', start_time: iso(start), end_time: iso(end) }
}
const dag = (tasks: [string, string | null][], groups: [string, string | null][] = []) =>
  ({
    tasks: tasks.map(([id, task_group]) => ({ id, name: id, task_group })),
    task_groups: groups.map(([group_id, parent_id]) => ({ group_id, parent_id, label: group_id, tooltip: '', ui_color: '' })),
  }) as unknown as DagTasks

describe('bars of a task instance', () => {
  it('shows each attempt with its waiting and its running part', () => {
    const bars = barsOf(instance('a', [50, 60, 80], { try_number: 2 }), [span('a', 1, [1, 2, 10]), span('a', 2, [50, 60, 80], 'success')])
    expect(bars).toEqual([
      { attempt: 1, state: 'failed', waiting_from: 1, start: 2, end: 10 },
      { attempt: 2, state: 'success', waiting_from: 50, start: 60, end: 80 },
    ])
  })
  it('keeps the attempt before when the task instance waits to be tried again', () => {
    const cleared = instance('a', [90], { state: 'scheduled' })
    expect(barsOf(cleared, [span('a', 1, [1, 2, 10])])).toEqual([
      { attempt: 1, state: 'failed', waiting_from: 1, start: 2, end: 10 },
      { attempt: 2, state: 'scheduled', waiting_from: 90, start: null, end: null },
    ])
    expect(barsOf(instance('a', [], { state: 'none' }), [span('a', 1, [1, 2, 10])])).toHaveLength(1)
  })
  it('has no bar before anything happened, and none without length is lost', () => {
    expect(barsOf(instance('a', [], { state: 'none', try_number: 0 }), [])).toEqual([])
    expect(barsOf(instance('a', [null, null, 7], { state: 'skipped' }), [])).toEqual([
      { attempt: 1, state: 'skipped', waiting_from: null, start: 7, end: 7 },
    ])
  })
})

describe('rows', () => {
  const tasks = dag(
    [
      ['late', null],
      ['g.x', 'g'],
      ['g.y', 'g'],
      ['m', null],
      ['never', null],
    ],
    [['g', null]],
  )
  const instances = [
    instance('late', [50, 60, 70]),
    instance('g.x', [1, 2, 10]),
    instance('g.y', [20, 30, null], { state: 'running' }),
    ...[0, 1, 2].map((map_index) => instance('m', [40, 41, 45], { map_index, state: map_index === 1 ? 'failed' : 'success' })),
    instance('never', [], { state: 'none', try_number: 0 }),
    instance('gone', [5, 6, 7]),
  ]
  it('folds groups and mapped tasks with counts, first begun first', () => {
    const { rows, foldable } = buildGantt(tasks, instances, [], new Set())
    expect(rows.map(({ id, total, state }) => [id, total, state])).toEqual([
      ['g', 2, 'running'],
      ['gone -1', 1, 'success'],
      ['m', 3, 'failed'],
      ['late -1', 1, 'success'],
      ['never -1', 1, 'none'],
    ])
    expect(foldable.toSorted()).toEqual(['g', 'm'])
    expect(rows[0]?.bars).toEqual([
      { attempt: 0, state: 'running', waiting_from: 1, start: 2, end: 10 },
      { attempt: 0, state: 'running', waiting_from: null, start: 30, end: null },
    ])
  })
  it('unfolds what is open, one step in', () => {
    const { rows } = buildGantt(tasks, instances, [], new Set(['g', 'm']))
    expect(rows.map(({ label, depth }) => `${'-'.repeat(depth)}${label}`)).toEqual([
      'g',
      '-x',
      '-y',
      'gone',
      'm',
      '-[0]',
      '-[1]',
      '-[2]',
      'late',
      'never',
    ])
  })
})
