/**
 * The desktop app attached to a controller elsewhere, on a real PostgreSQL: added, tested, opened, used, its failures told, its changes asked
 * about, and refused after a revocation. It is reached through a proxy, which turns into one that wants a sign-in of its own.
 */
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, request as sendRequest, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {} from '#bridge/desktopBridge.ts'
import { createClient, type Client } from '#contract/client.ts'
import { freshPostgresUrl } from '../../server/testkit/databases.ts'
import { startServer, type RunningServer } from '../../server/index.ts'
import { desktopHome, startDesktop, type DesktopApp, type DesktopHome } from './desktopApp.ts'

const DAG = `
from vortex import DAG, BashOperator
with DAG('far_away', schedule=None):
    BashOperator(task_id='hello', bash_command='echo hello')
with DAG('far_broken', schedule=None):
    BashOperator(task_id='fail', bash_command='exit 3')
`
const NEAR = `
from vortex import DAG, BashOperator
with DAG('near_broken', schedule=None):
    BashOperator(task_id='fail', bash_command='exit 3')
`

let home: DesktopHome
let server: RunningServer
let api: Client
let desktop: DesktopApp
let proxy: Server
let proxyUrl: string
let isPortal = false
beforeAll(async () => {
  home = await desktopHome({ 'near.py': NEAR })
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
  proxy = createServer((request, response) => {
    if (isPortal) return response.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Sign in to the Wi-Fi</h1>')
    const onward = sendRequest(`${server.url}${request.url ?? ''}`, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    return request.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  desktop = await startDesktop(home)
})
afterAll(async () => {
  await desktop?.close()
  proxy?.close()
  proxy?.closeAllConnections()
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

interface Told {
  title: string
  body: string
}
interface Asked {
  message: string
  detail: string
}
interface Heard {
  told: Told[]
  asked: Asked[]
  newest: Electron.Notification
  answer: number
}

/** Notices and questions are heard instead of shown; every question is answered with the button of that place. */
async function hear({ app }: DesktopApp, answer: number): Promise<void> {
  await app.evaluate(({ Notification, dialog }, response) => {
    const heard = globalThis as unknown as Partial<Heard>
    heard.told ??= []
    heard.asked ??= []
    heard.answer = response
    Notification.prototype.show = function (this: Electron.Notification) {
      heard.told?.push({ title: this.title, body: this.body })
      heard.newest = this
    }
    dialog.showMessageBox = ((_: unknown, { message, detail }: Asked) => {
      heard.asked?.push({ message, detail })
      return Promise.resolve({ response: heard.answer ?? 0, checkboxChecked: false })
    }) as unknown as typeof dialog.showMessageBox
  }, answer)
}
const told = (): Promise<Told[]> => desktop.app.evaluate(() => (globalThis as unknown as Heard).told)
const asked = (): Promise<Asked[]> => desktop.app.evaluate(() => (globalThis as unknown as Heard).asked)
const openFromMenu = (label: RegExp): Promise<void> =>
  desktop.app.evaluate(({ Menu }, source) => {
    const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? []
    items.find((item) => new RegExp(source).test(item.label))?.click()
  }, label.source)
const failRun = async (dag_id: string): Promise<void> => {
  const { run_id } = await desktop.request<{ run_id: string }>('POST', `/api/dags/${dag_id}/trigger`, {})
  const state = (): Promise<string> =>
    desktop.request<{ state: string }>('GET', `/api/dags/${dag_id}/runs/${encodeURIComponent(run_id)}`).then((run) => run.state)
  await expect.poll(state, { timeout: 40_000 }).toBe('failed')
}

let key_id: number
describe('a controller elsewhere', () => {
  it('is added, tested and used, and its key stays out of the page and off the disk', async () => {
    const { page, app } = desktop
    const { api_key, id } = await api.createApiKey({ body: { name: 'desktop' } })
    key_id = id
    await page.getByRole('complementary', { name: 'Connected to This computer (Local)' }).waitFor()
    // The stripe is there before the page, and keys mean nothing until then.
    await page.getByText('Live', { exact: true }).waitFor()
    await page.keyboard.press('Control+Shift+K')
    await page.getByRole('button', { name: 'Add a connection' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Add a connection' }).click()
    const form = page.getByRole('dialog')
    await form.getByRole('textbox', { name: 'Name' }).fill('Warehouse')
    const address = form.getByRole('textbox', { name: 'Server address' })
    await address.fill('http://vortex.example:3000')
    await form.getByText('Not encrypted').waitFor()
    await address.fill(proxyUrl)
    await form.getByText('Not encrypted').waitFor({ state: 'detached' })
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
    expect(desktop.problems).toEqual([])
  })

  it('tells its own failures, and none of the connection that was shown before', async () => {
    const { page, app } = desktop
    await hear(desktop, 0)
    await openFromMenu(/^This computer$/)
    await page.waitForURL('vortex-app://local/**')
    await expect.poll(() => desktop.request<{ total: number }>('GET', '/api/dags').then(({ total }) => total), { timeout: 40_000 }).toBe(1)
    await failRun('near_broken')
    await expect.poll(told, { timeout: 40_000 }).toMatchObject([{ title: 'near_broken failed' }])
    // The next notice of this computer comes 15 s later at the earliest: it is left before.
    await failRun('near_broken')
    await openFromMenu(/^Warehouse/)
    await page.getByText('Warehouse · Production').waitFor()
    await failRun('far_broken')
    await expect.poll(async () => (await told()).length, { timeout: 40_000 }).toBe(2)
    expect((await told())[1]).toMatchObject({ title: 'far_broken failed' })
    await app.evaluate(() => (globalThis as unknown as Heard).newest.emit('click'))
    await page.waitForURL(/^vortex-app:\/\/[0-9a-f]{8}\/dags\/far_broken\/runs\//)
  })

  it('asks before it changes anything, or refuses, as its connection says', async () => {
    const { page } = desktop
    const setMode = async (mode: RegExp): Promise<void> => {
      await page.keyboard.press('Control+Shift+K')
      await page.getByRole('button', { name: 'More for Warehouse' }).click()
      await page.getByRole('menuitem', { name: 'Edit' }).click()
      const form = page.getByRole('dialog')
      await form.getByRole('combobox', { name: 'Changes' }).click()
      await page.getByRole('option', { name: mode }).click()
      await form.getByRole('button', { name: 'Save' }).click()
      await form.waitFor({ state: 'detached' })
    }
    const trigger = (): Promise<unknown> => desktop.request('POST', '/api/dags/far_away/trigger', {})
    const runs = async (): Promise<number> => (await api.listRuns({ params: { dag_id: 'far_away' } })).total

    await setMode(/asked about/)
    const before = await runs()
    await expect(trigger()).rejects.toThrow(/403.*not confirmed/)
    expect(await asked()).toEqual([{ message: 'Change something on Warehouse (production)?', detail: 'POST /api/dags/far_away/trigger' }])
    await page.getByText('Warehouse · Production · changes are asked about').waitFor()
    await hear(desktop, 1)
    await trigger()
    expect(await runs()).toBe(before + 1)

    await setMode(/looking only/)
    await expect(trigger()).rejects.toThrow(/403.*looking only/)
    expect((await asked()).length).toBe(2)
    expect(await runs()).toBe(before + 1)
    await setMode(/Go through/)
    await trigger()
    expect(await runs()).toBe(before + 2)
  })

  it('tells no failure where that is switched off', async () => {
    const { page } = desktop
    const toggle = async (): Promise<void> => {
      await page.getByRole('button', { name: 'More for Warehouse' }).click()
      await page.getByRole('menuitemcheckbox', { name: 'Tell failed runs' }).click()
    }
    const isOn = async (): Promise<boolean> =>
      page.evaluate(async () => {
        const answer = await window.vortexDesktop?.call('connections.list', {})
        return answer?.is_ok === true && answer.value.connections.some(({ name, notifies }) => name === 'Warehouse' && notifies)
      })
    expect(await isOn()).toBe(true)
    const before = (await told()).length
    await toggle()
    await expect.poll(isOn).toBe(false)
    await failRun('far_broken')
    await toggle()
    await expect.poll(isOn).toBe(true)
    // A watch and a digest of their own from here on. What failed while it was off is told to nobody, so each notice is of one run.
    await expect
      .poll(
        async () => {
          await failRun('far_broken')
          return (await told()).length
        },
        { timeout: 60_000 },
      )
      .toBeGreaterThan(before)
  })

  it('keeps its key when a proxy wants a sign-in, and forgets it when the server refuses it', async () => {
    const { page } = desktop
    isPortal = true
    await expect(desktop.request('GET', '/api/dags')).rejects.toThrow(/503.*a proxy or the portal of this network/)
    isPortal = false
    await expect.poll(() => desktop.request<{ total: number }>('GET', '/api/dags').then(({ total }) => total)).toBe(2)
    await openFromMenu(/^Warehouse/)
    await page.getByRole('link', { name: 'Home', exact: true }).waitFor()

    await api.deleteApiKey({ params: { id: key_id } })
    // A request of the page may have met the refusal before this one.
    await expect(desktop.request('GET', '/api/dags')).rejects.toThrow(/401|The API key of Warehouse is asked for/)
    await page.getByText('Warehouse refused the API key').waitFor()
    await page.reload()
    await page.getByRole('dialog', { name: 'API key for Warehouse' }).waitFor()
    expect(desktop.problems).toEqual([])
  })
})
