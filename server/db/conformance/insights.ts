import { describe, expect, test } from 'vitest'
import type { BackfillIntervalRecord, DagRunRecord } from '../records.ts'
import { AT, makeAttempt, makeBackfill, makeLedgerEntry, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import { allPages, type Subject, type SubjectOf } from './subject.ts'

const DAY = 86_400_000

export function insightsConformance(subject: SubjectOf): void {
  describe('attemptSpanList', () => {
    test('lists attempts that the task instances do not tell themselves, in order and by pages', async () => {
      const s = subject()
      const run = makeRun(s.id(), 'spans', await s.dag('spans'))
      const once = makeTaskInstance(s.id(), run.id, { state: 'success', try_number: 1 })
      const thrice = makeTaskInstance(s.id(), run.id, { state: 'failed', try_number: 3 })
      const cleared = makeTaskInstance(s.id(), run.id, { state: 'scheduled', try_number: 1 })
      const never = makeTaskInstance(s.id(), run.id)
      const attempts = [
        makeAttempt(once.id, 1, { state: 'success' }),
        ...[1, 2, 3].map((n) =>
          makeAttempt(thrice.id, n, { state: 'failed', queued_time: AT + n, start_time: AT + n + 1, end_time: AT + n + 2 }),
        ),
        makeAttempt(cleared.id, 1, { state: 'killed' }),
      ]
      await s.commit({ dag_runs_insert: [run], task_instances_insert: [once, thrice, cleared, never], attempts_insert: attempts })
      const rows = await allPages((cursor) => s.store.attemptSpanList({ dag_run_id: run.id, limit: 2, offset: 0, cursor }))
      expect(rows.map((row) => [row.task_instance_id, row.attempt])).toEqual([
        [thrice.id, 1],
        [thrice.id, 2],
        [thrice.id, 3],
        [cleared.id, 1],
      ])
      expect(rows[1]).toEqual({
        task_instance_id: thrice.id,
        task_id: thrice.task_id,
        map_index: -1,
        attempt: 2,
        state: 'failed',
        queued_time: AT + 2,
        start_time: AT + 3,
        end_time: AT + 4,
      })
      expect((await s.store.attemptSpanList({ dag_run_id: run.id, limit: 1, offset: 0 })).total).toBe(4)
    })
  })

  describe('dagRunCountsByDate', () => {
    test('counts runs by state between the edges, the first included and the last not', async () => {
      const s = subject()
      const version = await s.dag('counted')
      const edges = Array.from({ length: 40 }, (_, day) => AT + day * DAY)
      const at = (logical_date: number | null, state: 'success' | 'failed') =>
        makeRun(s.id(), 'counted', version, { logical_date, state, run_type: state === 'failed' ? 'manual' : 'scheduled' })
      await s.commit({
        dag_runs_insert: [
          at(AT - 1, 'success'),
          at(AT, 'success'),
          at(AT + DAY - 1, 'success'),
          at(AT + DAY - 1, 'failed'),
          at(AT + 38 * DAY, 'failed'),
          at(AT + 39 * DAY, 'success'),
          at(null, 'success'),
          makeRun(s.id(), 'counted', version, { run_after: AT + 5 * DAY, state: 'running' }),
        ],
      })
      expect(await s.store.dagRunCountsByDate({ dag_id: 'counted', edges })).toEqual([
        { bucket: 0, state: 'failed', n: 1 },
        // One of the two has no logical date and could start on that day.
        { bucket: 0, state: 'success', n: 3 },
        { bucket: 5, state: 'running', n: 1 },
        { bucket: 38, state: 'failed', n: 1 },
      ])
      expect(await s.store.dagRunCountsByDate({ dag_id: 'counted', edges: [AT, AT + DAY] })).toHaveLength(2)
      expect(await s.store.dagRunCountsByDate({ dag_id: 'counted', edges: [AT] })).toEqual([])
      const hours = Array.from({ length: 745 }, (_, hour) => AT + hour * 3_600_000)
      expect(await s.store.dagRunCountsByDate({ dag_id: 'counted', edges: hours })).toEqual([
        { bucket: 0, state: 'success', n: 2 },
        { bucket: 23, state: 'failed', n: 1 },
        { bucket: 23, state: 'success', n: 1 },
        { bucket: 120, state: 'running', n: 1 },
      ])
    })
  })

  /** Two runs with a short, a long and a mapped task. */
  async function timed(): Promise<{ s: Subject; runs: DagRunRecord[]; dag_run_ids: number[] }> {
    const s = subject()
    const dag_id = `durations_${s.id()}`
    const version = await s.dag(dag_id)
    const runs = [makeRun(s.id(), dag_id, version), makeRun(s.id(), dag_id, version)]
    const task = (run: number, task_id: string, ms: number | null, map_index = -1) =>
      makeTaskInstance(s.id(), runs[run]!.id, {
        task_id,
        map_index,
        state: ms === null ? 'running' : 'success',
        start_time: AT,
        end_time: ms === null ? null : AT + ms,
      })
    await s.commit({
      dag_runs_insert: runs,
      task_instances_insert: [
        task(0, 'short', 10),
        task(0, 'long', 1000),
        task(1, 'long', 3000),
        task(0, 'mapped', 5, 0),
        task(0, 'mapped', 1500, 1),
        task(1, 'runs', null),
        makeTaskInstance(s.id(), runs[1]!.id, { task_id: 'skipped', state: 'skipped', start_time: AT, end_time: AT + 9000 }),
      ],
    })
    return { s, runs, dag_run_ids: runs.map((run) => run.id) }
  }

  describe('taskDurationRanking', () => {
    test('ranks tasks by the mean of their longest instances', async () => {
      const { s, dag_run_ids } = await timed()
      expect(await s.store.taskDurationRanking({ dag_run_ids, limit: 2 })).toEqual([
        { task_id: 'long', mean_ms: 2000 },
        { task_id: 'mapped', mean_ms: 1500 },
      ])
    })
  })

  describe('taskDurationPoints', () => {
    test('tells the longest instance of each run', async () => {
      const { s, runs, dag_run_ids } = await timed()
      const points = await s.store.taskDurationPoints({ dag_run_ids, task_ids: ['long', 'mapped'] })
      expect(points.toSorted((a, b) => a.ms - b.ms)).toEqual([
        { dag_run_id: runs[0]!.id, task_id: 'long', ms: 1000 },
        { dag_run_id: runs[0]!.id, task_id: 'mapped', ms: 1500 },
        { dag_run_id: runs[1]!.id, task_id: 'long', ms: 3000 },
      ])
      expect(await s.store.taskDurationPoints({ dag_run_ids: [], task_ids: [] })).toEqual([])
    })
  })

  describe('dagVersionRunList', () => {
    test('counts the runs of each version and names the first and the last', async () => {
      const s = subject()
      const first = await s.dag('versions_run')
      const runs = [1, 2, 3].map(() => makeRun(s.id(), 'versions_run', first))
      await s.commit({ dag_runs_insert: runs })
      const page = await s.store.dagVersionRunList({ dag_id: 'versions_run', limit: 10, offset: 0 })
      expect(page.data).toEqual([{ version: 1, runs: 3, first_run_id: runs[0]!.run_id, last_run_id: runs[2]!.run_id }])
    })
  })

  describe('backfillRunList', () => {
    test('lists intervals in order with the states of their runs', async () => {
      const s = subject()
      const version = await s.dag('backfill_runs')
      const run = makeRun(s.id(), 'backfill_runs', version, { state: 'failed', start_time: AT, end_time: AT + 5 })
      const backfill = makeBackfill(s.id(), 'backfill_runs')
      const interval = (ordinal: number, dag_run_id: number | null): BackfillIntervalRecord => ({
        backfill_id: backfill.id,
        ordinal,
        logical_date: AT + ordinal * DAY,
        data_interval_start: AT,
        data_interval_end: AT + DAY,
        action: 'create',
        run_id: `run ${ordinal}`,
        dag_run_id,
      })
      const intervals = [interval(0, run.id), interval(1, null), interval(2, null)]
      await s.commit({ dag_runs_insert: [run], backfills_insert: [{ backfill, intervals }] })
      const rows = await allPages((cursor) => s.store.backfillRunList({ backfill_id: backfill.id, limit: 2, offset: 0, cursor }))
      expect(rows).toEqual([
        { ...intervals[0], state: 'failed', start_time: AT, end_time: AT + 5 },
        { ...intervals[1], state: null, start_time: null, end_time: null },
        { ...intervals[2], state: null, start_time: null, end_time: null },
      ])
    })
  })

  describe('backfillGet', () => {
    test('gives one backfill, or null', async () => {
      const s = subject()
      await s.dag('backfill_get')
      const backfill = makeBackfill(s.id(), 'backfill_get')
      await s.commit({ backfills_insert: [{ backfill, intervals: [] }] })
      expect(await s.store.backfillGet({ id: backfill.id })).toEqual({ ...backfill, runs_failed: 0 })
      expect(await s.store.backfillGet({ id: 0 })).toBeNull()
    })
  })

  describe('ledgerSearch', () => {
    test('finds what people did, one kind or one actor, by pages', async () => {
      const s = subject()
      const dag_id = 'ledger_search'
      await s.dag(dag_id)
      const entries = [
        makeLedgerEntry(s.id(), { dag_id, kind: 'dag.paused', cause: 'user', actor: 'alice' }),
        makeLedgerEntry(s.id(), { dag_id, cause: 'worker_report', actor: 'worker-1' }),
        makeLedgerEntry(s.id(), { dag_id, cause: 'cleared', actor: 'bob' }),
        makeLedgerEntry(s.id(), { dag_id, cause: 'cleared', actor: 'scheduler' }),
        makeLedgerEntry(s.id(), { dag_id, kind: 'dag.paused', cause: 'user', actor: 'alice' }),
      ]
      await s.commit({ ledger_insert: entries })
      const found = async (filter: object) =>
        (await allPages((cursor) => s.store.ledgerSearch({ dag_id, limit: 1, cursor, ...filter }))).map((row) =>
          entries.findIndex((entry) => entry.id === row.id),
        )
      expect(await found({})).toEqual([4, 3, 2, 1, 0])
      expect(await found({ origin: 'people' })).toEqual([4, 2, 0])
      expect(await found({ origin: 'engine' })).toEqual([3, 1])
      expect(await found({ kind: 'dag.paused' })).toEqual([4, 0])
      expect(await found({ actor: 'bob' })).toEqual([2])
      expect(await found({ origin: 'engine', actor: 'bob' })).toEqual([])
    })

    test('looks at a bounded number of entries and says how far it came', async () => {
      const s = subject()
      const dag_id = 'ledger_walk'
      await s.dag(dag_id)
      const wanted = makeLedgerEntry(s.id(), { dag_id, kind: 'dag.paused', at: AT })
      const others = Array.from({ length: 25_000 }, (_, i) => makeLedgerEntry(s.id(), { dag_id, at: AT + 1 + i }))
      await s.commit({ ledger_insert: [wanted, ...others] })
      const first = await s.store.ledgerSearch({ dag_id, limit: 10, kind: 'dag.paused' })
      expect(first).toEqual({ data: [], next_cursor: expect.any(String), searched_until: AT + 5_000 })
      const second = await s.store.ledgerSearch({ dag_id, limit: 10, kind: 'dag.paused', cursor: first.next_cursor ?? '' })
      expect([second.data.map((row) => row.id), second.next_cursor]).toEqual([[wanted.id], null])
    })
  })
}
