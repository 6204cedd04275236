/** The packaged app, as `npm run desktop:pack` makes it: its fuses are set, and it runs a DAG with the server and the Node that it carries. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { pack } from '../../scripts/desktopPack.ts'
import { desktopHome, environmentOf, type DesktopHome } from './desktopApp.ts'

const DAG = `
from vortex import DAG, BashOperator
with DAG('packed', schedule=None):
    BashOperator(task_id='hello', bash_command='echo hello')
`
const folder = resolve(import.meta.dirname, '../../dist/packages/linux-unpacked')
const program = join(folder, 'vortex-desktop')

let home: DesktopHome
let app: ChildProcess | null = null
let browser: Browser | null = null
beforeAll(async () => {
  process.env['ELECTRON_OVERRIDE_DIST_PATH'] ??= inject('electron').folder
  expect(await pack(['--linux', 'dir'], { mayAssemble: true })).toBe(0)
  home = await desktopHome({ 'packed.py': DAG })
})
afterAll(async () => {
  if (app?.exitCode === null && app.signalCode === null) {
    const ended = once(app, 'exit')
    app.kill('SIGTERM')
    await ended
  }
  await home?.remove()
})

describe.runIf(process.platform === 'linux')('the packaged app', () => {
  it('has its fuses set and nothing of the tests in it', async () => {
    const fuses = await getCurrentFuseWire(program)
    // The character 1.
    const isOn = (fuse: FuseV1Options): boolean => Number(fuses[fuse]) === 49
    expect(isOn(FuseV1Options.RunAsNode)).toBe(false)
    expect(isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(false)
    expect(isOn(FuseV1Options.EnableNodeCliInspectArguments)).toBe(false)
    expect(isOn(FuseV1Options.OnlyLoadAppFromAsar)).toBe(true)
    expect(existsSync(join(folder, 'resources/default_app.asar'))).toBe(false)
  })

  it('starts and runs a DAG', async () => {
    const began = performance.now()
    app = spawn(program, ['--no-sandbox', '--remote-debugging-port=0'], { env: environmentOf(home), stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(app, 'exit')
    browser = await chromium.connectOverCDP(await debuggerOf(app))
    const [context] = browser.contexts()
    const page = context?.pages()[0] ?? (await context?.waitForEvent('page'))
    if (page === undefined) throw new Error('the packaged app shows no window')
    page.setDefaultTimeout(40_000)
    await page.getByRole('link', { name: 'DAGs', exact: true }).click()
    await page.getByRole('button', { name: 'Trigger packed' }).click()
    process.stdout.write(`desktop: packaged app usable ${((performance.now() - began) / 1000).toFixed(2)} s after the launch\n`)
    await page.getByRole('dialog').getByRole('button', { name: 'Trigger', exact: true }).click()
    const newest = (): Promise<string | undefined> =>
      page.evaluate(async () => {
        const answer = await fetch('/api/dags/packed/runs?limit=1')
        return ((await answer.json()) as { data: { state: string }[] }).data[0]?.state
      })
    await expect.poll(newest, { timeout: 40_000 }).toBe('success')
    // No task runs: closing the window ends app and server without a question.
    await page.evaluate(() => {
      window.close()
    })
    expect(await ended).toEqual([0, null])
    expect(existsSync(join(home.data_folder, 'address.json'))).toBe(false)
  })
})

/** What the browser part of the app prints first, when it is asked to let itself be driven. */
async function debuggerOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('no stderr')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    const found = /^DevTools listening on (ws:.*)$/.exec(line)?.[1]
    if (found !== undefined) {
      child.stderr.resume()
      return found
    }
    lines.push(line)
  }
  throw new Error(`the packaged app ended:\n${lines.join('\n')}`)
}
