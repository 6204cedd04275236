/** The run page and the task instance page, on a real server with real attempts: log, rendered fields, XCom, clear, mark, note, events. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { screenProblems } from './accessibility.ts'
import { startRealServer, type PageOptions, type RealServer } from './realServer.ts'

const DAGS = `import datetime as dt, logging
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator

log = logging.getLogger("etl.load")

def fail():
    for at in range(80):
        log.info("row batch %d", at)
    log.warning("slow answer")
    raise ValueError("no such column: amount")

def answer():
    return {"rows": 1284, "tables": [{"name": "orders", "ok": True}], "ids": list(range(150))}

with DAG("etl", start_date=dt.datetime(2026, 1, 1), schedule=None, params={"region": "eu"}) as dag:
    extract = BashOperator(task_id="extract", bash_command=r"""
echo "see https://example.org/runbook. javascript:alert(1)"
echo "::group::Install"
echo "2026-11-23T10:00:00Z INFO one"
echo "2026-11-23T10:00:02Z INFO two"
echo "::endgroup::"
printf '\\033[32mok\\033[0m done\\n'
for i in $(seq 1 200); do echo "line $i of the extract"; done
""")
    transform = BashOperator(task_id="transform", bash_command="echo {{ ds }} {{ params.region }} $TOKEN", env={"MODE": "{{ run_id }}"}, append_env=True)
    count = PythonOperator(task_id="count", python_callable=answer)
    load = PythonOperator(task_id="load", python_callable=fail, retries=1, retry_delay=dt.timedelta(milliseconds=1))
    extract >> [transform, count] >> load >> EmptyOperator(task_id="publish")

with DAG("waits", start_date=dt.datetime(2026, 1, 1), schedule=None):
    BashOperator(task_id="poll", bash_command="i=0; while true; do i=$((i+1)); echo \\"poll $i\\"; sleep 0.02; done") >> EmptyOperator(task_id="after")
    BashOperator(task_id="held", bash_command="true", pool="tiny", pool_slots=2)

with DAG("large_log", start_date=dt.datetime(2026, 1, 1), schedule=None):
    BashOperator(task_id="writes", do_xcom_push=False, bash_command="seq -f 'INFO row %010.0f with a text of some length' 1 300000; echo 'ERROR the needle'")
`

let server: RealServer
let page: Page
let shown: Page | undefined
const RUN = '/dags/etl/runs/second'
const task = (id: string, search = '') => `${RUN}/tasks/${id}${search}`
const log = () => page.getByRole('region', { name: 'Log of the task' })
/** What the search says of its matches. */
const matches = (words: string) =>
  vi.waitFor(async () => expect((await page.getByRole('toolbar').getByRole('status').textContent())?.trim()).toBe(words), {
    timeout: 10_000,
  })
const dialog = () => page.getByRole('dialog')
const param = (name: string) => new URL(page.url()).searchParams.get(name)

async function open(path: string, options?: PageOptions): Promise<Page> {
  await shown?.context().close()
  page = shown = await server.open(path, options)
  page.setDefaultTimeout(20_000)
  return page
}

async function ended(dag_id: string, run_id: string): Promise<void> {
  await vi.waitFor(async () => expect((await server.api.getRun({ params: { dag_id, run_id } })).end_time).not.toBeNull(), {
    timeout: 60_000,
    interval: 200,
  })
}
const stateOf = async (task_id: string, run_id = 'second') =>
  (await server.api.getTaskInstance({ params: { dag_id: 'etl', run_id, task_id }, query: {} })).state

beforeAll(async () => {
  server = await startRealServer({ dags: { 'etl.py': DAGS } })
  await server.api.createPool({ body: { name: 'tiny', slots: 1, description: '' } })
  await server.api.triggerDag({ params: { dag_id: 'large_log' }, body: { run_id: 'big' } })
  for (const run_id of ['first', 'second']) {
    await server.api.triggerDag({ params: { dag_id: 'etl' }, body: { run_id, conf: { region: 'us' } } })
    await ended('etl', run_id)
  }
  await server.api.triggerDag({ params: { dag_id: 'waits' }, body: { run_id: 'now' } })
  await server.api.createUser({ body: { username: 'vera', password: 'a long password for vera', role: 'Viewer' } })
})
afterAll(async () => {
  await server.stop()
})

describe('the log', () => {
  it('opens at the line that made the attempt fail', async () => {
    await open(task('load'))
    await log().getByText('ValueError: no such column: amount').waitFor()
    await page.getByText('Traceback (most recent call last)').waitFor()
  })

  it('folds groups with their durations, draws colours, and links only web addresses', async () => {
    await open(task('extract'))
    await page.getByRole('button', { name: 'Jump to the start' }).click()
    const group = page.getByRole('button', { name: /Install/ })
    expect(await group.textContent()).toContain('2.0 s')
    expect(await log().getByText('INFO one').count()).toBe(0)
    await page.keyboard.press('e')
    await log().getByText('INFO one').waitFor()
    const links = log().locator('a[target="_blank"]')
    expect(await links.evaluateAll((all) => all.map((a) => [a.getAttribute('href'), a.getAttribute('rel')]))).toEqual([
      ['https://example.org/runbook', 'noopener noreferrer'],
    ])
    expect(await log().getByText('ok', { exact: true }).getAttribute('style')).toContain('--ansi-2')
  })

  it('is searched, filtered by level, and linked to by lines, all in its address', async () => {
    await open(task('load'))
    await log().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('batch 1')
    await matches('11')
    await page.keyboard.press('Enter')
    await matches('1 of 11')
    await page.keyboard.press('Shift+Enter')
    await matches('11 of 11')
    expect(param('logq')).toBe('batch 1')
    await open(task('load', '?level=warning&line=81-82'))
    await log().getByText('slow answer').waitFor()
    expect(await log().getByText('row batch 79').count()).toBe(0)
    expect(await log().locator('[data-picked]').count()).toBe(2)
    await log()
      .getByRole('link', { name: 'Link to line 83', includeHidden: true })
      .click({ modifiers: ['Shift'] })
    await vi.waitFor(() => expect(param('line')).toBe('81-83'))
    await open(`${task('load')}#L12`)
    await log().locator('[data-picked]').getByText('row batch 11').waitFor()
  })

  it('downloads what it shows', async () => {
    await open(task('load', '?level=error'))
    await log().getByText('ValueError: no such').waitFor()
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('d')])
    const text = await readFile(await download.path(), 'utf8')
    expect(text.startsWith('Traceback (most recent call last)')).toBe(true)
    expect(text.trimEnd().endsWith('ValueError: no such column: amount')).toBe(true)
    expect(text).not.toContain('row batch')
  })

  it('follows until the reader looks back, and again from the end', async () => {
    await open('/dags/waits/runs/now/tasks/poll')
    const following = page.getByRole('button', { name: 'Following' })
    await following.waitFor()
    await vi.waitFor(
      async () =>
        expect(
          await log()
            .getByText(/^\d\d:\d\d:\d\d\.\d{3} poll \d+$/)
            .count(),
        ).toBeGreaterThan(20),
      { timeout: 15_000 },
    )
    await page.keyboard.press('t')
    await log()
      .getByText(/^poll \d+$/)
      .first()
      .waitFor()
    await page.keyboard.press('t')
    await log().hover()
    await page.mouse.wheel(0, -200)
    await page.getByRole('button', { name: 'Follow', exact: true }).click()
    await following.waitFor()
    await page.keyboard.press('f')
    expect(await log().evaluate((element) => element.clientHeight)).toBeGreaterThan(750)
    await page.keyboard.press('Escape')
  })

  it('of any size is read by screens, searched by the server, and linked to', async () => {
    await vi.waitFor(
      async () =>
        expect(
          (await server.api.getLog({ params: { dag_id: 'large_log', run_id: 'big', task_id: 'writes' }, query: { limit: 1 } })).complete,
        ).toBe(true),
      { timeout: 60_000, interval: 300 },
    )
    await open('/dags/large_log/runs/big/tasks/writes')
    await log().getByText('ERROR the needle').waitFor()
    await page.getByText('300,001 lines').waitFor()
    await page.getByRole('button', { name: 'Jump to the start' }).click()
    await log().getByText('row 0000000001 ').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('NEEDLE')
    await matches('1')
    await page.keyboard.press('Enter')
    await log().locator('mark').waitFor()
    expect(await page.locator('[data-paged] a').count()).toBeLessThan(120)
    await open('/dags/large_log/runs/big/tasks/writes?line=150000')
    await log().locator('[data-picked]').getByText('row 0000150000').waitFor()
    expect(await log().locator('[data-picked] time').textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} $/)
    await open('/dags/large_log/runs/big/tasks/writes?level=error')
    await page.getByText('1 of 300,001 lines').waitFor()
  })
})

describe('the task page', () => {
  it('shows templates beside what they became', async () => {
    await open(task('transform', '?tab=rendered'))
    const field = page.getByRole('region', { name: 'bash_command' })
    await field.getByText('echo {{ ds }} {{ params.region }} $TOKEN').waitFor()
    await field.getByText(/echo \d{4}-\d\d-\d\d us \$TOKEN/).waitFor()
    await page.getByRole('region', { name: 'env' }).getByText('"MODE": "second"').waitFor()
  })

  it('shows an XCom as a tree', async () => {
    await open(task('count', '?tab=xcom'))
    await page.getByText('1284').waitFor()
    await page.getByRole('button', { name: '50 more …' }).click()
    await page.getByText('149', { exact: true }).first().waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ])
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({ rows: 1284 })
  })

  it('keeps each attempt', async () => {
    await open(task('load', '?tab=attempts'))
    await page.getByRole('region', { name: 'Attempt 1' }).getByRole('button', { name: /^Log/ }).click()
    await vi.waitFor(() => expect(param('attempt')).toBe('1'))
    await log().getByText('ValueError: no such').waitFor()
  })

  it('says why it does not run, with a link to what holds it', async () => {
    await open('/dags/waits/runs/now/tasks/held')
    await page.getByText(/needs 2 slots, but pool tiny has only 1/).waitFor()
    expect(await page.getByRole('link', { name: 'Open pool tiny' }).getAttribute('href')).toContain('/admin/pools?open=tiny')
    await open('/dags/waits/runs/now/tasks/after')
    await page.getByRole('link', { name: 'Open poll' }).click()
    await page.getByRole('heading', { name: 'poll' }).waitFor()
  })

  it('takes a note, and a Viewer reads it without a way to change anything', async () => {
    await open(task('load', '?tab=details'))
    await page.getByRole('button', { name: 'Add a note' }).click()
    await page.keyboard.type('Ask **Ada** first')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('region', { name: 'Note' }).getByText('Ada').waitFor()
    await open(task('load', '?tab=details'), { as: { username: 'vera', password: 'a long password for vera' } })
    await page.getByRole('region', { name: 'Note' }).getByText('Ada').waitFor()
    expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Clear …' }).isDisabled()).toBe(true)
  })
})

describe('the run page', () => {
  it('leads to the runs beside it, and shows its code and its conf', async () => {
    await open(`${RUN}?view=code`)
    await page.getByText('no such column: amount').first().waitFor()
    await page.getByRole('button', { name: 'Previous run' }).click()
    await page.getByRole('heading', { name: 'first' }).waitFor()
    expect(param('view')).toBe('code')
    await page.getByRole('button', { name: 'Next run', disabled: false }).waitFor()
    await page.keyboard.press(']')
    await page.getByRole('heading', { name: 'second' }).waitFor()
    await open(`${RUN}?view=details`)
    await page.getByText('"us"').waitFor()
  })

  it('filters its events by what became of which task', async () => {
    await open(`${RUN}?view=events&event=up_for_retry`)
    const table = page.getByRole('table', { name: 'Events' })
    await table.getByText('up for retry').waitFor()
    expect(await table.getByRole('row').count()).toBe(2)
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.getByRole('combobox', { name: 'Which events' }).click()
    await page.getByRole('option', { name: 'The run itself' }).click()
    await table.getByText('DAG run', { exact: true }).nth(2).waitFor()
    expect(await table.getByText('extract').count()).toBe(0)
    expect(param('event')).toBe('run')
  })

  it('unfolds in the list of runs', async () => {
    await open('/dags/etl/runs')
    await page.getByRole('button', { name: 'Show the tasks of second' }).click()
    await page.locator('.react-flow__node', { hasText: 'transform' }).waitFor()
    expect(param('open')).toBe('second')
  })
})

describe('clearing and marking', () => {
  it('says first what is affected, by the keyboard alone', async () => {
    await open(task('load'))
    await log().waitFor()
    await page.keyboard.press('Shift+C')
    await dialog().getByText('2 task instances will run again').waitFor()
    await dialog().getByText('Upstream', { exact: true }).click()
    await dialog().getByText('5 task instances will run again').waitFor()
    await dialog().getByText('Past runs', { exact: true }).click()
    await dialog().getByText('10 task instances of 2 runs will run again').waitFor()
    await dialog().getByRole('region', { name: 'first' }).getByText('5 task instances').waitFor()
    await dialog().getByText('Version 1, which is the newest, runs.').waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'hidden' })
    expect(await stateOf('load')).toBe('failed')
  })

  it('marks a task with those downstream', async () => {
    await open(task('load'))
    await log().waitFor()
    await page.keyboard.press('Shift+S')
    await dialog().getByText('1 task instance will change').waitFor()
    await dialog().getByText('Downstream', { exact: true }).click()
    await dialog().getByRole('button', { name: 'Mark 2 success' }).click()
    await vi.waitFor(async () => expect(await stateOf('publish')).toBe('success'))
    await page.getByText('success', { exact: true }).first().waitFor()
  })

  it('clears several runs with a note', async () => {
    await open('/dags/etl/runs')
    for (const run of ['first', 'second']) await page.getByRole('checkbox', { name: `Select ${run}` }).check()
    await page.getByRole('button', { name: 'Clear 2 runs …' }).click()
    await dialog().getByText('10 task instances of 2 runs will run again').waitFor()
    await dialog().getByRole('textbox', { name: 'Note' }).fill('again, with the mended source')
    await dialog().getByRole('button', { name: 'Clear 10' }).click()
    await dialog().waitFor({ state: 'hidden' })
    await ended('etl', 'second')
    const note = (await server.api.getTaskInstance({ params: { dag_id: 'etl', run_id: 'first', task_id: 'load' }, query: {} })).note
    expect(note).toBe('again, with the mended source')
  })

  it('kills what runs, in words', async () => {
    await open('/dags/waits/runs/now/tasks/poll')
    await page.getByRole('button', { name: 'Kill' }).click()
    await dialog().getByText('is not tried again', { exact: false }).waitFor()
    await dialog().getByRole('button', { name: 'Kill', exact: true }).click()
    await page.getByText('failed', { exact: true }).first().waitFor()
  })
})

describe('each screen', () => {
  it('has nothing that axe minds in both themes, and fits 400 px', async () => {
    const heading = (of: Page) => of.getByRole('heading', { level: 1 }).waitFor()
    const screens = {
      log: { path: task('load'), ready: (of: Page) => of.getByText('ValueError: no such').first().waitFor() },
      rendered: { path: task('transform', '?tab=rendered'), ready: heading },
      xcom: { path: task('count', '?tab=xcom'), ready: heading },
      attempts: { path: task('load', '?tab=attempts'), ready: heading },
      events: { path: `${RUN}?view=events`, ready: heading },
      details: { path: `${RUN}?view=details`, ready: heading },
      runs: { path: '/dags/etl/runs?open=second', ready: heading },
      clear: {
        path: task('load'),
        ready: async (of: Page) => {
          await of.getByRole('button', { name: 'Clear …' }).click()
          await of.getByRole('dialog').getByText('will run again').waitFor()
        },
      },
    }
    expect(await screenProblems((path, options) => server.open(path, options), screens)).toEqual([])
  })
})

it('no page logged an error', () => {
  expect(server.problems).toEqual([])
})
