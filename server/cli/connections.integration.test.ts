/** `vortex connections` in a process of its own, against the real API. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { startCli, type CliOptions } from './testing/cliProcess.ts'

let api: TestApi
let env: Record<string, string>
let home: string
const vortex = (args: string[], options: CliOptions = {}) => startCli(['connections', ...args], { ...options, env }).done
const stored = (conn_id: string) => api.services.connections.find(conn_id)

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-cli-connections-'))
  api = await startTestApi({ options: { allowed_hosts: ['127.0.0.1'] } })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`
  env = { HOME: home, VORTEX_HOME: home, VORTEX_SERVER_URL: url, VORTEX_API_KEY: api.keys.ada }
})
afterAll(async () => {
  await api.close()
  await rm(home, { recursive: true, force: true })
})

test('a connection is added from a pipe, shown without its secrets, replaced and deleted', { timeout: 60_000 }, async () => {
  const uri = 'postgres://etl:hunter22@db.example:5432/sales?sslmode=require'
  expect((await vortex(['add', 'warehouse', '--description', 'sales'], { input: `${uri}\n` })).stdout).toBe('warehouse was added.\n')
  expect(await stored('warehouse')).toMatchObject({ password: 'hunter22', host: 'db.example', description: 'sales' })
  const shown = [
    await vortex(['get', 'warehouse']),
    await vortex(['get', 'warehouse', '--json']),
    await vortex(['list']),
    await vortex(['export']),
  ]
  expect(shown.map(({ code }) => code)).toEqual([0, 0, 0, 0])
  expect(shown[0]?.stdout).toContain('password    ***\n')
  expect(shown[2]?.stdout).toMatch(/warehouse +postgres/)
  for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toContain('hunter22')
  expect((await vortex(['add', 'warehouse', '--keep'], { input: 'http://h\n' })).code).toBe(1)
  const json = join(home, 'warehouse.json')
  await writeFile(json, '{"conn_type": "http", "host": "h"}')
  expect((await vortex(['add', 'warehouse', '--file', json])).stdout).toBe('warehouse was replaced.\n')
  expect(await stored('warehouse')).toMatchObject({ conn_type: 'http', password: null, extra: null })
  expect((await vortex(['add', 'warehouse', uri])).code, 'a URI is refused as an argument').toBe(2)
  expect((await vortex(['delete', 'warehouse'])).code).toBe(2)
  expect((await vortex(['delete', 'warehouse', '--yes'])).code).toBe(0)
  expect(await vortex(['list'])).toMatchObject({ code: 0, stdout: '', stderr: 'No connections.\n' })
})

test('the files of an Airflow go in; an export and its import keep what is secret', { timeout: 60_000 }, async () => {
  const json = join(home, 'connections.json')
  await writeFile(
    json,
    JSON.stringify({ a: { conn_type: 'aws', login: 'AK', password: 'hunter22', extra: '{"api_token": "t0ken"}' }, b: 'http://h' }),
  )
  expect((await vortex(['import', json, '--dry-run'])).stdout).toBe('Would be added: a, b\n')
  expect((await vortex(['import', json])).stdout).toBe('added: a, b\n')
  const exported = await vortex(['export'])
  expect(exported.stderr).toContain('1 of 2 have a password or other secrets')
  expect((await vortex(['import', '-'], { input: exported.stdout })).stdout).toBe('replaced: a, b\n')
  expect(await stored('a')).toMatchObject({ login: 'AK', password: 'hunter22', extra: '{"api_token":"t0ken"}' })
  expect((await vortex(['import', '-'], { input: '# lines\nc=ssh://u@h:22\nd={"conn_type": "fs"}\n' })).stdout).toBe('added: c, d\n')
  const broken = await vortex(['import', '-'], { input: 'e: hunter22\n' })
  expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('Line 1 of the file is not ID=URI')])
  expect(broken.stderr).not.toContain('hunter22')
})
