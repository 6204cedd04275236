import { describe, expect, test } from 'vitest'
import type { XComFilter } from '../store.ts'
import { makeXCom } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

export function xcomsConformance(subject: SubjectOf): void {
  describe('xcomGet', () => {
    test('returns the very text that was put, or null', async () => {
      const s = subject()
      const { run } = await s.run('xcom_get', 0)
      const value = '{"b": 1.0, "a":  "\\u0000 \\ud83d\\ude80", "b": 2}'
      await s.commit({ xcoms_put: [makeXCom(run.id, 't', { value })] })
      expect((await s.store.xcomGet(makeXCom(run.id, 't')))?.value).toBe(value)
      expect(await s.store.xcomGet(makeXCom(run.id, 't', { key: 'other' }))).toBeNull()
    })

    test('carries a value of several megabytes', async () => {
      const s = subject()
      const { run } = await s.run('xcom_large', 0)
      const value = JSON.stringify('é"'.repeat(1_500_000))
      await s.commit({ xcoms_put: [makeXCom(run.id, 't', { value, size: Buffer.byteLength(value) })] })
      expect((await s.store.xcomGet(makeXCom(run.id, 't')))?.value === value).toBe(true)
    })
  })

  describe('a commit with XComs', () => {
    test('of a key that is put twice keeps the last value', async () => {
      const s = subject()
      const { run } = await s.run('xcom_twice', 0)
      await s.commit({ xcoms_put: ['1', '2', '3'].map((value) => makeXCom(run.id, 't', { value })) })
      expect((await s.store.xcomGet(makeXCom(run.id, 't')))?.value).toBe('3')
    })

    test('writes values of more than a block beside small ones, all or none', async () => {
      const s = subject()
      const { run } = await s.run('xcom_blocks', 0)
      const large = JSON.stringify('"'.repeat(700_000))
      const xcoms = ['1', large, '2', large, large, '3'].map((value, i) =>
        makeXCom(run.id, 't', { key: `k${i}`, value, size: value.length }),
      )
      const refused = makeXCom(-1, 't')
      expect((await s.try({ xcoms_put: [...xcoms, refused] })).status).toBe('conflict')
      expect((await s.store.xcomList({ dag_run_id: run.id, limit: 10, offset: 0 })).total).toBe(0)
      await s.commit({ xcoms_put: xcoms })
      for (const xcom of xcoms) expect((await s.store.xcomGet(xcom))?.value === xcom.value).toBe(true)
    })
  })

  describe('xcomValues', () => {
    test('returns those that are asked for, by task, map index and key', async () => {
      const s = subject()
      const { run } = await s.run('xcom_values', 0)
      const other = (await s.run('xcom_values_other', 0)).run
      const put = (task_id: string, map_index: number, key = 'return_value') =>
        makeXCom(run.id, task_id, { map_index, key, value: JSON.stringify(`${task_id} ${map_index} ${key}`) })
      await s.commit({
        xcoms_put: [put('b', 10), put('b', 2), put('b', 2, 'k'), put('a', -1), put('c', -1), makeXCom(other.id, 'a', { value: '0' })],
      })
      const found = async (filter: Partial<XComFilter>) => {
        const all = { dag_run_id: run.id, task_ids: null, map_indexes: null, key: null, rows_max: 10, bytes_max: 1_000 }
        const { rows, refused } = await s.store.xcomValues({ ...all, ...filter })
        expect(refused).toBeNull()
        return rows.map(({ value }) => JSON.parse(value) as string)
      }
      expect(await found({})).toEqual(['a -1 return_value', 'b 2 k', 'b 2 return_value', 'b 10 return_value', 'c -1 return_value'])
      expect(await found({ task_ids: ['c', 'b'], key: 'return_value' })).toEqual([
        'b 2 return_value',
        'b 10 return_value',
        'c -1 return_value',
      ])
      expect(await found({ map_indexes: [10, 3] })).toEqual(['b 10 return_value'])
      expect(await found({ map_indexes: [] })).toEqual([])
      expect(await found({ key: 'none' })).toEqual([])
    })

    test('reads none of them if they are too many or together too large, and tells how much there is', async () => {
      const s = subject()
      const { run } = await s.run('xcom_values_large', 0)
      const xcoms = [0, 1, 2].map((map_index) => makeXCom(run.id, 'm', { map_index, value: '"four"', size: 6 }))
      await s.commit({ xcoms_put: xcoms })
      const ask = { dag_run_id: run.id, task_ids: ['m'], map_indexes: null, key: 'return_value' }
      expect((await s.store.xcomValues({ ...ask, rows_max: 3, bytes_max: 18 })).rows).toHaveLength(3)
      for (const [rows_max, bytes_max] of [
        [3, 17],
        [2, 18],
      ] as const)
        expect(await s.store.xcomValues({ ...ask, rows_max, bytes_max })).toEqual({ rows: [], refused: { rows: 3, bytes: 18 } })
      expect((await s.store.xcomValues({ ...ask, map_indexes: [1], rows_max: 1, bytes_max: 6 })).rows).toHaveLength(1)
    })
  })

  describe('xcomAt', () => {
    test('finds the one at a place by map index, counted around, among those of the task and key', async () => {
      const s = subject()
      const { run } = await s.run('xcom_at', 0)
      const put = (map_index: number, key = 'return_value') => makeXCom(run.id, 'm', { map_index, key, size: 10 + map_index, timestamp: 5 })
      await s.commit({ xcoms_put: [put(12), put(3), put(3, 'other'), makeXCom(run.id, 'n', { map_index: 0 })] })
      const at = (index: number, task_id = 'm') => s.store.xcomAt({ dag_run_id: run.id, task_id, key: 'return_value', index })
      expect(await at(0)).toEqual({ rows: 2, map_index: 3, size: 13, timestamp: 5 })
      expect(await at(3)).toEqual({ rows: 2, map_index: 12, size: 22, timestamp: 5 })
      expect(await at(0, 'none')).toBeNull()
    })
  })

  describe('xcomList', () => {
    test('pages by task, map index and key, without values', async () => {
      const s = subject()
      const { run } = await s.run('xcom_list', 0)
      const keys: [string, number, string][] = [
        ['B', -1, 'k'],
        ['a', -1, 'a'],
        ['a', -1, 'b'],
        ['a', 3, 'a'],
        ['a', 12, 'a'],
      ]
      await s.commit({ xcoms_put: [...keys].reverse().map(([task_id, map_index, key]) => makeXCom(run.id, task_id, { map_index, key })) })
      const rows = await allPages((cursor) => s.store.xcomList({ dag_run_id: run.id, limit: 2, offset: 0, cursor }))
      expect(rows.map((row) => [row.task_id, row.map_index, row.key])).toEqual(keys)
      expect(rows[0]).not.toHaveProperty('value')
      expect(await s.store.xcomList({ dag_run_id: run.id, task_id: 'a', map_index: -1, limit: 1, offset: 0 })).toMatchObject({
        total: 2,
        data: [{ key: 'a' }],
      })
    })
  })
}
