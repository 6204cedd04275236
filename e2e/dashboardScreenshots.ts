/**
 * Takes a picture of every screen, light and dark, 1440 px and 400 px wide, into the folder given: `node e2e/dashboardScreenshots.ts out`.
 * Fails if a page asks another host, logs an error, or is wider than its window.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchBrowser } from './browser.ts'
import { builtRenderer } from './dashboardBuild.ts'
import { NOW } from './dashboardFixtures.ts'
import { FixtureServer } from './fixtureServer.ts'

const out = process.argv[2] ?? 'test-results/screenshots'
const only = process.argv[3]
mkdirSync(out, { recursive: true })
const server = new FixtureServer(builtRenderer())
const base = await server.start()
const browser = await launchBrowser()
const problems: string[] = []

const sales = encodeURIComponent(server.newestRun('etl_sales').run_id)
const failed = encodeURIComponent(server.runs.get('etl_sales')?.find(({ state }) => state === 'failed')?.run_id ?? '')
const mapped = encodeURIComponent(server.newestRun('mapped_files').run_id)
const PAGES: Record<string, string> = {
  dags: '/dags',
  'dags-errors': '/dags?errors=true',
  'dags-none': '/dags?search=no-such-dag',
  'dag-graph': '/dags/etl_sales/graph',
  'dag-graph-open': '/dags/etl_sales/graph?open=*',
  'dag-graph-vertical': '/dags/etl_sales/graph?open=*&dir=TB',
  'dag-graph-task': '/dags/etl_sales/graph?open=*&task=transform.quality.nulls',
  'dag-graph-wide': '/dags/wide_fan_out/graph',
  'dag-graph-mapped': '/dags/mapped_files/graph',
  'dag-never': '/dags/never_ran/graph',
  'dag-runs': '/dags/etl_sales/runs',
  'dag-runs-none': '/dags/never_ran/runs',
  'dag-details': '/dags/etl_sales/details',
  'dag-code': '/dags/etl_sales/code',
  'dag-missing': '/dags/missing',
  run: `/dags/etl_sales/runs/${sales}`,
  'run-failed': `/dags/etl_sales/runs/${failed}?open=*`,
  'run-tasks': `/dags/etl_sales/runs/${failed}?view=tasks`,
  'run-events': `/dags/etl_sales/runs/${failed}?view=events`,
  'run-details': `/dags/etl_sales/runs/${sales}?view=details`,
  'run-mapped': `/dags/mapped_files/runs/${mapped}?view=tasks`,
  'task-log': `/dags/etl_sales/runs/${failed}/tasks/transform.quality.duplicates`,
  'task-attempts': `/dags/etl_sales/runs/${failed}/tasks/transform.quality.duplicates?tab=attempts`,
  'task-xcom': `/dags/etl_sales/runs/${sales}/tasks/transform.join?tab=xcom`,
  'task-why': `/dags/etl_sales/runs/${sales}/tasks/publish`,
  'task-details': `/dags/etl_sales/runs/${sales}/tasks/transform.join?tab=details`,
  'trigger-form': '/dags/etl_sales/graph?trigger=etl_sales',
  'trigger-none': '/dags?trigger=never_ran',
  'long-name':
    '/dags/ml.training.pipeline_with_a_name_that_is_far_too_long_for_any_column_and_still_goes_on_because_somebody_generated_it/runs',
  'not-found': '/nowhere',
}

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1440, 400]) {
    const context = await browser.newContext({
      viewport: { width, height: width === 400 ? 800 : 900 },
      colorScheme: scheme,
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    await page.clock.setFixedTime(NOW)
    let at = ''
    page.on('console', (message) => {
      if (message.type() === 'error' && !/404|401/.test(message.text())) problems.push(`${at}: ${message.text()}`)
    })
    page.on('pageerror', (error) => problems.push(`${at}: ${error.message}`))
    page.on('request', (request) => {
      if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url())) problems.push(`${at}: asked ${request.url()}`)
    })
    const shoot = async (name: string) => {
      await page.screenshot({ path: join(out, `${name}-${scheme}-${width}.png`) })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      if (wide > 0) problems.push(`${name}-${scheme}-${width}: ${wide} px wider than the window`)
    }
    server.signedIn = false
    at = 'sign-in'
    await page.goto(`${base}/sign-in`)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await shoot('sign-in')
    server.signedIn = true
    for (const [name, path] of Object.entries(PAGES)) {
      if (only !== undefined && !name.includes(only)) continue
      at = `${name}-${scheme}-${width}`
      await page.goto(base + path)
      await page.waitForLoadState('load')
      await page.locator('h1, [role=alert], h2').first().waitFor()
      await page
        .waitForFunction(
          () => document.querySelector('[aria-busy=true], .mantine-Skeleton-root, .mantine-Loader-root') === null,
          undefined,
          { timeout: 5000 },
        )
        .catch(() => problems.push(`${at}: still loading`))
      // Fitting the graph and placing popups take some frames.
      await page.evaluate(() => new Promise((done) => setTimeout(done, 350)))
      await shoot(name)
    }
    await context.close()
  }
}
await browser.close()
await server.stop()
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0
