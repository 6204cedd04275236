/** Plugins in a real server with a real worker: a changed plugin, a killed task, a broken plugin, and HTTP from YAML. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type Client } from '#contract/client.ts'
import { startServer, type RunningServer } from '../server/index.ts'
import { testPython } from '../scripts/python.ts'

const TOOL = (version: string): string => `
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { definePlugin, operator } from 'vortex/plugin'
export const plugin = definePlugin({
  api: 1,
  name: 'tool',
  operators: {
    ToolOperator: operator({
      description: 'Waits for a file, and says which version of it ran.',
      config: { type: 'object', properties: { started: { type: 'string' }, until: { type: 'string' }, exits: { type: 'boolean' } }, additionalProperties: false },
      async execute(config, context) {
        if (config.exits) process.exit(7)
        if (config.started !== undefined) writeFileSync(config.started, String(process.pid))
        while (config.until !== undefined && !existsSync(config.until)) await sleep(20, undefined, { signal: context.signal })
        return '${version}'
      },
    }),
  },
})
`
const DAG = (folder: string): string => `
from vortex import DAG
from vortex.operators import ToolOperator
with DAG("tool", schedule=None):
    first = ToolOperator(task_id="first", started="${folder}/started", until="${folder}/go on")
    first >> ToolOperator(task_id="second")
with DAG("killed", schedule=None):
    ToolOperator(task_id="waits", started="${folder}/pid", until="${folder}/never")
with DAG("exits", schedule=None):
    ToolOperator(task_id="t", exits=True)
`
const YAML = `
dags:
  web:
    schedule: null
    tasks:
      ask: {operator: http, http_conn_id: shop, endpoint: /orders, data: {day: "{{ params.day }}"}, response_as: json}
      wait: {operator: http_sensor, http_conn_id: shop, endpoint: /job, condition: {path: state, equals: done}, poke_interval: 0.1, dependencies: [ask]}
    params: {day: "2026-11-24"}
`

let folder: string
let server: RunningServer
let api: Client
let shop: Server
const seen: { authorization: string | undefined; body: string }[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vortex-plugins-test-'))
  await mkdir(join(folder, 'dags/plugins'), { recursive: true })
  await writePlugin('tool.ts', TOOL('one'))
  await writeFile(join(folder, 'dags/tool.py'), DAG(folder))
  await writeFile(join(folder, 'dags/web.yaml'), YAML)
  let pokes = 0
  shop = createServer((request, response) => {
    if (request.url === '/job') return void response.end(JSON.stringify({ state: (pokes += 1) < 3 ? 'running' : 'done' }))
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ authorization: request.headers.authorization, body })
      response.end(JSON.stringify({ orders: [1, 2] }))
    })
  })
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  server = await startServer(
    {
      dataFolder: join(folder, 'home'),
      dagsFolder: join(folder, 'dags'),
      port: 0,
      pausedDefault: false,
      workerCapacity: 4,
      python: testPython(),
    },
    { log_level: 'error' },
  )
  api = createClient({ base: server.url, fetch, headers: () => ({ authorization: `Bearer ${server.api_key}` }) })
  const port = (shop.address() as AddressInfo).port
  await api.createConnection({
    body: { conn_id: 'shop', conn_type: 'http', host: '127.0.0.1', port, login: 'me', password: 'a secret word' },
  })
  await server.dagsReady
})
afterAll(async () => {
  await server.stop()
  shop.close()
  await rm(folder, { recursive: true, force: true })
})

async function writePlugin(name: string, text: string): Promise<void> {
  await writeFile(join(folder, 'dags/plugins', name), text, { mode: 0o644 })
}

async function trigger(dag_id: string): Promise<string> {
  return (await api.triggerDag({ params: { dag_id }, body: {} })).run_id
}

async function ended(dag_id: string, run_id: string): Promise<string> {
  const state = async (): Promise<string> => (await api.getRun({ params: { dag_id, run_id } })).state
  await expect.poll(state, { timeout: 60_000 }).toMatch(/success|failed/)
  return await state()
}

async function result(dag_id: string, run_id: string, task_id: string): Promise<unknown> {
  return (await api.getXcom({ params: { dag_id, run_id, task_id, key: 'return_value' }, query: {} })).value
}

test('a run keeps the plugin that it began with; the next one has the changed plugin', async () => {
  const newest = async (): Promise<number> => (await api.getDag({ params: { dag_id: 'tool' } })).version ?? 0
  const before = await newest()
  const run_id = await trigger('tool')
  await expect.poll(() => existsSync(join(folder, 'started')), { timeout: 60_000 }).toBe(true)
  await writePlugin('tool.ts', TOOL('two'))
  await expect.poll(newest, { timeout: 60_000 }).toBe(before + 1)
  await writeFile(join(folder, 'go on'), '')
  expect(await ended('tool', run_id)).toBe('success')
  expect([await result('tool', run_id, 'first'), await result('tool', run_id, 'second')]).toEqual(['one', 'one'])
  const next = await trigger('tool')
  expect(await ended('tool', next)).toBe('success')
  expect(await result('tool', next, 'second')).toBe('two')
})

test('a cancelled run leaves no process of a plugin behind', async () => {
  const run_id = await trigger('killed')
  const path = join(folder, 'pid')
  await expect.poll(() => existsSync(path), { timeout: 60_000 }).toBe(true)
  await expect.poll(() => readFile(path, 'utf8')).not.toBe('')
  const pid = Number(await readFile(path, 'utf8'))
  await api.cancelRun({ params: { dag_id: 'killed', run_id } })
  expect(await ended('killed', run_id)).toBe('failed')
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 60_000 }).toBe(false)
})

test('a plugin that ends its process fails its task, and the task says why', async () => {
  const run_id = await trigger('exits')
  expect(await ended('exits', run_id)).toBe('failed')
  const [task] = (await api.listTaskInstances({ params: { dag_id: 'exits', run_id }, query: {} })).data
  expect(task?.state_reason).toContain('ToolOperator of the plugin tool: its process ended with exit code 7 before it was done')
})

test('HTTP from YAML: the connection signs in, and its secrets are in no log', async () => {
  const run_id = await trigger('web')
  expect(await ended('web', run_id)).toBe('success')
  const authorization = `Basic ${Buffer.from('me:a secret word').toString('base64')}`
  expect(seen).toEqual([{ authorization, body: '{"day":"2026-11-24"}' }])
  expect(await result('web', run_id, 'ask')).toEqual({ orders: [1, 2] })
  expect(await result('web', run_id, 'wait')).toBe('done')
  const log = (await api.getLog({ params: { dag_id: 'web', run_id, task_id: 'ask' }, query: {} })).text
  expect(log).toContain('/orders answered 200 OK')
  expect(log).not.toContain('secret word')
})

test('a plugin that breaks is disabled with its reason; what does not need it goes on', async () => {
  await writePlugin('broken.js', 'nothing.there()\n')
  await writePlugin('tool.ts', `${TOOL('three')}\nthrow new Error('no licence')\n`)
  const importErrors = async (): Promise<string[]> => (await api.listImportErrors({ query: {} })).data.map(({ message }) => message)
  await expect
    .poll(importErrors, { timeout: 60_000 })
    .toEqual([expect.stringContaining('the plugin plugins/tool.ts is disabled. plugins/tool.ts:')])
  expect((await importErrors())[0]).toContain('no licence')
  const { plugins, problem } = await api.listPlugins({})
  expect(problem).toBeNull()
  expect(plugins.find(({ name }) => name === 'http')).toMatchObject({ is_shipped: true, operators: ['HttpOperator'], error: null })
  expect(plugins.filter(({ error }) => error !== null)).toMatchObject([
    { path: 'plugins/broken.js', line: 1, error: 'ReferenceError: nothing is not defined' },
    { path: 'plugins/tool.ts', error: 'no licence' },
  ])
  expect(await ended('web', await trigger('web'))).toBe('success')
})
