/** The main paths with nothing but a keyboard: a mouse is never touched, nor is focus set by other means than keys. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, startRealServer, type RealServer } from './realServer.ts'

const DAG = `from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("orders", start_date=datetime(2026, 1, 1), schedule=None, is_paused_upon_creation=True) as dag:
    extract = BashOperator(task_id="extract", bash_command="echo 10 rows")
    load = BashOperator(task_id="load", bash_command="echo 'ERROR no such table'; exit 3")
    extract >> load
`
const MENDED = 'exit 0'

let server: RealServer
let page: Page
beforeAll(async () => {
  server = await startRealServer({ dags: { 'orders.py': DAG, 'other.py': DAG.replace('"orders"', '"other"') } })
  page = await server.open('/')
  // Signed out: the story begins before that.
  await page.context().clearCookies()
}, 120_000)
afterAll(async () => {
  await server.stop()
})

/** Enough for the longest page here; whoever needs more presses than this has lost the way. */
const STOPS_MAX = 60
const hasFocus = (target: Locator) =>
  target.evaluate((element) => element === document.activeElement || element.contains(document.activeElement))

/** Goes to something by Tab alone, as far as it takes. */
async function tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await target.waitFor()
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    if (await hasFocus(target)) return
    await page.keyboard.press(key)
  }
  const at = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))
  throw new Error(`${STOPS_MAX} presses of ${key} did not come to ${target.toString()}; the focus is at ${at ?? 'nothing'}`)
}
async function press(target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(target)
  await page.keyboard.press(key)
}

it('signs in', async () => {
  await page.goto(`${server.url}/dags`)
  await tabTo(page.getByLabel('User name'))
  await page.keyboard.type(ADMIN.username)
  await tabTo(page.getByLabel('Password', { exact: true }))
  await page.keyboard.type(ADMIN.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'DAGs', level: 1 }).waitFor()
})

it('finds a DAG and unpauses it', async () => {
  await page.keyboard.press('/')
  await page.keyboard.type('orde')
  await page.getByRole('link', { name: 'other', exact: true }).waitFor({ state: 'detached' })
  await press(page.getByRole('link', { name: 'orders', exact: true }))
  await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor()
  await press(page.getByRole('switch', { name: 'Unpause orders' }), 'Space')
  await page.getByRole('switch', { name: 'Pause orders' }).waitFor()
})

it('triggers it and watches the run', async () => {
  await page.keyboard.press('t')
  const dialog = page.getByRole('dialog', { name: 'Trigger orders' })
  await press(dialog.getByRole('button', { name: 'Trigger', exact: true }))
  await dialog.waitFor({ state: 'hidden' })
  await press(page.getByRole('link', { name: 'Open the run' }))
  await page.getByRole('heading', { name: /^manual__/ }).waitFor()
  await page.locator('h1 ~ [data-state="failed"]').waitFor()
})

it('opens the log of the task that failed', async () => {
  // The graph's nodes are stops, in the order of the page.
  await press(page.locator('.react-flow__node[data-id="load"]'))
  await page.getByRole('complementary', { name: 'load' }).getByText('ERROR no such table').first().waitFor()
})

it('clears it, after it was seen what runs again', async () => {
  await press(page.getByRole('complementary', { name: 'load' }).getByRole('button', { name: /^Clear/ }))
  const dialog = page.getByRole('dialog', { name: 'Clear tasks' })
  await dialog.getByText('will run again').first().waitFor()
  await press(dialog.getByRole('button', { name: /^Clear \d/ }))
  await dialog.waitFor({ state: 'hidden' })
  const { data } = await server.api.listRuns({ params: { dag_id: 'orders' }, query: { limit: 1 } })
  const params = { dag_id: 'orders', run_id: data[0]?.run_id ?? '' }
  await expect
    .poll(
      async () => (await server.api.listTaskInstances({ params, query: {} })).data.find(({ task_id }) => task_id === 'load')?.try_number,
      {
        timeout: 20_000,
      },
    )
    .toBe(2)
})

it('goes through the timeline to the run by arrows', async () => {
  await page.keyboard.press('Escape')
  await page.getByRole('complementary').waitFor({ state: 'detached' })
  await page.keyboard.press('Shift+H')
  const row = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: /^orders: 1 run/ }) })
  await tabTo(row.getByRole('link', { name: /^orders/ }))
  await page.keyboard.press('ArrowRight')
  const run = row.getByRole('link', { name: /^manual__/ })
  expect(await hasFocus(run)).toBe(true)
  // Nothing is further right: the key is the row's, so that the window of time stays.
  await page.keyboard.press('ArrowRight')
  expect(await hasFocus(run)).toBe(true)
  expect(new URL(page.url()).searchParams.has('at')).toBe(false)
  await page.keyboard.press('ArrowLeft')
  expect(await hasFocus(row.getByRole('link', { name: /^orders/ }))).toBe(true)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^manual__/ }).waitFor()
})

it('mends the file in the editor and saves it', async () => {
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  const palette = page.getByPlaceholder('Search DAGs, tasks, runs, commands').last()
  await expect.poll(() => hasFocus(palette)).toBe(true)
  await page.keyboard.type('go files')
  await page.getByRole('button', { name: /Go to Files/ }).waitFor()
  await page.keyboard.press('Enter')
  await press(page.getByRole('link', { name: 'orders.py', exact: true }))
  await tabTo(page.locator('.cm-content').first())
  await page.keyboard.press('Control+f')
  const find = page.locator('.cm-search input[name=search]')
  await expect.poll(() => hasFocus(find)).toBe(true)
  await page.keyboard.type('exit 3')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.keyboard.type(MENDED)
  await page.keyboard.press('Control+s')
  await expect.poll(async () => (await server.api.getDagFile({ query: { path: 'orders.py' } })).text, { timeout: 20_000 }).toContain(MENDED)
  expect(server.problems).toEqual([])
})
