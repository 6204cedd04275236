/** Every route of the page's own table: what axe minds in both themes, and whether it fits 400 px. A new route must be named here. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { overflowOf, violationsOf } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const DAG = `"""Orders of the day, loaded in two steps."""
from datetime import datetime
from airflow import DAG
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup

with DAG("orders", start_date=datetime(2026, 1, 1), schedule="@daily", catchup=False, tags=["sales"], doc_md=__doc__,
         params={"limit": Param(10, type="integer", minimum=1, description="Rows at most.")}) as dag:
    with TaskGroup("extract") as extract:
        BashOperator(task_id="orders", bash_command="echo INFO 10 rows")
        BashOperator(task_id="prices", bash_command="echo ERROR no such table; exit 3")
    extract >> BashOperator(task_id="publish", bash_command="echo published")
`

/** Addresses of each route. Null: it is not of the browser (the story of the desktop app asks axe about it). */
const ROUTES: Readonly<Record<string, readonly string[] | null>> = {
  '/': ['/', '/?q=nothing-has-this-name'],
  '/sign-in': ['/sign-in'],
  '/connections': null,
  '/runs': ['/runs', '/runs?state=failed'],
  '/dags': ['/dags', '/dags?errors=true', '/dags?trigger=orders', '/dags?search=nothing-has-this-name'],
  '/dags/$dagId': ['/dags/orders?open=*', '/dags/orders?open=*&task=extract.prices&run=first', '/dags/no_such_dag'],
  '/dags/$dagId/graph': ['/dags/orders/graph?open=*', '/dags/orders/graph?open=*&task=extract.prices'],
  '/dags/$dagId/gantt': ['/dags/orders/gantt'],
  '/dags/$dagId/calendar': ['/dags/orders/calendar'],
  '/dags/$dagId/backfills': ['/dags/orders/backfills'],
  '/dags/$dagId/durations': ['/dags/orders/durations'],
  '/dags/$dagId/versions': ['/dags/orders/versions'],
  '/dags/$dagId/audit': ['/dags/orders/audit'],
  '/dags/$dagId/runs': ['/dags/orders/runs'],
  '/dags/$dagId/tasks': ['/dags/orders/tasks', '/dags/orders/tasks?task=extract.prices'],
  '/dags/$dagId/details': ['/dags/orders/details'],
  '/dags/$dagId/code': ['/dags/orders/code'],
  '/dags/$dagId/runs/$runId': ['graph', 'tasks', 'gantt', 'events', 'code', 'details'].map(
    (view) => `/dags/orders/runs/first?view=${view}`,
  ),
  '/dags/$dagId/runs/$runId/tasks/$taskId': ['log', 'attempts', 'rendered', 'xcom', 'why', 'details'].map(
    (tab) => `/dags/orders/runs/first/tasks/extract.prices?tab=${tab}`,
  ),
  '/schedules': ['/schedules', '/schedules?schedule=30%202%20*%20*%20*'],
  '/assets': ['/assets', '/assets?search=nothing-has-this-name', '/assets?uri=nowhere'],
  '/files': ['/files'],
  '/files/$': ['/files/orders.py'],
  '/admin/workers': ['/admin/workers'],
  '/admin/pools': ['/admin/pools'],
  '/admin/connections': ['/admin/connections'],
  '/admin/variables': ['/admin/variables'],
  '/admin/secrets': ['/admin/secrets'],
  '/admin/users': ['/admin/users'],
  '/admin/api-keys': ['/admin/api-keys'],
  '/admin/system': ['/admin/system'],
  '/admin/account': ['/admin/account'],
  '/$': ['/nowhere'],
}
const paths = Object.values(ROUTES).flatMap((of) => of ?? [])

let server: RealServer
beforeAll(async () => {
  server = await startRealServer({ dags: { 'orders.py': DAG, 'broken.py': 'from nowhere import nothing\n' } })
  const params = { dag_id: 'orders', run_id: 'first' }
  await server.api.triggerDag({ params, body: { run_id: 'first' } })
  await vi.waitFor(async () => expect((await server.api.getRun({ params })).state).toBe('failed'), { timeout: 60_000, interval: 200 })
}, 120_000)
afterAll(async () => {
  await server.stop()
})

interface Router {
  routesByPath: Record<string, unknown>
  history: { push: (href: string) => void }
  state: { status: string; location: { href: string } }
}
declare global {
  interface Window {
    /** The library's own handle. */
    __TSR_ROUTER__?: Router
  }
}

/** As a link does: the program stays loaded, which spares half of the story's time. */
async function goTo(page: Page, href: string): Promise<void> {
  await page.evaluate((to) => {
    window.__TSR_ROUTER__?.history.push(to)
  }, href)
  // Absent while the page loads anew, as it does after another build was put beneath it.
  await page.waitForFunction(() => window.__TSR_ROUTER__?.state.status === 'idle')
}

/** Nothing loads, spins or is drawn still. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('h1, h2') !== null &&
      document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root, [aria-busy="true"]') === null,
  )
  // A dialog gets its name from its title one frame after it is there.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

it('names every route that there is', async () => {
  const page = await server.open('/')
  const known = await page.evaluate(() => Object.keys(window.__TSR_ROUTER__?.routesByPath ?? {}))
  const plain = (path: string) => (path === '/' ? path : path.replace(/\/$/, ''))
  expect([...new Set(known.map(plain))].toSorted()).toEqual(Object.keys(ROUTES).toSorted())
  await page.context().close()
})

for (const theme of ['light', 'dark'] as const) {
  it(`axe minds nothing on any route in the ${theme} theme, and each fits 400 px`, async () => {
    const page = await server.open('/', { theme })
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    const found: string[] = []
    for (const path of paths) {
      await goTo(page, path)
      await settled(page)
      found.push(...(await violationsOf(page)).map((violation) => `${path}: ${violation}`))
      if (theme === 'light') continue
      await page.setViewportSize({ width: 400, height: 860 })
      const wide = await overflowOf(page)
      if (wide > 0) found.push(`${path}: ${wide} px wider than a window of 400 px`)
      await page.setViewportSize({ width: 1440, height: 900 })
    }
    expect(found).toEqual([])
    await page.context().close()
  }, 300_000)
}

it('says that it crashed on a page that axe minds nothing on', async () => {
  const page = await server.open('/')
  await page.route('**/api/me', (route) => route.fulfill({ status: 400, json: { code: 'bad_request', message: 'No.', details: null } }))
  await page.goto('/dags')
  await page.getByRole('main').getByRole('alert').waitFor()
  expect(await violationsOf(page)).toEqual([])
  await page.context().close()
})
