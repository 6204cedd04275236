/** Two runs side by side, runs in the order of their days, what a bulk unpause starts, a palette that loses no letter, a readable graph. */
import { setTimeout } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { screenProblems } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const DAY = 86_400_000
const day = (ago: number) => new Date(Math.floor(Date.now() / DAY) * DAY - ago * DAY).toISOString().slice(0, 10)
const DAGS = {
  'orders.py': `
from datetime import datetime
from airflow.sdk import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

with DAG("orders", schedule=None, start_date=datetime(2026, 1, 1)):
    first = EmptyOperator(task_id="first")
    check = BashOperator(task_id="check", bash_command="exit {{ dag_run.conf.get('code', 0) }}")
    slow = BashOperator(task_id="slow", bash_command="sleep {{ dag_run.conf.get('seconds', 0) }}")
    first >> [check, slow]
    check >> EmptyOperator(task_id="last")
with DAG("daily", schedule="0 3 * * *", start_date=datetime.fromisoformat("${day(9)}"), catchup=False):
    EmptyOperator(task_id="only")
with DAG("paused_a", schedule="@daily", start_date=datetime.fromisoformat("${day(3)}"), catchup=True, is_paused_upon_creation=True, tags=["pick"]):
    EmptyOperator(task_id="only")
with DAG("paused_b", schedule=None, start_date=datetime(2026, 1, 1), is_paused_upon_creation=True, tags=["pick"]):
    EmptyOperator(task_id="only")
with DAG("chain", schedule=None, start_date=datetime(2026, 1, 1)):
    before = None
    for step in range(12):
        task = EmptyOperator(task_id=f"step_{step}")
        if before is not None:
            before >> task
        before = task
`,
}

let server: RealServer
const search = (page: Page) => new URL(page.url()).searchParams

async function ended(dag_id: string, run_id: string): Promise<void> {
  for (;;) {
    const { state } = await server.api.getRun({ params: { dag_id, run_id } })
    if (state === 'success' || state === 'failed') return
    await setTimeout(50)
  }
}

beforeAll(async () => {
  server = await startRealServer({ dags: DAGS })
  const { api } = server
  await api.triggerDag({ params: { dag_id: 'orders' }, body: { run_id: 'good' } })
  await ended('orders', 'good')
  await api.triggerDag({ params: { dag_id: 'orders' }, body: { run_id: 'bad', conf: { code: 3, seconds: 2 } } })
  await ended('orders', 'bad')
  await api.triggerDag({ params: { dag_id: 'daily' }, body: { run_id: 'by-hand' } })
  await ended('daily', 'by-hand')
  const range = { start_date: `${day(6)}T00:00:00Z`, end_date: `${day(4)}T23:00:00Z` }
  await api.createBackfill({ params: { dag_id: 'daily' }, body: range })
  while ((await api.listBackfills({ params: { dag_id: 'daily' }, query: {} })).data[0]?.state === 'running') await setTimeout(50)
}, 180_000)
afterAll(async () => {
  await server?.stop()
}, 60_000)

it('compares a run with another, what differs first', async () => {
  const page = await server.open('/dags/orders/runs/bad')
  await page.getByRole('link', { name: 'Compare with …' }).click()
  await expect.poll(() => search(page).get('view')).toBe('compare')
  const table = page.getByRole('table', { name: 'Tasks of bad and good' })
  await table.waitFor()
  const names = () => table.getByRole('row').locator('button').allInnerTexts()
  expect((await names()).slice(0, 3)).toEqual(['check', 'last', 'slow'])
  await page.getByRole('status').filter({ hasText: 'Of 4 tasks: 2 with another state, 1 notably faster or slower' }).waitFor()
  await table.getByText(/^[12]\.\d s slower$/).waitFor()
  // The conf is what made the difference.
  await page.getByText('"code":3', { exact: false }).waitFor()
  await page.goto('/dags/orders/runs/good?view=compare')
  await page
    .getByRole('table', { name: 'Tasks of good and bad' })
    .getByText(/^[12]\.\d s faster$/)
    .waitFor()
  await page.context().close()
})

it('stands a backfilled run among its days', async () => {
  const runs = (await server.api.listRuns({ params: { dag_id: 'daily' }, query: { limit: 9 } })).data
  const dates = runs.map(({ run_after }) => run_after)
  expect(dates).toEqual(dates.toSorted().reverse())
  // It was made first, and is the newest all the same.
  expect(runs.find(({ run_type }) => run_type !== 'scheduled')?.run_id).toBe('by-hand')
  const { recent_runs, last_run_state } = await server.api.getDag({ params: { dag_id: 'daily' } })
  expect(recent_runs.map(({ run_id }) => run_id)).toEqual(runs.map(({ run_id }) => run_id).reverse())
  expect(last_run_state).toBe('success')
  const page = await server.open('/dags/daily/runs')
  await page.getByRole('link', { name: 'by-hand' }).waitFor()
  const order = (await page.getByRole('row').getByRole('link').allInnerTexts()).filter((text) => runs.some(({ run_id }) => run_id === text))
  expect(order).toEqual(runs.map(({ run_id }) => run_id))
  await page.context().close()
})

it('names the runs that a bulk unpause starts', async () => {
  const page = await server.open('/dags?tag=pick')
  for (const id of ['paused_a', 'paused_b']) await page.getByLabel(`Select ${id}`).check()
  await page.getByRole('toolbar').getByRole('button', { name: 'Unpause' }).click()
  const dialog = page.getByRole('dialog', { name: 'Unpause DAGs' })
  const line = dialog.getByRole('listitem').filter({ hasText: 'paused_a' })
  await line.getByText(/\d runs start at once: scheduled__/).waitFor()
  const said = /(\d) runs start at once/.exec(await line.innerText())?.[1]
  expect(await dialog.getByRole('listitem').filter({ hasText: 'paused_b' }).innerText()).not.toContain('start')
  await dialog.getByRole('button', { name: 'Unpause 2 DAGs' }).click()
  await page.getByText('Done for 2 DAGs.').waitFor()
  const made = async () => (await server.api.listRuns({ params: { dag_id: 'paused_a' }, query: {} })).total
  await expect.poll(made).toBe(Number(said))
  await page.context().close()
})

it('loses no letter that is typed right after the key of the palette', async () => {
  const page = await server.open('/dags')
  await page.getByRole('link', { name: 'orders', exact: true }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('paused_b')
  const field = page.getByRole('dialog').getByPlaceholder('Search DAGs, tasks, runs, commands')
  await expect.poll(() => field.inputValue()).toBe('paused_b')
  // Asked for while it is open it does not take the keys from its own field.
  await page.keyboard.press('Control+k')
  await field.fill('')
  await page.keyboard.type('chain')
  await expect.poll(() => field.inputValue()).toBe('chain')
  await page.context().close()
})

it('draws a graph the way in which it is seen larger, and one that is read whole when asked', async () => {
  const page = await server.open('/dags/chain/graph')
  const first = page.locator('.react-flow__node[data-id=step_0]')
  await first.waitFor()
  // Twelve in a row would be a strip of dust: it begins where it can be read.
  const zoom = async () => ((await first.boundingBox())?.width ?? 0) / 190
  await expect.poll(zoom).toBeGreaterThan(0.74)
  await page.getByRole('button', { name: 'Fit to window' }).click()
  await expect.poll(zoom).toBeLessThan(0.74)
  await page.context().close()
})

it('has no accessibility violation, and nothing is wider than 400 px', async () => {
  const found = await screenProblems(server.open, {
    compare: {
      path: '/dags/orders/runs/bad?view=compare',
      ready: (page) => page.getByRole('table', { name: 'Tasks of bad and good' }).waitFor(),
    },
    backfills: { path: '/dags/daily/backfills', ready: (page) => page.getByText('3 succeeded of 3').waitFor() },
    calendar: {
      path: '/dags/daily/calendar',
      ready: (page) => page.getByRole('button', { name: 'Month' }).or(page.getByText('Month')).first().waitFor(),
    },
    graph: { path: '/dags/chain/graph', ready: (page) => page.locator('.react-flow__node').first().waitFor() },
  })
  expect(found).toEqual([])
  expect(server.problems).toEqual([])
}, 120_000)
