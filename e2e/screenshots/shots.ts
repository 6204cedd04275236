/** The pictures: which page, what must be there before it is taken, what is done first; and the taking of them. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Scene } from './scene.ts'

interface Shot {
  path: string
  /** What must be there before the picture is taken; besides, nothing may load any more and the page must be live. */
  see: string
  /** Something goes on for as long as one looks: its wheel turns. */
  isLive?: boolean
  /** What is done before the picture is taken, and what must be there then. */
  act?: (page: Page) => Promise<unknown>
}
function shotsOf(scene: Scene): Record<string, Shot> {
  const sales = '/dags/sales_warehouse'
  const run = (id: string) => `${sales}/runs/${encodeURIComponent(id)}`
  const waiting = `/dags/ml.churn_features/runs/${encodeURIComponent(scene.waiting)}`
  const backup = `/dags/nightly_backup/runs/${encodeURIComponent(scene.running)}`
  return {
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
    'dag-tasks': { path: `${sales}/tasks`, see: 'text=success >> nth=4' },
    'dag-runs': { path: `${sales}/runs`, see: 'text=scheduled__' },
    backfills: { path: `${sales}/backfills`, see: 'text=on-call' },
    versions: { path: `${sales}/versions`, see: 'text=limit' },
    audit: { path: `${sales}/audit`, see: 'text=on-call' },
    'dag-details': { path: `${sales}/details`, see: 'text=full_reload' },
    editor: { path: `${sales}/code`, see: 'text=No problems' },
    files: { path: '/files', see: 'text=supplier_invoices.py' },
    run: { path: `${run(scene.failed)}?open=*`, see: '.react-flow__node >> text=quality' },
    'run-tasks': { path: `${run(scene.failed)}?view=tasks`, see: 'text=load_warehouse' },
    'run-compare': { path: `${run(scene.failed)}?view=compare`, see: 'text=Other run' },
    'run-events': { path: `${run(scene.failed)}?view=events`, see: 'text=load_warehouse' },
    'task-log': { path: `${run(scene.failed)}/tasks/transform.quality`, see: 'text=doubled orders on' },
    'task-rendered': { path: `${run(scene.good)}/tasks/refresh_reports?tab=rendered`, see: 'text=REFRESH' },
    'task-xcom': { path: `${run(scene.good)}/tasks/load_warehouse?tab=xcom`, see: 'text=return_value' },
    'task-attempts': { path: `${run(scene.failed)}/tasks/transform.quality?tab=attempts`, see: 'text=Attempt 1' },
    'task-why': { path: `${waiting}/tasks/train?tab=why`, see: 'text=gpu' },
    'task-live-log': { path: `${backup}/tasks/dump`, see: 'text=dumped', isLive: true },
    trigger: { path: `${sales}?trigger=sales_warehouse`, see: 'text=full_reload' },
    schedules: { path: '/schedules?schedule=30%202%20*%20*%20*', see: 'table' },
    assets: { path: '/assets', see: 'text=revenue_report' },
    asset: { path: `/assets?uri=${encodeURIComponent('file:///srv/reports/revenue.csv')}`, see: 'text=Awaited by' },
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
}

const DARK = new Set([
  'asset',
  'home',
  'dags',
  'grid',
  'graph',
  'gantt',
  'calendar',
  'durations',
  'editor',
  'task-log',
  'run',
  'admin-system',
])
const NARROW = new Set([
  'asset',
  'assets',
  'home',
  'dags',
  'grid',
  'graph',
  'run',
  'task-log',
  'calendar',
  'admin-workers',
  'trigger',
  'editor',
])

/** Nothing loads, the page is live, and nothing moves any more but what turns for ever. */
async function settled(page: Page, isLive: boolean): Promise<void> {
  const loads = '[aria-busy=true], .mantine-Skeleton-root, [data-status=connecting]'
  const isQuiet = (selector: string) =>
    document.querySelector(selector) === null &&
    document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect?.getTiming().iterations === Infinity)
  await page.waitForFunction(isQuiet, isLive ? loads : `${loads}, .mantine-Loader-root`)
  // What is drawn on a canvas, or placed by its size, takes some frames more.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame)
  })
  await page.waitForFunction(isQuiet, isLive ? loads : `${loads}, .mantine-Loader-root`)
}

interface Look {
  theme: 'light' | 'dark'
  width: number
}

async function shoot(p: Look & { scene: Scene; out: string; name: string; shot: Shot; problems: string[] }): Promise<void> {
  const { scene, name, problems } = p
  const { path, see, act, isLive = false } = p.shot
  const page = await scene.open(path, { theme: p.theme, width: p.width, height: p.width === 400 ? 860 : 900 })
  page.on('request', (request) => {
    if (!request.url().startsWith(scene.url) && !/^(data|blob):/.test(request.url())) problems.push(`${name} asks ${request.url()}`)
  })
  try {
    await page.locator(see).first().waitFor()
    await settled(page, isLive)
    if (act !== undefined) {
      await act(page)
      await settled(page, isLive)
    }
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message.split('\n')[0] ?? ''}`)
  }
  await scene.tidy(page)
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  if (excess > 0) problems.push(`${name} at ${p.width} px is ${excess} px wider than its window`)
  const suffix = p.width === 400 ? '-narrow' : p.theme === 'dark' ? '-dark' : ''
  await page.screenshot({ path: join(p.out, `${name}${suffix}.png`), scale: 'css' })
  await page.context().close()
}

/** Takes them all, or those that are named; returns what was wrong with the pages. */
export async function takeShots(scene: Scene, out: string, only?: readonly string[]): Promise<string[]> {
  const problems: string[] = []
  for (const [name, shot] of Object.entries(shotsOf(scene))) {
    if (only !== undefined && !only.includes(name)) continue
    const looks: Look[] = [
      { theme: 'light', width: 1440 },
      ...(DARK.has(name) ? [{ theme: 'dark', width: 1440 } as const] : []),
      ...(NARROW.has(name) ? [{ theme: 'light', width: 400 } as const] : []),
    ]
    for (const look of looks) await shoot({ ...look, scene, out, name, shot, problems })
  }
  return problems
}
