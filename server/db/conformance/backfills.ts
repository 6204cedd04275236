import { describe, expect, test } from 'vitest'
import { makeBackfill } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

export function backfillsConformance(subject: SubjectOf): void {
  describe('backfillList', () => {
    test("lists a DAG's backfills, newest first", async () => {
      const s = subject()
      await s.dag('backfill_list')
      const made = [1, 2, 3].map(() => makeBackfill(s.id(), 'backfill_list'))
      await s.commit({ backfills_insert: made.map((backfill) => ({ backfill, intervals: [] })) })
      const rows = await allPages((cursor) => s.store.backfillList({ dag_id: 'backfill_list', limit: 2, offset: 0, cursor }))
      expect(rows).toEqual(made.map((backfill) => ({ ...backfill, runs_failed: 0 })).reverse())
      expect((await s.store.backfillList({ dag_id: 'backfill_list', limit: 1, offset: 0 })).total).toBe(3)
    })
  })
}
