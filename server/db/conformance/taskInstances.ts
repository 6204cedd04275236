import { describe, expect, test } from 'vitest'
import { makeAttempt, makeTaskInstance } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

export function taskInstancesConformance(subject: SubjectOf): void {
  describe('taskInstanceList', () => {
    test('pages in the order of ids and counts by state', async () => {
      const s = subject()
      const { run, tasks } = await s.run('task_pages', 5)
      await s.commit({
        task_instances_update: tasks
          .slice(0, 2)
          .map(({ id }) => ({ id, expect_state: 'none', expect_try_number: 0, set: { state: 'skipped' } })),
      })
      const rows = await allPages((cursor) => s.store.taskInstanceList({ dag_run_id: run.id, limit: 2, offset: 0, cursor }))
      expect(rows.map((row) => row.id)).toEqual(tasks.map((task) => task.id))
      expect((await s.store.taskInstanceList({ dag_run_id: run.id, limit: 1, offset: 0, state: 'skipped' })).total).toBe(2)
      expect(await s.store.taskInstanceList({ dag_run_id: 999_999, limit: 1, offset: 0 })).toEqual({
        data: [],
        total: 0,
        next_cursor: null,
      })
    })
  })

  describe('taskInstanceList of one task', () => {
    test('pages the instances of a mapped task alone', async () => {
      const s = subject()
      const { run } = await s.run('task_mapped', 2)
      const mapped = Array.from({ length: 5 }, (_, map_index) => makeTaskInstance(s.id(), run.id, { task_id: 'mapped', map_index }))
      await s.commit({ task_instances_insert: mapped })
      const rows = await allPages((cursor) =>
        s.store.taskInstanceList({ dag_run_id: run.id, task_id: 'mapped', limit: 2, offset: 0, cursor }),
      )
      expect(rows.map(({ map_index }) => map_index)).toEqual([0, 1, 2, 3, 4])
      expect((await s.store.taskInstanceList({ dag_run_id: run.id, task_id: 'mapped', limit: 1, offset: 0 })).total).toBe(5)
    })
  })

  describe('taskInstanceGet', () => {
    test('finds one by task and map index', async () => {
      const s = subject()
      const { run } = await s.run('task_get', 0)
      const mapped = [0, 1].map((map_index) => makeTaskInstance(s.id(), run.id, { task_id: 'mapped', map_index }))
      await s.commit({ task_instances_insert: mapped })
      expect(await s.store.taskInstanceGet({ dag_run_id: run.id, task_id: 'mapped', map_index: 1 })).toEqual(mapped[1])
      expect(await s.store.taskInstanceGet({ dag_run_id: run.id, task_id: 'mapped', map_index: -1 })).toBeNull()
    })
  })

  describe('taskInstanceById', () => {
    test('returns the task instance and its run, or null', async () => {
      const s = subject()
      const { run, tasks } = await s.run('task_by_id', 1)
      expect(await s.store.taskInstanceById({ id: tasks[0]!.id })).toEqual({ task_instance: tasks[0], run })
      expect(await s.store.taskInstanceById({ id: 999_999 })).toBeNull()
    })
  })

  describe('attemptList', () => {
    test('lists attempts in order with the size of their logs', async () => {
      const s = subject()
      const { tasks } = await s.run('attempt_list', 1)
      const id = tasks[0]!.id
      await s.commit({ attempts_insert: [makeAttempt(id, 2), makeAttempt(id, 1, { state: 'failed' })] })
      await s.store.logAppend({ task_instance_id: id, attempt: 1, offset: 0, bytes: Buffer.from('héllo') })
      await s.store.logFinish({ task_instance_id: id, attempt: 1, truncated: true })
      expect(await s.store.attemptList({ task_instance_id: id })).toMatchObject([
        { attempt: 1, state: 'failed', log_bytes: 6, log_truncated: true },
        { attempt: 2, state: 'queued', log_bytes: 0, log_truncated: false },
      ])
    })
  })
}
