/**
 * One controller of a simulation: the real service, committer, inbox and commands, and the controller's side of the streams as
 * swarm/workerSession.ts has it (with its real bookkeeping of held attempts).
 */
import { createLogger } from '#runtime/logger.ts'
import type { Timer } from '#runtime/clock.ts'
import { HeldAttempts } from '#swarm/heldAttempts.ts'
import { readHello } from '#swarm/welcome.ts'
import { createEngineCommands } from '../engineCommands.ts'
import { EngineService } from '../engineService.ts'
import { DEFAULT_SETTINGS } from '../model.ts'
import type { AssignedAttempt, AttemptReport, EngineCommands, SwarmInbox, WorkerHello } from '../ports.ts'
import { createSwarmInbox } from '../swarmInbox.ts'
import { newOwner, type Owner, type SimTime } from './simClock.ts'
import { narrowed } from './people.ts'
import { recentRuns } from './simDatabase.ts'
import type { SimStream } from './simNetwork.ts'
import { simStore, type DbLink, type SimStoreOptions } from './simStore.ts'
import type { ControllerMessage, WorkerMessage } from './simMessages.ts'
import { SIM_LEASE_MS, type SimWorker } from './simWorker.ts'

const silent = createLogger({ level: process.env['SIM_LOG'] === undefined ? 'silent' : 'debug', readable: true })

export interface SimControllerOptions extends Omit<SimStoreOptions, 'link'> {
  index: number
  holder: string
  link: DbLink
  wall: { offset: number }
  parallelism: number
  newToken: () => string
  /** Reports were acknowledged. */
  onAck: (reports: AttemptReport[]) => void
}

export class SimController {
  readonly index: number
  readonly holder: string
  readonly owner: Owner
  readonly link: DbLink
  readonly wall: { offset: number }
  readonly service: EngineService
  readonly commands: EngineCommands
  readonly inbox: SwarmInbox
  readonly time: SimTime
  readonly onAck: (reports: AttemptReport[]) => void
  /** Its port is open. */
  isListening = false
  readonly #streams = new Set<SimSession>()
  readonly #sessions = new Map<string, SimSession>()

  constructor(o: SimControllerOptions) {
    this.index = o.index
    this.holder = o.holder
    this.owner = o.link.owner
    this.link = o.link
    this.wall = o.wall
    this.time = o.time
    this.onAck = o.onAck
    const clock = o.time.clockOf(this.owner, o.wall)
    const store = simStore(o)
    this.service = new EngineService({
      store,
      clock,
      logger: silent,
      holder: o.holder,
      newToken: o.newToken,
      publish: () => undefined,
      settings: { ...DEFAULT_SETTINGS, parallelism: o.parallelism, lease_ms: SIM_LEASE_MS },
      workers: {
        assign: (p) => this.#sessions.get(p.worker_id)?.assign(p.attempts),
        kill: (p) => this.#sessions.get(p.worker_id)?.send({ kill: p.ref }),
        drain: (p) => this.#sessions.get(p.worker_id)?.send({ drain: true }),
        disconnect: (p) => this.#sessions.get(p.worker_id)?.end(),
        disconnectAll: () => {
          for (const session of [...this.#streams]) session.end()
        },
      },
    })
    const api = {
      service: this.service,
      clock,
      store: {
        ...store,
        poolList: () => Promise.resolve(narrowed.get(o.db) ?? o.db.pools),
        workerPut: () => Promise.resolve(),
        workerDelete: () => Promise.resolve(true),
        dagRecentRuns: (p: { dag_ids: string[]; limit: number }) => Promise.resolve(recentRuns(o.db, p)),
      },
    }
    this.commands = createEngineCommands(api)
    this.inbox = createSwarmInbox(api)
    // It listens once it has tried to lead, as the composition root does.
    void this.service.start().then(() => (this.isListening = true))
  }

  /** Renews leases and takes hellos only then. */
  get isSure(): boolean {
    return this.service.role === 'leader'
  }

  get isRunning(): boolean {
    return !this.owner.isDead && this.owner.frozen_until <= this.time.now
  }

  kill(losesSent: boolean): void {
    this.owner.isDead = true
    this.isListening = false
    for (const session of this.#streams) session.died(losesSent)
  }

  accept(stream: SimStream): SimSession {
    const session = new SimSession(this, stream)
    this.#streams.add(session)
    return session
  }

  greeted(session: SimSession, worker_id: string): void {
    const older = this.#sessions.get(worker_id)
    this.#sessions.set(worker_id, session)
    older?.end()
  }

  closed(session: SimSession, worker_id: string | null): void {
    this.#streams.delete(session)
    if (worker_id === null || this.#sessions.get(worker_id) !== session) return
    this.#sessions.delete(worker_id)
    this.inbox.workerDisconnected({ worker_id })
  }
}

const noStore = {
  logStat: () => Promise.resolve(null),
  attemptList: () => Promise.resolve([]),
  taskInstanceById: () => Promise.resolve(null),
}

class SimSession {
  readonly #controller: SimController
  readonly #stream: SimStream
  readonly #held = new HeldAttempts(noStore)
  #worker: SimWorker | null = null
  #state: 'hello' | 'connecting' | 'open' | 'closed' = 'hello'
  /** Messages that wait behind the Welcome. */
  #outbox: ControllerMessage[] = []
  #acks: Promise<void> = Promise.resolve()
  #silence: Timer | null = null

  constructor(controller: SimController, stream: SimStream) {
    this.#controller = controller
    this.#stream = stream
    stream.attach('controller', { owner: controller.owner, onClosed: () => this.#close() })
  }

  // --- the engine's port ---------------------------------------------------------------------------------------------------

  assign(attempts: AssignedAttempt[]): void {
    for (const { ref } of attempts) this.#held.add(ref, { canReport: true, canAsk: true, canLog: false })
    this.send({ assign: attempts })
  }

  send(message: ControllerMessage): void {
    if (this.#state === 'closed') return
    if (this.#state !== 'open') this.#outbox.push(message)
    else this.#deliver(message)
  }

  end(): void {
    if (this.#state === 'closed') return
    this.#stream.close('controller', { losesSent: false })
    this.#close()
  }

  /** The process is gone, and with it all that it knew. */
  died(losesSent: boolean): void {
    this.#state = 'closed'
    this.#stream.close('controller', { losesSent })
  }

  #close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#silence?.cancel()
    this.#controller.closed(this, this.#worker?.id ?? null)
  }

  #deliver(message: ControllerMessage): void {
    const worker = this.#worker
    if (worker !== null) this.#stream.send('worker', () => worker.receive(message, this.#stream))
  }

  // --- messages of the worker ----------------------------------------------------------------------------------------------

  receive(message: WorkerMessage, worker: SimWorker): void {
    if (this.#state === 'hello' && message.hello !== undefined) this.#greet(message.hello, worker)
    else if (this.#state === 'open') this.#take(message, worker.id)
  }

  #greet(hello: WorkerHello, worker: SimWorker): void {
    if (!this.#controller.isSure) {
      this.#stream.send('worker', () => worker.receive({ refused: true }, this.#stream))
      this.end()
      return
    }
    this.#worker = worker
    this.#state = 'connecting'
    this.#controller.greeted(this, worker.id)
    this.#welcome(hello).catch(() => this.end())
  }

  async #welcome(hello: WorkerHello): Promise<void> {
    const { unknown } = await this.#controller.inbox.workerConnected(hello)
    await readHello({ hello, open_logs: [], unknown, held: this.#held, store: noStore })
    if (this.#state !== 'connecting') return
    this.#state = 'open'
    this.#deliver({ welcome: { unknown } })
    for (const message of this.#outbox.splice(0)) this.#deliver(message)
    this.#expectSignOfLife()
  }

  #take(message: WorkerMessage, worker_id: string): void {
    const { inbox, commands } = this.#controller
    if (message.heartbeat !== undefined) {
      inbox.workerHeartbeat({ worker_id, running: 0 })
      if (this.#controller.isSure) this.#deliver({ beat_ack: message.heartbeat })
      this.#expectSignOfLife()
    }
    if (message.reports !== undefined) this.#takeReports(message.reports, worker_id)
    if (message.released !== undefined) {
      const mine = message.released.filter((ref) => this.#held.get(ref) !== undefined)
      for (const ref of mine) this.#held.delete(ref)
      if (mine.length > 0) inbox.workerReleased({ worker_id, refs: mine }).catch(() => this.end())
    }
    if (message.draining === true) commands.workerDrain({ worker_id, actor: `worker:${worker_id}` }).catch(() => this.end())
  }

  #takeReports(items: { seq: number; report: AttemptReport }[], worker_id: string): void {
    // Times are this controller's, whatever its wall clock says.
    const reports = items
      .map(({ report }) => ('at' in report ? { ...report, at: report.at + this.#controller.wall.offset } : report))
      .filter(({ ref }) => this.#held.get(ref)?.canReport === true)
    const seq = items.at(-1)?.seq ?? 0
    const committed = reports.length === 0 ? Promise.resolve() : this.#controller.inbox.workerReports({ worker_id, reports })
    this.#acks = Promise.all([this.#acks, committed]).then(
      () => {
        // A dead controller says nothing, though its promises may still settle.
        if (this.#state === 'closed' || this.#controller.owner.isDead) return
        this.#controller.onAck(reports)
        for (const { ref, type } of reports) {
          const held = this.#held.get(ref)
          if (type !== 'ended' || held === undefined) continue
          this.#held.ended(held)
          this.#held.logComplete(held)
        }
        this.#deliver({ acked: seq })
      },
      () => this.end(),
    )
  }

  #expectSignOfLife(): void {
    this.#silence?.cancel()
    this.#silence = this.#controller.time.schedule(this.#controller.owner, 2 * SIM_LEASE_MS, () => this.end())
  }
}

export function newLink(): DbLink {
  return { owner: newOwner(), faults: { lost_answer: 0, unavailable: 0 }, isCut: false, waiting: [] }
}
