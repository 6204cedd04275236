import { describe, expect, test } from 'vitest'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { makeRun } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

export function dagsConformance(subject: SubjectOf): void {
  describe('dagList', () => {
    test('pages by DAG id, byte by byte, by cursor and by offset alike', async () => {
      const s = subject()
      const ids = ['page_A', 'page_B', 'page_a', 'page_é', 'page_b', 'page_c-1', 'page_c_1']
      for (const id of ids) await s.dag(id)
      const filter = { search: 'page_', include_stale: false }
      const sorted = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      const byCursor = await allPages((cursor) => s.store.dagList({ ...filter, limit: 2, offset: 0, cursor }))
      expect(byCursor.map((dag) => dag.dag_id)).toEqual(sorted)
      const second = await s.store.dagList({ ...filter, limit: 3, offset: 3 })
      expect(second.data.map((dag) => dag.dag_id)).toEqual(sorted.slice(3, 6))
      expect(second.total).toBe(ids.length)
      expect((await s.store.dagList({ ...filter, limit: 7, offset: 0 })).next_cursor).toBeNull()
    })

    test('finds by search without case, where % and _ are plain characters', async () => {
      const s = subject()
      await s.dag('find_Me')
      await s.dag('findXMe', { dag_display_name: '100 % sure' })
      const found = async (search: string): Promise<string[]> =>
        (await s.store.dagList({ search, include_stale: false, limit: 50, offset: 0 })).data.map((dag) => dag.dag_id)
      expect(await found('FIND_m')).toEqual(['find_Me'])
      expect(await found('0 %')).toEqual(['findXMe'])
      expect(await found('0%')).toEqual([])
    })

    test('filters by tag, owner, paused, state of the newest run, and leaves out stale ones', async () => {
      const s = subject()
      const first = await s.dag('filter_1', { tags: ['alpha', "it's"], owner: 'ann', is_paused_upon_creation: false })
      await s.dag('filter_2', { tags: ['alphabet'], owner: 'bob' })
      await s.dag('filter_3', { tags: ['alpha'] })
      await s.store.dagFileDelete({ file: 'filter_3.py', now: 1 })
      await s.commit({
        dag_runs_insert: [
          makeRun(s.id(), 'filter_1', first, { state: 'failed' }),
          makeRun(s.id(), 'filter_1', first, { state: 'success' }),
        ],
      })
      const found = async (filter: object, include_stale = false): Promise<string[]> =>
        (await s.store.dagList({ search: 'filter_', include_stale, ...filter, limit: 50, offset: 0 })).data.map((dag) => dag.dag_id)
      expect(await found({ tags: ['alpha'] })).toEqual(['filter_1'])
      expect(await found({ tags: ['alpha'] }, true)).toEqual(['filter_1', 'filter_3'])
      expect(await found({ tags: ["it's", 'alpha'] })).toEqual(['filter_1'])
      expect(await found({ tags: ['alphabet', 'alpha'] })).toEqual([])
      expect(await found({ owner: 'bob' })).toEqual(['filter_2'])
      expect(await found({ paused: true })).toEqual(['filter_2'])
      expect(await found({ last_run_state: 'success' })).toEqual(['filter_1'])
      expect(await found({ last_run_state: 'failed' })).toEqual([])
    })

    test('refuses a cursor that it did not make', async () => {
      await expect(subject().store.dagList({ include_stale: false, limit: 5, offset: 0, cursor: 'nonsense' })).rejects.toMatchObject({
        name: 'InvalidCursor',
      })
      const other = Buffer.from('[5]').toString('base64url')
      await expect(subject().store.dagList({ include_stale: false, limit: 5, offset: 0, cursor: other })).rejects.toMatchObject({
        name: 'InvalidCursor',
      })
    })
  })

  describe('dagGet', () => {
    test('answers null for an unknown DAG', async () => {
      expect(await subject().store.dagGet({ dag_id: "no such' DAG" })).toBeNull()
    })
  })

  describe('dagVersionList', () => {
    test('lists versions newest first, without their specs', async () => {
      const s = subject()
      await s.dag('version_list')
      for (const description of ['b', 'c']) await s.saveFile('version_list.py', [makeDagSpec('version_list', { description })])
      const rows = await allPages((cursor) => s.store.dagVersionList({ dag_id: 'version_list', limit: 2, offset: 0, cursor }))
      expect(rows.map((row) => row.version)).toEqual([3, 2, 1])
      expect(rows[0]).not.toHaveProperty('spec')
      expect((await s.store.dagVersionList({ dag_id: 'version_list', limit: 1, offset: 0 })).total).toBe(3)
    })
  })

  describe('dagVersionGet', () => {
    test('returns the version with its spec, or null', async () => {
      const s = subject()
      const id = await s.dag('version_get')
      expect(await s.store.dagVersionGet({ id })).toMatchObject({ id, version: 1, spec: makeDagSpec('version_get') })
      expect(await s.store.dagVersionGet({ id: 999_999 })).toBeNull()
    })
  })

  describe('dagVersionByNumber', () => {
    test('returns the version with its spec, or null', async () => {
      const s = subject()
      const id = await s.dag('version_number')
      expect(await s.store.dagVersionByNumber({ dag_id: 'version_number', version: 1 })).toMatchObject({ id })
      expect(await s.store.dagVersionByNumber({ dag_id: 'version_number', version: 2 })).toBeNull()
    })
  })

  describe('dagVersionsByIds', () => {
    test('gives the numbers of versions', async () => {
      const s = subject()
      const id = await s.dag('version_ids')
      expect(await s.store.dagVersionsByIds({ ids: [id, 999_999, id] })).toEqual([{ id, version: 1 }])
      expect(await s.store.dagVersionsByIds({ ids: [] })).toEqual([])
    })
  })
}
