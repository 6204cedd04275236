/**
 * A worker: one session with the controllers, the bundles on its disk, and the processes that run attempts.
 *
 * States: `running` -> `draining` (takes nothing new; what it holds goes on, within a bound) -> `ended`. A local worker ends by
 * itself when it holds nothing and there has been no controller for a minute, or when its folder has vanished.
 *
 * Failure: whatever runs when the worker must end is killed as whole trees, and reported as failed if a controller is there.
 * A worker that dies leaves no process either: the hosts see their pipe close. Its attempts are lost with its lease.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import { BundleCache } from './bundles/bundleCache.ts'
import { claimRecord, readRecord, releaseRecord } from './processRecord.ts'
import type { AttemptListener, AttemptRunner } from './runner.ts'
import { Attempts } from './session/attempts.ts'
import type { Credentials } from './session/connection.ts'
import type { ControllerAddress } from './session/controllerAddress.ts'
import { createLeaseClock } from './session/lease.ts'
import { LogQueue } from './session/logQueue.ts'
import { Outgoing } from './session/outgoing.ts'
import { ReportQueue } from './session/reportQueue.ts'
import { Session, type WorkerIdentity } from './session/session.ts'

export interface WorkerServiceOptions {
  controllers: ControllerAddress[]
  credentials: Credentials
  identity: WorkerIdentity
  /** The worker's own folder: bundles, spooled logs, its process record. */
  folder: string
  /** What the worker was started with, for whoever looks for a living worker (processRecord.ts). */
  settings: string
  createRunner: (listener: AttemptListener) => AttemptRunner
  clock: Clock
  logger: Logger
  /** How long attempts may go on after a drain has begun; null = until they end. */
  drain_ms: number | null
  /** For tests; default: the uptime of the machine. */
  leaseNow?: () => number
}

/** Why a worker ended. */
export type WorkerEnd =
  { kind: 'drained' } | { kind: 'stopped' } | { kind: 'alone' } | { kind: 'folder_gone' } | { kind: 'hopeless'; reason: string }

/** The folder has a living worker already. */
export class FolderTakenError extends Error {
  override readonly name = 'FolderTakenError'
}

/** Of a local worker without attempts: a controller that restarts is back within seconds, a user who stopped it for good is not. */
const ALONE_MS = 60_000
/** How often a worker looks whether it should end by itself. */
const LOOK_MS = 2_000
/** For the last reports of killed attempts, when the worker has to go. */
const FAREWELL_MS = 3_000

export class WorkerService implements Service {
  readonly #o: WorkerServiceOptions
  readonly #runner: AttemptRunner
  readonly #outgoing: Outgoing
  readonly #attempts: Attempts
  readonly #bundles: BundleCache
  readonly #session: Session
  readonly #spool: string
  readonly #ended: Promise<WorkerEnd>
  #resolveEnded: (end: WorkerEnd) => void = () => undefined
  #timers: Timer[] = []
  #lookTimer: Timer | null = null
  #isDraining = false
  /** It ends when nothing is held any more. */
  #isEnding = false
  #stopping: Promise<void> | null = null

  constructor(options: WorkerServiceOptions) {
    this.#o = options
    const { clock, identity, folder } = options
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    this.#spool = join(folder, `spool-${process.pid}`)
    this.#outgoing = new Outgoing({ reports: new ReportQueue(() => clock.monotonic()), logs: new LogQueue(this.#spool, clock), clock })
    this.#bundles = new BundleCache({
      folder: join(folder, 'bundles'),
      clock,
      connection: () => this.#session.connection,
      dagsFolder: () => this.#session.welcome?.dags_folder ?? '',
    })
    // Runner and attempts need each other; the runner calls nothing before it was given an attempt.
    this.#runner = options.createRunner({
      started: (ref, p) => this.#attempts.started(ref, p),
      log: (ref, bytes, age_ms) => this.#attempts.log(ref, bytes, age_ms),
      xcom: (ref, xcoms) => this.#attempts.xcom(ref, xcoms),
      rendered: (ref, fields) => this.#attempts.rendered(ref, fields),
      request: (ref, p) => this.#attempts.request(ref, p),
      ended: (ref, end) => this.#attempts.ended(ref, end),
    })
    this.#attempts = new Attempts({
      capacity: identity.capacity,
      hostname: identity.hostname,
      runner: this.#runner,
      outgoing: this.#outgoing,
      clock,
      openBundle: (hash) => this.#bundles.open(hash),
      isLeaseValid: () => this.#session.isLeaseValid,
      limits: () => ({
        log_cap_bytes: this.#session.welcome?.log_cap_bytes ?? 0,
        xcom_cap_bytes: this.#session.welcome?.xcom_cap_bytes ?? 0,
      }),
      onChange: () => this.#checkDrained(),
    })
    this.#session = new Session({
      controllers: options.controllers,
      credentials: options.credentials,
      identity,
      runner: this.#runner,
      attempts: this.#attempts,
      outgoing: this.#outgoing,
      clock,
      leaseNow: options.leaseNow ?? createLeaseClock(clock),
      logger: options.logger,
      onWelcome: () => this.#checkDrained(),
      onDrain: () => this.#drainAsTold(),
      onResume: () => this.#resumeAsTold(),
      onHopeless: (reason) => this.#resolveEnded({ kind: 'hopeless', reason }),
    })
  }

  /** Resolves when the worker has a reason to end; the caller then calls `stop`. */
  get ended(): Promise<WorkerEnd> {
    return this.#ended
  }
  get isConnected(): boolean {
    return this.#session.isOpen
  }

  async start(): Promise<void> {
    const { folder, settings } = this.#o
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (!claimRecord(folder, settings))
      throw new FolderTakenError(
        `Worker ${readRecord(folder)?.pid} runs on ${folder} already. Stop it, or give this one a folder of its own (--data-folder).`,
      )
    await removeOldSpools(folder)
    await mkdir(this.#spool, { mode: 0o700 })
    await this.#bundles.start()
    await this.#runner.start()
    this.#session.start()
    this.#lookLater()
  }

  /** Takes no new attempts and resolves `ended` when those that run have ended, or were killed at the bound. */
  drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#isEnding = true
    this.#o.logger.info({ active: this.#attempts.active }, 'draining: no new attempts')
    // The next worker of this folder need not wait for the last attempts of this one.
    releaseRecord(this.#o.folder)
    this.#outgoing.drain()
    this.#attempts.drain()
    this.#checkDrained()
    const { drain_ms, clock } = this.#o
    if (drain_ms !== null) this.#timers.push(clock.after(drain_ms, () => this.leave()))
  }

  #resumeAsTold(): void {
    if (!this.#attempts.isDraining) return
    // It is being stopped: the controller must not believe that it takes anything.
    if (this.#isDraining) return this.#outgoing.drain()
    this.#isEnding = false
    this.#attempts.resume()
    this.#o.logger.info({}, 'the controller ended the drain: new attempts are welcome')
  }

  /** The controller asked: what runs has all the time that it needs. A local worker stays, or the controller would start another. */
  #drainAsTold(): void {
    if (this.#attempts.isDraining) return
    this.#isEnding = !this.#o.identity.local
    this.#o.logger.info({ active: this.#attempts.active }, 'the controller asked to drain: no new attempts')
    this.#attempts.drain()
    this.#checkDrained()
  }

  /** Kills what runs and resolves `ended` when its end is reported, or soon after. */
  leave(): void {
    this.drain()
    this.#attempts.killAll({ reason: 'the worker was stopped', reason_code: 'worker_stopped' })
    this.#timers.push(this.#o.clock.after(FAREWELL_MS, () => this.#resolveEnded({ kind: 'stopped' })))
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  async #stop(): Promise<void> {
    this.#lookTimer?.cancel()
    for (const timer of this.#timers) timer.cancel()
    // First the processes, while the session still watches the lease.
    await this.#runner.stop()
    await this.#session.stop()
    this.#outgoing.logs.close()
    await rm(this.#spool, { recursive: true, force: true })
    releaseRecord(this.#o.folder)
    this.#resolveEnded({ kind: 'stopped' })
  }

  #checkDrained(): void {
    if (this.#isEnding && this.#attempts.isEmpty && this.#outgoing.reports.size === 0 && this.#outgoing.logs.size === 0)
      this.#resolveEnded({ kind: 'drained' })
  }

  #lookLater(): void {
    this.#lookTimer = this.#o.clock.after(LOOK_MS, () => {
      void this.#look().then(() => this.#lookLater())
    })
  }

  async #look(): Promise<void> {
    this.#checkDrained()
    if (!this.#o.identity.local) return
    if (this.#session.aloneMs > ALONE_MS && this.#attempts.isEmpty) this.#resolveEnded({ kind: 'alone' })
    const isGone = await stat(this.#o.folder).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    )
    if (isGone) this.#resolveEnded({ kind: 'folder_gone' })
  }
}

/** Spools of workers that were killed: nobody will send them. One of a worker that is just ending stays. */
async function removeOldSpools(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^spool-(\d+)$/.exec(name)?.[1]
    if (pid === undefined) continue
    if (Number(pid) !== process.pid && isRunning(Number(pid))) continue
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
