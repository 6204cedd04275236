/** Pools, variables, secrets, settings and workers: small tables that people keep. */
import { describe, expect, test } from 'vitest'
import { AT } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

export function settingsConformance(subject: SubjectOf): void {
  pools(subject)
  variables(subject)
  secrets(subject)
  workers(subject)
}

function pools(subject: SubjectOf): void {
  describe('poolList', () => {
    test('has the default pool with 128 slots from the start', async () => {
      expect((await subject().store.poolList()).find((pool) => pool.name === 'default_pool')).toMatchObject({
        slots: 128,
        include_deferred: false,
      })
    })
  })

  describe('poolPut', () => {
    test('makes a pool and changes it', async () => {
      const { store } = subject()
      await store.poolPut({ name: 'pool_put', slots: -1, description: 'd', include_deferred: true })
      await store.poolPut({ name: 'pool_put', slots: 5, description: 'e', include_deferred: false })
      expect((await store.poolList()).filter((pool) => pool.name === 'pool_put')).toEqual([
        { name: 'pool_put', slots: 5, description: 'e', include_deferred: false },
      ])
    })
  })

  describe('poolDelete', () => {
    test('deletes a pool, but never the default one', async () => {
      const { store } = subject()
      await store.poolPut({ name: 'pool_delete', slots: 1, description: '', include_deferred: false })
      expect(await store.poolDelete({ name: 'pool_delete' })).toBe(true)
      expect(await store.poolDelete({ name: 'pool_delete' })).toBe(false)
      expect(await store.poolDelete({ name: 'default_pool' })).toBe(false)
    })
  })
}

function variables(subject: SubjectOf): void {
  describe('variableList', () => {
    test('pages by key and searches in it', async () => {
      const { store } = subject()
      for (const key of ['list_c', 'list_a', 'list_B']) await store.variablePut({ key, value: key, description: '', updated_at: AT })
      const rows = await allPages((cursor) => store.variableList({ limit: 2, offset: 0, search: 'LIST_', cursor }))
      expect(rows.map((row) => row.key)).toEqual(['list_B', 'list_a', 'list_c'])
      expect((await store.variableList({ limit: 1, offset: 0, search: 'list_a' })).total).toBe(1)
    })
  })

  describe('variableGet', () => {
    test('answers null for an unknown key', async () => {
      expect(await subject().store.variableGet({ key: 'unknown' })).toBeNull()
    })
  })

  describe('variableCreate', () => {
    test('leaves one that is there as it is', async () => {
      const { store } = subject()
      const first = { key: 'made', value: '1', description: '', updated_at: AT }
      expect([await store.variableCreate(first), await store.variableCreate({ ...first, value: '2' })]).toEqual([true, false])
      expect(await store.variableGet({ key: 'made' })).toEqual(first)
    })
  })

  describe('variablePut', () => {
    test('stores and replaces a value', async () => {
      const { store } = subject()
      await store.variablePut({ key: 'put', value: 'é \u{1F680}', description: 'd', updated_at: AT })
      await store.variablePut({ key: 'put', value: '2', description: 'e', updated_at: AT + 1 })
      expect(await store.variableGet({ key: 'put' })).toEqual({ key: 'put', value: '2', description: 'e', updated_at: AT + 1 })
    })
  })

  describe('variableDelete', () => {
    test('says whether there was one', async () => {
      const { store } = subject()
      await store.variablePut({ key: 'gone', value: '', description: '', updated_at: AT })
      expect([await store.variableDelete({ key: 'gone' }), await store.variableDelete({ key: 'gone' })]).toEqual([true, false])
    })
  })
}

function secrets(subject: SubjectOf): void {
  const sealed = { format: 1, key_id: 'k', wrapped_key: 'w', wrap_nonce: 'n', nonce: 'o', ciphertext: 'c' }

  describe('secretCreate', () => {
    test('leaves one that is there as it is', async () => {
      const { store } = subject()
      const first = { key: 's_made', sealed, created_at: AT, updated_at: AT }
      expect([await store.secretCreate(first), await store.secretCreate({ ...first, updated_at: AT + 1 })]).toEqual([true, false])
      expect(await store.secretGet({ key: 's_made' })).toEqual(first)
      await store.secretDelete({ key: 's_made' })
    })
  })

  describe('secretPut', () => {
    test('stores and replaces a sealed secret', async () => {
      const { store } = subject()
      await store.secretPut({ key: 'secret', sealed, created_at: AT, updated_at: AT })
      await store.secretPut({ key: 'secret', sealed: { ...sealed, nonce: 'p' }, created_at: AT, updated_at: AT + 1 })
      expect(await store.secretGet({ key: 'secret' })).toEqual({
        key: 'secret',
        sealed: { ...sealed, nonce: 'p' },
        created_at: AT,
        updated_at: AT + 1,
      })
    })
  })

  describe('secretGet', () => {
    test('answers null for an unknown key', async () => {
      expect(await subject().store.secretGet({ key: 'unknown' })).toBeNull()
    })
  })

  describe('secretList', () => {
    test('lists by key', async () => {
      const { store } = subject()
      for (const key of ['s_b', 's_a']) await store.secretPut({ key, sealed, created_at: AT, updated_at: AT })
      expect((await store.secretList()).map((secret) => secret.key).filter((key) => key.startsWith('s_'))).toEqual(['s_a', 's_b'])
    })
  })

  describe('secretDelete', () => {
    test('says whether there was one', async () => {
      const { store } = subject()
      await store.secretPut({ key: 'gone', sealed, created_at: AT, updated_at: AT })
      expect([await store.secretDelete({ key: 'gone' }), await store.secretDelete({ key: 'gone' })]).toEqual([true, false])
    })
  })

  describe('settingGet', () => {
    test('answers null for an unknown name', async () => {
      expect(await subject().store.settingGet({ name: 'unknown' })).toBeNull()
    })
  })

  describe('settingInit', () => {
    test('gives all starters the same value', async () => {
      const { store } = subject()
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map((value) => store.settingInit({ name: 'init', value })))
      expect(new Set(answers).size).toBe(1)
      expect(await store.settingGet({ name: 'init' })).toBe(answers[0])
    })
  })

  describe('settingPut', () => {
    test('replaces a value', async () => {
      const { store } = subject()
      await store.settingPut({ name: 'put', value: '1' })
      await store.settingPut({ name: 'put', value: '2' })
      expect(await store.settingGet({ name: 'put' })).toBe('2')
    })
  })
}

function workers(subject: SubjectOf): void {
  const worker = {
    worker_id: 'worker-1',
    hostname: 'h',
    status: 'active' as const,
    capacity: 4,
    queues: ['default', 'gpu'],
    labels: ['a=b'],
    version: '0.1.0',
    last_heartbeat: AT,
    connected_at: AT,
  }

  describe('workerPut', () => {
    test('stores a worker and its changes', async () => {
      const { store } = subject()
      await store.workerPut(worker)
      await store.workerPut({ ...worker, status: 'draining', last_heartbeat: AT + 5 })
      expect((await store.workerList()).filter((row) => row.worker_id === 'worker-1')).toEqual([
        { ...worker, status: 'draining', last_heartbeat: AT + 5 },
      ])
    })
  })

  describe('workerList', () => {
    test('lists by id', async () => {
      const { store } = subject()
      for (const worker_id of ['list-b', 'list-a']) await store.workerPut({ ...worker, worker_id })
      expect((await store.workerList()).map((row) => row.worker_id).filter((id) => id.startsWith('list'))).toEqual(['list-a', 'list-b'])
    })
  })

  describe('workerDelete', () => {
    test('says whether there was one', async () => {
      const { store } = subject()
      await store.workerPut({ ...worker, worker_id: 'gone' })
      expect([await store.workerDelete({ worker_id: 'gone' }), await store.workerDelete({ worker_id: 'gone' })]).toEqual([true, false])
    })
  })
}
