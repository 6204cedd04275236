/** Connections that people keep on the server. */
import { describe, expect, test } from 'vitest'
import { AT } from '#testkit/makeRecords.ts'
import type { ConnectionRecord } from '../records.ts'
import { allPages, type SubjectOf } from './subject.ts'

const sealed = { format: 1, key_id: 'k', wrapped_key: 'w', wrap_nonce: 'n', nonce: 'o', ciphertext: 'c' }

function connection(conn_id: string, more: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    conn_id,
    conn_type: 'postgres',
    description: 'the é warehouse',
    host: 'db.example',
    port: 5432,
    schema: 'sales',
    login: 'etl',
    sealed,
    created_at: AT,
    updated_at: AT,
    ...more,
  }
}

export function connectionsConformance(subject: SubjectOf): void {
  describe('connectionCreate', () => {
    test('stores one, and leaves one that is there as it is', async () => {
      const { store } = subject()
      expect(await store.connectionCreate(connection('create'))).toBe(true)
      expect(await store.connectionCreate(connection('create', { host: 'elsewhere' }))).toBe(false)
      expect(await store.connectionGet({ conn_id: 'create' })).toEqual(connection('create'))
    })
  })

  describe('connectionGet', () => {
    test('answers null for an unknown id, and tells case apart', async () => {
      const { store } = subject()
      await store.connectionPut(connection('get'))
      expect(await store.connectionGet({ conn_id: 'GET' })).toBeNull()
    })
  })

  describe('connectionPut', () => {
    test('stores and replaces, whatever is missing', async () => {
      const { store } = subject()
      const bare = connection('put', { host: null, port: null, schema: null, login: null, sealed: null, updated_at: AT + 1 })
      await store.connectionPut(connection('put'))
      await store.connectionPut(bare)
      expect(await store.connectionGet({ conn_id: 'put' })).toEqual(bare)
    })
  })

  describe('connectionList', () => {
    test('pages by id, and searches in ids and types', async () => {
      const { store } = subject()
      for (const conn_id of ['list_c', 'list_a', 'list_B']) await store.connectionPut(connection(conn_id, { conn_type: 'listed' }))
      const rows = await allPages((cursor) => store.connectionList({ limit: 2, offset: 0, search: 'LIST', cursor }))
      expect(rows.map((row) => row.conn_id)).toEqual(['list_B', 'list_a', 'list_c'])
      expect((await store.connectionList({ limit: 1, offset: 0, search: 'isted' })).total).toBe(3)
      expect((await store.connectionList({ limit: 1, offset: 0, search: 'list_a' })).total).toBe(1)
    })
  })

  describe('connectionDelete', () => {
    test('says whether there was one', async () => {
      const { store } = subject()
      await store.connectionPut(connection('gone'))
      expect([await store.connectionDelete({ conn_id: 'gone' }), await store.connectionDelete({ conn_id: 'gone' })]).toEqual([true, false])
    })
  })
}
