import { describe, expect, test } from 'vitest'
import { makeLedgerEntry } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

export function ledgerConformance(subject: SubjectOf): void {
  describe('ledgerList', () => {
    test('lists newest first with the names of what it is about', async () => {
      const s = subject()
      const { run, tasks } = await s.run('ledger_names', 1)
      const task = tasks[0]!
      const entries = [
        makeLedgerEntry(s.id(), { dag_id: 'ledger_names' }),
        makeLedgerEntry(s.id(), { dag_id: 'ledger_names', dag_run_id: run.id }),
        makeLedgerEntry(s.id(), { dag_id: 'ledger_names', dag_run_id: run.id, task_instance_id: task.id, attempt: 2 }),
      ]
      await s.commit({ ledger_insert: entries })
      expect((await s.store.ledgerList({ dag_id: 'ledger_names', limit: 10, offset: 0 })).data).toEqual([
        { ...entries[2], run_id: run.run_id, task_id: task.task_id, map_index: -1 },
        { ...entries[1], run_id: run.run_id, task_id: null, map_index: null },
        { ...entries[0], run_id: null, task_id: null, map_index: null },
      ])
    })

    test('pages within a DAG, a run, a task instance, or everything, with exact totals', async () => {
      const s = subject()
      const { run, tasks } = await s.run('ledger_pages', 2)
      const entries = Array.from({ length: 6 }, (_, i) =>
        makeLedgerEntry(s.id(), {
          dag_id: 'ledger_pages',
          dag_run_id: i < 4 ? run.id : null,
          task_instance_id: i < 2 ? tasks[0]!.id : null,
        }),
      )
      await s.commit({ ledger_insert: [...entries, makeLedgerEntry(s.id())] })
      const ids = async (scope: object): Promise<number[]> =>
        (await allPages((cursor) => s.store.ledgerList({ ...scope, limit: 2, offset: 0, cursor }))).map((row) => row.id)
      const newestFirst = entries.map((entry) => entry.id).reverse()
      expect(await ids({ dag_id: 'ledger_pages' })).toEqual(newestFirst)
      expect(await ids({ dag_run_id: run.id })).toEqual(newestFirst.slice(2))
      expect(await ids({ task_instance_id: tasks[0]!.id })).toEqual(newestFirst.slice(4))
      const total = async (scope: object): Promise<number> => (await s.store.ledgerList({ ...scope, limit: 1, offset: 0 })).total
      expect([
        await total({ dag_id: 'ledger_pages' }),
        await total({ dag_run_id: run.id }),
        await total({ task_instance_id: tasks[0]!.id }),
      ]).toEqual([6, 4, 2])
      expect(await total({})).toBe((await ids({})).length)
      expect(await total({ dag_id: 'unknown' })).toBe(0)
    })

    test('of a run: those of one task, of the run itself, or that led to a state', async () => {
      const s = subject()
      const { run, tasks } = await s.run('ledger_filters', 2)
      const of = (change: object) => makeLedgerEntry(s.id(), { dag_id: 'ledger_filters', dag_run_id: run.id, ...change })
      const entries = [
        of({ to_state: 'running' }),
        of({ task_instance_id: tasks[0]!.id, to_state: 'running' }),
        of({ task_instance_id: tasks[1]!.id, to_state: 'failed' }),
      ]
      await s.commit({ ledger_insert: entries })
      const ids = async (filter: object) => {
        const page = await s.store.ledgerList({ dag_run_id: run.id, limit: 10, offset: 0, ...filter })
        expect(page.total).toBe(page.data.length)
        return page.data.map((row) => row.id)
      }
      expect(await ids({ task_id: tasks[0]!.task_id })).toEqual([entries[1]!.id])
      expect(await ids({ run_only: true })).toEqual([entries[0]!.id])
      expect(await ids({ to_state: 'running' })).toEqual([entries[1]!.id, entries[0]!.id])
      expect(await ids({ to_state: 'failed', task_id: tasks[0]!.task_id })).toEqual([])
    })
  })
}
