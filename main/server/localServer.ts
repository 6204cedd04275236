/**
 * The server on this computer: found running, or started as a child with a token of its own, watched, and started again when it dies.
 *
 * States: stopped -> starting -> ready | found; ready -> restarting -> ready; starting | restarting -> failed (it said why it cannot
 * start, or died again and again) -> starting (by a person). `upstream()` waits through starting and restarting, so a page's request
 * made meanwhile is answered late rather than refused.
 *
 * A page never sees port or token: both may be others after a restart.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Value } from 'typebox/value'
import { FromSupervised, SUPERVISED_ENV, type ToSupervised } from '#contract/supervision.ts'
import type { ServerState } from '../bridge/channels.ts'
import { findRunningServer } from './findRunningServer.ts'
import type { ServerLog } from './serverLog.ts'
import { NoUpstream, type Upstream } from './upstream.ts'

export interface ServerProgram {
  /** The Node of our own, not Electron's. */
  node: string
  script: string
  env: NodeJS.ProcessEnv
}
export interface LocalServerOptions {
  program: () => ServerProgram
  data_folder: string
  dags_folder: () => string
  log: ServerLog
  onChange: (state: ServerState) => void
}

const RESTART_FIRST_MS = 250
const RESTART_SLOWEST_MS = 15_000
/** A server that lived so long starts again at once when it dies. */
const WELL_MS = 30_000
/** Deaths in a row without a living server between, after which a person is asked. */
const DEATHS_MAX = 6
/** Shorter than the page's own limit for a request, so that the page gets an answer in words. */
const UPSTREAM_WAIT_MS = 25_000
/** Beyond the drain of its worker a server needs a moment. */
const STOP_MS = 25_000

export class LocalServer {
  readonly #o: LocalServerOptions
  #state: ServerState['phase'] | 'stopped' = 'stopped'
  #message: string | null = null
  #child: ChildProcess | null = null
  #upstream: Upstream | null = null
  #waiting: { resolve: (upstream: Upstream) => void; reject: (error: Error) => void }[] = []
  #timer: NodeJS.Timeout | null = null
  #deaths = 0
  #startedAt = 0
  #looking: Promise<void> | null = null

  constructor(options: LocalServerOptions) {
    this.#o = options
  }

  get state(): ServerState {
    return {
      phase: this.#state === 'stopped' ? 'stopping' : this.#state,
      message: this.#message,
      dags_folder: this.#state === 'found' ? null : this.#o.dags_folder(),
    }
  }
  /** True if ending the app ends this server. */
  get isOurs(): boolean {
    return this.#child !== null
  }
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  start(): void {
    if (this.#state !== 'stopped' && this.#state !== 'failed') return
    this.#deaths = 0
    this.#set('starting')
    this.#findOrSpawn()
  }

  /** Where to send a request now. Waits while the server starts. */
  upstream(): Promise<Upstream> {
    if (this.#upstream !== null) return Promise.resolve(this.#upstream)
    if (this.#state === 'failed') return Promise.reject(new NoUpstream(this.#message ?? 'The local server does not run.'))
    if (this.#state === 'stopped') return Promise.reject(new NoUpstream('The local server was stopped.'))
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      this.#waiting.push(waiter)
      setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiter)
        reject(new NoUpstream('The local server is still starting.'))
      }, UPSTREAM_WAIT_MS).unref()
    })
  }

  /** A request failed on the way: a server that was found running may have ended. */
  requestFailed(): void {
    if (this.#state !== 'found') return
    this.#upstream = null
    this.#set('restarting', 'The server that ran on this computer has ended; starting one.')
    this.#findOrSpawn()
  }

  /** `between`: changes what the next server is started with. */
  async restart(between: () => void = () => undefined): Promise<void> {
    if (this.#state === 'found')
      throw new Error('This server was started elsewhere (a terminal, a service). Restart it there, or stop it and try again.')
    await this.stop({ leave_worker: true })
    between()
    this.start()
  }

  async stop(p: { leave_worker: boolean }): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const child = this.#child
    this.#child = null
    this.#upstream = null
    this.#set('stopped')
    for (const { reject } of this.#waiting.splice(0)) reject(new NoUpstream('The local server was stopped.'))
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) =>
      child.once('exit', () => {
        resolve()
      }),
    )
    if (child.connected) child.send({ type: 'stop', ...p } satisfies ToSupervised)
    else child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(kill)
  }

  #findOrSpawn(): void {
    this.#looking ??= findRunningServer(this.#o.data_folder)
      .then((found) => {
        if (this.#state === 'stopped') return
        if (found === null) this.#spawn()
        else this.#serve(found, 'found')
      })
      .finally(() => {
        this.#looking = null
      })
  }

  #spawn(): void {
    const { node, script, env } = this.#o.program()
    const token = randomBytes(32).toString('base64url')
    const args = [
      'server',
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--data-folder',
      this.#o.data_folder,
      '--dags-folder',
      this.#o.dags_folder(),
    ]
    const child = fork(script, args, {
      execPath: node,
      execArgv: [],
      env: { ...env, [SUPERVISED_ENV]: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#startedAt = performance.now()
    child.stdout?.pipe(this.#o.log, { end: false })
    child.stderr?.pipe(this.#o.log, { end: false })
    let refusal: string | null = null
    child.on('message', (message) => {
      if (this.#child !== child || !Value.Check(FromSupervised, message)) return
      if (message.type === 'failed') refusal = message.message
      else this.#serve({ url: message.url, key: token }, 'ready')
    })
    child.once('error', (error) => {
      this.#died(child, `The local server could not be started: ${error.message}`, null)
    })
    child.once('exit', (code, signal) => {
      this.#died(child, `The local server ended unexpectedly (${signal ?? `exit code ${code}`}).`, refusal)
    })
    child.send({ type: 'launch', token } satisfies ToSupervised, () => undefined)
  }

  #serve(upstream: Upstream, phase: 'ready' | 'found'): void {
    this.#upstream = upstream
    this.#set(phase)
    for (const { resolve } of this.#waiting.splice(0)) resolve(upstream)
  }

  #died(child: ChildProcess, message: string, refusal: string | null): void {
    if (this.#child !== child) return
    this.#child = null
    this.#upstream = null
    this.#deaths = performance.now() - this.#startedAt > WELL_MS ? 1 : this.#deaths + 1
    if (refusal !== null) return this.#fail(refusal)
    if (this.#deaths > DEATHS_MAX) return this.#fail(`${message} It did so ${this.#deaths} times. Its log says why.`)
    const pause = Math.min(RESTART_FIRST_MS * 2 ** (this.#deaths - 1), RESTART_SLOWEST_MS)
    this.#set(
      'restarting',
      `${message} Starting it again${pause >= 1_000 ? ` in ${Math.round(pause / 1000)} s` : ''}. Running tasks go on.`,
    )
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#findOrSpawn()
    }, pause)
  }

  #fail(message: string): void {
    this.#set('failed', message)
    for (const { reject } of this.#waiting.splice(0)) reject(new NoUpstream(message))
  }

  #set(phase: ServerState['phase'] | 'stopped', message: string | null = null): void {
    this.#state = phase
    this.#message = message
    this.#o.onChange(this.state)
  }
}
