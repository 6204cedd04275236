/** `vortex assets` in a process of its own, against the real API. */
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AssetRef } from '#contract/dagSpec.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { startCli, type CliOptions } from './testing/cliProcess.ts'

const URI = 's3://lake/orders'
const ORDERS: AssetRef = { type: 'asset', name: 'orders', uri: URI, group: 'lake', extra: {} }
let api: TestApi
let env: Record<string, string>
let home: string
const vortex = (args: string[], options: CliOptions = {}) => startCli(['assets', ...args], { ...options, env }).done

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-cli-assets-'))
  api = await startTestApi({ options: { allowed_hosts: ['127.0.0.1'] } })
  const make = makeDagSpec('make')
  await api.saveDag({ ...make, tasks: make.tasks.slice(0, 1).map((task) => ({ ...task, task_id: 'load', outlets: [ORDERS] })), edges: [] })
  await api.saveDag({ ...makeDagSpec('use'), timetable: { type: 'null' }, asset_condition: [{ step: 'asset', asset: ORDERS }] })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`
  env = { HOME: home, VORTEX_HOME: home, VORTEX_SERVER_URL: url, VORTEX_API_KEY: api.keys.otto }
})
afterAll(async () => {
  await api.close()
  await rm(home, { recursive: true, force: true })
})

test('assets are listed and shown, an update is recorded and read back', { timeout: 60_000 }, async () => {
  expect((await vortex(['list', '--search', 'lake'])).stdout).toMatch(/orders +s3:\/\/lake\/orders +lake .*1 +1/)
  const shown = (await vortex(['show', URI])).stdout
  expect(shown).toContain('updated by load of make\n')
  expect(shown).toContain('awaited by use: orders')
  const updated = await vortex(['update', URI, '--extra', '-'], { input: '{"rows": 3}' })
  expect(updated).toMatchObject({ code: 0, stdout: 'The update of orders is recorded.\n' })
  const events = JSON.parse((await vortex(['events', URI, '--json'])).stdout) as unknown[]
  expect(events).toMatchObject([{ uri: URI, extra: { rows: 3 }, created_by: 'otto' }])
  expect((await vortex(['events', URI])).stdout).toContain('{"rows":3}')
})

test('what is wrong is told with how to mend it', { timeout: 60_000 }, async () => {
  const extra = await vortex(['update', URI, '--extra', '[1]'])
  expect([extra.code, extra.stderr]).toEqual([2, expect.stringContaining('The extra must be a JSON object')])
  const unknown = await vortex(['show', 's3://nothing'])
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('There is no asset "s3://nothing"')])
})
