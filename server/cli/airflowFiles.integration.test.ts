/** The files of `airflow variables export` and `airflow pools export` go in as they are, and come out the same. */
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
const vortex = (args: string[], options: CliOptions = {}) => startCli(args, { ...options, env }).done

/** As Airflow 2.10 and 3 write them: values that are JSON are JSON, those with a description are objects. */
const VARIABLES = {
  api_password: 'hunter2hunter2',
  described: { description: 'what it is for', value: 'v' },
  number: 42,
  region: 'eu',
  settings: { size: 3, names: ['a', 'b'] },
}
const POOLS = {
  default_pool: { slots: 128, description: 'Default pool', include_deferred: false },
  deferring: { slots: 2, description: 'd', include_deferred: true },
  warehouse: { slots: 4, description: 'queries at once', include_deferred: false },
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-cli-files-'))
  api = await startTestApi({ options: { allowed_hosts: ['127.0.0.1'] } })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`
  env = { HOME: home, VORTEX_HOME: home, VORTEX_SERVER_URL: url, VORTEX_API_KEY: api.keys.ada }
})
afterAll(async () => {
  await api.close()
  await rm(home, { recursive: true, force: true })
})

test('Variables', async () => {
  const file = join(home, 'variables.json')
  await writeFile(file, JSON.stringify(VARIABLES))
  const keys = Object.keys(VARIABLES).join(', ')
  expect((await vortex(['variables', 'import', file, '--dry-run'])).stdout).toBe(`Would be set: ${keys}\n`)
  expect((await vortex(['variables', 'import', file])).stdout).toBe(`set: ${keys}\n`)
  const exported = await vortex(['variables', 'export'])
  expect(exported.stderr).toBe('1 of 5 are sensitive by their name, and left out.\n')
  expect(JSON.parse(exported.stdout)).toEqual({
    described: { description: 'what it is for', value: 'v' },
    number: '42',
    region: 'eu',
    settings: '{"size":3,"names":["a","b"]}',
  })
  expect((await vortex(['variables', 'import', '-', '--on-existing', 'skip'], { input: exported.stdout })).stdout).toMatch(/^left alone: /)
  expect((await vortex(['variables', 'import', file, '--on-existing', 'fail'])).code).toBe(1)
  const broken = await vortex(['variables', 'import', '-'], { input: 'password: hunter2hunter2' })
  expect([broken.code, broken.stderr]).toEqual([2, 'Error: Standard input must hold a JSON object.\n'])
})

test('more Variables than one request takes', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 1_005 }, (_, index) => [`many_${index}`, index === 1_004 ? 'x'.repeat(600_000) : index]),
  )
  const { code, stdout } = await vortex(['variables', 'import', '-', '--json'], { input: JSON.stringify(many) })
  expect(code).toBe(0)
  expect((JSON.parse(stdout) as { created: string[] }).created).toEqual(Object.keys(many))
})

test('pools', async () => {
  expect((await vortex(['pools', 'import', '-'], { input: JSON.stringify(POOLS) })).stdout).toBe(
    'Set: default_pool, deferring, warehouse\n',
  )
  expect(JSON.parse((await vortex(['pools', 'export'])).stdout)).toEqual(POOLS)
  const broken = await vortex(['pools', 'import', '-'], { input: '{"a": {"slots": 1}, "b": {"slots": "many"}}' })
  expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('The pool b has no "slots"')])
  expect(JSON.parse((await vortex(['pools', 'export'])).stdout)).toEqual(POOLS)
})
