/** The desktop app with the server of this computer: first start, edit and run again, its walls, and a server that dies. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {} from '#bridge/desktopBridge.ts'
import { desktopHome, startDesktop, type DesktopApp, type DesktopHome } from './desktopApp.ts'

const HELLO = `
from vortex import DAG, BashOperator
with DAG('hello', schedule=None):
    first = BashOperator(task_id='first', bash_command='echo hello')
`
const SLOW = `
from vortex import DAG, BashOperator
with DAG('slow', schedule=None):
    BashOperator(task_id='wait', bash_command='while [ ! -e {{ params.go }} ]; do sleep 0.1; done; echo done', params={'go': '/nowhere'}, retries=0)
`
const BROKEN = `
from vortex import DAG, BashOperator
with DAG('broken', schedule=None):
    BashOperator(task_id='fail', bash_command='exit 3')
`

let home: DesktopHome
let desktop: DesktopApp
beforeAll(async () => {
  home = await desktopHome({ 'hello.py': HELLO, 'slow.py': SLOW, 'broken.py': BROKEN })
  desktop = await startDesktop(home)
})
afterAll(async () => {
  await desktop?.close()
  await home?.remove()
})

const trigger = async (dag_id: string, conf?: object): Promise<string> =>
  (await desktop.request<{ run_id: string }>('POST', `/api/dags/${dag_id}/trigger`, conf === undefined ? {} : { conf })).run_id
const stateOf = async (dag_id: string, run_id: string): Promise<string> =>
  (await desktop.request<{ state: string }>('GET', `/api/dags/${dag_id}/runs/${encodeURIComponent(run_id)}`)).state

describe('this computer', () => {
  it('goes from the first start to the first green run, and runs an edited file', async () => {
    const { page, since } = desktop
    await page.getByRole('link', { name: 'DAGs', exact: true }).click()
    await page.getByRole('link', { name: 'hello' }).waitFor()
    process.stdout.write(`desktop: DAGs on the screen ${(since() / 1000).toFixed(2)} s after the launch\n`)
    await page.getByRole('button', { name: 'Trigger hello' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Trigger', exact: true }).click()
    const latest = (): Promise<{ data: { run_id: string; state: string }[] }> => desktop.request('GET', '/api/dags/hello/runs?limit=1')
    await expect.poll(async () => (await latest()).data[0]?.state, { timeout: 40_000 }).toBe('success')
    process.stdout.write(`desktop: first green run ${(since() / 1000).toFixed(2)} s after the launch\n`)

    await page.goto('vortex-app://local/dags/hello/code')
    await page.getByRole('textbox', { name: 'Text of hello.py' }).click()
    await page.keyboard.press('Control+End')
    await page.keyboard.insertText(`    first >> BashOperator(task_id='second', bash_command='echo new')\n`)
    await page.keyboard.press('Control+s')
    await page.getByText('Saved as version 2 of hello').waitFor()
    const run_id = await trigger('hello')
    await expect.poll(() => stateOf('hello', run_id), { timeout: 40_000 }).toBe('success')
    expect((await desktop.request<{ total: number }>('GET', `/api/dags/hello/runs/${encodeURIComponent(run_id)}/tasks`)).total).toBe(2)
    expect(desktop.problems).toEqual([])
  })

  it('keeps the page within its walls', async () => {
    const { app, page } = desktop
    await app.evaluate(({ shell }) => {
      const opened: string[] = []
      Object.assign(globalThis, { opened })
      shell.openExternal = (url) => Promise.resolve(void opened.push(url))
    })
    const url = page.url()
    const seen = await page.evaluate(() => ({
      node: typeof (globalThis as { require?: unknown }).require + typeof (globalThis as { process?: unknown }).process,
      bridge: Object.keys(window.vortexDesktop ?? {}),
      cookie: document.cookie,
      opened: window.open('https://example.org/docs') === null,
      file: window.open('file:///etc/passwd') === null,
      frame: window.frames.length,
    }))
    expect(seen).toEqual({ node: 'undefinedundefined', bridge: ['call', 'on'], cookie: '', opened: true, file: true, frame: 0 })
    await page.evaluate(() => {
      window.location.href = 'https://example.org/away'
    })
    await expect
      .poll(() => app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened))
      .toEqual(['https://example.org/docs', 'https://example.org/away'])
    expect(page.url()).toBe(url)
    // Calls beyond the table, and inputs that do not fit, are refused with words.
    const answers = await page.evaluate(async () => {
      const call = window.vortexDesktop!.call as (name: string, input: unknown) => Promise<{ is_ok: boolean }>
      return [
        await call('connections.open', { id: '../x', api_key: null }),
        await call('menu.set', { commands: 'all' }),
        await call('fs.read', {}).then(
          () => 'answered',
          () => 'refused',
        ),
      ]
    })
    expect(answers).toMatchObject([{ is_ok: false }, { is_ok: false }, 'refused'])
    // The scheme's own headers: no script but the page's.
    const ran = await page.evaluate(async () => {
      const script = document.createElement('script')
      script.textContent = 'window.inlineRan = true'
      document.body.append(script)
      const refused = await fetch('https://example.org/').then(
        () => false,
        () => true,
      )
      return { inline: 'inlineRan' in window, refused }
    })
    expect(ran).toEqual({ inline: false, refused: true })
  })

  it('tells a failed run once, and a click leads to it', async () => {
    const { app, page } = desktop
    await app.evaluate(({ Notification }) => {
      const shown: { title: string; body: string }[] = []
      Object.assign(globalThis, { shown })
      Notification.prototype.show = function (this: Electron.Notification) {
        shown.push({ title: this.title, body: this.body })
        Object.assign(globalThis, { newest: this })
      }
    })
    const shown = () => app.evaluate(() => (globalThis as unknown as { shown: { title: string; body: string }[] }).shown)
    const runs = await Promise.all([trigger('broken'), trigger('broken')])
    await expect.poll(shown, { timeout: 40_000 }).toHaveLength(1)
    expect(await shown()).toEqual([{ title: '2 runs failed', body: 'broken' }])
    expect(await Promise.all(runs.map((run_id) => stateOf('broken', run_id)))).toEqual(['failed', 'failed'])
    await app.evaluate(() => (globalThis as unknown as { newest: Electron.Notification }).newest.emit('click'))
    await page.waitForURL(/\/dags\/broken\/runs/)
  })

  it('starts a server that died again, and loses no task', async () => {
    const { page } = desktop
    const go = join(home.folder, 'go')
    const run_id = await trigger('slow', { go })
    const running = `/api/dags/slow/runs/${encodeURIComponent(run_id)}/tasks`
    await expect
      .poll(async () => (await desktop.request<{ data: { state: string }[] }>('GET', running)).data[0]?.state, { timeout: 40_000 })
      .toBe('running')
    const before = await desktop.serverPid()
    const said = await listen(page)
    process.kill(before, 'SIGKILL')
    // The next one may be there half a second later.
    await page.getByText('The server of this computer runs again.').waitFor()
    expect(await said()).toContainEqual(expect.stringContaining('The local server ended unexpectedly (SIGKILL). Starting it again'))
    expect(await desktop.serverPid()).not.toBe(before)
    await writeFile(go, '')
    await expect.poll(() => stateOf('slow', run_id), { timeout: 40_000 }).toBe('success')
    await page.getByText('Live', { exact: true }).waitFor()
  })
})

/** What the page says from now on, also for a moment only. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  const texts = await page.evaluateHandle(() => {
    const heard = new Set<string>()
    new MutationObserver(() => {
      for (const { textContent } of document.querySelectorAll('[role=status]')) heard.add(textContent)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
    return heard
  })
  return () => texts.evaluate((heard) => [...heard])
}
