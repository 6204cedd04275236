/** The grid of a DAG on a real server: folding, keys, live cells, removed tasks, older runs, marks, roles, narrow and dark. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRealServer, type RealServer } from './realServer.ts'

const HEAD = `from datetime import datetime
from vortex import DAG, BashOperator, EmptyOperator, TaskGroup
`
const etl = (tasks: string) => `${HEAD}
with DAG("etl", start_date=datetime(2026, 1, 1), schedule=None, max_active_runs=20):
${tasks}
`
/** "gate" waits for the file that the run's conf names; "check" fails if the conf says so. */
const TASKS = `    start = EmptyOperator(task_id="start")
    with TaskGroup("load") as load:
        check = BashOperator(task_id="check", bash_command="exit {{ dag_run.conf.get('code', 0) }}")
        with TaskGroup("late"):
            gate = BashOperator(task_id="gate", bash_command="while [ ! -e {{ dag_run.conf.get('gate', '/') }} ]; do sleep 0.05; done")
        check >> gate
    end = EmptyOperator(task_id="end")
    start >> load >> end
`
const MANY = `${HEAD}
with DAG("many", start_date=datetime(2026, 1, 1), schedule=None, max_active_runs=100):
    EmptyOperator(task_id="only")
`

let real: RealServer
let page: Page
let lastGridAt = 0
const ended = (dag_id: string, run_id: string) =>
  vi.waitFor(async () => expect((await real.api.getRun({ params: { dag_id, run_id } })).state).toMatch(/success|failed/), {
    timeout: 20_000,
    interval: 50,
  })
const trigger = (dag_id: string, run_id: string, conf = {}) => real.api.triggerDag({ params: { dag_id }, body: { run_id, conf } })

beforeAll(async () => {
  real = await startRealServer({ dags: { 'etl.py': etl(TASKS), 'many.py': MANY } })
  await trigger('etl', 'good')
  await ended('etl', 'good')
  await trigger('etl', 'bad', { code: 1 })
  await ended('etl', 'bad')
  page = await real.open('/dags/etl')
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.endsWith('/grid')) lastGridAt = Date.now()
  })
  await page.getByRole('treegrid').waitFor()
}, 180_000)
afterAll(async () => {
  await real.stop()
})

const grid = (on = page) => on.getByRole('treegrid')
const names = async (on = page) => (await grid(on).getByRole('rowheader').allInnerTexts()).map((text) => text.trim())
const column = (run: string, on = page) => grid(on).getByRole('columnheader', { name: new RegExp(`Run ${run}:`) })
const row = (name: string, on = page) => grid(on).getByRole('rowheader', { name, exact: true })
/** Middle of a cell, in the window. */
const cell = async (task: string, run: string, on = page) => {
  const [x, y] = await Promise.all([column(run, on).boundingBox(), row(task, on).boundingBox()])
  if (!x || !y) throw new Error(`no cell ${task} ${run}`)
  return { x: x.x + x.width / 2, y: y.y + y.height / 2 }
}
const click = async (task: string, run: string, on = page) => {
  const { x, y } = await cell(task, run, on)
  await on.mouse.click(x, y)
}
const search = (on = page) => new URL(on.url()).searchParams
/** What the keyboard's place says. */
const here = (on = page) =>
  on.evaluate(() => {
    const id = document.querySelector('[role=treegrid]')?.getAttribute('aria-activedescendant') ?? ''
    const element = document.getElementById(id)
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })
/** Requests to the API while `action` goes on. */
async function asked(action: () => Promise<unknown>, on = page): Promise<string[]> {
  return (await requested(action, on)).map(({ url }) => url)
}
const posted = async (action: () => Promise<unknown>): Promise<string[]> =>
  (await requested(action, page)).filter(({ method }) => method === 'POST').map(({ url }) => url)

async function requested(action: () => Promise<unknown>, on: Page): Promise<{ method: string; url: string }[]> {
  const seen: { method: string; url: string }[] = []
  const note = (request: Request) => seen.push({ method: request.method(), url: new URL(request.url()).pathname })
  on.on('request', note)
  await action()
  on.off('request', note)
  return seen.filter(({ url }) => url.startsWith('/api/'))
}

/** The page asks again for a second after a run was new to it. */
const quiet = () => vi.waitFor(() => expect(Date.now() - lastGridAt).toBeGreaterThan(1500), { timeout: 10_000 })

describe('rows', () => {
  it('are all there at first if they are few, fold, unfold one by one, and stand in the address', async () => {
    expect(await names()).toEqual(['start', 'load', 'check', 'late', 'gate', 'end'])
    await page.getByRole('button', { name: 'Fold all groups' }).click()
    await row('check').waitFor({ state: 'detached' })
    expect(await names()).toEqual(['start', 'load', 'end'])
    await row('load').click()
    expect(await names()).toEqual(['start', 'load', 'check', 'late', 'end'])
    await row('late').click()
    await expect.poll(() => search().get('open')).toBe('*')
    await page.reload()
    await row('gate').waitFor()
    expect(await names()).toEqual(['start', 'load', 'check', 'late', 'gate', 'end'])
    await page.getByRole('button', { name: 'Fold all groups' }).click()
    await row('check').waitFor({ state: 'detached' })
  })
  it('are found by name, with the groups around them', async () => {
    await page.getByRole('searchbox', { name: 'Find a task' }).fill('gat')
    await expect.poll(() => names()).toEqual(['load', 'late', 'gate'])
    await page.getByRole('searchbox', { name: 'Find a task' }).fill('')
    await expect.poll(() => names()).toEqual(['start', 'load', 'end'])
  })
})

describe('a cell', () => {
  it('tells state, duration and attempt under the pointer, without a question to the server', async () => {
    await row('load').click()
    const questions = await asked(async () => {
      const bad = await cell('check', 'bad')
      await page.mouse.move(bad.x, bad.y)
      await page.getByText('attempt 1').waitFor({ state: 'attached' })
      const good = await cell('load', 'good')
      await page.mouse.move(good.x, good.y)
      await page.getByText('2 success').waitFor({ state: 'attached' })
    })
    expect(questions).toEqual([])
    await page.mouse.move(5, 5)
  })
  it('opens its task beside the grid; a bar opens its run, with the failed tasks as links; Esc closes', async () => {
    await click('check', 'bad')
    await page.getByRole('complementary', { name: 'load.check' }).getByRole('tab', { name: 'Log' }).waitFor()
    expect([search().get('run'), search().get('task')]).toEqual(['bad', 'load.check'])
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await column('bad').click({ position: { x: 12, y: 60 } })
    const panel = page.getByRole('complementary', { name: 'Run bad' })
    await panel.getByRole('region', { name: 'Failed tasks' }).getByRole('button', { name: 'load.check' }).click()
    await page.getByRole('complementary', { name: 'load.check' }).waitFor()
    await page.goBack()
    await panel.waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
  })
})

describe('keys', () => {
  it('move by arrows, fold by Space, open by Enter; the open panel follows', async () => {
    await click('start', 'bad')
    await page.keyboard.press('Escape')
    await grid().focus()
    await page.keyboard.press('Home')
    expect(await here()).toMatch(/^start, good: success/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowDown')
    expect(await here()).toMatch(/^load, bad: 1 failed, 1 upstream failed/)
    await page.keyboard.press('Space')
    await row('check').waitFor({ state: 'detached' })
    await page.keyboard.press('Space')
    await row('check').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('complementary', { name: 'load.check' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await page.getByRole('complementary', { name: 'start' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.getByRole('complementary', { name: 'Run bad' }).waitFor()
    expect(await here()).toMatch(/^Run bad: failed/)
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
  })
  it('switch to the graph and back by g, and take along what is unfolded', async () => {
    await page.keyboard.press('g')
    await page.locator('.react-flow__node[data-id="load.check"]').waitFor()
    await page.keyboard.press('g')
    await row('check').waitFor()
  })
  it('clear and mark what they stand on, and say first what that is', async () => {
    await trigger('etl', 'marked')
    await ended('etl', 'marked')
    await column('marked').waitFor()
    await click('check', 'marked')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Shift+F')
    const question = page.getByRole('dialog', { name: 'Mark failed' })
    await question.getByText('load.check').waitFor()
    await question.getByRole('button', { name: 'Mark 1' }).click()
    await expect.poll(() => here()).toMatch(/^load.check, marked: failed/)
    // Of a group: all in it that are not so already. Shift takes the keys back to the grid.
    await page.keyboard.press('Shift+ArrowUp')
    await page.keyboard.press('Shift+S')
    const group = page.getByRole('dialog', { name: 'Mark success' })
    await group.getByText('1 task instance will change').waitFor()
    await group.getByText('load.check').waitFor()
    // However many there are, it is one request and one commit.
    const writes = await posted(async () => {
      await group.getByRole('button', { name: 'Mark 1' }).click()
      await expect.poll(() => here()).toBe('load, marked: 2 success')
    })
    expect(writes).toEqual(['/api/dags/etl/runs/marked/mark-tasks'])
    await page.keyboard.press('Shift+C')
    await page.getByRole('dialog').getByText('load.check').first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
})

describe('a run that goes on', () => {
  it('comes as a new column and changes in place', async () => {
    const file = join(real.dags_folder, '..', 'gate')
    await trigger('etl', 'live', { gate: file })
    await column('live').waitFor()
    await row('late').click()
    await row('gate').waitFor()
    await grid().focus()
    await click('gate', 'live')
    await page.keyboard.press('Escape')
    await expect.poll(() => here(), { timeout: 20_000 }).toMatch(/^load.late.gate, live: running, .*attempt 1$/)
    await quiet()
    const questions = await asked(async () => {
      await writeFile(file, '')
      await expect.poll(() => here()).toMatch(/^load.late.gate, live: success/)
      await grid()
        .getByRole('columnheader', { name: /Run live: success/ })
        .waitFor()
    })
    expect(questions.filter((url) => url.endsWith('/grid'))).toEqual([])
  })
  it('shows tasks that the newest version does not have, and marks them', async () => {
    await real.writeDag('etl.py', etl(TASKS.replace('start = EmptyOperator(task_id="start")', 'start = EmptyOperator(task_id="begin")')))
    await row('begin').waitFor({ timeout: 20_000 })
    expect((await names()).slice(0, 2).sort()).toEqual(['begin', 'start\nremoved'])
    await trigger('etl', 'newer')
    await ended('etl', 'newer')
    await column('newer').waitFor()
    await click('begin', 'newer')
    await page.keyboard.press('Escape')
    await expect.poll(() => here()).toMatch(/^begin, newer: success/)
    await page.keyboard.press('Home')
    await expect.poll(() => here()).toMatch(/^begin, good: not part of this run/)
  })
})

describe('many runs', () => {
  it('come as the sight moves to older ones; a filter asks the server', async () => {
    for (let at = 0; at < 45; at++) await trigger('many', `run_${String(at).padStart(2, '0')}`)
    await ended('many', 'run_44')
    await page.setViewportSize({ width: 560, height: 900 })
    await page.goto('/dags/many?runs=10')
    await column('run_44').waitFor()
    const columns = () => grid().getAttribute('aria-colcount')
    await expect.poll(columns).toBe('11')
    await grid().focus()
    await page.keyboard.press('Home')
    await expect.poll(columns).toBe('21')
    // The place is kept though columns came before it.
    expect(await here()).toMatch(/^only, run_35:/)
    await expect.poll(() => column('run_35').isVisible()).toBe(true)
    for (let at = 0; at < 10 && (await columns()) !== '46'; at++) {
      await page.keyboard.press('Home')
      await page.getByText('Loading older runs').waitFor({ state: 'detached' })
    }
    expect(await columns()).toBe('46')
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.goto('/dags/many?state=failed')
    await page.getByText('No run fits these filters').waitFor()
    await page.getByRole('button', { name: 'Remove filter failed' }).click()
    await column('run_44').waitFor()
  })
})

describe('everybody', () => {
  it('may look; a Viewer has no keys that change', async () => {
    const vera = { username: 'vera', password: 'a long password for vera' }
    await real.api.createUser({ body: { ...vera, role: 'Viewer' } })
    const viewer = await real.open('/dags/etl?open=*', { as: vera })
    await column('bad', viewer).waitFor()
    await click('check', 'bad', viewer)
    await viewer.getByRole('complementary', { name: 'load.check' }).waitFor()
    await viewer.keyboard.press('Escape')
    await viewer.keyboard.press('Shift+S')
    await viewer.keyboard.press('Shift+C')
    expect(await viewer.getByRole('dialog').count()).toBe(0)
    await viewer.context().close()
  })
  it.each(['light', 'dark'] as const)('finds nothing in the way in the %s theme, wide or narrow', async (theme) => {
    await page.emulateMedia({ colorScheme: theme })
    await page.goto('/dags/etl?open=*')
    await column('bad').waitFor()
    const found = async () => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0)
      return violations(page)
    }
    expect(await found()).toEqual([])
    await page.setViewportSize({ width: 400, height: 800 })
    expect(await found()).toEqual([])
    await page.setViewportSize({ width: 1440, height: 900 })
    await click('check', 'good')
    await page.getByRole('complementary').getByRole('tab', { name: 'Log' }).waitFor()
    expect(await found()).toEqual([])
  })
  it('logs no error', () => {
    expect(real.problems).toEqual([])
  })
})

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
async function violations(on: Page): Promise<string[]> {
  await on.evaluate(AXE)
  return on.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (node: Document) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> }
    }
    return (await axe.run(document)).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`,
    )
  })
}
