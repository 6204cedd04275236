/** Assets from the list to the run that they trigger: producers and consumers, updates by hand, what a DAG still waits for. On a real server. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { screenProblems } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const LONG = `s3://a-bucket-with-a-long-name/${'a-folder/'.repeat(24)}part-00000.parquet`
const ASSETS = `
from airflow.sdk import DAG, Asset, AssetAlias, Metadata, asset, task
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable
from datetime import datetime

@asset(schedule=None, uri="file:///lake/orders", group="lake")
def orders(self):
    yield Metadata(self, {"rows": 120})

rates = Asset("rates", "file:///lake/rates", group="lake")
report = Asset("revenue_report", "file:///reports/revenue.csv")

with DAG("revenue", schedule=orders & rates):
    @task(outlets=[report])
    def compute():
        pass
    compute()

with DAG("alerts", schedule=orders | report, is_paused_upon_creation=True):
    @task(inlets=[report], outlets=[Asset("${LONG}"), AssetAlias("any")])
    def compare(*, outlet_events):
        outlet_events[AssetAlias("any")].add(Asset("found", "file:///found"))
    compare()

weekly = AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 8 * * 1", timezone="UTC"), assets=[AssetAlias("any")])
with DAG("publish", schedule=weekly, start_date=datetime(2026, 1, 1), catchup=False, is_paused_upon_creation=True):
    @task
    def upload():
        pass
    upload()
`
const MANY = `
from airflow.sdk import DAG, Asset, task

for n in range(20):
    with DAG(f"many_{n}", schedule=None):
        @task(outlets=[Asset(f"table_{n}_{i}", f"x-many://table/{n}/{i}", group="many") for i in range(50)])
        def load():
            pass
        load()
`
const VERA = { username: 'vera', password: 'vera looks only' }
const ORDERS = 'file:///lake/orders'
const pageOf = (uri: string) => `/assets?uri=${encodeURIComponent(uri)}`

let server: RealServer
beforeAll(async () => {
  server = await startRealServer({ dags: { 'assets.py': ASSETS, 'many.py': MANY } })
  await server.api.createUser({ body: { ...VERA, role: 'Viewer' } })
}, 180_000)
afterAll(async () => {
  await server?.stop()
}, 60_000)

const newestRun = async (dag_id: string) => (await server.api.listRuns({ params: { dag_id }, query: { limit: 1 } })).data[0]

it('tells what a DAG waits for, hears of each update, and leads from the run back to what triggered it', async () => {
  const details = await server.open('/dags/revenue/details')
  await details.getByText('orders and rates').first().waitFor()
  const waits = details
    .getByRole('region', { name: 'Waits for' })
    .or(details.getByRole('list', { name: 'Waits for' }))
    .first()
  await waits.getByText('not yet').nth(1).waitFor()
  await details.getByText('it runs when its assets are updated').waitFor()
  expect(await details.getByText('the schedule has ended').count()).toBe(0)

  const list = await server.open('/dags?search=revenue')
  await list.getByText('0 of 2 arrived').waitFor()
  await server.api.triggerDag({ params: { dag_id: 'orders' }, body: { run_id: 'first' } })
  // Without a reload: the event of the task came to both pages.
  await list.getByText('1 of 2 arrived').waitFor({ timeout: 60_000 })
  await waits.getByText('arrived', { exact: false }).first().waitFor()

  const asset = await server.open(pageOf('file:///lake/rates'))
  await asset.getByText('No updates yet').waitFor()
  await asset.getByRole('button', { name: 'Record an update' }).click()
  const dialog = asset.getByRole('dialog', { name: 'Record an update of rates' })
  await dialog.getByText('Counts for revenue').waitFor()
  await dialog.getByRole('textbox', { name: 'Extra' }).fill('[1]')
  await dialog.getByRole('button', { name: 'Record an update' }).click()
  await dialog.getByText('A JSON object is needed').waitFor()
  await dialog.getByRole('textbox', { name: 'Extra' }).fill('{"currencies": 3}')
  await dialog.getByRole('button', { name: 'Record an update' }).click()
  await asset.getByText('admin, by hand').waitFor()
  await asset.getByText('{"currencies":3}').waitFor()

  await expect.poll(async () => (await newestRun('revenue'))?.state, { timeout: 60_000 }).toBe('success')
  const run = await newestRun('revenue')
  const page = await server.open(`/dags/revenue/runs/${encodeURIComponent(run?.run_id ?? '')}?view=details`)
  const triggers = page.getByRole('region', { name: 'Triggered by' })
  await triggers.getByText('admin, by hand').waitFor()
  await triggers.getByText('{"rows":120}').waitFor()
  expect(await page.getByText('Schedule', { exact: true }).count()).toBe(0)
  await triggers.getByRole('link', { name: 'first' }).click()
  await page.waitForURL(/\/dags\/orders\/runs\/first/)
  for (const opened of [details, list, asset, page]) await opened.context().close()
}, 120_000)

it('lists assets, however many, and shows who makes and who awaits each', async () => {
  const page = await server.open('/assets')
  await page.getByText('1,004 assets').waitFor()
  // Rows come as they are scrolled to.
  expect(await page.getByRole('row').count()).toBeLessThan(80)
  await page.getByRole('searchbox', { name: 'Search assets' }).fill('LAKE')
  await page.getByText('2 assets').waitFor()
  await page.getByRole('link', { name: 'orders', exact: true }).click()
  await page.waitForURL((url) => url.searchParams.get('uri') === ORDERS)
  const awaited = page.getByRole('region', { name: 'Awaited by' })
  await awaited.getByRole('link', { name: 'revenue' }).waitFor()
  await awaited.getByText('Paused').waitFor()
  await page.getByRole('region', { name: 'Updated by' }).getByRole('link', { name: 'orders of orders' }).waitFor()
  const graph = page.getByRole('application')
  for (const name of ['orders', 'revenue', 'alerts']) await graph.getByRole('link', { name, exact: true }).first().waitFor()
  await page.goto(pageOf('file:///nowhere'))
  await page.getByText('There is no such asset').waitFor()
  await page.keyboard.press('Control+k')
  await page
    .getByRole('searchbox', { name: 'Search' })
    .or(page.getByPlaceholder(/Search|Find/))
    .first()
    .fill('revenue_rep')
  await page.getByRole('button', { name: 'revenue_report' }).click()
  await page.waitForURL((url) => url.searchParams.get('uri') === 'file:///reports/revenue.csv')
  await page.context().close()
})

it('lets a Viewer look and not record', async () => {
  const page = await server.open(pageOf(ORDERS), { as: VERA })
  expect(await page.getByRole('button', { name: 'Record an update' }).isDisabled()).toBe(true)
  const answer = await page.request.post('/api/assets/events', { data: { uri: ORDERS }, headers: { origin: server.url } })
  expect(answer.status()).toBe(403)
  await page.context().close()
})

it('has no accessibility violation, fits 400 px, and logs no error', async () => {
  const found = await screenProblems((path, options) => server.open(path, options), {
    assets: { path: '/assets', ready: (page) => page.getByText(/1,00\d assets/).waitFor() },
    'an asset': { path: pageOf(ORDERS), ready: (page) => page.getByText('{"rows":120}').waitFor() },
    'an asset with a long URI': { path: pageOf(LONG), ready: (page) => page.getByRole('link', { name: 'compare of alerts' }).waitFor() },
    'details of a DAG': { path: '/dags/publish/details', ready: (page) => page.getByText('any, or at 08:00').first().waitFor() },
    dags: { path: '/dags?search=revenue', ready: (page) => page.getByText('orders and rates').waitFor() },
  })
  expect(found).toEqual([])
  expect(server.problems).toEqual([])
}, 120_000)
