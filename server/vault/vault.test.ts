import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '#db/openStore.ts'
import type { Store } from '#db/store.ts'
import { systemClock as clock } from '#runtime/clock.ts'
import { keySourceOf, VaultKeyError, type KeySource } from './keySource.ts'
import { Secret } from './secretValue.ts'
import { createVault } from './vault.ts'

let folder: string
let store: Store
let file: KeySource & { kind: 'file' }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vortex-vault-'))
  store = await openStore({ folder })
  file = { kind: 'file', path: join(folder, 'vault.key'), create: true }
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})
const environment = (bytes = randomBytes(32)): KeySource => ({ kind: 'environment', value: bytes.toString('base64') })

describe('the vault', () => {
  it('gives back what was set, over a restart, as values that print as [redacted]', async () => {
    const vault = await createVault({ store, source: file, clock })
    await vault.set({ key: 'db', value: 'canary-1' })
    await vault.set({ key: 'api', value: 'canary-2' })
    await vault.set({ key: 'db', value: 'canary-3' })
    const again = await createVault({ store, source: file, clock })
    const values = await again.resolve(['db', 'api', 'db'])
    expect([...values].map(([name, secret]) => [name, secret.reveal()])).toEqual([
      ['db', 'canary-3'],
      ['api', 'canary-2'],
    ])
    const secret = values.get('db')!
    for (const text of [String(secret), JSON.stringify({ secret }), inspect(values), inspect({ secret }, { showHidden: true, depth: 9 })])
      expect(text).not.toContain('canary')
    expect(secret).toBeInstanceOf(Secret)
    expect((await again.list()).map(({ key }) => key).sort()).toEqual(['api', 'db'])
    expect(JSON.stringify(await again.list())).not.toContain('sealed')
    expect([await again.delete({ key: 'db' }), await again.delete({ key: 'db' })]).toEqual([true, false])
    await expect(again.resolve(['api', 'db'])).rejects.toMatchObject({ code: 'not_found' })
  })
  it('makes a secret only where there is none', async () => {
    const vault = await createVault({ store, source: file, clock })
    expect([await vault.create({ key: 'db', value: '1' }), await vault.create({ key: 'db', value: '2' })]).toEqual([true, false])
    expect((await vault.resolve(['db'])).get('db')?.reveal()).toBe('1')
  })
  it('leaves no plain value in the data folder', async () => {
    const vault = await createVault({ store, source: environment(), clock })
    await vault.set({ key: 'db', value: 'canary-in-the-file' })
    await store.close()
    for (const name of await readdir(folder))
      if ((await stat(join(folder, name))).isFile()) expect((await readFile(join(folder, name))).includes('canary')).toBe(false)
    store = await openStore({ folder })
  })
  it('refuses a wrong key at start and rewrites nothing', async () => {
    const vault = await createVault({ store, source: environment(), clock })
    await vault.set({ key: 'db', value: 'v' })
    const before = [await store.settingGet({ name: 'vault_key_check' }), await store.secretGet({ key: 'db' })]
    await expect(createVault({ store, source: environment(), clock })).rejects.toThrow(/does not fit this database.*Nothing was changed/)
    expect([await store.settingGet({ name: 'vault_key_check' }), await store.secretGet({ key: 'db' })]).toEqual(before)
  })
  it('refuses one of two new keys that come at the same time', async () => {
    const outcomes = await Promise.allSettled([
      createVault({ store, source: environment(), clock }),
      createVault({ store, source: environment(), clock }),
    ])
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected'])
  })
  it('refuses a damaged key check', async () => {
    const source = environment()
    await createVault({ store, source, clock })
    await store.settingPut({ name: 'vault_key_check', value: '{' })
    await expect(createVault({ store, source, clock })).rejects.toThrow(VaultKeyError)
  })
  it('does not open rows that were swapped in the database', async () => {
    const vault = await createVault({ store, source: environment(), clock })
    await vault.set({ key: 'mine', value: 'a' })
    await vault.set({ key: 'theirs', value: 'b' })
    const [mine, theirs] = [(await store.secretGet({ key: 'mine' }))!, (await store.secretGet({ key: 'theirs' }))!]
    await store.secretPut({ ...mine, sealed: theirs.sealed })
    await expect(vault.resolve(['mine'])).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining('does not open') as string,
    })
    expect((await vault.resolve(['theirs'])).get('theirs')?.reveal()).toBe('b')
  })
  it('without a key keeps the rows and says what is missing', async () => {
    const vault = await createVault({ store, source: { kind: 'none' }, clock })
    expect(vault.available).toBe(false)
    await expect(vault.set({ key: 'k', value: 'v' })).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining('VORTEX_KEK_FILE') as string,
    })
    await expect(vault.resolve(['k'])).rejects.toMatchObject({ code: 'vault_unavailable' })
    expect(await vault.list()).toEqual([])
  })
})

describe('the key file', () => {
  it('is made once, for its owner only', async () => {
    await createVault({ store, source: file, clock })
    const made = await readFile(file.path, 'utf8')
    expect((await stat(file.path)).mode & 0o777).toBe(0o600)
    await createVault({ store, source: file, clock })
    expect(await readFile(file.path, 'utf8')).toBe(made)
  })
  it('is not replaced by a new one when it was lost', async () => {
    await createVault({ store, source: file, clock })
    await rm(file.path)
    await expect(createVault({ store, source: file, clock })).rejects.toThrow(/is missing.*Restore/)
    await expect(stat(file.path)).rejects.toThrow(/ENOENT/)
  })
  it('is refused when others may read it', async () => {
    await createVault({ store, source: file, clock })
    await chmod(file.path, 0o640)
    await expect(createVault({ store, source: file, clock })).rejects.toThrow(/chmod 600/)
  })
  it.each(['', 'short', 'not base64 at all, but long enough to be one', randomBytes(33).toString('base64')])(
    'is refused with the content %j',
    async (content) => {
      await writeFile(file.path, content, { mode: 0o600 })
      await expect(createVault({ store, source: file, clock })).rejects.toThrow(/openssl rand -base64 32/)
    },
  )
  it('that somebody names must exist', async () => {
    await expect(createVault({ store, source: { ...file, create: false }, clock })).rejects.toThrow(/does not exist/)
  })
  it('is the default with SQLite only', () => {
    const settings = { kek: null, kekFile: null, dataFolder: '/data', databaseUrl: null }
    expect(keySourceOf(settings)).toEqual({ kind: 'file', path: join('/data', 'vault.key'), create: true })
    expect(keySourceOf({ ...settings, databaseUrl: 'postgres://x' })).toEqual({ kind: 'none' })
    expect(keySourceOf({ ...settings, kekFile: '/etc/kek' })).toEqual({ kind: 'file', path: '/etc/kek', create: false })
    expect(keySourceOf({ ...settings, kekFile: '/etc/kek', kek: 'k' })).toEqual({ kind: 'environment', value: 'k' })
  })
})
