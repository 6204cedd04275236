/** The desktop app for a story: a real Electron with folders of its own, started and driven as a person would. */
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { inject } from 'vitest'
import type {} from './machine.ts'

const ENDED_MS = 40_000
const root = resolve(import.meta.dirname, '../..')

/** What a user has on disk: it outlives a start of the app. */
export interface DesktopHome {
  folder: string
  data_folder: string
  dags_folder: string
  writeDag(file: string, text: string): Promise<void>
  remove(): Promise<void>
}

export async function desktopHome(dags: Record<string, string>): Promise<DesktopHome> {
  const folder = await mkdtemp(join(tmpdir(), 'vortex-desktop-'))
  const dags_folder = join(folder, 'dags')
  await mkdir(dags_folder)
  const writeDag = (file: string, text: string): Promise<void> => writeFile(join(dags_folder, file), text)
  for (const [file, text] of Object.entries(dags)) await writeDag(file, text)
  return {
    folder,
    data_folder: join(folder, 'data'),
    dags_folder,
    writeDag,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10 }),
  }
}

export interface DesktopApp {
  app: ElectronApplication
  page: Page
  /** Milliseconds since the launch. */
  since(): number
  /** What pages logged as errors; a story ends with `expect(problems).toEqual([])`. */
  problems: string[]
  /** Process id of the local server that the app started. */
  serverPid(): Promise<number>
  /** A request of the page to its own origin, as the page's client makes it. */
  request<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Resolves when the app has ended by itself. */
  ended(): Promise<void>
  close(): Promise<void>
}

export function environmentOf(home: DesktopHome): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    ...Object.fromEntries(inherited),
    DISPLAY: inject('electron').display,
    XDG_CONFIG_HOME: join(home.folder, 'config'),
    VORTEX_HOME: home.data_folder,
    VORTEX_DAGS_FOLDER: home.dags_folder,
    VORTEX_PAUSED_DEFAULT: 'false',
    // Else the app would make an environment of its own, which takes half a minute.
    VORTEX_PYTHON: process.env['VORTEX_TEST_PYTHON'] ?? 'python3',
  }
}

export async function startDesktop(home: DesktopHome, args: readonly string[] = []): Promise<DesktopApp> {
  const began = performance.now()
  const app = await _electron.launch({
    executablePath: inject('electron').executable,
    args: ['--no-sandbox', root, ...args],
    env: environmentOf(home),
  })
  const child = app.process()
  const end = once(child, 'exit')
  const page = await app.firstWindow()
  page.setDefaultTimeout(40_000)
  const problems: string[] = []
  page.on('console', (message) => {
    // The browser's own line about an answer of 4xx or 5xx; pages show such answers themselves.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  return {
    app,
    page,
    problems,
    since: () => performance.now() - began,
    serverPid: async () => (JSON.parse(await readFile(join(home.data_folder, 'address.json'), 'utf8')) as { pid: number }).pid,
    request: <T>(method: string, path: string, body?: unknown): Promise<T> =>
      page.evaluate(
        async ([verb, url, text]) => {
          const headers = { 'content-type': 'application/json' }
          const answer = await fetch(url, { method: verb, ...(text === null ? {} : { headers, body: text }) })
          if (!answer.ok) throw new Error(`${verb} ${url}: ${answer.status} ${await answer.text()}`)
          return answer.json() as Promise<T>
        },
        [method, path, body === undefined ? null : JSON.stringify(body)] as const,
      ),
    async ended() {
      const isOver = await Promise.race([end.then(() => true), setTimeout(ENDED_MS, false)])
      if (!isOver) throw new Error(`The app still runs after ${ENDED_MS / 1000} s. It shows: ${await page.locator('body').innerText()}`)
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      // Nobody is there to answer what becomes of running tasks.
      await app.evaluate(({ dialog }) => {
        dialog.showMessageBox = (() => Promise.resolve({ response: 2, checkboxChecked: false })) as typeof dialog.showMessageBox
      })
      await app.close().catch(() => child.kill('SIGKILL'))
      await end
    },
  }
}
