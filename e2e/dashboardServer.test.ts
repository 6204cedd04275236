/** The dashboard on a real server: its own engine, store, worker and Python, from the sign-in link to a green run. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type RunningServer } from '../server/index.ts'
import { launchBrowser } from './browser.ts'
import { builtRenderer } from './dashboardBuild.ts'

const DAG = `"""# Story\n\nTwo tasks, one after the other."""
from datetime import datetime
from airflow import DAG
from airflow.models.param import Param
from airflow.operators.bash import BashOperator

with DAG("story", schedule=None, start_date=datetime(2026, 1, 1), params={"name": Param("world", type="string")}, doc_md=__doc__) as dag:
    hello = BashOperator(task_id="hello", bash_command="for i in $(seq 1 30); do echo hello {{ params.name }} $i; sleep 0.1; done")
    done = BashOperator(task_id="done", bash_command="echo done")
    hello >> done
`

let folder: string
let server: RunningServer
let browser: Browser
let page: Page

beforeAll(async () => {
  // The server serves the build itself.
  builtRenderer()
  folder = await mkdtemp(join(tmpdir(), 'vortex-story-'))
  await mkdir(join(folder, 'dags'))
  await writeFile(join(folder, 'dags/story.py'), DAG)
  server = await startServer({ dataFolder: join(folder, 'home'), dagsFolder: join(folder, 'dags'), port: 0 }, { log_level: 'warn' })
  await server.dagsReady
  browser = await launchBrowser()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(20_000)
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

it('goes from the one-time link to a green run, watched live', async () => {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(server.sign_in_link ?? '')
  await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
  expect(page.url()).toBe(`${server.url}/`)
  await page.getByRole('navigation').getByRole('link', { name: 'DAGs', exact: true }).click()

  await page.getByRole('link', { name: 'story', exact: true }).click()
  // The input of a switch is drawn by its label, so it is pressed as a keyboard user does.
  await page.getByRole('heading', { name: 'story', exact: true }).waitFor()
  await page.getByRole('switch', { name: 'Unpause story' }).press('Space')
  await page.getByRole('switch', { name: 'Pause story' }).waitFor()
  await page.getByRole('button', { name: 'Trigger', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Trigger story' })
  await dialog.getByLabel('name').fill('browser')
  await dialog.getByRole('button', { name: 'Trigger', exact: true }).click()
  await page.getByRole('link', { name: 'Open the run' }).click()

  await page.locator('.react-flow__node[data-id="hello"]').click()
  const log = page.getByRole('region', { name: 'Log of the task' })
  await page.getByRole('tab', { name: 'Log' }).click()
  await log.getByText('hello browser 1', { exact: false }).first().waitFor()
  // It grows while the task runs, without any request for the page.
  await log.getByText('hello browser 30', { exact: false }).waitFor()
  await page.locator('.react-flow__node[data-id="done"]').getByText('success').waitFor()
  await page.locator('h1 ~ [data-state="success"]').waitFor()
  expect(problems).toEqual([])
}, 90_000)
