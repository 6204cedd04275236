import { expect, test } from 'vitest'
import type { DagTasks, Task } from '#contract/dag.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { matchingRows, taskRows } from './taskTable.ts'

const task = (id: string, operator: string) => ({ id, name: id, operator }) as unknown as Task
const instance = (task_id: string, map_index: number, state: string) =>
  ({ task_id, map_index, state, start_time: '2026-11-23T09:00:00.000Z', end_time: '2026-11-23T09:00:02.000Z' }) as unknown as TaskInstance
const dag = {
  tasks: [task('load.fetch', 'BashOperator'), task('load.store', 'PythonOperator'), task('added', 'EmptyOperator')],
} as DagTasks

test('a row sums up all instances of its task in the newest run', () => {
  const rows = taskRows(dag, [
    instance('load.fetch', -1, 'success'),
    instance('load.store', 0, 'success'),
    instance('load.store', 1, 'failed'),
  ])
  expect(rows.map(({ task: { id }, last }) => [id, last?.state ?? null, last?.total ?? 0])).toEqual([
    ['load.fetch', 'success', 1],
    ['load.store', 'failed', 2],
    ['added', null, 0],
  ])
})

test('rows are found by id and by operator, in any case', () => {
  const rows = taskRows(dag, [])
  const found = (q: string | undefined) => matchingRows(rows, q).map(({ task: { id } }) => id)
  expect(found('LOAD.')).toEqual(['load.fetch', 'load.store'])
  expect(found('pythonop')).toEqual(['load.store'])
  expect(found(' ')).toEqual(['load.fetch', 'load.store', 'added'])
  expect(found(undefined).length).toBe(3)
  expect(found('nothing')).toEqual([])
})
