/**
 * Takes a picture of every screen of a real server: `node e2e/screenshots/run.ts FOLDER [NAME,NAME]`. Light at 1440 px, some dark, some
 * 400 px wide. Fails if a page logs an error, asks another host, or is wider than its window.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { makeScene } from './scene.ts'

const out = process.argv[2] ?? 'test-results/screenshots'
const only = process.argv[3]?.split(',')
mkdirSync(out, { recursive: true })
const scene = await makeScene()
const run = (id: string) => `/dags/sales_warehouse/runs/${encodeURIComponent(id)}`
const sales = '/dags/sales_warehouse'

interface Shot {
  path: string
  /** What must be there before the picture is taken; besides, nothing may load any more and the page must be live. */
  see: string
  /** What is done before the picture is taken, and what must be there then. */
  act?: (page: Page) => Promise<unknown>
}
const waiting = `/dags/ml.churn_features/runs/${encodeURIComponent(scene.waiting)}`
const backup = `/dags/nightly_backup/runs/${encodeURIComponent(scene.running)}`
const SHOTS: Record<string, Shot> = {
  home: { path: '/', see: 'text=Failed lately' },
  dags: { path: '/dags', see: 'text=web_sessions' },
  'dags-import-errors': { path: '/dags?errors=true', see: 'text=supplier_invoices.py' },
  runs: { path: '/runs', see: 'text=nightly_backup' },
  grid: { path: sales, see: '[role=grid], [role=treegrid]' },
  graph: { path: `${sales}/graph?open=*`, see: '.react-flow__node >> text=load_warehouse' },
  'graph-mapped': { path: '/dags/mapped_regions/graph', see: '.react-flow__node' },
  'graph-hundred': { path: '/dags/hundred_tasks/graph', see: '.react-flow__node >> text=layer_9_task_0' },
  gantt: { path: `${run(scene.good)}?view=gantt`, see: 'text=load_warehouse' },
  calendar: { path: `${sales}/calendar`, see: 'text=2026' },
  durations: { path: `${sales}/durations`, see: 'svg.recharts-surface' },
  'dag-runs': { path: `${sales}/runs`, see: 'text=scheduled__' },
  backfills: { path: `${sales}/backfills`, see: 'text=on-call' },
  versions: { path: `${sales}/versions`, see: 'text=limit' },
  audit: { path: `${sales}/audit`, see: 'text=on-call' },
  'dag-details': { path: `${sales}/details`, see: 'text=full_reload' },
  editor: { path: `${sales}/code`, see: '.react-flow__node' },
  files: { path: '/files', see: 'text=supplier_invoices.py' },
  run: { path: `${run(scene.failed)}?open=*`, see: '.react-flow__node >> text=quality' },
  'run-tasks': { path: `${run(scene.failed)}?view=tasks`, see: 'text=load_warehouse' },
  'run-events': { path: `${run(scene.failed)}?view=events`, see: 'text=load_warehouse' },
  'task-log': { path: `${run(scene.failed)}/tasks/transform.quality`, see: 'text=doubled orders on' },
  'task-rendered': { path: `${run(scene.good)}/tasks/refresh_reports?tab=rendered`, see: 'text=REFRESH' },
  'task-xcom': { path: `${run(scene.good)}/tasks/load_warehouse?tab=xcom`, see: 'text=return_value' },
  'task-attempts': { path: `${run(scene.failed)}/tasks/transform.quality?tab=attempts`, see: 'text=worker-' },
  'task-why': { path: `${waiting}/tasks/train?tab=why`, see: 'text=gpu' },
  'task-live-log': { path: `${backup}/tasks/dump`, see: 'text=dumped' },
  trigger: { path: `${sales}?trigger=sales_warehouse`, see: 'text=full_reload' },
  schedules: { path: '/schedules?schedule=30%202%20*%20*%20*', see: 'table' },
  palette: {
    path: '/dags',
    see: 'text=web_sessions',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('sales')
      await page.getByRole('dialog').getByText('sales_warehouse').first().waitFor()
    },
  },
  shortcuts: {
    path: sales,
    see: '[role=grid], [role=treegrid]',
    act: (page) => page.keyboard.press('Shift+?').then(() => page.getByRole('dialog').waitFor()),
  },
  'admin-workers': { path: '/admin/workers', see: 'text=of 16' },
  'admin-pools': { path: '/admin/pools', see: 'text=uplink' },
  'admin-variables': { path: '/admin/variables', see: 'text=warehouse_schema' },
  'admin-secrets': { path: '/admin/secrets', see: 'text=warehouse_password' },
  'admin-users': { path: '/admin/users', see: 'text=on-call' },
  'admin-api-keys': { path: '/admin/api-keys', see: 'text=deployment' },
  'admin-system': { path: '/admin/system', see: 'text=SQLite' },
  'admin-account': { path: '/admin/account', see: 'text=admin' },
}
const DARK = new Set(['home', 'dags', 'grid', 'graph', 'gantt', 'calendar', 'durations', 'editor', 'task-log', 'run', 'admin-system'])
const NARROW = new Set(['home', 'dags', 'grid', 'graph', 'run', 'task-log', 'calendar', 'admin-workers', 'trigger', 'editor'])

const problems: string[] = []
/** Nothing loads, the page is live, and nothing moves any more but what turns for ever. */
async function settled(page: Page): Promise<void> {
  const isQuiet = () =>
    document.querySelector('[aria-busy=true], .mantine-Loader-root, .mantine-Skeleton-root, [data-status=connecting]') === null &&
    document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect?.getTiming().iterations === Infinity)
  await page.waitForFunction(isQuiet)
  // What is drawn on a canvas, or placed by its size, takes some frames more.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame)
  })
  await page.waitForFunction(isQuiet)
}

async function shoot(name: string, { path, see, act }: Shot, p: { theme: 'light' | 'dark'; width: number }): Promise<void> {
  const page = await scene.open(path, { theme: p.theme, width: p.width, height: p.width === 400 ? 860 : 900 })
  page.on('request', (request) => {
    if (!request.url().startsWith(scene.url) && !/^(data|blob):/.test(request.url())) problems.push(`${name} asks ${request.url()}`)
  })
  try {
    await page.locator(see).first().waitFor()
    await settled(page)
    if (act !== undefined) {
      await act(page)
      await settled(page)
    }
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message.split('\n')[0] ?? ''}`)
  }
  await scene.tidy(page)
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  if (excess > 0) problems.push(`${name} at ${p.width} px is ${excess} px wider than its window`)
  const suffix = p.width === 400 ? '-narrow' : p.theme === 'dark' ? '-dark' : ''
  await page.screenshot({ path: join(out, `${name}${suffix}.png`), scale: 'css' })
  await page.context().close()
}

try {
  for (const [name, shot] of Object.entries(SHOTS)) {
    if (only !== undefined && !only.includes(name)) continue
    await shoot(name, shot, { theme: 'light', width: 1440 })
    if (DARK.has(name)) await shoot(name, shot, { theme: 'dark', width: 1440 })
    if (NARROW.has(name)) await shoot(name, shot, { theme: 'light', width: 400 })
  }
} finally {
  await scene.stop()
}
for (const problem of [...problems, ...scene.problems]) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length + scene.problems.length === 0 ? 0 : 1
