import { describe, expect, test } from 'vitest'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { makeAttempt, makeBackfill, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import type { SubjectOf } from './subject.ts'

export function engineLoadConformance(subject: SubjectOf): void {
  describe('engineLoad', () => {
    test('reads active runs with all their task instances, and nothing of finished runs', async () => {
      const s = subject()
      const { run, tasks } = await s.run('load_active', 2)
      const done = makeRun(s.id(), 'load_active', run.dag_version_id, { state: 'success' })
      const doneTask = makeTaskInstance(s.id(), done.id, { state: 'success', try_number: 1 })
      await s.commit({ dag_runs_insert: [done], task_instances_insert: [doneTask] })
      const loaded = await s.store.engineLoad()
      expect(loaded.dag_runs.filter((row) => row.dag_id === 'load_active')).toEqual([run])
      expect(loaded.task_instances.filter((row) => row.dag_run_id === run.id)).toEqual(tasks)
      expect(loaded.task_instances.some((row) => row.id === doneTask.id)).toBe(false)
      expect(loaded.dags.map((row) => row.dag_id)).toContain('load_active')
      expect(loaded.pools.map((pool) => pool.name)).toContain('default_pool')
    })

    test('reads the newest attempt of leased task instances only', async () => {
      const s = subject()
      const { run } = await s.run('load_attempts', 0)
      const running = makeTaskInstance(s.id(), run.id, { state: 'running', try_number: 2, lease_token: 'x' })
      const waiting = makeTaskInstance(s.id(), run.id, { state: 'up_for_retry', try_number: 1 })
      await s.commit({
        task_instances_insert: [running, waiting],
        attempts_insert: [
          makeAttempt(running.id, 1, { state: 'failed' }),
          makeAttempt(running.id, 2, { state: 'running' }),
          makeAttempt(waiting.id, 1, { state: 'failed' }),
        ],
      })
      const attempts = (await s.store.engineLoad()).attempts.filter((row) => [running.id, waiting.id].includes(row.task_instance_id))
      expect(attempts).toEqual([makeAttempt(running.id, 2, { state: 'running' })])
    })

    test('reads the versions of active runs and the newest one of each DAG that is not stale', async () => {
      const s = subject()
      const { run } = await s.run('load_versions', 0)
      const second = (await s.saveFile('load_versions.py', [makeDagSpec('load_versions', { description: 'second' })])).changed[0]!.version
      const third = (await s.saveFile('load_versions.py', [makeDagSpec('load_versions', { description: 'third' })])).changed[0]!.version
      const ids = (await s.store.engineLoad()).dag_versions.filter((row) => row.dag_id === 'load_versions').map((row) => row.id)
      expect(ids).toEqual([run.dag_version_id, third.id])
      expect(ids).not.toContain(second.id)
    })

    test('reads open backfills only', async () => {
      const s = subject()
      await s.dag('load_backfills')
      const open = makeBackfill(s.id(), 'load_backfills', { state: 'paused' })
      await s.commit({
        backfills_insert: [
          { backfill: open, intervals: [] },
          { backfill: makeBackfill(s.id(), 'load_backfills', { state: 'success' }), intervals: [] },
        ],
      })
      expect((await s.store.engineLoad()).backfills.filter((row) => row.dag_id === 'load_backfills')).toEqual([open])
    })
  })

  describe('engineRunLoad', () => {
    test('reads a finished run with its task instances and its version', async () => {
      const s = subject()
      const { run, tasks } = await s.run('run_load', 3, { state: 'failed' })
      const loaded = await s.store.engineRunLoad(run)
      expect(loaded).toMatchObject({ run, task_instances: tasks, version: { id: run.dag_version_id, spec: { dag_id: 'run_load' } } })
      expect(await s.store.engineRunLoad({ dag_id: 'run_load', run_id: 'no such run' })).toBeNull()
    })
  })
}
