/** Stories of the dashboard in a real Chromium, on a server whose every answer is checked against the contract. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { launchBrowser } from './browser.ts'
import { builtRenderer } from './dashboardBuild.ts'
import { NOW } from './dashboardFixtures.ts'
import { measureScreens } from './dashboardSizes.ts'
import { FixtureServer, PASSWORD, SIGN_IN_TOKEN } from './fixtureServer.ts'

let renderer: string
let browser: Browser
let context: BrowserContext
let page: Page
let server: FixtureServer
let base: string
let problems: string[]

beforeAll(async () => {
  renderer = builtRenderer()
  browser = await launchBrowser()
}, 120_000)
afterAll(async () => {
  await browser.close()
})
beforeEach(async () => {
  server = new FixtureServer(renderer, 1000)
  base = await server.start()
  server.signedIn = true
  problems = []
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.clock.setFixedTime(NOW)
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // A refused request is part of some stories; a refused script or style never is.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) problems.push(`asked another host: ${request.url()}`)
  })
})
afterEach(async () => {
  await context.close()
  await server.stop()
  expect(problems).toEqual([])
})

const open = (path: string) => page.goto(base + path)
/** Waits until the page holds its live connection, so that an event that is sent now reaches it. */
const live = () => page.getByRole('status').filter({ hasText: /^Live/ }).waitFor()
const called = (id: string) => server.calls.filter((call) => call.id === id)
const search = () => new URL(page.url()).searchParams

describe('signing in', () => {
  it('by password returns to the page that was asked for, and says what is wrong with a wrong one', async () => {
    server.signedIn = false
    await open('/dags/etl_sales/runs?state=failed')
    await page.getByLabel('User name').fill('admin')
    await page.getByRole('textbox', { name: 'Password' }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('User name or password is wrong.').waitFor()
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'etl_sales' }).waitFor()
    expect(page.url()).toBe(`${base}/dags/etl_sales/runs?state=failed`)
  })
  it('by a one-time link takes the token out of the address before anything is sent', async () => {
    server.signedIn = false
    const addresses: string[] = []
    page.on('request', (request) => addresses.push(`${request.url()} ${request.headers()['referer'] ?? ''}`))
    await open(`/#token=${SIGN_IN_TOKEN}`)
    await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
    expect(page.url()).toBe(`${base}/`)
    expect(called('loginWithLink')).toHaveLength(1)
    // The fragment never leaves the browser; the token is in the body of the POST alone.
    expect(addresses.filter((address) => address.includes(SIGN_IN_TOKEN))).toEqual([])
  })
  it('by a used link falls back to the password', async () => {
    server.signedIn = false
    await open('/sign-in?link=a-link-that-was-used-before')
    await page.getByRole('alert').getByText('The one-time link was not accepted.', { exact: false }).waitFor()
    expect(page.url()).toBe(`${base}/sign-in`)
  })
  it('is asked for again when the session ends, and keeps the view', async () => {
    await open('/dags?paused=true')
    await live()
    server.signedIn = false
    await page.getByRole('link', { name: 'generated_0004' }).click()
    await page.getByLabel('User name').waitFor()
    expect(search().get('next')).toContain('/dags/generated_0004')
  })
})

describe('the DAG list', () => {
  it('shows a thousand rows by a few in the page', async () => {
    await open('/dags')
    await page.getByText('1,009 DAGs').waitFor()
    expect(await page.getByRole('row').count()).toBeLessThan(60)
    const last = page.getByRole('link', { name: 'wide_fan_out', exact: true })
    await page.getByRole('table').hover()
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, 6000)
          return last.isVisible()
        },
        { timeout: 20_000 },
      )
      .toBe(true)
  }, 30_000)
  it('is searched with / and filtered by tag and state, all of it in the address', async () => {
    await open('/dags')
    await page.getByRole('table').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('report')
    await page.getByText('1 DAG', { exact: true }).waitFor()
    expect(search().get('search')).toBe('report')
    await page.keyboard.press('Escape')
    await page.getByText('1,009 DAGs').waitFor()
    await page.getByText('Paused', { exact: true }).first().click()
    await expect.poll(() => search().get('paused')).toBe('true')
    await page.getByRole('link', { name: 'generated_0004' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'generated_0004' }).waitFor()
    expect(await page.getByRole('link', { name: 'generated_0005' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.getByRole('link', { name: 'sales', exact: true }).click()
    await page.getByText('1 DAG', { exact: true }).waitFor()
    expect(search().get('tag')).toBe('sales')
  })
  it('pauses at once, and puts the switch back if the server refuses', async () => {
    await open('/dags?search=etl_sales')
    await page.getByRole('switch', { name: 'Pause etl_sales' }).press('Space')
    await page.getByRole('switch', { name: 'Unpause etl_sales' }).waitFor()
    expect(called('pauseDag')).toHaveLength(1)
    await page.route('**/unpause', (route) =>
      route.fulfill({ status: 503, json: { code: 'not_leader', message: 'This controller is a standby.', details: null } }),
    )
    await page.getByRole('switch', { name: 'Unpause etl_sales' }).press('Space')
    // What it would start is asked about first (scheduleAndTrigger.test.ts); this server cannot tell.
    await page.getByRole('dialog', { name: 'Unpause etl_sales?' }).getByRole('button', { name: 'Unpause' }).click()
    await page.getByText('This controller is a standby.').waitFor()
    await page.getByRole('switch', { name: 'Unpause etl_sales' }).waitFor()
  })
  it('shows the traceback of a file that cannot be loaded', async () => {
    await open('/dags')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('Perhaps you forgot a comma?', { exact: false }).waitFor()
    await page.getByText('broken_now.py, line 12').waitFor()
  })
  it('follows runs live: a bar changes without a request', async () => {
    await open('/dags?search=etl_sales')
    await live()
    const run = server.newestRun('etl_sales')
    const bar = page.getByRole('link', { name: `${run.run_id}: running`, exact: false })
    await bar.waitFor()
    const before = called('listDags').length
    server.setRun(run, 'success')
    await page.getByRole('link', { name: `${run.run_id}: success`, exact: false }).waitFor()
    expect(called('listDags')).toHaveLength(before)
  })
})

describe('a run that ends while its DAG page is being read', () => {
  /** The badge beside the title. */
  const badge = (state: string) => page.locator(`h1 ~ [data-state="${state}"]`)
  const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))

  it('stays shown as ended when an answer from before comes later', async () => {
    await open('/dags/etl_sales/graph')
    await live()
    await badge('running').waitFor()
    let release = () => undefined as void
    const released = new Promise<void>((resolve) => (release = resolve))
    const asked = new Promise<void>((resolve) => {
      void page.route('**/api/dags/etl_sales', async (route) => {
        const response = await route.fetch()
        resolve()
        await released
        await route.fulfill({ response })
      })
    })
    // Makes the page read the DAG again.
    server.emit({ type: 'dag', dag_id: 'etl_sales' })
    await asked
    server.setRun(server.newestRun('etl_sales'), 'success')
    await badge('success').waitFor()
    const answered = page.waitForResponse('**/api/dags/etl_sales')
    release()
    await (await answered).finished()
    await frames()
    expect(await badge('running').count()).toBe(0)
    await badge('success').waitFor()
  })
  it('is shown as ended though the stream of events opened only then', async () => {
    const release = server.holdStreams()
    await open('/dags/etl_sales/graph')
    await badge('running').waitFor()
    server.setRun(server.newestRun('etl_sales'), 'success')
    release()
    await badge('success').waitFor()
    expect(called('getDag')).toHaveLength(1)
  })
})

describe('triggering', () => {
  it('sends what the form says, checked against the params', async () => {
    await open('/dags/etl_sales/graph')
    await page.getByRole('button', { name: 'Trigger', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Trigger etl_sales' })
    await dialog.getByLabel('Row limit').fill('')
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog.getByText('A number is needed.').waitFor()
    expect(called('triggerDag')).toHaveLength(0)
    await dialog.getByLabel('Row limit').fill('25')
    await dialog.getByLabel('Day to load').fill('2026-11-20')
    await dialog.getByRole('switch', { name: 'Dry run' }).click({ force: true })
    await dialog.getByText('JSON', { exact: true }).click()
    expect(JSON.parse(await dialog.getByLabel('Conf').inputValue())).toMatchObject({ limit: 25, dry_run: true })
    await dialog.getByText('Form', { exact: true }).click()
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(called('triggerDag')[0]?.input).toMatchObject({
      body: { conf: { day: '2026-11-20', shops: ['berlin', 'paris'], limit: 25, mode: 'full', dry_run: true, note: null } },
    })
    await page.getByRole('link', { name: 'Open the run' }).click()
    await page.getByRole('heading', { name: /^manual__/ }).waitFor()
  })
  it('shows what the server says about a wrong conf, and keeps the form', async () => {
    await open('/dags?trigger=manual_cleanup')
    const dialog = page.getByRole('dialog', { name: 'Trigger manual_cleanup' })
    await dialog.getByLabel('Conf').fill('[1]')
    await dialog.getByText('Conf must be a JSON object.').waitFor()
    await dialog.getByLabel('Conf').fill('{"days": 3}')
    await page.route('**/trigger', (route) =>
      route.fulfill({ status: 422, json: { code: 'invalid_params', message: 'days: must be at least 7.', details: null } }),
    )
    await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
    await dialog.getByText('days: must be at least 7.').waitFor()
    // What was typed is asked for first.
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Discard what you have typed?' }).getByRole('button', { name: 'Discard' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(search().has('trigger')).toBe(false)
  })
})

describe('the graph', () => {
  const node = (id: string) => page.locator(`.react-flow__node[data-id="${id}"]`)
  it('shows states as they happen', async () => {
    await open('/dags/etl_sales/graph?open=*')
    await live()
    const run = server.newestRun('etl_sales')
    await node('publish').getByText('no status').waitFor()
    server.setTask(run, 'publish', 'running')
    await node('publish').getByText('running').waitFor()
    server.setTask(run, 'publish', 'success')
    await node('publish').getByText('success').waitFor()
    expect(called('listTaskInstances')).toHaveLength(1)
  })
  it('folds and unfolds groups, and remembers it in the address', async () => {
    await open('/dags/etl_sales/graph')
    await node('transform').getByText('4 tasks').waitFor()
    await node('transform').click()
    await node('transform.join').waitFor()
    await node('transform.quality').getByText('2 tasks').waitFor()
    expect(search().get('open')).toBe('transform')
    await page.getByRole('button', { name: 'Fold transform' }).click()
    await node('transform.join').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Unfold all groups' }).click()
    await node('transform.quality.nulls').waitFor()
    await page.reload()
    await node('transform.quality.nulls').waitFor()
    await page.getByRole('button', { name: 'Fold all groups' }).click()
    await node('extract').getByText('3 tasks').waitFor()
  })
  it('finds a task and opens its panel; Esc closes it', async () => {
    await open('/dags/etl_sales/graph?open=*')
    await node('notify').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('quality')
    await page.getByText('1 of 2').waitFor()
    await page.keyboard.press('Escape')
    await node('transform.join').click()
    await page.getByRole('complementary', { name: 'transform.join' }).getByRole('region', { name: 'Log of the task' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    expect(search().has('task')).toBe(false)
  })
})

describe('a log', () => {
  const run = () => server.newestRun('etl_sales')
  const taskUrl = (id: string) => `/dags/etl_sales/runs/${encodeURIComponent(run().run_id)}/tasks/${id}`
  const task = (id: string) => server.tasksOf(run()).find(({ task_id }) => task_id === id) as TaskInstance
  const shown = (text: string) => page.getByRole('region', { name: 'Log of the task' }).getByText(text)
  it('follows while the task runs and stops when it ends', async () => {
    const running = task('transform.quality.duplicates')
    server.writeLog(running, 'first line\n')
    await open(taskUrl('transform.quality.duplicates'))
    await shown('first line').waitFor()
    await live()
    for (let batch = 0; batch < 5; batch += 1) {
      server.writeLog(running, Array.from({ length: 400 }, (_, line) => `row ${batch * 400 + line + 1} of the file\n`).join(''))
      await shown(`row ${(batch + 1) * 400} of the file`).waitFor()
    }
    await page.getByRole('button', { name: 'Following' }).waitFor()
    // Looking back stops following; the log grows without moving the page.
    await page.getByRole('region', { name: 'Log of the task' }).hover()
    await page.mouse.wheel(0, -3000)
    await page.getByRole('button', { name: 'Follow', exact: true }).waitFor()
    server.writeLog(running, 'last line\n', true)
    await page.getByText('2,002 lines').waitFor()
    expect(await shown('last line').count()).toBe(0)
    await page.getByRole('button', { name: 'Jump to the end' }).click()
    await shown('last line').waitFor()
    await page.getByText('Ended').waitFor()
  }, 30_000)
  it('is searched, coloured, and read by attempt', async () => {
    await open(taskUrl('transform.join'))
    await shown('OK').waitFor()
    expect(await shown('OK').evaluate((element) => getComputedStyle(element).color)).not.toBe(
      await shown('connected to').evaluate((element) => getComputedStyle(element).color),
    )
    await page.keyboard.press('/')
    await page.keyboard.type('chunk 42')
    await page.getByRole('button', { name: 'Next match' }).click()
    await shown('chunk 42').waitFor()
    await page.getByText('1 of 1').waitFor()
  })
})

describe('the live connection', () => {
  it('says when it is broken, and reads again what was missed', async () => {
    await open('/dags?search=etl_sales')
    await live()
    const run = server.newestRun('etl_sales')
    server.refusesStreams = true
    server.dropStreams()
    await page.getByRole('status').getByText('Reconnecting', { exact: true }).waitFor()
    // Nobody hears this event.
    server.setRun(run, 'failed')
    const dag = server.dags.get('etl_sales')?.tasks.dag
    const bar = dag?.recent_runs.at(-1)
    if (bar) bar.state = 'failed'
    server.refusesStreams = false
    await live()
    await page.getByRole('link', { name: `${run.run_id}: failed`, exact: false }).waitFor()
  }, 20_000)
  it('is one for all tabs, so that the seventh tab works too', async () => {
    const tabs = [page, ...(await Promise.all(Array.from({ length: 8 }, () => context.newPage())))]
    for (const tab of tabs) await tab.goto(`${base}/dags?search=etl_sales`)
    for (const tab of tabs) await tab.getByRole('status').filter({ hasText: /^Live/ }).waitFor()
    expect(server.streams).toBe(1)
    const run = server.newestRun('etl_sales')
    server.setRun(run, 'success')
    for (const tab of tabs) await tab.getByRole('link', { name: `${run.run_id}: success`, exact: false }).waitFor()
  }, 40_000)
})

describe('every screen', () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  const run = () => encodeURIComponent(server.newestRun('etl_sales').run_id)
  const SCREENS = {
    'the DAG list': () => '/dags?errors=true',
    'a graph with its task panel': () => '/dags/etl_sales/graph?open=*&task=transform.join',
    'the runs of a DAG': () => '/dags/etl_sales/runs',
    'the details of a DAG': () => '/dags/etl_sales/details',
    'the code of a DAG': () => '/dags/etl_sales/code',
    'the tasks of a run': () => `/dags/etl_sales/runs/${run()}?view=tasks`,
    'the events of a run': () => `/dags/etl_sales/runs/${run()}?view=events`,
    'a log': () => `/dags/etl_sales/runs/${run()}/tasks/transform.join`,
    attempts: () => `/dags/etl_sales/runs/${run()}/tasks/transform.join?tab=attempts`,
    'why a task waits': () => `/dags/etl_sales/runs/${run()}/tasks/publish?tab=why`,
    'the trigger dialog': () => '/dags?trigger=etl_sales',
    'an unknown address': () => '/nowhere',
  }
  for (const scheme of ['light', 'dark'] as const) {
    it(`has no accessibility violation in the ${scheme} theme`, async () => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      const found: string[] = []
      for (const [name, path] of Object.entries(SCREENS)) {
        await open(path())
        await page.locator('h1, h2').first().waitFor()
        await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
        // A dialog gets its name from its title, one frame after it is there.
        if (path().includes('trigger=')) await page.getByRole('dialog', { name: 'Trigger etl_sales' }).waitFor()
        await page.evaluate(source)
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: { run: (node: Document) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> }
          }
          return (await axe.run(document)).violations.map(
            ({ id, nodes }) => `${id}: ${nodes.length} × ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary.slice(0, 300)}`,
          )
        })
        found.push(...violations.map((violation) => `${name}: ${violation}`))
      }
      expect(found).toEqual([])
    }, 90_000)
  }
})

describe('a run', () => {
  it('is cancelled only after a question, and cleared only after its tasks were shown', async () => {
    const run = server.newestRun('etl_sales')
    await open(`/dags/etl_sales/runs/${encodeURIComponent(run.run_id)}`)
    await page.getByRole('button', { name: 'Cancel run' }).click()
    const question = page.getByRole('dialog', { name: 'Cancel run' })
    await question.getByRole('button', { name: 'Cancel', exact: true }).click()
    await question.waitFor({ state: 'hidden' })
    expect(called('cancelRun')).toHaveLength(0)
    await page.getByRole('button', { name: 'Cancel run' }).click()
    await question.getByRole('button', { name: 'Cancel run' }).click()
    await page.getByText('The run was cancelled.').waitFor()
    await page.getByRole('button', { name: 'Retry failed tasks' }).waitFor()
    await page.getByRole('button', { name: `Actions for ${run.run_id}` }).click()
    await page.getByRole('menuitem', { name: 'Clear …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Clear tasks' })
    await dialog.getByText('8 task instances will run again').waitFor()
    await dialog.getByRole('button', { name: 'Clear 8' }).click()
    await page.getByText('8 task instances cleared.').waitFor()
    expect(called('clearRun').map(({ input }) => (input as { body: { dry_run?: boolean } }).body.dry_run)).toEqual([true, undefined])
  })
})

describe('the first page', () => {
  // Limits of each route are in scripts/bundleSizes.ts; this is what the list asks for as a whole, filters, saved views and bulk actions included.
  it('needs at most 310 kB of script', async () => {
    const [list] = await measureScreens(browser, renderer, ['DAG list'])
    expect(list?.script_kb).toBeLessThan(310)
  })
})

describe('keys', () => {
  it('open the palette, the sheet and the other view', async () => {
    await open('/dags/etl_sales/graph')
    await page.getByRole('heading', { name: 'etl_sales' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Search DAGs, tasks, runs, commands').last().fill('go dags')
    await page.getByRole('button', { name: /Go to DAGs/ }).click()
    await page.getByRole('link', { name: 'daily_report', exact: true }).click()
    await page.getByRole('heading', { name: 'daily_report' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Trigger daily_report').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('g')
    await page.locator('.react-flow').waitFor()
  })
})
