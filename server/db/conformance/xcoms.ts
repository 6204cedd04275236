import { describe, expect, test } from 'vitest'
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

  describe('xcomGetAll', () => {
    test('returns all map indexes in order', async () => {
      const s = subject()
      const { run } = await s.run('xcom_all', 0)
      await s.commit({ xcoms_put: [10, 2, 0].map((map_index) => makeXCom(run.id, 'mapped', { map_index, value: String(map_index) })) })
      expect((await s.store.xcomGetAll({ dag_run_id: run.id, task_id: 'mapped', key: 'return_value' })).map((xcom) => xcom.value)).toEqual([
        '0',
        '2',
        '10',
      ])
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
