import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '#db/openStore.ts'
import type { Store } from '#db/store.ts'
import { systemClock as clock } from '#runtime/clock.ts'
import { createConnections, type Connections } from './connections.ts'
import { createVault } from './vault.ts'

let folder: string
let store: Store
let connections: Connections
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vortex-connections-'))
  store = await openStore({ folder })
  connections = createConnections({ store, vault: await createVault({ store, source: key(), clock }), clock })
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})
const key = () => ({ kind: 'file', path: join(folder, 'vault.key'), create: true }) as const
const plain = { conn_type: 'http', description: '', host: 'h', port: null, schema: null, login: null }

describe('what is secret in a connection', () => {
  test('is sealed for its id alone', async () => {
    const record = await connections.create({ conn_id: 'a', values: { ...plain, password: 'hunter22' } })
    expect(connections.open(record).password).toBe('hunter22')
    expect(() => connections.open({ ...record, conn_id: 'b' })).toThrow(/connection "b" does not open with the vault's key. Set it again/)
  })

  test('that does not open any more is replaced as a whole, not in part', async () => {
    const record = await connections.create({ conn_id: 'a', values: { ...plain, password: 'hunter22' } })
    const broken = { ...record, sealed: record.sealed === null ? null : { ...record.sealed, key_id: 'another' } }
    await expect(connections.update({ record: broken, values: { ...plain, password: 'new' } })).rejects.toThrow(/Set it again/)
    const mended = await connections.update({ record: broken, values: { ...plain, password: 'new', extra: null } })
    expect(connections.open(mended)).toMatchObject({ password: 'new', extra: null })
  })

  test('needs a key; a connection without secrets does not', async () => {
    const vault = await createVault({ store: { ...store, settingGet: async () => null }, source: { kind: 'none' }, clock })
    const without = createConnections({ store, vault, clock })
    expect((await without.create({ conn_id: 'plain', values: plain })).sealed).toBeNull()
    await expect(without.create({ conn_id: 'secret', values: { ...plain, password: 'p' } })).rejects.toThrow(/The vault has no key/)
  })
})
