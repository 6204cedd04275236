import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionStore, LOCAL } from './connectionStore.ts'
import type { Keychain } from './keychain.ts'

const KEY = 'vx_a-real-key'
const DRAFT = {
  id: null,
  name: 'Warehouse EU',
  url: 'https://vortex.example:3000/',
  color: 'red',
  environment: 'production',
  safe_mode: 'ask',
} as const
const keychain: Keychain = {
  problem: async () => null,
  encrypt: async (text) => Buffer.from(`sealed ${text}`).toString('hex'),
  decrypt: async (text) => {
    const opened = Buffer.from(text, 'hex').toString()
    if (!opened.startsWith('sealed ')) throw new Error('not ours')
    return opened.slice(7)
  },
}
const noKeychain: Keychain = { ...keychain, problem: async () => 'there is none' }

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vortex-connections-'))
  path = join(folder, 'connections.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('connections', () => {
  it('begin with this computer, which cannot be changed or removed', async () => {
    const store = new ConnectionStore({ path, keychain })
    expect(store.list()).toMatchObject([{ id: LOCAL, url: null, key: 'not_needed' }])
    expect(() => {
      store.remove(LOCAL)
    }).toThrow('cannot be removed')
    await expect(store.save({ ...DRAFT, id: LOCAL, api_key: null })).rejects.toThrow('no address to change')
  })

  it('keep a key by the keychain, over a restart', async () => {
    const { id, url, key } = await new ConnectionStore({ path, keychain }).save({ ...DRAFT, api_key: KEY })
    expect({ url, key }).toEqual({ url: 'https://vortex.example:3000', key: 'kept' })
    expect(readFileSync(path, 'utf8')).not.toContain(KEY)
    expect(await new ConnectionStore({ path, keychain }).key(id)).toBe(KEY)
  })

  it('write no key where there is no keychain', async () => {
    const store = new ConnectionStore({ path, keychain: noKeychain })
    const { id, key } = await store.save({ ...DRAFT, api_key: KEY })
    expect(key).toBe('entered')
    expect(await store.key(id)).toBe(KEY)
    expect(readFileSync(path, 'utf8')).not.toContain(KEY)
    const again = new ConnectionStore({ path, keychain: noKeychain })
    expect(again.get(id)?.key).toBe('missing')
    expect(await again.key(id)).toBeNull()
  })

  it('send a key to no other address than the one it was given for', async () => {
    const store = new ConnectionStore({ path, keychain })
    const { id } = await store.save({ ...DRAFT, api_key: KEY })
    await store.save({ ...DRAFT, id, name: 'Renamed', api_key: null })
    expect(await store.key(id)).toBe(KEY)
    await store.save({ ...DRAFT, id, url: 'https://elsewhere.example', api_key: null })
    expect(await store.key(id)).toBeNull()
  })

  it('forget a refused key, but never the one that was entered after it', async () => {
    const store = new ConnectionStore({ path, keychain })
    const { id } = await store.save({ ...DRAFT, api_key: KEY })
    await store.enterKey(id, 'vx_newer')
    expect(store.dropKey(id, KEY)).toBe(false)
    expect(await store.key(id)).toBe('vx_newer')
    expect([store.dropKey(id, 'vx_newer'), store.dropKey(id, 'vx_newer')]).toEqual([true, false])
    expect(store.get(id)?.key).toBe('missing')
    expect(await new ConnectionStore({ path, keychain }).key(id)).toBeNull()
  })

  it('keep what is told and what may be changed, and take a file of before that', async () => {
    const store = new ConnectionStore({ path, keychain })
    const { id } = await store.save({ ...DRAFT, api_key: null })
    store.setNotifies(id, false)
    await store.save({ ...DRAFT, id, safe_mode: 'refuse', api_key: null })
    expect(new ConnectionStore({ path, keychain }).get(id)).toMatchObject({ safe_mode: 'refuse', notifies: false })
    const older = readFileSync(path, 'utf8').replace(/,\s*"safe_mode": "\w+",\s*"notifies": \w+/g, '')
    expect(older).not.toContain('notifies')
    await writeFile(path, older)
    expect(new ConnectionStore({ path, keychain }).get(id)).toMatchObject({ name: DRAFT.name, safe_mode: 'allow', notifies: true })
  })

  it('ask again for a key that the keychain cannot open', async () => {
    const { id } = await new ConnectionStore({ path, keychain }).save({ ...DRAFT, api_key: KEY })
    await writeFile(path, readFileSync(path, 'utf8').replace(/"encrypted_key": "[0-9a-f]+"/, '"encrypted_key": "00"'))
    expect(await new ConnectionStore({ path, keychain }).key(id)).toBeNull()
  })

  it('are found by id and by name, and survive a file that is torn', async () => {
    const store = new ConnectionStore({ path, keychain })
    const { id } = await store.save({ ...DRAFT, api_key: null })
    expect([store.named(id)?.id, store.named('warehouse-eu')?.id, store.named('nowhere')]).toEqual([id, id, null])
    await writeFile(path, '{"connections": [')
    expect(new ConnectionStore({ path, keychain }).list().map((one) => one.id)).toEqual([LOCAL])
  })

  it('refuse what is no address', async () => {
    const store = new ConnectionStore({ path, keychain })
    for (const url of ['vortex.example', 'ftp://vortex.example', 'https://me:secret@vortex.example', 'https://vortex.example/?x=1'])
      await expect(store.save({ ...DRAFT, url, api_key: null })).rejects.toThrow(/address/)
  })
})
