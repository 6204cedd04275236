import { describe, expect, test } from 'vitest'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { AT, makeDagFile, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import type { DagRunRecord } from '../records.ts'
import type { SubjectOf } from './subject.ts'

const MINUTE = 60_000
/** Before and after everything that other tests of the suite write. */
const NEVER = Date.parse('2040-01-01T00:00:00Z')

export function homeConformance(subject: SubjectOf): void {
  const runAt = (id: number, dag_id: string, version: number, change: Partial<DagRunRecord>): DagRunRecord =>
    makeRun(id, dag_id, version, { state: 'success', ...change })

  describe('overviewRead', () => {
    test('gives what runs, what failed since a time with its first failed task, and what is due next', async () => {
      const s = subject()
      const version = await s.dag('over_view', { is_paused_upon_creation: false })
      const failed = runAt(s.id(), 'over_view', version, { state: 'failed', end_time: NEVER + 5, task_counts: { failed: 2, success: 1 } })
      const older = runAt(s.id(), 'over_view', version, { state: 'failed', end_time: NEVER - 1, task_counts: { failed: 1 } })
      const running = runAt(s.id(), 'over_view', version, { state: 'running' })
      const task = (end_time: number, state: 'failed' | 'success') =>
        makeTaskInstance(s.id(), failed.id, { state, end_time, state_reason: `at ${end_time}`, try_number: 3 })
      const tasks = [task(NEVER + 4, 'failed'), task(NEVER + 3, 'failed'), task(NEVER, 'success')]
      const before = await s.store.overviewRead({ failed_since: NEVER, limit: 5 })
      await s.commit({
        dag_runs_insert: [failed, older, running],
        task_instances_insert: tasks,
        dags_update: [{ dag_id: 'over_view', set: { next_run_after: 1 } }],
      })
      const found = await s.store.overviewRead({ failed_since: NEVER, limit: 5 })
      expect(found.failed.map(({ id }) => id)).toEqual([failed.id])
      expect(found.failed_tasks).toEqual([
        { dag_run_id: failed.id, task_id: tasks[1]!.task_id, map_index: -1, try_number: 3, state_reason: `at ${NEVER + 3}` },
      ])
      expect(found.running[0]).toEqual(running)
      expect(found.runs).toEqual({ queued: before.runs.queued, running: before.runs.running + 1, failed: 1 })
      expect(found.next[0]).toMatchObject({ dag_id: 'over_view', next_run_after: 1 })
      expect(found.dags).toEqual(before.dags)
      await s.commit({ dag_runs_update: [{ id: running.id, set: { state: 'success' } }] })
    })
  })

  describe('timelineRead', () => {
    const window = { from: NEVER, to: NEVER + 60 * MINUTE, is_now: false, limit: 10, offset: 0, runs_max: 3, block_ms: 10 * MINUTE }
    const filter = { search: 'time_line', include_stale: false }

    test('puts DAGs with runs in the window first, and gives what goes on in it', async () => {
      const s = subject()
      const [a, b, c] = [
        await s.dag('time_line_a'),
        await s.dag('time_line_b'),
        await s.dag('time_line_c', { is_paused_upon_creation: false }),
      ]
      const at = (start: number, end: number | null) => ({
        start_time: NEVER + start * MINUTE,
        end_time: end === null ? null : NEVER + end * MINUTE,
      })
      const before = runAt(s.id(), 'time_line_b', b, at(-20, -10))
      const spanning = runAt(s.id(), 'time_line_b', b, at(-10, 90))
      const inside = runAt(s.id(), 'time_line_b', b, at(5, 6))
      const after = runAt(s.id(), 'time_line_b', b, at(61, 62))
      const gone = runAt(s.id(), 'time_line_a', a, at(-20, -10))
      await s.commit({
        dag_runs_insert: [before, spanning, inside, after, gone],
        dags_update: [{ dag_id: 'time_line_c', set: { next_run_after: NEVER + MINUTE } }],
      })
      const found = await s.store.timelineRead({ ...window, ...filter })
      expect(found.dags.map(({ dag_id }) => dag_id)).toEqual(['time_line_b', 'time_line_c', 'time_line_a'])
      expect(found.total).toBe(3)
      expect(found.runs.map(({ run_id }) => run_id)).toEqual([spanning.run_id, inside.run_id])
      expect(found.runs[0]).toMatchObject({ dag_id: 'time_line_b', state: 'success', ...at(-10, 90) })
      expect(found.blocks).toEqual([])
      const second = await s.store.timelineRead({ ...window, ...filter, limit: 1, offset: 1 })
      expect(second.dags.map(({ dag_id }) => dag_id)).toEqual(['time_line_c'])
      expect(c).toBeGreaterThan(0)
    })

    test('gives many runs as blocks by state, and queued runs where the window holds the present', async () => {
      const s = subject()
      const version = await s.dag('timeblocks')
      const states = ['success', 'failed', 'success', 'running'] as const
      const runs = states.map((state, at) =>
        runAt(s.id(), 'timeblocks', version, {
          state,
          start_time: NEVER + [1, 2, 3, 25][at]! * MINUTE,
          end_time: state === 'running' ? null : NEVER + [2, 4, 8][at]! * MINUTE,
        }),
      )
      const queued = runAt(s.id(), 'timeblocks', version, { state: 'queued' })
      await s.commit({ dag_runs_insert: [...runs, queued] })
      const ask = { ...window, search: 'timeblocks', include_stale: false }
      expect((await s.store.timelineRead(ask)).blocks).toEqual([
        { dag_id: 'timeblocks', state: 'success', n: 2, start: NEVER + MINUTE, end: NEVER + 8 * MINUTE },
        { dag_id: 'timeblocks', state: 'failed', n: 1, start: NEVER + 2 * MINUTE, end: NEVER + 4 * MINUTE },
        { dag_id: 'timeblocks', state: 'running', n: 1, start: NEVER + 25 * MINUTE, end: null },
      ])
      const one = await s.store.timelineRead({ ...ask, runs_max: 4, is_now: true })
      expect(one.runs.map(({ run_id }) => run_id)).toEqual([...runs, queued].map(({ run_id }) => run_id))
      await s.commit({ dag_runs_update: [runs[3]!, queued].map(({ id }) => ({ id, set: { state: 'success' as const } })) })
    })
  })

  describe('dagRunList by end', () => {
    test('finds what ended in a range, and what goes on where the range has no end', async () => {
      const s = subject()
      const version = await s.dag('by_end')
      const at = (end: number, change: Partial<DagRunRecord> = {}) => runAt(s.id(), 'by_end', version, { end_time: NEVER + end, ...change })
      const runs = [at(1), at(2, { state: 'failed' }), at(3), runAt(s.id(), 'by_end', version, { state: 'running' }), at(9)]
      await s.commit({ dag_runs_insert: runs })
      const found = async (p: object) => {
        const page = await s.store.dagRunList({ dag_id: 'by_end', limit: 9, offset: 0, ...p })
        expect(page.total).toBe(page.data.length)
        return page.data.map(({ id }) => runs.findIndex((run) => run.id === id))
      }
      expect(await found({ ended_from: NEVER + 2 })).toEqual([4, 3, 2, 1])
      expect(await found({ ended_from: NEVER + 2, ended_to: NEVER + 3 })).toEqual([2, 1])
      expect(await found({ ended_to: NEVER + 3 })).toEqual([2, 1, 0])
      expect(await found({ ended_from: NEVER + 1, state: 'failed' })).toEqual([1])
      expect(await found({ ended_from: NEVER + 1, state: 'running' })).toEqual([3])
      const first = await s.store.dagRunList({ dag_id: 'by_end', limit: 2, offset: 0, ended_to: NEVER + 9 })
      const second = await s.store.dagRunList({
        dag_id: 'by_end',
        limit: 2,
        offset: 0,
        ended_to: NEVER + 9,
        cursor: first.next_cursor ?? '',
      })
      expect([...first.data, ...second.data].map(({ id }) => id)).toEqual([4, 2, 1, 0].map((i) => runs[i]!.id))
      await s.commit({ dag_runs_update: [{ id: runs[3]!.id, set: { state: 'success' } }] })
    })
  })

  describe('searchAll', () => {
    test('finds DAGs and tasks by part of a name, nearest first, and runs by date or by part', async () => {
      const s = subject()
      const version = await s.dag('hunt_Me')
      await s.dag('the_hunt_me_too')
      const tasks = (names: string[]) => names.map((task_id) => makeTaskSpec(task_id))
      await s.saveFile('hunted.py', [makeDagSpec('hunted', { edges: [], tasks: tasks(['load_quarry', 'quarry', 'other']) })])
      const scheduled = runAt(s.id(), 'hunt_Me', version, { run_id: 'scheduled__2041-02-03T00:00:00+00:00' })
      const named = runAt(s.id(), 'hunt_Me', version, { run_id: 'by-hand-QUARRY-1' })
      await s.commit({ dag_runs_insert: [scheduled, named] })
      const found = await s.store.searchAll({ text: 'hunt_me', limit: 5 })
      expect(found.dags.map(({ dag_id }) => dag_id)).toEqual(['hunt_Me', 'the_hunt_me_too'])
      const quarry = await s.store.searchAll({ text: 'Quarry', limit: 5 })
      expect(quarry.tasks).toEqual([
        { dag_id: 'hunted', task_id: 'quarry' },
        { dag_id: 'hunted', task_id: 'load_quarry' },
      ])
      expect(quarry.runs.map(({ id }) => id)).toEqual([named.id])
      expect((await s.store.searchAll({ text: '2041-02-03', limit: 5 })).runs).toEqual([scheduled])
      // A newer version has other tasks.
      await s.saveFile('hunted.py', [makeDagSpec('hunted', { edges: [], tasks: tasks(['other', 'new_quarry']) })], { bundle: 'second' })
      expect((await s.store.searchAll({ text: 'quarry', limit: 5 })).tasks).toEqual([{ dag_id: 'hunted', task_id: 'new_quarry' }])
    })
  })

  describe('dagFacets', () => {
    test('counts tags and owners', async () => {
      const s = subject()
      await s.dag('facet_1', { tags: ['facet_tag', 'facet_b'], owner: 'facet_owner' })
      await s.dag('facet_2', { tags: ['facet_tag'] })
      const { tags, owners } = await s.store.dagFacets({ limit: 500 })
      expect(tags).toEqual(
        expect.arrayContaining([
          { value: 'facet_tag', n: 2 },
          { value: 'facet_b', n: 1 },
        ]),
      )
      expect(owners).toEqual(expect.arrayContaining([{ value: 'facet_owner', n: 1 }]))
    })
  })

  describe('dagList in other orders', () => {
    test('sorts by next run and by last run, what has none last, and filters by favourite and import error', async () => {
      const s = subject()
      const ids = ['order_a', 'order_b', 'order_c', 'order_d']
      const versions: number[] = []
      for (const id of ids) versions.push(await s.dag(id, { is_paused_upon_creation: id === 'order_d' }))
      await s.commit({
        dag_runs_insert: [runAt(s.id(), 'order_c', versions[2]!, {}), runAt(s.id(), 'order_a', versions[0]!, { run_after: AT + 1 })],
        dags_update: [
          { dag_id: 'order_a', set: { next_run_after: 9 } },
          { dag_id: 'order_b', set: { next_run_after: 5 } },
          { dag_id: 'order_d', set: { next_run_after: 1 } },
        ],
      })
      const found = async (p: Partial<Parameters<typeof s.store.dagList>[0]>) =>
        (await s.store.dagList({ search: 'order_', include_stale: false, limit: 9, offset: 0, ...p })).data.map(({ dag_id }) => dag_id[6])
      expect(await found({ descending: true })).toEqual(['d', 'c', 'b', 'a'])
      expect(await found({ sort: 'next_run' })).toEqual(['b', 'a', 'c', 'd'])
      expect(await found({ sort: 'next_run', descending: true })).toEqual(['a', 'b', 'c', 'd'])
      expect(await found({ sort: 'last_run' })).toEqual(['c', 'a', 'b', 'd'])
      expect(await found({ sort: 'last_run', descending: true })).toEqual(['a', 'c', 'b', 'd'])
      expect(await found({ sort: 'last_run', offset: 1, limit: 2 })).toEqual(['a', 'b'])
      const error = { kind: 'syntax', message: 'm', traceback: 't', line: 3 }
      await s.store.dagFileSave({ record: makeDagFile('order_b.py', { error }), specs: [], bundle: null, paused_default: true, now: AT })
      expect(await found({ import_errors: true })).toEqual(['b'])
      expect(await found({ import_errors: false })).toEqual(['a', 'c', 'd'])
      expect(await found({ dag_ids: ['order_d', 'unknown'] })).toEqual(['d'])
    })
  })

  describe('favouriteSet', () => {
    test('keeps favourites of each user, and forgets them with the DAG or the user', async () => {
      const s = subject()
      const user = (username: string) =>
        s.store.userCreate({ username, role: 'Viewer', password_hash: null, created_at: AT, last_login_at: null })
      await Promise.all([user('fan'), user('other_fan')])
      for (const id of ['fav_1', 'fav_2', 'fav_3']) await s.dag(id)
      const all = { dag_ids: ['fav_1', 'fav_2', 'fav_3'] }
      for (const dag_id of ['fav_1', 'fav_2', 'fav_2']) await s.store.favouriteSet({ username: 'fan', dag_id, is_favourite: true })
      await s.store.favouriteSet({ username: 'other_fan', dag_id: 'fav_3', is_favourite: true })
      expect((await s.store.favouriteList({ username: 'fan', ...all })).sort()).toEqual(['fav_1', 'fav_2'])
      const page = { limit: 5, offset: 0, include_stale: false }
      expect((await s.store.dagList({ ...page, favourite_of: 'fan' })).data.map(({ dag_id }) => dag_id)).toEqual(['fav_1', 'fav_2'])
      await s.store.favouriteSet({ username: 'fan', dag_id: 'fav_1', is_favourite: false })
      expect(await s.store.favouriteList({ username: 'fan', ...all })).toEqual(['fav_2'])
      await s.commit({ dags_delete: ['fav_2'] })
      expect(await s.store.favouriteList({ username: 'fan', ...all })).toEqual([])
      expect(await s.store.userDelete({ username: 'other_fan' })).toBe('deleted')
    })
  })
  describe('favouriteList', () => {
    test('is empty for nobody', async () => {
      expect(await subject().store.favouriteList({ username: 'nobody', dag_ids: [] })).toEqual([])
    })
  })

  describe('savedViewPut', () => {
    test('keeps views by page and name, up to a limit', async () => {
      const s = subject()
      await s.store.userCreate({ username: 'viewer', role: 'Viewer', password_hash: null, created_at: AT, last_login_at: null })
      const put = (page: string, name: string, search: string) => s.store.savedViewPut({ username: 'viewer', page, name, search, max: 2 })
      expect([await put('dags', 'b', '1'), await put('dags', 'a', '2'), await put('runs', 'a', '3')]).toEqual([true, true, true])
      expect([await put('dags', 'a', '4'), await put('dags', 'c', '5')]).toEqual([true, false])
      const views = await s.store.savedViewList({ username: 'viewer' })
      expect(views.map(({ page, name, search }) => `${page} ${name} ${search}`)).toEqual(['dags a 4', 'dags b 1', 'runs a 3'])
    })
  })
  describe('savedViewDelete', () => {
    test('tells whether there was one', async () => {
      const gone = { username: 'viewer', page: 'dags', name: 'b' }
      expect(await subject().store.savedViewDelete(gone)).toBe(true)
      expect(await subject().store.savedViewDelete(gone)).toBe(false)
    })
  })
  describe('savedViewList', () => {
    test('is empty for nobody', async () => {
      expect(await subject().store.savedViewList({ username: 'nobody' })).toEqual([])
    })
  })
}
