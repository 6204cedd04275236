/** Home with its timeline, the runs of all DAGs, the DAG list with its bulk actions, and the palette's search. */
import { setTimeout } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { screenProblems } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const HEAD = `
from datetime import datetime
from airflow.sdk import DAG, Param
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

START = datetime(2026, 1, 1)
`
const DAGS = {
  'orders.py': `${HEAD}
with DAG("orders", schedule="0 3 * * *", start_date=START, tags=["sales", "core", "pick"], description="Orders of the shops") as dag:
    EmptyOperator(task_id="extract") >> EmptyOperator(task_id="publish_report")
with DAG("returns", schedule=None, start_date=START, tags=["sales"]):
    BashOperator(task_id="reconcile", bash_command="echo checking; exit 3")
`,
  'slow.py': `${HEAD}
with DAG("slow", schedule=None, start_date=START, tags=["core"]):
    BashOperator(task_id="wait", bash_command="sleep 300")
with DAG("hourly", schedule="0 * * * *", start_date=START):
    EmptyOperator(task_id="only")
with DAG("needs_day", schedule=None, start_date=START, tags=["pick"], params={"day": Param(type="string")}):
    EmptyOperator(task_id="only")
`,
  'many.py': `${HEAD}
for i in range(120):
    with DAG(f"fleet_{i:03}", schedule=None, start_date=START, tags=["fleet"]):
        EmptyOperator(task_id="only")
`,
  'broken.py': 'import a_module_that_nobody_has\nfrom airflow.sdk import DAG\n',
  'worse.py': 'def f(:\n    from airflow.sdk import DAG\n',
}
const VERA = { username: 'vera', password: 'vera looks only' }

let server: RealServer
const trigger = (dag_id: string, run_id: string) => server.api.triggerDag({ params: { dag_id }, body: { run_id } })
const stateOf = async (dag_id: string, run_id: string) => (await server.api.getRun({ params: { dag_id, run_id } })).state

beforeAll(async () => {
  server = await startRealServer({ dags: DAGS })
  await server.api.createUser({ body: { ...VERA, role: 'Viewer' } })
  await Promise.all([trigger('orders', 'first'), trigger('returns', 'refund-7'), trigger('slow', 'long')])
  while ((await stateOf('returns', 'refund-7')) !== 'failed' || (await stateOf('slow', 'long')) !== 'running') await setTimeout(50)
}, 180_000)
afterAll(async () => {
  await server?.stop()
}, 60_000)

const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const searchOf = (page: Page) => new URL(page.url()).search

describe('Home', () => {
  it('says how the server is, what failed and why, what runs and what comes next', async () => {
    const page = await server.open('/')
    await page.getByRole('img', { name: 'Database: The database answers.' }).waitFor()
    await page.getByRole('link', { name: /DAG files: 2 DAG files cannot be loaded/ }).waitFor()
    await page.getByRole('link', { name: /^Failed in 24 h 1$/ }).waitFor()
    const failed = part(page, 'Failed lately')
    await failed.getByText('exit', { exact: false }).first().waitFor()
    await part(page, 'Running now').getByRole('link', { name: 'slow' }).waitFor()
    await part(page, 'Next runs').getByRole('link', { name: 'orders' }).waitFor()
    await failed.getByRole('link', { name: 'Log of reconcile' }).click()
    await page.waitForURL(/\/dags\/returns\/runs\/refund-7\/tasks\/reconcile/)
    await page
      .getByText(/checking$/)
      .first()
      .waitFor()
    await page.goBack()
    await page.getByRole('link', { name: /^Failed in 24 h/ }).click()
    await page.getByRole('row').filter({ hasText: 'refund-7' }).waitFor()
    expect(searchOf(page)).toBe('?state=failed&since=24h')
    await page.context().close()
  })

  it('draws runs as they come, and planned ones; the window is in the address', async () => {
    const page = await server.open('/?hours=24')
    const timeline = part(page, 'Timeline')
    await timeline.getByRole('link', { name: /^slow: 1 run$/ }).waitFor()
    // Rows with something in the window come first.
    const names = await timeline.getByRole('listitem').allTextContents()
    expect(
      names
        .slice(0, 4)
        .map((name) => name.split(/[^a-z_]/)[0])
        .sort(),
    ).toEqual(['hourly', 'orders', 'returns', 'slow'])
    expect(await timeline.locator('[data-hint^="Planned"]').count()).toBeGreaterThan(0)
    // Planned runs are told to the keyboard, too: with the arrows from the row's DAG.
    const hourly = timeline.getByRole('listitem').filter({ hasText: 'hourly' })
    await hourly.getByRole('link').first().focus()
    const focusedName = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')
    for (let press = 0; press < 12 && !(await focusedName()).startsWith('Planned'); press += 1) await page.keyboard.press('ArrowRight')
    expect(await focusedName()).toMatch(/^Planned .*\d\d:00:00$/)
    await trigger('orders', 'while-looking')
    await timeline.getByRole('link', { name: /^while-looking: success/ }).waitFor()
    await timeline.getByText('1 h', { exact: true }).click()
    await expect.poll(() => searchOf(page)).toBe('?hours=1')
    // In the choice of widths the arrows choose a width.
    await page.getByRole('heading', { name: 'Home', exact: true }).click()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => searchOf(page)).toMatch(/^\?hours=1&at=/)
    await page.keyboard.press('n')
    await expect.poll(() => searchOf(page)).toBe('?hours=1')
    await timeline.getByLabel('Find DAGs').fill('fleet_11')
    await expect.poll(() => timeline.getByRole('listitem').count()).toBe(10)
    await page.context().close()
  })
})

describe('the DAG list', () => {
  it('filters by several tags, favourites and order, and keeps a view under a name', async () => {
    const page = await server.open('/dags?tag=sales')
    await page.getByRole('status').filter({ hasText: '2 DAGs' }).waitFor()
    await page.getByRole('combobox', { name: 'Tag' }).click()
    await page.getByRole('option', { name: /^core/ }).click()
    await page.getByRole('status').filter({ hasText: '1 DAG' }).waitFor()
    await page.getByRole('row').filter({ hasText: 'orders' }).hover()
    await page.getByRole('button', { name: 'Make orders a favourite' }).click()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByLabel('Name of the view').fill('Core of sales')
    await page.getByRole('button', { name: 'Save this view' }).click()
    await page.getByText('The view “Core of sales” is saved.').waitFor()
    await page.goto('/dags?fav=true')
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor()
    await page.getByRole('status').filter({ hasText: '1 DAG' }).waitFor()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('button', { name: 'Core of sales', exact: true }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get('tag')).toContain('core')
    await page.goto('/dags')
    await page.getByRole('button', { name: 'Recent runs' }).click()
    await expect.poll(() => searchOf(page)).toBe('?sort=last_run&desc=true')
    await expect.poll(async () => (await page.getByRole('row').nth(1).textContent())?.includes('orders')).toBe(true)
    await page.getByRole('columnheader', { name: 'Recent runs' }).and(page.locator('[aria-sort="descending"]')).waitFor()
    await page.getByRole('link', { name: '1 run ever: failed' }).click()
    await page.waitForURL(/\/dags\/returns\/runs\?state=failed/)
    await page.context().close()
  })

  it('acts on all that match, more than are loaded, after it has shown which', async () => {
    const page = await server.open('/dags?tag=fleet')
    await page.getByLabel('Select all shown').check()
    await page.getByRole('button', { name: 'Select all 120 that match' }).click()
    await page.getByRole('status').filter({ hasText: 'All 120 DAGs that match are selected' }).waitFor()
    await page.getByRole('toolbar').getByRole('button', { name: 'Pause', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Pause DAGs' })
    await dialog.getByText('120 to do').waitFor()
    await dialog.getByRole('button', { name: 'Pause 120 DAGs' }).click()
    await page.getByText('Done for 120 DAGs.').waitFor()
    expect((await server.api.listDags({ query: { tag: 'fleet', paused: true } })).total).toBe(120)
    // Live: the rows tell it.
    await page.getByLabel('Unpause fleet_000').waitFor()
    await page.context().close()
  })

  it('tells of each DAG what could not be done', async () => {
    const page = await server.open('/dags?tag=pick')
    for (const id of ['needs_day', 'orders']) await page.getByLabel(`Select ${id}`).check()
    await page.getByRole('toolbar').getByRole('button', { name: 'Trigger' }).click()
    const dialog = page.getByRole('dialog', { name: 'Trigger DAGs' })
    await dialog.getByText('1 to do · 1 cannot').waitFor()
    await dialog.getByText('/conf/day is required', { exact: false }).waitFor()
    await dialog.getByRole('button', { name: 'Trigger 1 DAG' }).click()
    await page.getByText('Done for 1 DAG.').waitFor()
    await page.context().close()
  })

  it('shows import errors with file, line and traceback, and finds one of many', async () => {
    const page = await server.open('/dags')
    await page.getByRole('alert').filter({ hasText: '2 DAG files cannot be loaded' }).getByRole('button', { name: 'Show' }).click()
    const drawer = page.getByRole('dialog', { name: 'Import errors' })
    await drawer.getByText('worse.py, line 1').waitFor()
    await drawer.getByText('a_module_that_nobody_has', { exact: false }).first().waitFor()
    await drawer.getByLabel('Search file or message').fill('nobody_has')
    await drawer.getByText('worse.py, line 1').waitFor({ state: 'hidden' })
    await drawer.getByText('broken.py, line 1').first().waitFor()
    await page.context().close()
  })

  it('lets a Viewer look and not change', async () => {
    const page = await server.open('/dags', { as: VERA })
    await page.getByRole('link', { name: 'fleet_000', exact: true }).waitFor()
    expect(await page.getByLabel('Select fleet_000').isDisabled()).toBe(true)
    expect(await page.getByLabel('Select all shown').isDisabled()).toBe(true)
    // A favourite is the person's own.
    await page.getByRole('row').filter({ hasText: 'fleet_001' }).hover()
    await page.getByRole('button', { name: 'Make fleet_001 a favourite' }).click()
    await page.getByRole('button', { name: 'fleet_001 is a favourite: remove it' }).waitFor()
    await page.context().close()
  })
})

describe('runs of all DAGs', () => {
  it('are filtered in the address and follow events', async () => {
    const page = await server.open('/runs')
    await page.getByRole('link', { name: 'slow', exact: true }).waitFor()
    await trigger('orders', 'seen-coming')
    await page.getByRole('row').filter({ hasText: 'seen-coming' }).getByText('success').waitFor()
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'running' }).click()
    await expect.poll(() => searchOf(page)).toBe('?state=running')
    await page.getByRole('row').filter({ hasText: 'seen-coming' }).waitFor({ state: 'hidden' })
    await page.getByRole('row').filter({ hasText: 'long' }).waitFor()
    await page.goto('/runs?dag=returns&since=1h')
    await page.getByText('refund-7', { exact: false }).first().waitFor()
    await page.getByRole('status').filter({ hasText: '1 run' }).waitFor()
    await page.goto('/runs?from=2020-01-01&to=2020-01-02')
    await page.getByRole('heading', { name: 'No run fits these filters' }).waitFor()
    await page.context().close()
  })
})

describe('the palette', () => {
  it('finds tasks, runs and DAGs, and opens by / where a page has no search', async () => {
    const page = await server.open('/runs')
    await page.getByRole('link', { name: 'slow', exact: true }).waitFor()
    await page.keyboard.press('/')
    const field = page.getByRole('dialog').getByPlaceholder('Search DAGs, tasks, runs, commands')
    await field.fill('PUBLISH')
    await page.getByRole('button', { name: /publish_report in orders/ }).click()
    await page.waitForURL(/\/dags\/orders\/graph\?find=publish_report/)
    await page.keyboard.press('Control+k')
    await field.fill('refund')
    await page.getByRole('button', { name: /refund-7 returns/ }).click()
    await page.waitForURL(/\/dags\/returns\/runs\/refund-7/)
    await page.keyboard.press('Control+k')
    await field.fill('go home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
    await field.waitFor({ state: 'hidden' })
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await sheet.getByText('Earlier').waitFor()
    await page.context().close()
  })
})

it('every screen: axe in both themes, and nothing wider than 400 px', async () => {
  const row = (name: string) => (page: Page) => page.getByRole('link', { name, exact: true }).first().waitFor()
  const found = await screenProblems((path, options) => server.open(path, options), {
    home: { path: '/', ready: (page) => page.getByRole('link', { name: /^slow: / }).waitFor() },
    runs: { path: '/runs', ready: row('slow') },
    dags: { path: '/dags', ready: row('fleet_000') },
    'import errors': { path: '/dags?errors=true', ready: (page) => page.getByText('worse.py, line 1').waitFor() },
  })
  expect(found).toEqual([])
  expect(server.problems).toEqual([])
}, 240_000)
