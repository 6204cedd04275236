/**
 * A real server for a story: its own folder, engine, SQLite store, local worker and Python, with the DAG files that the story
 * gives. Pages are signed in by a session of the server's own; `api` is the typed client of an Admin, to set the scene.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { createClient, type Client } from '#contract/client.ts'
import { startServer, type RunningServer } from '../server/index.ts'
import { launchBrowser } from './browser.ts'
import { builtRenderer } from './dashboardBuild.ts'

export const ADMIN = { username: 'admin', password: 'a long password for stories' }

export interface PageOptions {
  theme?: 'light' | 'dark'
  width?: number
  height?: number
  /** Who looks; default: the admin. Another user must have been made with `api.createUser`. */
  as?: { username: string; password: string }
}

export interface RealServer {
  server: RunningServer
  url: string
  /** Speaks as an Admin. */
  api: Client
  /** Its DAG folder. */
  dags_folder: string
  writeDag(file: string, text: string): Promise<void>
  /** A signed-in page at a path. Errors that it logs are collected in `problems`. */
  open(path: string, options?: PageOptions): Promise<Page>
  /** What pages logged as errors so far; a story ends with `expect(problems).toEqual([])`. */
  problems: string[]
  /** `keep`: its folder stays, for another one. */
  stop(p?: { keep?: boolean }): Promise<void>
}

interface ServerOptions {
  dags?: Record<string, string>
  capacity?: number
  /** With what an earlier server left there; default: a new one. */
  folder?: string
  /** Where workers of other hosts connect, as host:port. */
  swarm_listen?: string
}

/** Starts a server with DAG files by name (`{ 'etl.py': '...' }`) and waits until they are read. DAGs are not paused. */
export async function startRealServer(p: ServerOptions): Promise<RealServer> {
  builtRenderer()
  const folder = p.folder ?? (await mkdtemp(join(tmpdir(), 'vortex-story-')))
  const dags_folder = join(folder, 'dags')
  const writeDag = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(dags_folder, file)), { recursive: true })
    await writeFile(join(dags_folder, file), text)
  }
  await mkdir(dags_folder, { recursive: true })
  for (const [file, text] of Object.entries(p.dags ?? {})) await writeDag(file, text)
  process.env['VORTEX_ADMIN_PASSWORD'] = ADMIN.password
  const server = await startServer(
    {
      dataFolder: join(folder, 'home'),
      dagsFolder: dags_folder,
      port: 0,
      pausedDefault: false,
      workerCapacity: p.capacity ?? 4,
      python: process.env['VORTEX_TEST_PYTHON'],
      ...(p.swarm_listen === undefined ? {} : { swarmListen: p.swarm_listen }),
    },
    { log_level: 'warn' },
  )
  await server.dagsReady
  let browser: Browser | null = null
  const problems: string[] = []
  const headers = () => ({ authorization: `Bearer ${server.api_key}` })
  return {
    server,
    url: server.url,
    api: createClient({ base: server.url, fetch, headers }),
    dags_folder,
    writeDag,
    problems,
    async open(path, { theme = 'light', width = 1440, height = 900, as = ADMIN } = {}) {
      browser ??= await launchBrowser()
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, baseURL: server.url })
      await context.request.post('/api/login', { data: as, headers: { origin: server.url } })
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      page.on('console', (message) => {
        // The browser's own line about an answer of 4xx; pages show such answers themselves.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(message.text())
      })
      page.on('pageerror', (error) => problems.push(error.message))
      await page.goto(path)
      return page
    },
    async stop({ keep = false } = {}) {
      await browser?.close()
      await server.stop()
      if (!keep) await rm(folder, { recursive: true, force: true })
    },
  }
}
