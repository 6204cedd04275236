/**
 * The server that the screenshots show: DAGs as a small company has them, with a month of real runs, then something running, waiting,
 * paused and broken. The history is made on a first server and its times are stretched (stretchTimes.ts) before the second starts.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { createClient, type Client } from '#contract/client.ts'
import { startRealServer, type RealServer } from '../realServer.ts'
import { backup, BROKEN, sales, small } from './dagTexts.ts'
import { stretchTimes } from './stretchTimes.ts'

const ROOT = join(import.meta.dirname, '../..')
const EXAMPLES = ['assets', 'mapped_regions', 'taskflow_etl', 'branching', 'hundred_tasks']
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const OPERATOR = { username: 'on-call', password: 'a long password for on-call' }

export interface Scene extends RealServer {
  /** A failed, a successful and a running run; one whose task waits for a slot of a pool. */
  failed: string
  good: string
  running: string
  waiting: string
  /** Names of this machine and of its folders become those of a company's, in what a page shows. */
  tidy(page: Page): Promise<void>
}

const now = Date.now()
const midnight = Math.floor(now / DAY) * DAY
const day = (ago: number): string => new Date(midnight - ago * DAY).toISOString().slice(0, 10)
/** As Python's datetime takes it. */
const python = (at: number): string => {
  const date = new Date(at)
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()].join(', ')
}
const floor = (at: number, step: number): number => Math.floor(at / step) * step
const minute = (at: number): string => new Date(at).toISOString().slice(0, 16)

const STARTS = {
  customer_segments: floor(now, 6 * HOUR) - 7 * DAY,
  exchange_rates: floor(now, HOUR) - 6 * HOUR,
  inventory_snapshot: floor(now, HOUR) - 26 * HOUR,
  'ml.churn_features': midnight - 16 * DAY,
  'ml.churn_training': midnight - 42 * DAY,
  web_sessions: floor(now, HOUR) - 20 * HOUR,
}
/** Logical dates whose feed was out. */
const OUTAGES = [
  `customer_segments ${minute(floor(now, 6 * HOUR) - 6 * HOUR)}`,
  `customer_segments ${minute(floor(now, 6 * HOUR) - 78 * HOUR)}`,
  `exchange_rates ${minute(floor(now, HOUR) - 2 * HOUR)}`,
  `web_sessions ${minute(floor(now, HOUR) - 3 * HOUR)}`,
  `web_sessions ${minute(floor(now, HOUR) - 4 * HOUR)}`,
]
const SALES = { start: python(midnight - 30 * DAY), limit: 100_000, retries: 1 }

export async function makeScene(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'vortex-pictures-'))
  const examples = Object.fromEntries(
    EXAMPLES.map((name) => [`examples/${name}.py`, readFileSync(join(ROOT, 'dags', `${name}.py`), 'utf8')]),
  )
  const dags = {
    ...examples,
    'sales/warehouse.py': sales(SALES),
    'small_jobs.py': small(Object.fromEntries(Object.entries(STARTS).map(([name, at]) => [name, python(at)]))),
    'backup.py': backup(python(midnight - 12 * DAY)),
  }
  const before = await startRealServer({ dags: {}, capacity: 8, folder })
  await settings(before.api)
  // The settings first: a run that starts before its Variable is there fails.
  for (const [file, text] of Object.entries(dags)) await before.writeDag(file, text)
  await before.stop({ keep: true })
  const made = await startRealServer({ dags: {}, capacity: 8, folder })
  await history(made)
  await made.stop({ keep: true })
  stretchTimes(join(folder, 'home', 'vortex.db'), { now: Date.now(), backfilledAt: now - 2 * DAY })
  return await present(folder)
}

async function settings(api: Client): Promise<void> {
  const pools = [
    { name: 'uplink', slots: 1, description: 'The office line takes one upload at a time.' },
    { name: 'gpu', slots: 1, description: 'One card for all models.' },
    { name: 'warehouse_writes', slots: 6, description: 'Loads that write at the same time.' },
  ]
  for (const body of pools) await api.createPool({ body })
  const variables: [string, unknown, string][] = [
    ['warehouse_schema', 'sales_2026', 'Where loads are written.'],
    ['doubled_orders', { [day(3)]: 212, [day(12)]: 48, [day(21)]: 97 }, 'By day, as the shops report them.'],
    ['feed_outages', OUTAGES, 'Hours at which a feed was out.'],
    ['report_recipients', ['finance@example.com', 'warehouse@example.com'], 'Who gets the daily report.'],
    ['fx_provider', 'https://rates.example.com/v2', 'Where exchange rates come from.'],
    ['churn_threshold', 0.37, 'A customer above it counts as leaving.'],
    ['slack_token', 'not shown', 'Of the alert channel.'],
  ]
  for (const [key, value, description] of variables)
    await api.setVariable({ params: { key }, body: { value: typeof value === 'string' ? value : JSON.stringify(value), description } })
  for (const key of ['warehouse_password', 'uplink_key', 'fx_api_key']) await api.setSecret({ body: { key, value: 'never shown' } })
  await api.createUser({ body: { ...OPERATOR, role: 'Operator' } })
  await api.createUser({ body: { username: 'finance', password: 'a long password for finance', role: 'Viewer' } })
  await api.createUser({ body: { username: 'maria', password: 'a long password for maria', role: 'Operator' } })
  await api.createApiKey({ body: { name: 'deployment', expires_in_days: 90 } })
  await api.createApiKey({ body: { name: 'monitoring', expires_in_days: 365 } })
}

/** What the scheduler catches up with, a backfill, runs by hand, and a failed run that somebody mended. */
async function history(real: RealServer): Promise<void> {
  const { api } = real
  const onCall = await as(real, OPERATOR)
  await ended(api)
  const mended = (await api.listRuns({ params: { dag_id: 'sales_warehouse' }, query: { state: 'failed', limit: 9 } })).data.at(-1)
  await api.setVariable({
    params: { key: 'doubled_orders' },
    body: { value: JSON.stringify({ [day(3)]: 212, [day(12)]: 48, [day(34)]: 31 }), description: 'By day, as the shops report them.' },
  })
  if (mended !== undefined)
    await onCall.clearRun({
      params: { dag_id: 'sales_warehouse', run_id: mended.run_id },
      body: { only_failed: true, include_downstream: true, note: 'The shop sent a new export.' },
    })
  await real.writeDag('sales/warehouse.py', sales({ start: python(midnight - 38 * DAY), limit: 250_000, retries: 2 }))
  await newVersion(api)
  const range = { start_date: new Date(midnight - 37 * DAY).toISOString(), end_date: new Date(midnight - 31 * DAY).toISOString() }
  await onCall.createBackfill({ params: { dag_id: 'sales_warehouse' }, body: { ...range, max_active_runs: 3 } })
  const byHand = (dag_id: string, hoursAgo: number) => {
    const at = new Date(floor(now - hoursAgo * HOUR, MINUTE)).toISOString()
    return onCall.triggerDag({ params: { dag_id }, body: { run_id: `manual__${at}`, logical_date: at } })
  }
  for (const ago of [0.4, 2, 5, 27, 50]) await byHand('mapped_regions', ago)
  for (const ago of [1.1, 3.2, 26]) await byHand('taskflow_etl', ago)
  for (const ago of [4.5, 30]) await byHand('branching', ago)
  for (const ago of [2.6, 49]) await byHand('hundred_tasks', ago)
  for (const ago of [25, 3.7]) for (const dag_id of ['orders', 'rates']) await byHand(dag_id, ago)
  await ended(api)
}

async function present(folder: string): Promise<Scene> {
  const port = await freePort()
  const real = await startRealServer({ dags: {}, capacity: 8, folder, swarm_listen: `127.0.0.1:${port}` })
  const { api } = real
  const onCall = await as(real, OPERATOR)
  const worker = startWorker(folder, port)
  const stop = async () => {
    worker.kill('SIGKILL')
    await real.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until('two workers', async () => (await api.listWorkers({})).data.filter(({ status }) => status === 'active').length === 2)
    await real.writeDag('supplier_invoices.py', BROKEN)
    for (const dag_id of ['branching', 'inventory_snapshot']) await onCall.pauseDag({ params: { dag_id } })
    const running = await onCall.triggerDag({ params: { dag_id: 'nightly_backup' }, body: { conf: { tables: 2_000, pause: 9 } } })
    await onCall.triggerDag({ params: { dag_id: 'ml.churn_training' }, body: { conf: { train: 3_600 } } })
    await sleep(1_500)
    const waiting = await onCall.triggerDag({ params: { dag_id: 'ml.churn_features' }, body: {} })
    await onCall.triggerDag({ params: { dag_id: 'web_sessions' }, body: { conf: { seconds: 3_600 } } })
    await until('the import error', async () => (await api.listImportErrors({ query: { limit: 1 } })).data.length > 0)
    await sleep(3_000)
    const runs = (await api.listRuns({ params: { dag_id: 'sales_warehouse' }, query: { limit: 100 } })).data
    const newest = (state: string) => runs.find((run) => run.state === state)?.run_id ?? runs[0]?.run_id ?? ''
    const ids = (await api.listWorkers({})).data.map(({ worker_id }) => worker_id)
    const scene = { failed: newest('failed'), good: newest('success'), running: running.run_id, waiting: waiting.run_id }
    return { ...real, ...scene, stop, tidy: (page) => tidy(page, { folder, ids }) }
  } catch (error) {
    await stop()
    throw error
  }
}

async function tidy(page: Page, p: { folder: string; ids: readonly string[] }): Promise<void> {
  await page.evaluate(
    ({ folder, ids, host }) => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
      for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
        let text = node.nodeValue ?? ''
        ids.forEach((id, at) => (text = text.replaceAll(id, `worker-${at + 1}`)))
        text = text.replaceAll(folder, '/srv/vortex').replace(new RegExp(`${host}-\\d+-[0-9a-f]{8}`, 'g'), 'worker-1')
        if (text.trim() === host || text.includes(`@ ${host}`)) text = text.replaceAll(host, 'etl-01')
        if (text !== node.nodeValue) node.nodeValue = text
      }
    },
    { folder: p.folder, ids: p.ids, host: hostname() },
  )
}

function startWorker(folder: string, port: number): ChildProcess {
  const flags = [
    '--controller',
    `http://127.0.0.1:${port}`,
    '--capacity',
    '16',
    '--label',
    'gpu',
    '--token-file',
    join(folder, 'home/worker.token'),
  ]
  const python = process.env['VORTEX_TEST_PYTHON']
  return spawn(
    process.execPath,
    [
      join(ROOT, 'bin/vortex.js'),
      'worker',
      ...flags,
      '--data-folder',
      join(folder, 'second'),
      ...(python === undefined ? [] : ['--python', python]),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, VORTEX_HOME: join(folder, 'second-home') } },
  )
}

async function as({ url }: RealServer, user: { username: string; password: string }): Promise<Client> {
  const open = createClient({ base: url, fetch, headers: () => ({ origin: url }) })
  const { api_key } = await open.login({ body: { ...user, issue_api_key: true } })
  return createClient({ base: url, fetch, headers: () => ({ authorization: `Bearer ${api_key ?? ''}` }) })
}

async function newVersion(api: Client): Promise<void> {
  await until('the second version', async () => (await api.getDag({ params: { dag_id: 'sales_warehouse' } })).version === 2)
}

/** Nothing active, twice in a row: between two runs of a catch-up there may be a moment without any. */
async function ended(api: Client): Promise<void> {
  let quiet = 0
  await until('the end of all runs', async () => {
    const active = await Promise.all(
      (['queued', 'running'] as const).map((state) => api.listRuns({ params: { dag_id: '~' }, query: { state, limit: 1 } })),
    )
    const made = await api.listRuns({ params: { dag_id: '~' }, query: { limit: 1 } })
    quiet = made.total > 0 && active.every(({ total }) => total === 0) ? quiet + 1 : 0
    return quiet > 3
  })
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15 * MINUTE; Date.now() < end; await sleep(500)) if (await isSo()) return
  throw new Error(`The scene waited fifteen minutes for ${what}.`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
