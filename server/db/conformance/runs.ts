import { describe, expect, test } from 'vitest'
import type { DagRunRecord } from '../records.ts'
import { AT, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

const DAY = 86_400_000

export function runsConformance(subject: SubjectOf): void {
  describe('dagRunList', () => {
    test('lists newest first, and rows that come meanwhile neither repeat nor hide others', async () => {
      const s = subject()
      const version = await s.dag('run_pages')
      const runs = Array.from({ length: 7 }, () => makeRun(s.id(), 'run_pages', version))
      await s.commit({ dag_runs_insert: runs })
      let pages = 0
      const seen = await allPages(async (cursor) => {
        if (pages++ === 1) await s.commit({ dag_runs_insert: [makeRun(s.id(), 'run_pages', version)], dag_runs_delete: [runs[6]!.id] })
        return s.store.dagRunList({ dag_id: 'run_pages', limit: 3, offset: 0, cursor })
      })
      expect(seen.map((run) => run.id)).toEqual(runs.map((run) => run.id).reverse())
    })

    test('orders by when runs were due, whichever row was written first', async () => {
      const s = subject()
      const version = await s.dag('run_due')
      const due = [3, 1, 4, 2, 4].map((day) => makeRun(s.id(), 'run_due', version, { state: 'success', run_after: AT + day * DAY }))
      await s.commit({ dag_runs_insert: due })
      const wanted = [due[4], due[2], due[0], due[3], due[1]].map((run) => run!.id)
      for (const filter of [{}, { state: 'success' as const }]) {
        const seen = await allPages((cursor) => s.store.dagRunList({ dag_id: 'run_due', limit: 2, offset: 0, cursor, ...filter }))
        expect(seen.map((run) => run.id)).toEqual(wanted)
        const cells = await allPages((cursor) => s.store.gridRunList({ dag_id: 'run_due', limit: 2, cursor, ...filter }))
        expect(cells.map((run) => run.id)).toEqual(wanted)
      }
      const recent = await s.store.dagRecentRuns({ dag_ids: ['run_due'], limit: 1 })
      expect(recent.get('run_due')?.map((run) => run.id)).toEqual([due[4]!.id])
    })

    test('counts by DAG, state and type from kept counters that follow every change', async () => {
      const s = subject()
      const version = await s.dag('run_totals')
      const runs = ['queued', 'running', 'failed'].map((state) =>
        makeRun(s.id(), 'run_totals', version, {
          state: state as DagRunRecord['state'],
          run_type: state === 'failed' ? 'backfill' : 'manual',
        }),
      )
      await s.commit({ dag_runs_insert: runs })
      const total = async (filter: object): Promise<number> =>
        (await s.store.dagRunList({ dag_id: 'run_totals', limit: 1, offset: 0, ...filter })).total
      expect([
        await total({}),
        await total({ state: 'running' }),
        await total({ run_type: 'manual' }),
        await total({ state: 'failed', run_type: 'manual' }),
      ]).toEqual([3, 1, 2, 0])
      await s.commit({
        dag_runs_update: [
          { id: runs[0]!.id, set: { state: 'running' } },
          { id: runs[1]!.id, set: { state: 'success', end_time: AT } },
        ],
      })
      expect([
        await total({}),
        await total({ state: 'queued' }),
        await total({ state: 'running' }),
        await total({ state: 'success' }),
      ]).toEqual([3, 0, 1, 1])
      await s.commit({ dag_runs_delete: [runs[2]!.id] })
      expect([await total({}), await total({ run_type: 'backfill' })]).toEqual([2, 0])
      const everywhere = await s.store.dagRunList({ dag_id: null, limit: 5000, offset: 0 })
      expect(everywhere.total).toBe(everywhere.data.length)
    })

    test('filters by logical date, both ends included', async () => {
      const s = subject()
      const version = await s.dag('run_dates')
      const runs = [0, 1, 2, 3].map((day) =>
        makeRun(s.id(), 'run_dates', version, { logical_date: AT + day * DAY, state: day === 2 ? 'failed' : 'success' }),
      )
      await s.commit({ dag_runs_insert: [...runs, makeRun(s.id(), 'run_dates', version)] })
      const list = async (filter: object): Promise<[number, number[]]> => {
        const page = await s.store.dagRunList({ dag_id: 'run_dates', limit: 10, offset: 0, ...filter })
        return [page.total, page.data.map((run) => runs.indexOf(runs.find(({ id }) => id === run.id)!))]
      }
      expect(await list({ logical_date_from: AT + DAY, logical_date_to: AT + 2 * DAY })).toEqual([2, [2, 1]])
      expect(await list({ logical_date_from: AT + DAY, state: 'failed' })).toEqual([1, [2]])
      expect(await list({ logical_date_to: AT })).toEqual([1, [0]])
    })
  })

  describe('dagRunRows', () => {
    test('leaves long confs out where rows are asked for, and only there', async () => {
      const s = subject()
      const version = await s.dag('run_confs')
      const confs = [{}, { day: 'é'.repeat(20) }, { table: 'x'.repeat(200_000) }]
      await s.commit({ dag_runs_insert: confs.map((conf) => makeRun(s.id(), 'run_confs', version, { conf })) })
      const page = { dag_id: 'run_confs', limit: 9, offset: 0 }
      const rows = await s.store.dagRunRows({ ...page, conf_chars_max: 100 })
      expect(rows.data.map((run) => run.conf)).toEqual([null, confs[1], {}])
      const whole = await s.store.dagRunList(page)
      expect(whole.data.map((run) => run.conf)).toEqual(confs.toReversed())
      expect({ ...rows.data[0], conf: whole.data[0]?.conf }).toEqual(whole.data[0])
      expect([rows.total, rows.next_cursor]).toEqual([whole.total, whole.next_cursor])
    })
  })

  describe('dagRunGet', () => {
    test('finds a run by DAG and run id', async () => {
      const s = subject()
      const { run } = await s.run('run_get', 0, { run_id: 'scheduled__2026-03-29T00:59:59+00:00' })
      expect(await s.store.dagRunGet({ dag_id: 'run_get', run_id: run.run_id })).toEqual(run)
      expect(await s.store.dagRunGet({ dag_id: 'run_get', run_id: 'x' })).toBeNull()
    })
  })

  describe('dagRecentRuns', () => {
    test('returns the newest runs of each DAG, newest first', async () => {
      const s = subject()
      const version = await s.dag('recent_many')
      const runs = [1, 2, 3, 4].map(() => makeRun(s.id(), 'recent_many', version))
      await s.commit({ dag_runs_insert: runs })
      const { run } = await s.run('recent_one', 0)
      await s.dag('recent_none')
      const recent = await s.store.dagRecentRuns({ dag_ids: ['recent_many', 'recent_one', 'recent_none', 'unknown'], limit: 3 })
      expect(recent.get('recent_many')?.map((row) => row.id)).toEqual([runs[3]!.id, runs[2]!.id, runs[1]!.id])
      expect(recent.get('recent_one')).toEqual([run])
      expect(recent.get('recent_none') ?? []).toEqual([])
    })
  })

  describe('dagRunStateCounts', () => {
    test('counts the runs of each DAG by state, and leaves out DAGs without any', async () => {
      const s = subject()
      const version = await s.dag('active_counts')
      const runs = (['queued', 'running', 'success'] as const).map((state) => makeRun(s.id(), 'active_counts', version, { state }))
      await s.commit({ dag_runs_insert: runs })
      await s.run('active_none', 0, { state: 'failed' })
      expect(await s.store.dagRunStateCounts({ dag_ids: ['active_counts', 'active_none', 'unknown'] })).toEqual(
        new Map([
          ['active_counts', { queued: 1, running: 1, success: 1, failed: 0 }],
          ['active_none', { queued: 0, running: 0, success: 0, failed: 1 }],
        ]),
      )
      await s.commit({ dag_runs_update: runs.map(({ id }) => ({ id, set: { state: 'failed' as const } })) })
      expect(await s.store.dagRunStateCounts({ dag_ids: ['active_counts'] })).toEqual(
        new Map([['active_counts', { queued: 0, running: 0, success: 0, failed: 3 }]]),
      )
    })
  })

  describe('previousRunGet', () => {
    test('finds the run before a logical date with the states of its task instances', async () => {
      const s = subject()
      const version = await s.dag('previous')
      const [scheduled, manual, later] = [
        makeRun(s.id(), 'previous', version, { logical_date: AT, run_type: 'scheduled', state: 'success' }),
        makeRun(s.id(), 'previous', version, { logical_date: AT + DAY }),
        makeRun(s.id(), 'previous', version, { logical_date: AT + 2 * DAY, run_type: 'scheduled' }),
      ]
      const task = makeTaskInstance(s.id(), scheduled.id, { task_id: 'a', map_index: 2, state: 'success' })
      await s.commit({ dag_runs_insert: [scheduled, manual, later], task_instances_insert: [task] })
      const before = (before_logical_date: number, only_scheduled: boolean) =>
        s.store.previousRunGet({ dag_id: 'previous', before_logical_date, only_scheduled })
      expect(await before(AT + 2 * DAY, true)).toEqual({ run: scheduled, states: [{ task_id: 'a', map_index: 2, state: 'success' }] })
      expect((await before(AT + 2 * DAY, false))?.run).toEqual(manual)
      expect(await before(AT, false)).toBeNull()
    })
  })

  describe('dagRunLastSuccess', () => {
    test('finds the newest successful run, of all or before a logical date', async () => {
      const s = subject()
      const version = await s.dag('last_success')
      const states = ['success', 'success', 'failed', 'success', 'running'] as const
      const runs = states.map((state, day) => makeRun(s.id(), 'last_success', version, { logical_date: AT + day * DAY, state }))
      const undated = makeRun(s.id(), 'last_success', version, { logical_date: null, state: 'success' })
      await s.commit({ dag_runs_insert: [...runs, undated] })
      const before = (day: number | null) =>
        s.store.dagRunLastSuccess({ dag_id: 'last_success', before_logical_date: day === null ? null : AT + day * DAY })
      expect(await before(null)).toEqual(runs[3])
      expect(await before(3)).toEqual(runs[1])
      expect(await before(1)).toEqual(runs[0])
      expect(await before(0)).toBeNull()
    })
  })

  describe('dagRunsByLogicalDate', () => {
    test('returns the runs of a range, both ends included, oldest first', async () => {
      const s = subject()
      const version = await s.dag('by_date')
      const runs = [2, 0, 1, 3].map((day) => makeRun(s.id(), 'by_date', version, { logical_date: AT + day * DAY }))
      await s.commit({ dag_runs_insert: runs })
      const rows = await s.store.dagRunsByLogicalDate({ dag_id: 'by_date', from: AT, to: AT + 2 * DAY })
      expect(rows.map((run) => run.logical_date)).toEqual([AT, AT + DAY, AT + 2 * DAY])
    })
  })
}
