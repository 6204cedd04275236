import { describe, expect, test } from 'vitest'
import { makeAttempt } from '#testkit/makeRecords.ts'
import type { SubjectOf } from './subject.ts'

export function renderedConformance(subject: SubjectOf): void {
  const fields = (value: string) => JSON.stringify([{ name: 'bash_command', value, is_cut: false }])

  describe('renderedPut', () => {
    test('keeps the fields of each attempt; a repeat overwrites', async () => {
      const s = subject()
      const { tasks } = await s.run('rendered_put', 1)
      const task_instance_id = tasks[0]!.id
      await s.commit({ attempts_insert: [1, 2].map((attempt) => makeAttempt(task_instance_id, attempt)) })
      const first = { task_instance_id, attempt: 1, fields: fields('echo 1') }
      await s.store.renderedPut({ rows: [first, { task_instance_id, attempt: 2, fields: fields('old') }] })
      await s.store.renderedPut({ rows: [{ task_instance_id, attempt: 2, fields: fields('echo "ü" \u0001') }] })
      expect(await s.store.renderedGet({ task_instance_id, attempt: 1 })).toEqual(first)
      expect(JSON.parse((await s.store.renderedGet({ task_instance_id, attempt: 2 }))!.fields)).toMatchObject([
        { value: 'echo "ü" \u0001' },
      ])
    })

    test('passes over an attempt that is not there, and stores the others', async () => {
      const s = subject()
      const { tasks } = await s.run('rendered_gone', 1)
      const task_instance_id = tasks[0]!.id
      await s.commit({ attempts_insert: [makeAttempt(task_instance_id, 1)] })
      await s.store.renderedPut({
        rows: [
          { task_instance_id: 999_999_999, attempt: 1, fields: fields('x') },
          { task_instance_id, attempt: 1, fields: fields('y') },
        ],
      })
      expect(await s.store.renderedGet({ task_instance_id: 999_999_999, attempt: 1 })).toBeNull()
      expect(await s.store.renderedGet({ task_instance_id, attempt: 1 })).not.toBeNull()
    })
  })

  describe('renderedGet', () => {
    test('goes with its run', async () => {
      const s = subject()
      const { run, tasks } = await s.run('rendered_deleted', 1)
      const task_instance_id = tasks[0]!.id
      await s.commit({ attempts_insert: [makeAttempt(task_instance_id, 1)] })
      await s.store.renderedPut({ rows: [{ task_instance_id, attempt: 1, fields: fields('x') }] })
      await s.commit({ dag_runs_delete: [run.id] })
      expect(await s.store.renderedGet({ task_instance_id, attempt: 1 })).toBeNull()
    })
  })

  describe('dagRunSurroundings', () => {
    test('names the runs beside one, and the newest successful ones before it', async () => {
      const s = subject()
      const { run } = await s.run('surroundings', 0)
      const others = [1, 2, 3].map((n) => ({
        ...run,
        id: s.id(),
        run_id: `r${n}`,
        logical_date: (run.logical_date ?? 0) + n * 86_400_000,
        run_after: run.run_after + n * 86_400_000,
        state: n === 2 ? ('failed' as const) : ('success' as const),
      }))
      await s.commit({ dag_runs_insert: others })
      // Written last, due first.
      const backfilled = { ...others[0]!, id: s.id(), run_id: 'r0', logical_date: 0, run_after: run.run_after - 86_400_000 }
      await s.commit({ dag_runs_insert: [backfilled] })
      const due = new Map([run, ...others, backfilled].map((each) => [each.id, each.run_after]))
      const of = (id: number, successes = 10) =>
        s.store.dagRunSurroundings({ dag_id: 'surroundings', id, run_after: due.get(id)!, successes })
      const middle = await of(others[1]!.id)
      expect([middle.previous?.run_id, middle.next?.run_id]).toEqual(['r1', 'r3'])
      expect((await of(others[2]!.id)).successes.map(({ run_id }) => run_id)).toEqual(['r1', 'r0'])
      expect(await of(run.id)).toMatchObject({ previous: { run_id: 'r0' }, next: { run_id: 'r1' }, successes: [{ run_id: 'r0' }] })
      expect(await of(backfilled.id)).toMatchObject({ previous: null, next: { run_id: run.run_id }, successes: [] })
      expect((await of(others[2]!.id, 0)).successes).toEqual([])
    })
  })
}
