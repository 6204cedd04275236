/**
 * The budgets of the UI on a seeded server (bench/seed), with a real Chromium.
 *
 *   node bench/ui/run.ts FOLDER [--only api,pages,tabs,memory] [--page NAME] [--call NAMES] [--minutes 10] [--rate 300]
 *
 * FOLDER is filled first if it is not. `--page` measures the pages whose name holds it, `--call` these operations of the API;
 * `--minutes` and `--rate` say how long and at how many tasks a second the memory of pages is watched.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { launchBrowser } from '../../e2e/browser.ts'
import { builtRenderer } from '../../e2e/dashboardBuild.ts'
import type { Figure } from '../harness/row.ts'
import { startServer } from '../harness/server.ts'
import { seed } from '../seed/seed.ts'
import { measureApi } from './api.ts'
import { loadFile } from './load.ts'
import { USER } from './page.ts'
import { measurePages } from './pages.ts'
import { measureMemory, measureTabs } from './tabs.ts'

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string', default: 'api,pages,tabs,memory' },
    page: { type: 'string' },
    call: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '300' },
  },
  allowPositionals: true,
})
const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const [given] = positionals
if (given === undefined) throw new Error('Say which folder is seeded: node bench/ui/run.ts FOLDER')
const folder = resolve(given)
const [home, dags] = [join(folder, 'home'), join(folder, 'dags')]
if (!existsSync(home))
  await seed({ folder, database_url: null, dags: 2_000, tasks: 5_000, runs: 100, instances: 1_000_000, active: 0.5, print })
writeFileSync(join(dags, 'load.py'), loadFile())
builtRenderer()

const server = await startServer({ home, dags, env: { VORTEX_PAUSED_DEFAULT: 'false' } })
const browser = await launchBrowser()
const isWanted = (part: string): boolean => values.only.split(',').includes(part)
let short = 0
function tell(figures: readonly Figure[]): void {
  for (const { what, figure, goal, is_met, note } of figures) {
    if (!is_met) short += 1
    print(`${what.padEnd(64)} ${figure.padEnd(44)} ${goal.padEnd(22)} ${is_met ? 'met  ' : 'SHORT'} ${note}`)
  }
}
try {
  await server.dagsKnown(2)
  const users = await server.call<{ username: string }[]>('GET', '/api/users')
  if (!users.some(({ username }) => username === USER.username)) await server.call('POST', '/api/users', { ...USER, role: 'Admin' })
  print(
    `${new Date().toISOString().slice(0, 16)}Z, ${availableParallelism()} cores, load ${(loadavg()[0] ?? 0).toFixed(1)}, Node ${process.version}`,
  )
  if (isWanted('api')) tell(await measureApi(server, values.call ?? null))
  if (isWanted('pages')) tell(await measurePages(server, browser, values.page ?? null))
  if (isWanted('tabs')) tell(await measureTabs(server, browser))
  if (isWanted('memory')) tell(await measureMemory(server, browser, { minutes: Number(values.minutes), rate: Number(values.rate) }))
  print(short === 0 ? 'every goal is met' : `${short} short of their goal`)
} finally {
  await browser.close()
  await server.stop()
}
process.exit(short === 0 ? 0 : 1)
