/** Where the command line looks for a server when nobody tells it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ADDRESS_FILE } from '#contract/supervision.ts'
import { DEFAULT_SERVER, serverUrl } from './connection.ts'

const home = mkdtempSync(join(tmpdir(), 'vortex-address-'))
afterAll(() => {
  rmSync(home, { recursive: true })
})
const runs = (url: unknown) => {
  writeFileSync(join(home, ADDRESS_FILE), JSON.stringify({ url, pid: 1 }))
}

test('the one that runs on the data folder, on this machine only', () => {
  expect(serverUrl({ VORTEX_HOME: home })).toBe(DEFAULT_SERVER)
  runs('http://127.0.0.1:4711')
  expect(serverUrl({ VORTEX_HOME: home })).toBe('http://127.0.0.1:4711')
  expect(serverUrl({ VORTEX_HOME: home, VORTEX_SERVER_URL: 'http://other:1' })).toBe('http://other:1')
  for (const wrong of ['http://vortex.example:3000', 'no address', 7, null]) {
    runs(wrong)
    expect(serverUrl({ VORTEX_HOME: home })).toBe(DEFAULT_SERVER)
  }
  writeFileSync(join(home, ADDRESS_FILE), '{"url": "http://127')
  expect(serverUrl({ VORTEX_HOME: home })).toBe(DEFAULT_SERVER)
})
