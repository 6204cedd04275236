/** The desktop app attached to a controller elsewhere, on a real PostgreSQL: added, tested, opened, used, and refused after a revocation. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type Client } from '#contract/client.ts'
import { freshPostgresUrl } from '../../server/testkit/databases.ts'
import { startServer, type RunningServer } from '../../server/index.ts'
import { desktopHome, startDesktop, type DesktopApp, type DesktopHome } from './desktopApp.ts'

const DAG = `
from vortex import DAG, BashOperator
with DAG('far_away', schedule=None):
    BashOperator(task_id='hello', bash_command='echo hello')
`

let home: DesktopHome
let server: RunningServer
let api: Client
let desktop: DesktopApp
beforeAll(async () => {
  home = await desktopHome({})
  const dagsFolder = join(home.folder, 'remote-dags')
  await mkdir(dagsFolder)
  await writeFile(join(dagsFolder, 'far.py'), DAG)
  const databaseUrl = await freshPostgresUrl()
  const python = process.env['VORTEX_TEST_PYTHON']
  const options = {
    dataFolder: join(home.folder, 'remote'),
    dagsFolder,
    databaseUrl,
    port: 0,
    pausedDefault: false,
    workerCapacity: 2,
    python,
  }
  server = await startServer(options, { log_level: 'warn' })
  await server.dagsReady
  api = createClient({ base: server.url, fetch, headers: () => ({ authorization: `Bearer ${server.api_key}` }) })
  desktop = await startDesktop(home)
})
afterAll(async () => {
  await desktop?.close()
  await server?.stop()
  await home?.remove()
})

/** What axe finds in both themes, as rule and place. */
async function violations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // The page follows the system's theme a moment later.
    await page.waitForTimeout(500)
    // Dialogs come in by an animation, and half-transparent words have no contrast.
    await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== 'running'))
    await page.evaluate(source)
    const run = `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ' ' + html)))`
    for (const line of await page.evaluate<string[]>(run)) found.push(`${colorScheme}: ${line}`)
  }
  return found
}

describe('a controller elsewhere', () => {
  it('is added, tested and used, and its key stays out of the page and off the disk', async () => {
    const { page, app } = desktop
    const { api_key, id } = await api.createApiKey({ body: { name: 'desktop' } })
    await page.getByRole('complementary', { name: 'Connected to This computer (Local)' }).waitFor()
    await page.keyboard.press('Control+Shift+K')
    await page.getByRole('button', { name: 'Add a connection' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Add a connection' }).click()
    const form = page.getByRole('dialog')
    await form.getByRole('textbox', { name: 'Name' }).fill('Warehouse')
    await form.getByRole('textbox', { name: 'Server address' }).fill(server.url)
    await form.getByLabel('API key').fill('no-such-key')
    await form.getByRole('button', { name: 'Test' }).click()
    await form.getByText('The server refuses this API key').waitFor()
    await form.getByLabel('API key').fill(api_key)
    await form.getByRole('button', { name: 'Test' }).click()
    await form.getByText('signed in as admin (Admin)').waitFor()
    await form.getByRole('radio', { name: 'Red' }).check()
    expect(await violations(page)).toEqual([])
    await form.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Warehouse' }).getByRole('button', { name: 'Open' }).click()

    await page.getByText('Warehouse · Production').waitFor()
    await page.getByRole('link', { name: 'DAGs', exact: true }).click()
    await page.getByRole('link', { name: 'far_away' }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Trigger far_away' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Trigger', exact: true }).click()
    const newest = async (): Promise<string | undefined> => (await api.listRuns({ params: { dag_id: 'far_away' } })).data[0]?.state
    await expect.poll(newest, { timeout: 40_000 }).toBe('success')
    expect(new URL(page.url()).hostname).toMatch(/^[0-9a-f]{8}$/)

    // Under Xvfb there is no keychain: the key is in memory only.
    const kept = await readFile(join(home.folder, 'config/VORTEX/connections.json'), 'utf8')
    expect(kept).toContain('Warehouse')
    expect(kept).not.toContain(api_key)
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie)).not.toContain(api_key)
    const labels = await app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.items[0]?.submenu?.items.map(({ label }) => label) ?? [])
    expect(labels.slice(0, 2)).toEqual(['This computer', 'Warehouse (production)'])

    await api.deleteApiKey({ params: { id } })
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByText('Warehouse refused the API key').waitFor()
    await page.reload()
    await page.getByRole('dialog', { name: 'API key for Warehouse' }).waitFor()
    expect(desktop.problems).toEqual([])
  })
})
