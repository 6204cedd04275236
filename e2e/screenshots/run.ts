/**
 * Takes a picture of every screen of a real server: `node e2e/screenshots/run.ts FOLDER [NAME]`. Light at 1440 px, some dark, some
 * 400 px wide. Fails if a page logs an error, asks another host, or is wider than its window.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { makeScene } from './scene.ts'

const out = process.argv[2] ?? 'test-results/screenshots'
const only = process.argv[3]
mkdirSync(out, { recursive: true })
const scene = await makeScene()
const run = (id: string) => `/dags/sales_warehouse/runs/${encodeURIComponent(id)}`
const sales = '/dags/sales_warehouse'

interface Shot {
  path: string
  /** What is done before the picture is taken. */
  act?: (page: Page) => Promise<unknown>
}
const SHOTS: Record<string, Shot> = {
  home: { path: '/' },
  dags: { path: '/dags' },
  'dags-import-errors': { path: '/dags?errors=true' },
  runs: { path: '/runs' },
  grid: { path: sales },
  graph: { path: `${sales}/graph?open=*` },
  'graph-mapped': { path: '/dags/mapped_regions/graph' },
  'graph-hundred': { path: '/dags/hundred_tasks/graph' },
  gantt: { path: `${run(scene.good)}?view=gantt` },
  calendar: { path: `${sales}/calendar` },
  durations: { path: `${sales}/durations` },
  'dag-runs': { path: `${sales}/runs` },
  backfills: { path: `${sales}/backfills` },
  versions: { path: `${sales}/versions` },
  audit: { path: `${sales}/audit` },
  'dag-details': { path: `${sales}/details` },
  editor: { path: `${sales}/code` },
  files: { path: '/files' },
  run: { path: `${run(scene.failed)}?open=*` },
  'run-tasks': { path: `${run(scene.failed)}?view=tasks` },
  'run-events': { path: `${run(scene.failed)}?view=events` },
  'task-log': { path: `${run(scene.failed)}/tasks/transform.quality` },
  'task-rendered': { path: `${run(scene.good)}/tasks/refresh_reports?tab=rendered` },
  'task-xcom': { path: `${run(scene.good)}/tasks/load_warehouse?tab=xcom` },
  'task-attempts': { path: `${run(scene.failed)}/tasks/transform.quality?tab=attempts` },
  'task-why': { path: `/dags/nightly_backup/runs/${encodeURIComponent(scene.running)}/tasks/upload?tab=why` },
  'task-live-log': { path: `/dags/nightly_backup/runs/${encodeURIComponent(scene.running)}/tasks/dump` },
  trigger: { path: `${sales}?trigger=sales_warehouse` },
  schedules: { path: '/schedules?schedule=30%202%20*%20*%20*' },
  palette: { path: '/dags', act: (page) => page.keyboard.press('Control+k').then(() => page.keyboard.type('sales', { delay: 30 })) },
  shortcuts: { path: sales, act: (page) => page.keyboard.press('Shift+?') },
  'admin-workers': { path: '/admin/workers' },
  'admin-pools': { path: '/admin/pools' },
  'admin-variables': { path: '/admin/variables' },
  'admin-secrets': { path: '/admin/secrets' },
  'admin-users': { path: '/admin/users' },
  'admin-api-keys': { path: '/admin/api-keys' },
  'admin-system': { path: '/admin/system' },
  'admin-account': { path: '/admin/account' },
}
const DARK = new Set(['home', 'dags', 'grid', 'graph', 'gantt', 'calendar', 'durations', 'editor', 'task-log', 'run', 'admin-system'])
const NARROW = new Set(['home', 'dags', 'grid', 'graph', 'run', 'task-log', 'calendar', 'admin-workers', 'trigger', 'editor'])

const problems: string[] = []
async function shoot(name: string, { path, act }: Shot, p: { theme: 'light' | 'dark'; width: number }): Promise<void> {
  const page = await scene.open(path, { theme: p.theme, width: p.width, height: p.width === 400 ? 860 : 900 })
  page.on('request', (request) => {
    if (!request.url().startsWith(scene.url) && !/^(data|blob):/.test(request.url())) problems.push(`${name} asks ${request.url()}`)
  })
  await page.waitForLoadState('load')
  await page.waitForTimeout(1_800)
  await act?.(page)
  if (act !== undefined) await page.waitForTimeout(900)
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  if (excess > 0) problems.push(`${name} at ${p.width} px is ${excess} px wider than its window`)
  const suffix = p.width === 400 ? '-narrow' : p.theme === 'dark' ? '-dark' : ''
  await page.screenshot({ path: join(out, `${name}${suffix}.png`), scale: 'css' })
  await page.context().close()
}

try {
  for (const [name, shot] of Object.entries(SHOTS)) {
    if (only !== undefined && only !== name) continue
    await shoot(name, shot, { theme: 'light', width: 1440 })
    if (DARK.has(name)) await shoot(name, shot, { theme: 'dark', width: 1440 })
    if (NARROW.has(name)) await shoot(name, shot, { theme: 'light', width: 400 })
  }
} finally {
  await scene.stop()
}
for (const problem of [...problems, ...scene.problems]) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length + scene.problems.length === 0 ? 0 : 1
