/**
 * The local worker, seen from the controller: a process of its own that outlives it.
 *
 * States: `stopped` -> `watching` (a living worker is there, ours or one that an earlier controller started) <-> `waiting`
 * (it died; the next one starts after a pause) -> `stopped`.
 *
 * Invariants
 * - At most one worker takes attempts per data folder: the worker itself claims the folder (processRecord.ts), and this side
 *   starts one only when no living one has it.
 * - The worker runs in a session of its own, so that a terminal's Ctrl-C and the controller's death do not reach it.
 * - A worker with other settings (capacity, interpreter, version) is drained while its successor starts.
 *
 * Failure: a worker that dies is started again after 100 ms to 5 s; one that lived for 5 s counts as well again.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, copyFileSync, ftruncateSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import { readVersion } from '#runtime/version.ts'
import { isAlive, type ProcessRecord, readRecord } from './processRecord.ts'

export interface LocalWorkerProcessOptions {
  clock: Clock
  logger: Logger
  socket_path: string
  /** The server's data folder; the worker's things are in `worker` below it. */
  data_folder: string
  token_file: string
  capacity: number
  /** The interpreter for tasks; known once it is found or made. */
  python: () => Promise<string>
  /** Folder that holds the Python package `vortex`. */
  package_folder: string
  /** How long attempts may go on when the server stops cleanly. */
  drain_ms?: number
  /** What starts the worker program; default: this Node with workerMain. */
  command?: { file: string; args: string[] }
  /** What sends signals to the worker; default: the system. */
  signal?: (pid: number, signal: NodeJS.Signals) => void
}

/** A Ctrl-C should not take longer; tasks that need longer are reported as failed and retried. */
const DRAIN_MS = 10_000
/** Beyond its drain a worker needs a moment for its last reports; then it is killed, and its hosts with it. */
const STOP_MARGIN_MS = 5_000
/** A process that is killed is gone within milliseconds; one that hangs in the kernel (a dead network disk) may never be. */
const KILLED_WAIT_MS = 5_000
const RESTART_FIRST_MS = 100
/** With its start still shorter than the lease: what a dead worker held waits for the lease, never for its successor. */
const RESTART_SLOWEST_MS = 5_000
/** One that cannot work (no Python, a folder that is full) ends within its first seconds. */
const WELL_MS = 5_000
/** How soon the death of a worker that is no child of ours is noticed. */
const LOOK_MS = 500
const LOG_BYTES = 10 * 1024 * 1024
const LOG_LOOK_MS = 60_000

const EXTENSION = import.meta.filename.endsWith('.ts') ? 'ts' : 'js'

export class LocalWorkerProcess implements Service {
  readonly #o: LocalWorkerProcessOptions
  readonly #folder: string
  readonly #logger: Logger
  readonly #signal: (pid: number, signal: NodeJS.Signals) => void
  #state: 'stopped' | 'watching' | 'waiting' = 'stopped'
  #child: ChildProcess | null = null
  #record: ProcessRecord | null = null
  #timer: Timer | null = null
  #logTimer: Timer | null = null
  #pause = RESTART_FIRST_MS
  #startedAt = 0
  #settings = ''
  #drainedPid = 0
  #python = ''

  constructor(options: LocalWorkerProcessOptions) {
    this.#o = options
    this.#folder = join(options.data_folder, 'worker')
    this.#logger = options.logger.child({ part: 'local worker' })
    this.#signal = options.signal ?? send
  }

  /** Process id of the worker that is watched; null = none now. */
  get pid(): number | null {
    return this.#record?.pid ?? this.#child?.pid ?? null
  }
  get logFile(): string {
    return join(this.#folder, 'worker.log')
  }

  async start(): Promise<void> {
    if (this.#state !== 'stopped') return
    this.#state = 'waiting'
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    this.#python = await this.#o.python()
    if (this.#isStopped()) return
    this.#settings = JSON.stringify({
      version: readVersion(),
      capacity: this.#o.capacity,
      python: this.#python,
      package_folder: this.#o.package_folder,
    })
    this.#watchLog()
    this.#adoptOrSpawn()
  }

  /** Stops watching; the worker lives on and waits for the next controller. */
  async leave(): Promise<void> {
    this.#state = 'stopped'
    this.#timer?.cancel()
    this.#logTimer?.cancel()
  }

  /** Drains the worker, within bounds, and waits for its end. After `leave` there is none to stop. */
  async stop(): Promise<void> {
    if (this.#isStopped()) return
    await this.leave()
    const child = this.#child
    const record = this.#record ?? readRecord(this.#folder)
    if (child?.pid !== undefined) await this.#end(child.pid, () => child.exitCode === null && child.signalCode === null)
    else if (record !== null) await this.#end(record.pid, () => isAlive(record))
  }

  async #end(pid: number, isThere: () => boolean): Promise<void> {
    if (!isThere()) return
    this.#signal(pid, 'SIGTERM')
    if (await this.#isGoneWithin((this.#o.drain_ms ?? DRAIN_MS) + STOP_MARGIN_MS, isThere)) return
    this.#logger.warn({ pid }, 'the local worker does not end; killing it')
    this.#signal(pid, 'SIGKILL')
    if (await this.#isGoneWithin(KILLED_WAIT_MS, isThere)) return
    this.#logger.error({ pid }, 'the local worker cannot be killed and is left; see what its process waits for (a disk that is gone?)')
  }

  async #isGoneWithin(ms: number, isThere: () => boolean): Promise<boolean> {
    const deadline = this.#o.clock.monotonic() + ms
    while (isThere()) {
      if (this.#o.clock.monotonic() > deadline) return false
      await new Promise<void>((resolve) => this.#o.clock.after(20, resolve))
    }
    return true
  }

  #isStopped(): boolean {
    return this.#state === 'stopped'
  }

  #adoptOrSpawn(): void {
    const found = readRecord(this.#folder)
    if (found !== null && isAlive(found)) {
      if (found.settings === this.#settings) return this.#adopt(found)
      // Once: a second signal would kill its attempts.
      if (this.#drainedPid !== found.pid) {
        this.#logger.info({ pid: found.pid }, 'the running worker has other settings: draining it, and starting another')
        this.#signal(found.pid, 'SIGTERM')
      }
      this.#drainedPid = found.pid
    }
    this.#spawn()
  }

  #adopt(record: ProcessRecord): void {
    this.#state = 'watching'
    this.#record = record
    this.#startedAt = this.#o.clock.monotonic()
    this.#logger.info({ pid: record.pid }, 'the local worker runs already')
    const look = (): void => {
      if (this.#isStopped()) return
      if (isAlive(record)) this.#timer = this.#o.clock.after(LOOK_MS, look)
      else this.#died('the local worker has ended')
    }
    look()
  }

  #spawn(): void {
    this.#state = 'watching'
    this.#record = null
    this.#startedAt = this.#o.clock.monotonic()
    const { file, args } = this.#o.command ?? { file: process.execPath, args: [join(import.meta.dirname, `workerMain.${EXTENSION}`)] }
    const log = openSync(this.logFile, 'a', 0o600)
    const child = spawn(file, [...args, ...this.#arguments()], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: this.#folder,
      env: workerEnvironment(),
    })
    closeSync(log)
    this.#child = child
    child.unref()
    child.once('error', (error) => this.#childEnded(child, `the local worker could not be started: ${error.message}`))
    child.once('exit', (code, signal) =>
      this.#childEnded(child, `the local worker ended with ${signal ?? `code ${code}`}; see ${this.logFile}`),
    )
    this.#logger.info({ pid: child.pid }, 'started the local worker')
  }

  #arguments(): string[] {
    const o = this.#o
    return [
      '--socket',
      o.socket_path,
      '--data',
      this.#folder,
      '--token-file',
      o.token_file,
      '--capacity',
      String(o.capacity),
      '--python',
      this.#python,
      '--python-path',
      o.package_folder,
      '--drain-ms',
      String(o.drain_ms ?? DRAIN_MS),
      '--settings',
      this.#settings,
      '--local',
    ]
  }

  #childEnded(child: ChildProcess, message: string): void {
    if (this.#child !== child) return
    this.#child = null
    this.#died(message)
  }

  #died(message: string): void {
    this.#record = null
    if (this.#isStopped()) return
    if (this.#o.clock.monotonic() - this.#startedAt > WELL_MS) this.#pause = RESTART_FIRST_MS
    this.#logger.warn({ again_in_ms: this.#pause }, message)
    this.#state = 'waiting'
    this.#timer?.cancel()
    this.#timer = this.#o.clock.after(this.#pause, () => this.#adoptOrSpawn())
    this.#pause = Math.min(2 * this.#pause, RESTART_SLOWEST_MS)
  }

  /** The worker writes by appending, so the file can be emptied under it: one old part is kept. */
  #watchLog(): void {
    try {
      if (statSync(this.logFile).size > LOG_BYTES) {
        copyFileSync(this.logFile, `${this.logFile}.1`)
        const file = openSync(this.logFile, 'r+')
        ftruncateSync(file, 0)
        closeSync(file)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#logger.warn({ err: error }, 'the log of the local worker could not be rotated')
    }
    this.#logTimer = this.#o.clock.after(LOG_LOOK_MS, () => this.#watchLog())
  }
}

/** A worker never sees the database, nor what unlocks the vault. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const {
    VORTEX_DATABASE_URL: _url,
    DATABASE_URL: _database,
    PGPASSWORD: _password,
    VORTEX_KEK: _kek,
    VORTEX_ADMIN_PASSWORD: _admin,
    ...env
  } = process.env
  return env
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}
