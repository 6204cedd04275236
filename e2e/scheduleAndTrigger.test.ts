/** Looking ahead: the preview of a schedule, what unpausing starts, and the trigger dialog. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { screenProblems } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const DAGS = {
  'plans.py': `
from datetime import datetime, timedelta
from airflow.sdk import DAG, Param
from airflow.operators.empty import EmptyOperator
from airflow.operators.bash import BashOperator

def start(days):
    return datetime.combine((datetime.utcnow() - timedelta(days=days)).date(), datetime.min.time())

with DAG("catches_up", schedule="@daily", start_date=start(5), catchup=True, max_active_runs=2, is_paused_upon_creation=True):
    BashOperator(task_id="wait", bash_command="sleep 60")
with DAG("weekly", schedule="0 6 * * mon", start_date=start(30), catchup=False, is_paused_upon_creation=True):
    EmptyOperator(task_id="a")
with DAG("later", schedule="@daily", start_date=datetime(2099, 1, 1), is_paused_upon_creation=True):
    EmptyOperator(task_id="a")
with DAG("asks", schedule=None, start_date=datetime(2026, 1, 1), params={
    "table": Param(None, type="string", title="Table", description="What to load", section="Source"),
    "day": Param("2026-01-01", type="string", format="date", section="Source"),
    "rows": Param(100, type="integer", minimum=1, maximum=1000, description_md="At **most** so many"),
    "mode": Param("fast", enum=["fast", "slow"], values_display={"fast": "Fast, may skip"}),
    "city": Param("Berlin", type="string", examples=["Berlin", "Paris"]),
    "tags": Param(["a"], type="array", examples=["a", "b"]),
    "even": Param(2, type="integer", multipleOf=2),
    "remark": Param("one\\ntwo", type="string", format="multiline"),
    "extra": Param(None, type=["object", "null"]),
}) as dag:
    EmptyOperator(task_id="a")
`,
}

let server: RealServer
beforeAll(async () => {
  server = await startRealServer({ dags: DAGS })
  await server.api.createUser({ body: { username: 'vera', password: 'vera looks only', role: 'Viewer' } })
}, 180_000)
afterAll(async () => {
  await server?.stop()
}, 60_000)

const searchOf = (page: Page) => new URL(page.url()).searchParams

describe('the preview of a schedule', () => {
  it('is made while a schedule is typed, and its address brings it back', async () => {
    const page = await server.open('/schedules')
    await page.getByText('See when a schedule runs before it does').waitFor()
    await page.getByLabel('Schedule', { exact: true }).last().fill('30 2 * * *')
    await page.getByText('Every day at 02:30', { exact: true }).waitFor()
    await page.getByText('Next 100 runs').waitFor()
    await page.getByLabel('Start date', { exact: true }).fill('2090-03-01')
    await page.getByRole('combobox', { name: 'Time zone' }).fill('Europe/Berlin')
    await page.getByRole('option', { name: 'Europe/Berlin' }).click()
    await page.getByText('the clock goes forward from 02:00 to 03:00', { exact: false }).first().waitFor()
    const table = page.getByRole('region', { name: 'Next runs' })
    const row = table.getByRole('row').filter({ hasText: '1 h missing' })
    expect(await row.count()).toBe(1)
    expect(await row.textContent()).toContain('03:30')
    expect(Object.fromEntries(searchOf(page))).toMatchObject({ schedule: '30 2 * * *', zone: 'Europe/Berlin', start: '2090-03-01' })
    const again = await server.open(new URL(page.url()).pathname + new URL(page.url()).search)
    await again.getByRole('region', { name: 'Next runs' }).getByText('1 h missing').waitFor()
    await again.context().close()
    await page.context().close()
  })
  it('says what is wrong with a schedule, where, and how to mend it', async () => {
    const page = await server.open('/schedules?schedule=0%2025%20*%20*%20*')
    await page.getByText('25 is not within 0 to 23 in the hour field "25".', { exact: false }).waitFor()
    await page.getByText('The hour is 0 to 23:', { exact: false }).waitFor()
    expect(await page.locator('li[data-wrong]').textContent()).toBe('25hour')
    await page.getByLabel('Schedule', { exact: true }).last().fill('0 5 * * *')
    await page.getByText('Next 100 runs').waitFor()
    await page.context().close()
  })
  it('tells what catchup would create, newest first', async () => {
    const page = await server.open('/schedules?schedule=%40hourly&start=2020-01-01&catchup=true')
    await page.getByText('Due now: more than 10,000 runs', { exact: false }).click()
    const list = page.getByRole('region', { name: 'Due now: more than 10,000 runs' })
    const times = await list
      .locator('tbody tr td:first-child time')
      .evaluateAll((all) => all.map((each) => each.getAttribute('datetime') ?? ''))
    expect(times).toHaveLength(100)
    expect(times).toEqual(times.toSorted().reverse())
    expect(Date.now() - Date.parse(times[0] ?? '')).toBeLessThan(2 * 3_600_000)
    await page.getByRole('switch', { name: 'Catchup' }).press('Space')
    await page.getByText('With catchup on, more than 10,000 runs would be made up for.', { exact: false }).waitFor()
    await page.context().close()
  })
  it('stands on the details of a DAG, with a way to change it', async () => {
    const page = await server.open('/dags/catches_up/details')
    await page.getByText('The DAG is paused. If it were unpaused now:').waitFor()
    await page.getByRole('link', { name: 'Preview this schedule' }).click()
    await page.getByText('2 runs at once.', { exact: false }).waitFor()
    await page.getByLabel('Schedule', { exact: true }).last().fill('0 0 1 1 *')
    await page.getByRole('button', { name: 'Back to the DAG’s own' }).click()
    await expect.poll(() => [...searchOf(page).keys()]).toEqual(['dag'])
    await page.context().close()
  })
})

describe('unpausing', () => {
  it('asks with exactly the runs that start, and they start', async () => {
    const page = await server.open('/dags')
    await page.getByRole('switch', { name: 'Unpause catches_up' }).press('Space')
    const dialog = page.getByRole('dialog', { name: 'Unpause catches_up?' })
    await dialog.locator('li time').first().waitFor()
    const named = await dialog.locator('li time').evaluateAll((all) => all.map((each) => each.getAttribute('datetime')))
    expect(named).toHaveLength(2)
    await dialog.getByText('Beyond these, 4 runs are due', { exact: false }).waitFor()
    // Nothing happens before it is meant.
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect((await server.api.getDag({ params: { dag_id: 'catches_up' } })).is_paused).toBe(true)
    await page.getByRole('switch', { name: 'Unpause catches_up' }).press('Space')
    await dialog.getByRole('button', { name: 'Unpause and start 2 runs' }).click()
    await page.getByRole('switch', { name: 'Pause catches_up' }).waitFor()
    const runs = () => server.api.listRuns({ params: { dag_id: 'catches_up' }, query: {} })
    await expect.poll(async () => (await runs()).total).toBe(2)
    expect((await runs()).data.map(({ logical_date }) => logical_date).toSorted()).toEqual(named)
    await page.context().close()
  })
  it('does not ask where nothing starts', async () => {
    const page = await server.open('/dags/later')
    await page.getByRole('switch', { name: 'Unpause later' }).press('Space')
    await page.getByRole('switch', { name: 'Pause later' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.context().close()
  })
})

describe('the trigger dialog', () => {
  it('goes by keyboard alone from the palette to a run', async () => {
    const page = await server.open('/dags')
    await page.getByRole('heading', { name: 'DAGs', exact: true }).waitFor()
    await page.keyboard.press('Control+k')
    await page.waitForFunction(() => document.activeElement?.matches('.mantine-Spotlight-search'))
    await page.keyboard.type('Trigger a DAG')
    await page.getByText('Trigger a DAG …').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Trigger a DAG' }).waitFor()
    await page.keyboard.type('asks')
    await page.getByRole('option', { name: 'asks' }).waitFor()
    await page.locator('[role=option][data-combobox-selected]', { hasText: 'asks' }).waitFor()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Trigger asks' })
    await dialog.getByText('At most so many').waitFor()
    await page.keyboard.press('Enter')
    await dialog.getByText('A value is needed.').waitFor()
    await page.keyboard.type('orders')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('link', { name: 'Open the run' }).click()
    await page.waitForURL(/\/dags\/asks\/runs\/manual__/)
    const [run] = (await server.api.listRuns({ params: { dag_id: 'asks' }, query: {} })).data
    expect(run?.conf).toMatchObject({ table: 'orders', rows: 100, mode: 'fast', tags: ['a'], remark: 'one\ntwo', extra: null })
    await page.context().close()
  })
  it('keeps form and JSON the same, and what has no field', async () => {
    const page = await server.open('/dags/asks?trigger=asks')
    const dialog = page.getByRole('dialog', { name: 'Trigger asks' })
    await dialog.getByLabel('Table').fill('t1')
    await dialog.getByText('JSON', { exact: true }).click()
    const json = dialog.getByLabel('Conf')
    expect(JSON.parse(await json.inputValue())).toMatchObject({ table: 't1', rows: 100 })
    await json.fill('{"table": "t2",\n oops')
    await dialog.getByText('This is not JSON:', { exact: false }).waitFor()
    expect(await dialog.getByText('line 2', { exact: false }).count()).toBe(1)
    await dialog.getByText('Form', { exact: true }).click()
    expect(await json.count()).toBe(1)
    await json.fill('{"table": "t2", "rows": 7, "more": [1]}')
    await dialog.getByText('Form', { exact: true }).click()
    expect(await dialog.getByLabel('Table').inputValue()).toBe('t2')
    await dialog.getByText('Also sent, though no param: more.', { exact: false }).waitFor()
    await page.context().close()
  })
  it('shows at its field what does not fit, and takes a date, a run id and none', async () => {
    const page = await server.open('/dags/asks?trigger=asks')
    const dialog = page.getByRole('dialog', { name: 'Trigger asks' })
    await dialog.getByLabel('Table').fill('t3')
    await dialog.getByLabel('even').fill('3')
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog
      .getByText(/multiple of 2/)
      .first()
      .waitFor()
    expect(await dialog.getByLabel('even').getAttribute('aria-invalid')).toBe('true')
    await dialog.getByLabel('even').fill('4')
    await dialog.getByRole('button', { name: 'Date, run id and note' }).click()
    await dialog.getByText('A date', { exact: true }).click()
    await dialog.getByLabel('Logical date in UTC').fill('2026-03-01T10:00')
    await dialog.getByText('Data interval:', { exact: false }).getByText('2026-03-01 10:00:00', { exact: false }).waitFor()
    await dialog.getByLabel('Run id').fill('by_hand')
    await dialog.getByLabel('Note', { exact: true }).fill('a story')
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(await server.api.getRun({ params: { dag_id: 'asks', run_id: 'by_hand' } })).toMatchObject({
      logical_date: '2026-03-01T10:00:00.000Z',
      note: 'a story',
    })
    await page.goto('/dags/asks?trigger=asks&conf_of=by_hand')
    await dialog.getByText('Filled in from run by_hand').waitFor()
    expect(await dialog.getByLabel('even').inputValue()).toBe('4')
    await dialog.getByRole('button', { name: 'Date, run id and note' }).click()
    await dialog.getByText('A date', { exact: true }).click()
    await dialog.getByLabel('Logical date in UTC').fill('2026-03-01T10:00')
    await dialog.getByRole('link', { name: 'by_hand' }).waitFor()
    await dialog.getByLabel('Run id').fill('by_hand')
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog.getByText('already has a run "by_hand"', { exact: false }).first().waitFor()
    expect(await dialog.getByLabel('Run id').getAttribute('aria-invalid')).toBe('true')
    await dialog.getByLabel('Run id').fill('no_date')
    await dialog.getByText('None', { exact: true }).click()
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect((await server.api.getRun({ params: { dag_id: 'asks', run_id: 'no_date' } })).logical_date).toBeNull()
    await page.context().close()
  })
  it('fills in confs of runs and presets', async () => {
    const page = await server.open('/dags/asks?trigger=asks')
    const dialog = page.getByRole('dialog', { name: 'Trigger asks' })
    await dialog.getByLabel('Table').fill('kept')
    await dialog.getByRole('button', { name: 'Fill in' }).click()
    await page.getByRole('menuitem', { name: 'Keep as a preset …' }).click()
    await page.getByLabel('Name of the preset').fill('night load')
    await page.keyboard.press('Enter')
    await page.goto('/dags/asks?trigger=asks')
    await dialog.getByRole('button', { name: 'Fill in' }).click()
    // Of runs with the same conf the newest is offered.
    await page.getByRole('menuitem', { name: 'no_date' }).click()
    expect(await dialog.getByLabel('Table').inputValue()).toBe('t3')
    await dialog.getByRole('button', { name: 'Fill in' }).click()
    await page.getByRole('menuitem', { name: 'night load', exact: true }).click()
    expect(await dialog.getByLabel('Table').inputValue()).toBe('kept')
    await page.context().close()
  })
})

it('lets a Viewer look ahead but start nothing', async () => {
  const page = await server.open('/dags/weekly/details', { as: { username: 'vera', password: 'vera looks only' } })
  await page.getByRole('link', { name: 'Preview this schedule' }).waitFor()
  expect(await page.getByRole('switch', { name: 'Unpause weekly' }).isDisabled()).toBe(true)
  expect(await page.getByRole('button', { name: 'Trigger', exact: true }).isDisabled()).toBe(true)
  await page.context().close()
})

it('has no accessibility violation and fits a narrow window', async () => {
  const found = await screenProblems(server.open, {
    'no schedule': { path: '/schedules', ready: (page) => page.getByText('See when a schedule runs before it does').waitFor() },
    'a schedule': {
      path: '/schedules?schedule=30%202%20*%20*%20*&zone=Europe%2FBerlin&start=2026-01-01&catchup=true',
      ready: (page) => page.getByText('Next 100 runs').waitFor(),
    },
    'a bad schedule': { path: '/schedules?schedule=61%20*%20*%20*%20*', ready: (page) => page.locator('li[data-wrong]').waitFor() },
    'the trigger dialog': {
      path: '/dags?trigger=asks',
      ready: (page) => page.getByRole('dialog', { name: 'Trigger asks' }).getByLabel('Table').waitFor(),
    },
  })
  expect(found).toEqual([])
  expect(server.problems).toEqual([])
}, 150_000)
