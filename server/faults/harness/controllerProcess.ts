/** A real controller process on a fresh data folder, driven over HTTP, killed and started again. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Client } from '#contract/client.ts'
import { VortexError } from '#contract/errors.ts'
import { writeDagFile, type DagShape } from './dagShapes.ts'
import { checkLedger, readLedger, type Findings, type LedgerLine, type RecordedTask } from './ledger.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const PROGRAM = join(ROOT, 'server/cli/main.ts')
/** A start on a machine that is busy with other tests. */
const START_LIMIT_MS = 30_000
const POLL_MS = 200

let python: string | null = null
/** An interpreter with jinja2 and pendulum, asked for in a process of its own: making it may take a minute and prints. */
export function pythonOfTests(): string {
  if (python !== null) return python
  const result = spawnSync(process.execPath, [join(ROOT, 'scripts/python.ts')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (result.status !== 0) throw new Error('no Python for the tests')
  python = result.stdout.trim().split('\n').at(-1) ?? ''
  return python
}

export interface ControllerOptions {
  /** More command-line options. */
  args?: string[]
  env?: Record<string, string>
  capacity?: number
}

export class ControllerProcess implements AsyncDisposable {
  readonly folder: string
  readonly data: string
  readonly dagsFolder: string
  readonly ledger: string
  readonly port: number
  readonly client: Client
  readonly dags: DagShape[] = []
  /** Milliseconds from each start to ready. */
  readonly starts: number[] = []
  readonly #options: ControllerOptions
  #child: ChildProcess | null = null

  private constructor(folder: string, port: number, options: ControllerOptions) {
    this.folder = folder
    this.data = join(folder, 'home')
    this.dagsFolder = join(folder, 'dags')
    this.ledger = join(folder, 'ledger')
    this.port = port
    this.#options = options
    mkdirSync(this.dagsFolder)
    this.client = createClient({
      base: `http://127.0.0.1:${port}`,
      fetch: (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(20_000) }),
      headers: () => this.authorization(),
    })
  }

  static async create(options: ControllerOptions = {}): Promise<ControllerProcess> {
    return new ControllerProcess(await mkdtemp(join(tmpdir(), 'vortex-faults-')), await freePort(), options)
  }

  authorization(): { authorization: string } {
    return { authorization: readFileSync(join(this.data, 'cli.key'), 'utf8').trim() }
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the controller does not run')
    return this.#child.pid
  }
  get logFile(): string {
    return join(this.folder, 'server.log')
  }
  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : ''
  }
  get hasExited(): boolean {
    return this.#child === null || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  addDag(dag: DagShape): void {
    this.dags.push(dag)
    writeDagFile({ folder: this.dagsFolder, dag, ledger: this.ledger })
  }

  spawn(p: { args?: string[]; env?: Record<string, string>; log?: string } = {}): ChildProcess {
    const log = openSync(p.log ?? this.logFile, 'a')
    const capacity = this.#options.capacity ?? 4
    const args = [
      'server',
      '--port',
      String(this.port),
      '--dags-folder',
      this.dagsFolder,
      '--paused-default',
      'false',
      '--worker-capacity',
      String(capacity),
    ]
    const child = spawn(process.execPath, [PROGRAM, ...args, ...(this.#options.args ?? []), ...(p.args ?? [])], {
      stdio: ['ignore', log, log],
      cwd: this.folder,
      env: { ...this.#environment(), ...p.env },
    })
    closeSync(log)
    return child
  }

  async start(): Promise<void> {
    const began = performance.now()
    const child = (this.#child = this.spawn())
    while (!(await this.isReady())) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the controller ended with ${child.signalCode ?? child.exitCode}:\n${this.log.slice(-3000)}`)
      if (performance.now() - began > START_LIMIT_MS)
        throw new Error(`the controller is not ready after ${START_LIMIT_MS} ms:\n${this.log.slice(-3000)}`)
      await sleep(20)
    }
    this.starts.push(Math.round(performance.now() - began))
  }

  async isReady(): Promise<boolean> {
    return await fetch(`http://127.0.0.1:${this.port}/api/ready`).then(
      (response) => response.ok,
      () => false,
    )
  }

  async isAlive(): Promise<boolean> {
    return await fetch(`http://127.0.0.1:${this.port}/api/health`).then(
      (response) => response.ok,
      () => false,
    )
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || this.hasExited) throw new Error(`the controller has ended by itself:\n${this.log.slice(-3000)}`)
    const ended = exitOf(child)
    child.kill('SIGKILL')
    await ended
  }

  /** INT ends the local worker too, TERM leaves it; within 25 s. Returns the exit code. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<number | null> {
    const child = this.#child
    if (child === null || this.hasExited) return child?.exitCode ?? null
    child.kill(signal)
    const ended = exitOf(child)
    const isEnded = await Promise.race([ended.then(() => true), sleep(25_000, false)])
    if (!isEnded) child.kill('SIGKILL')
    await ended
    return child.exitCode
  }

  /** What the worker wrote about itself; null while none lives. */
  workerPid(): number | null {
    try {
      const { pid } = JSON.parse(readFileSync(join(this.data, 'worker/worker.json'), 'utf8')) as { pid: number }
      process.kill(pid, 0)
      return pid
    } catch {
      return null
    }
  }

  /** Until every DAG of `addDag` can be triggered. */
  async waitForDags(limit_ms = 60_000): Promise<void> {
    const deadline = performance.now() + limit_ms
    for (;;) {
      const { total } = await this.call((client) => client.listDags({ query: { limit: 1 } }))
      if (total >= this.dags.length) return
      if (performance.now() > deadline)
        throw new Error(`${total} of ${this.dags.length} DAGs after ${limit_ms} ms:\n${this.log.slice(-3000)}`)
      await sleep(POLL_MS)
    }
  }

  /** A call that goes on through restarts: only answers of a living server count. */
  async call<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const deadline = performance.now() + START_LIMIT_MS
    for (;;) {
      try {
        return await work(this.client)
      } catch (error) {
        const isGone = !(error instanceof VortexError) || error.code === 'not_leader' || error.code === 'database_unavailable'
        if (!isGone || performance.now() > deadline) throw error
        await sleep(50)
      }
    }
  }

  /** Safe to repeat: a second call with the same run id is refused as a conflict, and that is as good. */
  async trigger(dag_id: string, run_id = 'run'): Promise<void> {
    await this.call(async (client) => {
      try {
        await client.triggerDag({ params: { dag_id }, body: { run_id } })
      } catch (error) {
        if (!(error instanceof VortexError && error.code === 'conflict')) throw error
      }
    })
  }

  /** Runs that are not final. */
  async unfinished(): Promise<string[]> {
    const names: string[] = []
    for (const state of ['queued', 'running'] as const) {
      const { data } = await this.call((client) => client.listRuns({ params: { dag_id: '~' }, query: { state, limit: 500 } }))
      names.push(...data.map((run) => `${run.dag_id} ${run.run_id} ${run.state} ${JSON.stringify(run.task_counts)}`))
    }
    return names
  }

  /** Waits until every run is final; returns those that are not at the deadline. */
  async settle(limit_ms: number): Promise<string[]> {
    const deadline = performance.now() + limit_ms
    for (;;) {
      const open = await this.unfinished()
      if (open.length === 0 || performance.now() > deadline) return open
      await sleep(POLL_MS)
    }
  }

  async recorded(): Promise<RecordedTask[]> {
    const found: RecordedTask[] = []
    for (const { dag_id } of this.dags) {
      const { data: runs } = await this.call((client) => client.listRuns({ params: { dag_id }, query: { limit: 500 } }))
      for (const { run_id } of runs) {
        const { data } = await this.call((client) => client.listTaskInstances({ params: { dag_id, run_id }, query: { limit: 10_000 } }))
        for (const task of data) {
          // One attempt needs no question: its state is the task instance's.
          const attempts =
            task.try_number <= 1
              ? [{ attempt: task.try_number, state: task.state }]
              : (await this.call((client) => client.listAttempts({ params: { dag_id, run_id, task_id: task.task_id } }))).data
          found.push({ dag_id, run_id, task_id: task.task_id, state: task.state, attempts })
        }
      }
    }
    return found
  }

  lines(): LedgerLine[] {
    return readLedger(this.ledger)
  }

  async check(stuck: string[]): Promise<Findings> {
    return checkLedger({ lines: this.lines(), dags: this.dags, recorded: await this.recorded(), stuck })
  }

  /** A program of the same command line with this server's folders, such as a second worker. */
  spawnBeside(p: { args: string[]; log: string }): ChildProcess {
    const log = openSync(join(this.folder, p.log), 'a')
    const child = spawn(process.execPath, [PROGRAM, ...p.args], { stdio: ['ignore', log, log], cwd: this.folder, env: this.#environment() })
    closeSync(log)
    return child
  }

  #environment(): NodeJS.ProcessEnv {
    const { VITEST: _vitest, NODE_OPTIONS: _options, ...env } = process.env
    return {
      ...env,
      NODE_ENV: 'production',
      VORTEX_HOME: this.data,
      FAULTS_MARKER: this.folder,
      VORTEX_PYTHON: pythonOfTests(),
      ...this.#options.env,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    const worker = this.workerPid()
    if (worker !== null) process.kill(worker, 'SIGKILL')
    if (process.env['VORTEX_KEEP'] === '1') process.stdout.write(`kept ${this.folder}\n`)
    else await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return child.exitCode
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
