/** What a DAG and its runs did over time: Gantt, calendar, durations, backfills, versions and audit log, on a real server. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRealServer, type RealServer } from './realServer.ts'

const dag = (load: string) => `"""# Sales"""
from datetime import timedelta
import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from airflow.utils.task_group import TaskGroup

def flaky(ti, **_):
    if ti.try_number < 2:
        raise ValueError("not yet")

with DAG("sales", schedule="0 3 * * *", start_date=pendulum.datetime(2026, 3, 1, tz="Europe/Berlin"), catchup=False,
         is_paused_upon_creation=True, default_args={"owner": "data-team"}) as dag:
    start = EmptyOperator(task_id="start")
    with TaskGroup("extract") as extract:
        BashOperator(task_id="orders", bash_command="sleep 0.2")
        BashOperator(task_id="customers", bash_command="true")
    shaky = PythonOperator(task_id="shaky", python_callable=flaky, retries=1, retry_delay=timedelta(seconds=0))
    load = BashOperator(task_id="load", ${load})
    start >> extract >> shaky >> load

with DAG("days", schedule="0 3 * * *", start_date=pendulum.datetime(2026, 3, 1, tz="Europe/Berlin"), catchup=False,
         is_paused_upon_creation=False) as days:
    EmptyOperator(task_id="only")

with DAG("hold", schedule=None, start_date=pendulum.datetime(2026, 3, 1)) as hold:
    BashOperator(task_id="waits", bash_command="while [ ! -e $FLAG ]; do sleep 0.05; done", env={"FLAG": "{{ dag_run.conf['flag'] }}"}, append_env=True)
`

let server: RealServer
/** On a busy machine a page may take seconds. */
const poll = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 })
/** An operator and somebody who may only look. */
const VIEWER = { username: 'viewer', password: 'a long password for looking' }

const ended = (dag_id: string, run_id: string) =>
  vi.waitFor(
    async () => {
      const { state } = await server.api.getRun({ params: { dag_id, run_id } })
      if (state !== 'success' && state !== 'failed') throw new Error(`run ${run_id} is ${state}`)
    },
    { timeout: 20_000, interval: 100 },
  )

beforeAll(async () => {
  server = await startRealServer({ dags: { 'sales.py': dag('bash_command="sleep 0.1"') } })
  await server.api.createUser({ body: { ...VIEWER, role: 'Viewer' } })
  await server.api.triggerDag({ params: { dag_id: 'sales' }, body: { run_id: 'first', logical_date: '2026-10-24T10:00:00Z' } })
  // Around the day on which clocks go back.
  await server.api.createBackfill({
    params: { dag_id: 'days' },
    body: { start_date: '2026-10-20T00:00:00Z', end_date: '2026-10-27T23:00:00Z', max_active_runs: 4 },
  })
  await ended('sales', 'first')
}, 180_000)
afterAll(() => server.stop(), 60_000)

it('shows what each attempt of a run waited and ran, and the path that decided its end', async () => {
  const page = await server.open('/dags/sales/runs/first?view=gantt')
  const row = (name: RegExp) => page.getByRole('listitem').filter({ has: page.getByRole('button', { name }) })
  const group = page.getByRole('button', { name: /^extract\b.*2 task instances, success/ })
  await group.waitFor()
  // Folded it is one row; what is in it counts.
  expect(await page.getByRole('button', { name: /^orders\b/ }).count()).toBe(0)
  await group.click()
  await page.getByRole('button', { name: /^orders\b.*success/ }).waitFor()
  expect(new URL(page.url()).searchParams.get('open')).toBe('*')

  const attempts = row(/^shaky/).locator('[data-state]')
  await poll(() => attempts.evaluateAll((bars) => bars.map((bar) => bar.getAttribute('data-state')))).toEqual(['failed', 'success'])
  await poll(() => page.locator('[role=listitem][data-critical] button .ellipsis').allTextContents()).toEqual([
    'start',
    'orders',
    'shaky',
    'load',
  ])
  await page.getByRole('button', { name: 'Critical path' }).click()
  await poll(() => page.locator('[role=listitem][data-critical]').count()).toBe(0)

  await attempts.first().hover()
  await page.getByRole('tooltip').getByText('failed · attempt 1').waitFor()
  await attempts.first().click()
  await page.getByRole('complementary', { name: 'shaky' }).waitFor()
  expect(new URL(page.url()).searchParams.get('attempt')).toBe('1')
  await page.keyboard.press('Escape')
  await page.getByRole('complementary', { name: 'shaky' }).waitFor({ state: 'hidden' })

  // Zoomed it is in the URL, and a reload shows the same.
  const width = async () =>
    (
      await row(/^orders\b/)
        .locator('[data-state]')
        .boundingBox()
    )?.width ?? 0
  const before = await width()
  await page.getByRole('button', { name: /^orders\b/ }).focus()
  await page.keyboard.press('+')
  await poll(width).not.toBe(before)
  await poll(() => new URL(page.url()).searchParams.get('span')).toMatch(/^\d+-\d+$/)
  const zoomed = await width()
  await page.reload()
  await poll(width).toBeCloseTo(zoomed, -1)
  await page.keyboard.press('ArrowDown')
}, 60_000)

it('grows the bar of a running task without asking again', async () => {
  const flag = `${server.dags_folder}/go`
  await server.api.triggerDag({ params: { dag_id: 'hold' }, body: { run_id: 'live', conf: { flag } } })
  const page = await server.open('/dags/hold/gantt')
  const bar = page.locator('[data-live][data-state=running]')
  await bar.waitFor()
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.getByRole('button', { name: 'Zoom in' }).waitFor()
  const name = page.getByRole('button', { name: /^waits\b.*running, Ran/ })
  const first = await name.textContent()
  await poll(() => name.textContent()).not.toBe(first)
  expect(asked.filter((url) => url.includes('/api/') && !url.includes('/api/events'))).toEqual([])
  await server.writeDag('go', '')
  await page.locator('[data-state=success]').first().waitFor()
  await ended('hold', 'live')
}, 60_000)

describe('the calendar', () => {
  it('shows past and planned days of the zone of the DAG, clocks going back included', async () => {
    await poll(async () => (await server.api.listBackfills({ params: { dag_id: 'days' }, query: {} })).data[0]?.state).toBe('success')
    const page = await server.open('/dags/days/calendar?at=2026-10-01')
    const day = (number: number, month = 'October') => page.getByRole('button', { name: new RegExp(`^${number} ${month} 2026:`) })
    await day(24).waitFor()
    const said = async (number: number, month?: string) => (await day(number, month).textContent()) ?? ''
    expect(await said(24)).toBe('24 October 2026: 1 success')
    expect(await said(25)).toBe('25 October 2026: 1 success, 25 hours: clocks change')
    expect(await said(1)).toContain('the schedule has a date here, without a run')
    expect(await said(31, 'December')).toBe('31 December 2026: 1 planned')
    // Months before the DAG began are there when they are asked for.
    expect(await day(28, 'February').count()).toBe(0)
    await page.getByRole('button', { name: /months? before the DAG begins$/ }).click()
    expect(await said(28, 'February')).toBe('28 February 2026: no run')
    await day(24).click()
    await page.getByRole('menuitem', { name: 'Show 1 run' }).click()
    await page.getByRole('link', { name: /^backfill__2026-10-24/ }).waitFor()
    expect(await page.getByRole('link', { name: /^backfill__/ }).count()).toBe(1)
    await page.getByRole('button', { name: 'Runs of all dates' }).click()
    await poll(() => page.getByRole('link', { name: /^backfill__/ }).count()).toBeGreaterThan(5)
  })

  it('runs a day, with the date that the schedule has for it', async () => {
    const page = await server.open('/dags/days/calendar?at=2026-10-01&view=month')
    await page.getByRole('button', { name: /^5 October 2026:/ }).click()
    await page.getByRole('menuitem', { name: 'Run this day …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Trigger days' })
    await poll(() => dialog.locator('input[type=datetime-local]').first().inputValue()).toMatch(/^2026-10-05T01:00/)
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    // Live: the cell knows without a reload.
    await page.getByRole('button', { name: /^5\s+October 2026:\s+1 success/ }).waitFor()
  })

  it('fills in the backfill of a range that is chosen with the keyboard, lists exactly its runs, and follows it', async () => {
    const page = await server.open('/dags/days/calendar?at=2026-10-01&view=month')
    await page.getByRole('button', { name: /^5 October 2026:/ }).waitFor()
    await page.getByRole('button', { name: /^6 October 2026:/ }).click({ trial: true })
    // Drag from the 6th to the 9th.
    await page.getByRole('button', { name: /^6 October 2026:/ }).hover()
    await page.mouse.down()
    await page.getByRole('button', { name: /^8 October 2026:/ }).hover()
    await page.getByRole('button', { name: /^9 October 2026:/ }).hover()
    await page.mouse.up()
    await page.getByRole('menuitem', { name: 'Backfill these 4 days …' }).waitFor()
    await page.keyboard.press('Escape')
    // The same with keys, one day less.
    await page.getByRole('button', { name: /^9 October 2026:/ }).focus()
    for (const key of ['ArrowLeft', 'ArrowLeft', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Enter']) await page.keyboard.press(key)
    await page.getByRole('menuitem', { name: 'Backfill these 3 days …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Backfill days' })
    await dialog.getByRole('button', { name: 'Start 3 runs' }).waitFor()
    expect(await dialog.getByLabel('From', { exact: true }).inputValue()).toMatch(/^2026-10-07T00:00/)
    await dialog.getByLabel('To', { exact: true }).fill('2026-10-25T23:59:59')
    await dialog.getByRole('button', { name: 'Start 13 runs' }).waitFor()
    await dialog.getByText('6 dates skipped').waitFor()
    await dialog.getByLabel('Newest date first').press('Space')
    const rows = dialog.getByRole('region', { name: '13 runs will start' }).getByRole('listitem')
    await poll(() => rows.first().textContent()).toContain('2026-10-19 03:00:00')
    await dialog.getByRole('button', { name: 'Start 13 runs' }).click()
    // Its own progress, by events alone.
    await page.getByText('13 succeeded of 13', { exact: true }).waitFor()
    expect(new URL(page.url()).searchParams.get('id')).toBe('2')
    await page
      .getByRole('table', { name: 'Runs of backfill 2' })
      .getByRole('link', { name: /^backfill__2026-10-19/ })
      .waitFor()
  }, 60_000)
})

it('pauses, resumes and cancels a backfill', async () => {
  await server.api.pauseDag({ params: { dag_id: 'sales' } })
  await server.api.createBackfill({
    params: { dag_id: 'sales' },
    body: { start_date: '2026-05-01T00:00:00Z', end_date: '2026-05-20T00:00:00Z', max_active_runs: 1 },
  })
  const page = await server.open('/dags/sales/backfills')
  const card = page.getByRole('listitem').filter({ hasText: '#3' })
  await card.getByRole('button', { name: 'Pause' }).click()
  await card.getByText('paused', { exact: true }).waitFor()
  await card.getByRole('button', { name: 'Resume' }).click()
  await card.getByText('running', { exact: true }).waitFor()
  await card.getByRole('button', { name: 'Cancel', exact: true }).click()
  const question = page.getByRole('dialog', { name: 'Cancel backfill 3' })
  await question.getByText('will not start', { exact: false }).waitFor()
  await question.getByRole('button', { name: 'Cancel backfill 3' }).click()
  await card.getByText('cancelled', { exact: true }).waitFor()
  await server.api.unpauseDag({ params: { dag_id: 'sales' } })
}, 40_000)

it('draws durations, opens the run that is clicked, and has the same as a table', async () => {
  const page = await server.open('/dags/days/durations')
  const bars = page.locator('section').first().locator('.recharts-bar-rectangle')
  await poll(() => bars.count()).toBeGreaterThan(20)
  await page
    .getByRole('heading', { name: 'The slowest task' })
    .or(page.getByRole('heading', { name: 'The 1 slowest task' }))
    .waitFor()
  await page.getByRole('button', { name: 'As a table' }).click()
  await page.getByRole('link', { name: /^backfill__2026-10-24/ }).waitFor()
  await page.getByRole('button', { name: 'As a chart' }).click()
  await page
    .locator('section')
    .first()
    .locator('.recharts-surface')
    .first()
    .click({ position: { x: 400, y: 120 } })
  await page.waitForURL(/\/runs\/.*view=gantt/)
}, 30_000)

it('says what a version changed and who did what', async () => {
  const versionNow = async () => (await server.api.getDag({ params: { dag_id: 'sales' } })).version
  const before = await versionNow()
  await server.writeDag('sales.py', dag('bash_command="sleep 0.3", retries=2'))
  await poll(versionNow).toBe(before + 1)
  const page = await server.open(`/dags/sales/versions?version=${before + 1}&with=${before}`)
  await page.getByRole('heading', { name: 'Tasks changed' }).waitFor()
  const fields = page.getByRole('region', { name: `What changed: v${before + 1}` })
  await fields.getByRole('row', { name: 'retries 0 2' }).waitFor()
  await fields.getByRole('row', { name: 'template: bash_command sleep 0.1 sleep 0.3' }).waitFor()
  const diff = page.getByRole('link', { name: 'Source side by side' })
  expect(await diff.getAttribute('href')).toBe(`/dags/sales/code?version=${before + 1}&with=${before}`)

  await server.api.pauseDag({ params: { dag_id: 'sales' } })
  await server.api.unpauseDag({ params: { dag_id: 'sales' } })
  await server.api.clearRun({ params: { dag_id: 'sales', run_id: 'first' }, body: {} })
  await page.goto('/dags/sales/audit')
  const log = page.getByRole('table', { name: 'Audit log' })
  await log
    .getByRole('row')
    .filter({ hasText: /cleared\s*5 task instances/ })
    .waitFor()
  await log.getByRole('row').filter({ hasText: 'unpaused the DAG' }).first().waitFor()
  expect(await log.getByText('worker_report', { exact: false }).count()).toBe(0)
  await page.getByText('What the engine did').click()
  await log.getByText('worker_report', { exact: false }).first().waitFor()
  await page.getByText('What people did').click()
  await page.getByLabel('By', { exact: true }).fill('nobody')
  await page.getByRole('heading', { name: 'Nothing fits' }).waitFor()
  expect(new URL(page.url()).searchParams.get('actor')).toBe('nobody')
}, 60_000)

it('lets a Viewer look and change nothing', async () => {
  const page = await server.open('/dags/days/calendar?at=2026-10-01&view=month', { as: VIEWER })
  await page.getByRole('button', { name: /^24 October 2026:/ }).click()
  await page.getByRole('menuitem', { name: 'Show 1 run' }).waitFor()
  for (const name of ['Run this day …', 'Backfill this day …']) expect(await page.getByRole('menuitem', { name }).isDisabled()).toBe(true)
  await page.goto('/dags/days/backfills?create=true')
  await page.getByRole('button', { name: 'New backfill' }).waitFor()
  expect(await page.getByRole('button', { name: 'New backfill' }).isDisabled()).toBe(true)
  expect(await page.getByRole('dialog').count()).toBe(0)
}, 30_000)

describe('every view', () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  const VIEWS: Record<string, (page: Page) => Promise<void>> = {
    '/dags/sales/runs/first?view=gantt&open=*': (page) => page.locator('[data-attempt] [data-state]').first().waitFor(),
    '/dags/sales/gantt': (page) => page.locator('[data-attempt] [data-state]').first().waitFor(),
    '/dags/days/calendar': (page) => page.locator('[data-cell]').first().waitFor(),
    '/dags/days/calendar?view=month': (page) => page.locator('[data-cell]').first().waitFor(),
    '/dags/days/calendar?view=hours': (page) => page.locator('[data-cell]').first().waitFor(),
    '/dags/days/durations': (page) => page.locator('.recharts-bar-rectangle').first().waitFor(),
    '/dags/days/backfills?id=1': (page) => page.getByRole('table').waitFor(),
    '/dags/days/backfills?create=true&from=2026-06-01&to=2026-06-30': (page) =>
      page.getByRole('button', { name: 'Start 30 runs' }).waitFor(),
    '/dags/sales/versions': (page) => page.getByRole('heading', { name: 'Tasks changed' }).waitFor(),
    '/dags/sales/audit?origin=all': (page) => page.getByRole('table').waitFor(),
    '/dags/sales/details': (page) => page.getByRole('heading', { name: 'Settings' }).waitFor(),
  }
  it.each([
    ['light', 1440],
    ['dark', 400],
  ] as const)(
    'has no accessibility violation and no overflow (%s, %i px)',
    async (theme, width) => {
      const page = await server.open('/dags/days', { theme, width })
      const found: string[] = []
      for (const [path, ready] of Object.entries(VIEWS)) {
        await page.goto(path)
        await ready(page)
        await page.evaluate(source)
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: { run: (node: Document) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> }
          }
          return (await axe.run(document)).violations.map(
            ({ id, nodes }) => `${id}: ${nodes.length} × ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary.slice(0, 300)}`,
          )
        })
        found.push(...violations.map((violation) => `${path}: ${violation}`))
        if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth))
          found.push(`${path}: wider than the window`)
      }
      expect(found).toEqual([])
    },
    90_000,
  )
  it('logged no error', () => {
    expect(server.problems).toEqual([])
  })
})
