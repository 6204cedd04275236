/** What stands where: in every width, beside an open panel, and when the system's colours change. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { launchBrowser } from './browser.ts'
import { builtRenderer } from './dashboardBuild.ts'
import { NOW } from './dashboardFixtures.ts'
import { FixtureServer } from './fixtureServer.ts'

let browser: Browser
let page: Page
let server: FixtureServer
let base: string

beforeAll(async () => {
  server = new FixtureServer(builtRenderer())
  base = await server.start()
  server.signedIn = true
  browser = await launchBrowser()
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.clock.setFixedTime(NOW)
}, 120_000)
afterAll(async () => {
  await browser.close()
  await server.stop()
})

const open = (path: string) => page.goto(base + path)

it('follows the system from light to dark while it is open', async () => {
  await page.emulateMedia({ colorScheme: 'light' })
  await open('/dags')
  await page.getByRole('heading', { name: 'DAGs' }).waitFor()
  // 0 = black, 1 = white.
  const look = () =>
    page.evaluate(() => {
      const [red = 0, green = 0, blue = 0] =
        getComputedStyle(document.body)
          .backgroundColor.match(/[\d.]+/g)
          ?.map(Number) ?? []
      const isLight = (red + green + blue) / 3 > 128
      return `${getComputedStyle(document.documentElement).colorScheme}, on ${isLight ? 'light' : 'dark'}`
    })
  await expect.poll(look, { timeout: 10_000 }).toBe('light, on light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(look, { timeout: 10_000 }).toBe('dark, on dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(look, { timeout: 10_000 }).toBe('light, on light')
})

it.each([1440, 1280, 1000, 400])('shows every column of the runs in a window of %i px', async (width) => {
  await page.setViewportSize({ width, height: 800 })
  await open('/dags/etl_sales/runs')
  await page.getByRole('row').nth(1).waitFor()
  const beyond = await page.evaluate(() =>
    [...document.querySelectorAll('[role=cell], [role=columnheader]')]
      .filter((cell) => cell.getBoundingClientRect().right > window.innerWidth)
      .map((cell) => cell.textContent),
  )
  expect(beyond).toEqual([])
  await page.setViewportSize({ width: 1280, height: 800 })
})

it('keeps the whole graph in sight when a task opens beside it and when it closes', async () => {
  await open('/dags/mapped_files/graph')
  const nodes = page.locator('.react-flow__node')
  await nodes.first().waitFor()
  const hidden = async () => {
    const canvas = await page.locator('.react-flow').boundingBox()
    const boxes = await Promise.all((await nodes.all()).map((node) => node.boundingBox()))
    return boxes.filter((box) => !box || !canvas || box.x < canvas.x - 2 || box.x + box.width > canvas.x + canvas.width + 2).length
  }
  const width = async () => (await page.locator('.react-flow').boundingBox())?.width ?? 0
  await expect.poll(hidden).toBe(0)
  const before = await width()
  await page.locator('.react-flow__node-task').last().click()
  await expect.poll(width).toBeLessThan(before)
  await expect.poll(hidden).toBe(0)
  const zoomed = await nodes.first().boundingBox()
  await page.keyboard.press('Escape')
  await expect.poll(width).toBe(before)
  await expect.poll(async () => (await nodes.first().boundingBox())?.width).toBeGreaterThan(zoomed?.width ?? 0)
})

it('keeps the selected task of a large graph in sight', async () => {
  await open('/dags/etl_sales/graph?open=*')
  await page.locator('.react-flow__node-task').last().click()
  await page.getByRole('complementary', { name: 'notify' }).waitFor()
  const isSeen = async () => {
    const canvas = await page.locator('.react-flow').boundingBox()
    const box = await page.locator('.react-flow__node-task').last().boundingBox()
    return canvas !== null && box !== null && box.x >= canvas.x && box.x + box.width <= canvas.x + canvas.width
  }
  await expect.poll(isSeen).toBe(true)
})

it('opens a log at its end, and goes back through all of it', async () => {
  const run = server.newestRun('etl_sales')
  const task = server.tasksOf(run).find(({ task_id }) => task_id === 'transform.join') as TaskInstance
  server.writeLog(task, Array.from({ length: 200_000 }, (_, line) => `line number ${line + 1} ......\n`).join(''), true)
  await open(`/dags/etl_sales/runs/${encodeURIComponent(run.run_id)}/tasks/transform.join`)
  const region = page.getByRole('region', { name: 'Log of the task' })
  await region.getByText('line number 200000 ').waitFor()
  const top = () =>
    region.evaluate((element) => {
      const { top: edge } = element.getBoundingClientRect()
      const lines = [...element.querySelectorAll('[data-index]')].map((line) => ({
        at: line.getBoundingClientRect().top,
        text: line.textContent,
      }))
      return /line number (\d+)/.exec(lines.filter(({ at }) => at >= edge - 2).sort((a, b) => a.at - b.at)[0]?.text ?? '')?.[1]
    })
  expect(Number(await top())).toBeGreaterThan(199_900)
  await region.hover()
  await page.mouse.wheel(0, -10_000_000)
  await expect.poll(async () => Number(await top())).toBeLessThan(100)
})

it('asks for a run by the name that people know', async () => {
  const dag = server.dags.get('etl_sales')
  if (!dag) throw new Error('the fixture has no etl_sales')
  server.dags.set('etl_sales', { ...dag, detail: { ...dag.detail, dag_display_name: 'Sales, every hour' } })
  await open('/dags/etl_sales/graph?trigger=etl_sales')
  await page.getByRole('dialog', { name: 'Trigger Sales, every hour' }).waitFor()
})

it('shows a schedule of many words whole', async () => {
  const dag = server.dags.get('etl_sales')
  if (!dag) throw new Error('the fixture has no etl_sales')
  server.dags.set('etl_sales', { ...dag, tasks: { ...dag.tasks, dag: { ...dag.tasks.dag, schedule_interval: '7 * * * *' } } })
  await open('/dags')
  const words = page.getByText('At 7 minutes past the hour', { exact: true })
  await words.waitFor()
  expect(
    await words.evaluate((element) => element.scrollWidth <= element.clientWidth && element.scrollHeight <= element.clientHeight),
  ).toBe(true)
})
