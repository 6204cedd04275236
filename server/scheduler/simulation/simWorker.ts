/**
 * A worker of the simulation: attempts as worker/session/attempts.ts keeps them, the rounds over all controllers of
 * worker/session/session.ts, and its real lease. It loses its connections, hangs, drains, dies.
 */
import { Lease } from '#worker/session/lease.ts'
import type { Timer } from '#runtime/clock.ts'
import type { AssignedAttempt, AttemptRef, AttemptReport, WorkerHello } from '../ports.ts'
import type { Random } from './random.ts'
import { newOwner, SIM_START, type SimTime } from './simClock.ts'
import type { SimController } from './simController.ts'
import { SimStream, type SimNetwork } from './simNetwork.ts'
import { SimErrands, type ErrandEnd } from './simErrands.ts'
import { endOf, type ControllerMessage, type WorkerMessage } from './simMessages.ts'
import { keyOf, SimProcesses, type ProcessEnd, type ProcessesOptions } from './simProcesses.ts'

export const SIM_LEASE_MS = 6000
const PROBE_MS = 1500
const WELCOME_WAIT_MS = 15_000

interface Entry {
  assigned: AssignedAttempt
  state: 'waiting' | 'running' | 'ended'
  /** Why this worker killed it on its own account. */
  killed: 'failed' | 'killed' | null
}

export interface SimWorkerOptions extends Pick<
  ProcessesOptions,
  'time' | 'random' | 'seed' | 'fail_rate' | 'pace' | 'onPhysical' | 'onPhysicalEnd'
> {
  id: string
  network: SimNetwork
  /** The processes at the addresses that it knows; null = none there at the moment. */
  controllers: () => (SimController | null)[]
  /** It drained and has ended. */
  onGone: (worker: SimWorker) => void
}

export class SimWorker {
  readonly id: string
  readonly owner = newOwner()
  readonly #o: SimWorkerOptions
  readonly #time: SimTime
  readonly #random: Random
  readonly #lease: Lease
  readonly #processes: SimProcesses
  readonly #errands: SimErrands
  readonly #entries = new Map<string, Entry>()
  #unacked: { seq: number; report: AttemptReport }[] = []
  #seq = 0
  #stream: SimStream | null = null
  #state: 'connecting' | 'greeting' | 'open' = 'connecting'
  #tried: ((result: 'served' | 'vacant' | 'failed') => void) | null = null
  #isVacant = false
  #backoff = 50
  #helloSentAt = 0
  #beatId = 0
  readonly #unanswered = new Map<number, number>()
  #beatTimer: Timer | null = null
  #leaseTimer: Timer | null = null
  #isDraining = false
  readonly #capacity: number

  constructor(options: SimWorkerOptions) {
    this.id = options.id
    this.#o = options
    // Short tasks are given out in advance, beyond the capacity.
    this.#capacity = options.pace === 'quick' ? 1 : 3
    this.#time = options.time
    this.#random = options.random
    this.#lease = new Lease(() => this.#time.now)
    this.#processes = new SimProcesses({
      ...options,
      worker_id: options.id,
      loop: this.owner,
      onStarted: (ref) => this.#started(ref),
      onEnded: (ref, end) => this.#ended(ref, end),
    })
    this.#errands = new SimErrands({
      time: this.#time,
      random: this.#random,
      owner: this.owner,
      onEnded: (ref, end) => this.#errandEnded(ref, end),
    })
    this.#round()
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  // --- what befalls it -----------------------------------------------------------------------------------------------------

  /** The process and everything below it is gone at once. */
  die(): void {
    this.owner.isDead = true
    this.#processes.die()
    this.#stream?.close('worker', { losesSent: this.#random.chance(0.5) })
  }

  /** Its event loop stands still; its processes and their guard do not. */
  hang(ms: number): void {
    this.owner.frozen_until = Math.max(this.owner.frozen_until, this.#time.now + ms)
  }

  /** The connection breaks, and it notices at once. */
  breakConnection(): void {
    this.#closeStream(this.#random.chance(0.5))
  }

  /** Gives back what has not started and takes nothing more; ends when nothing is left. */
  drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    const back: AttemptRef[] = []
    for (const [key, entry] of this.#entries) {
      if (entry.state !== 'waiting' && !(entry.assigned.kind === 'trigger' && entry.state === 'running')) continue
      this.#errands.drop(entry.assigned.ref)
      this.#entries.delete(key)
      back.push(entry.assigned.ref)
    }
    if (this.#state === 'open') this.#send({ draining: true, ...(back.length > 0 ? { released: back } : {}) })
    this.#checkDrained()
  }

  // --- messages of the controller ------------------------------------------------------------------------------------------

  receive(message: ControllerMessage, stream: SimStream): void {
    if (stream !== this.#stream) return
    // A process that hung finds old messages first: whatever they say, a lease that has ended has ended.
    if (this.#checkLease()) return
    if (message.refused === true) this.#isVacant = true
    if (message.welcome !== undefined) this.#welcomed(message.welcome.unknown)
    if (this.#state !== 'open') return
    if (message.beat_ack !== undefined) this.#beatAnswered(message.beat_ack)
    if (message.acked !== undefined) this.#acked(message.acked)
    if (message.assign !== undefined) this.#assigned(message.assign)
    if (message.kill !== undefined) this.#kill(message.kill)
    if (message.drain === true) this.drain()
  }

  #assigned(list: AssignedAttempt[]): void {
    const refused: AttemptRef[] = []
    for (const assigned of list) {
      const key = keyOf(assigned.ref)
      if (this.#entries.has(key)) continue
      if (this.#isDraining) refused.push(assigned.ref)
      else this.#entries.set(key, { assigned, state: 'waiting', killed: null })
    }
    if (refused.length > 0) this.#send({ released: refused })
    this.#pump()
  }

  #kill(ref: AttemptRef): void {
    const entry = this.#entries.get(keyOf(ref))
    if (entry === undefined) this.#report(endOf(ref, this.#time.now, { outcome: 'killed', behaviour: null }))
    else if (entry.assigned.kind !== 'task') {
      this.#errands.drop(ref)
      this.#end(entry, { outcome: 'killed', behaviour: null })
    } else if (entry.state === 'running')
      this.#processes.kill(ref, this.#random.chance(0.2) ? 4000 : 500) // some do not listen to TERM
    else if (entry.state === 'waiting') this.#end(entry, { outcome: 'killed', behaviour: null })
  }

  #welcomed(unknown: AttemptRef[]): void {
    this.#state = 'open'
    this.#lease.begin({ lease_ms: SIM_LEASE_MS, sent_at: this.#helloSentAt })
    this.#leaseChanged()
    for (const ref of unknown) {
      const entry = this.#entries.get(keyOf(ref))
      if (entry === undefined || entry.state === 'ended') continue
      if (entry.state === 'waiting' || entry.assigned.kind !== 'task') {
        this.#errands.drop(ref)
        this.#end(entry, { outcome: 'killed', behaviour: null })
      } else {
        entry.killed = 'killed'
        this.#processes.kill(ref, 30)
      }
    }
    if (this.#isDraining) this.#send({ draining: true })
    if (this.#unacked.length > 0) this.#send({ reports: [...this.#unacked] })
    this.#beat()
    this.#pump()
  }

  #acked(seq: number): void {
    for (const item of this.#unacked) if (item.seq <= seq && item.report.type === 'ended') this.#entries.delete(keyOf(item.report.ref))
    this.#unacked = this.#unacked.filter((item) => item.seq > seq)
    this.#checkDrained()
  }

  // --- attempts ------------------------------------------------------------------------------------------------------------

  /** At most as many as its capacity run, and only under a lease. */
  #pump(): void {
    let active = 0
    for (const { state, assigned } of this.#entries.values()) if (state === 'running' && assigned.kind === 'task') active++
    for (const entry of this.#entries.values()) {
      if (entry.assigned.kind === 'task' || entry.state !== 'waiting' || !this.#lease.isValid) continue
      entry.state = 'running'
      this.#errands.run(entry.assigned)
    }
    for (const [key, entry] of this.#entries) {
      if (active >= this.#capacity || !this.#lease.isValid) return
      if (entry.state !== 'waiting') continue
      entry.state = 'running'
      active++
      this.#processes.run(key, entry.assigned)
    }
  }

  #started(ref: AttemptRef): void {
    if (this.#entries.get(keyOf(ref))?.state === 'running')
      this.#report({ type: 'started', ref, at: SIM_START + this.#time.now, pid: 1, hostname: 'sim' })
  }

  #ended(ref: AttemptRef, end: ProcessEnd): void {
    const entry = this.#entries.get(keyOf(ref))
    if (entry === undefined || entry.state === 'ended') return
    const { killed } = entry
    const isOurs = killed !== null && (end.outcome === 'killed' || killed === 'killed')
    this.#end(entry, isOurs ? { outcome: killed, behaviour: null } : end)
  }

  #errandEnded(ref: AttemptRef, { outcome, deferral_json }: ErrandEnd): void {
    const entry = this.#entries.get(keyOf(ref))
    if (entry === undefined || entry.state === 'ended') return
    entry.state = 'ended'
    this.#report({ ...endOf(ref, this.#time.now, { outcome, behaviour: null }), xcoms: [], deferral_json } as AttemptReport)
  }

  #end(entry: Entry, end: ProcessEnd): void {
    entry.state = 'ended'
    this.#report(endOf(entry.assigned.ref, this.#time.now, end))
    this.#pump()
  }

  /** Everything that runs is killed; what has not started is forgotten. */
  #killAll(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.assigned.kind !== 'task' && entry.state !== 'ended') {
        this.#errands.drop(entry.assigned.ref)
        this.#entries.delete(key)
      } else if (entry.state === 'running') {
        entry.killed ??= 'failed'
        this.#processes.kill(entry.assigned.ref, 30)
      } else if (entry.state === 'waiting') this.#entries.delete(key)
    }
    this.#checkDrained()
  }

  #checkDrained(): void {
    if (!this.#isDraining || this.#entries.size > 0 || this.#unacked.length > 0 || this.owner.isDead) return
    this.owner.isDead = true
    this.#processes.die()
    this.#stream?.close('worker', { losesSent: false })
    this.#o.onGone(this)
  }

  #report(report: AttemptReport): void {
    const item = { seq: ++this.#seq, report }
    this.#unacked.push(item)
    if (this.#state === 'open') this.#send({ reports: [item] })
  }

  // --- session -------------------------------------------------------------------------------------------------------------

  #send(message: WorkerMessage): void {
    const stream = this.#stream
    if (stream === null) return
    const session = this.#session
    stream.send('controller', () => session?.receive(message, this))
  }

  #session: { receive: (message: WorkerMessage, worker: SimWorker) => void } | null = null

  /** Asks each controller in turn; when all are vacant, nobody has counted this worker's silence since the beginning of the round. */
  #round(): void {
    const began = this.#time.now
    const results: string[] = []
    const addresses = this.#o.controllers().length
    const next = (): void => {
      const index = results.length
      const isServed = results.at(-1) === 'served'
      if (isServed || index >= addresses) {
        if (isServed) this.#backoff = 50
        if (results.every((result) => result === 'vacant')) {
          this.#checkLease()
          this.#renewLease(began)
        }
        this.#time.schedule(this.owner, this.#random.int(Math.ceil(this.#backoff / 2), this.#backoff), () => this.#round())
        this.#backoff = Math.min(2 * this.#backoff, 1000, SIM_LEASE_MS / 4)
        return
      }
      this.#tryController(index, (result) => {
        results.push(result)
        next()
      })
    }
    next()
  }

  #tryController(index: number, done: (result: 'served' | 'vacant' | 'failed') => void): void {
    const { network } = this.#o
    this.#time.schedule(this.owner, this.#random.int(0, 5), () => {
      if (network.isCut(this.id, index)) return void this.#time.schedule(this.owner, PROBE_MS, () => done('failed'))
      const controller = this.#o.controllers()[index] ?? null
      if (controller === null || !controller.isListening) return done('vacant')
      this.#open(controller, done)
    })
  }

  #open(controller: SimController, done: (result: 'served' | 'vacant' | 'failed') => void): void {
    const stream = new SimStream(this.#o.network, this.id, controller.index)
    stream.attach('worker', { owner: this.owner, onClosed: () => this.#closed(stream) })
    this.#session = controller.accept(stream)
    this.#stream = stream
    this.#state = 'greeting'
    this.#isVacant = false
    this.#tried = done
    this.#helloSentAt = this.#time.now
    this.#send({ hello: this.#hello() })
    this.#time.schedule(this.owner, WELCOME_WAIT_MS, () => {
      if (this.#stream === stream && this.#state === 'greeting') this.#closeStream(false)
    })
  }

  #hello(): WorkerHello {
    const held = [...this.#entries.values()].map(({ assigned }) => assigned.ref)
    const identity = { worker_id: this.id, hostname: 'sim', capacity: this.#capacity, queues: [], labels: [], version: '', local: false }
    return { ...identity, draining: this.#isDraining, held }
  }

  #closeStream(losesSent: boolean): void {
    const stream = this.#stream
    if (stream === null) return
    stream.close('worker', { losesSent })
    this.#closed(stream)
  }

  #closed(stream: SimStream): void {
    if (stream !== this.#stream) return
    const result = this.#state === 'open' ? 'served' : this.#isVacant ? 'vacant' : 'failed'
    this.#stream = null
    this.#session = null
    this.#state = 'connecting'
    this.#beatTimer?.cancel()
    this.#unanswered.clear()
    const tried = this.#tried
    this.#tried = null
    tried?.(result)
  }

  // --- heartbeats and the lease ----------------------------------------------------------------------------------------------

  #beat(): void {
    const now = this.#time.now
    const [oldest] = this.#unanswered.values()
    if (oldest !== undefined && now - oldest > SIM_LEASE_MS / 2) return this.#closeStream(false)
    this.#unanswered.set(++this.#beatId, now)
    this.#send({ heartbeat: this.#beatId })
    this.#beatTimer = this.#time.schedule(this.owner, SIM_LEASE_MS / 4, () => this.#beat())
  }

  #beatAnswered(id: number): void {
    const sentAt = this.#unanswered.get(id)
    if (sentAt === undefined) return
    for (const other of this.#unanswered.keys()) if (other <= id) this.#unanswered.delete(other)
    this.#renewLease(sentAt)
  }

  #renewLease(sentAt: number): void {
    this.#lease.renew(sentAt)
    this.#leaseChanged()
  }

  #leaseChanged(): void {
    this.#leaseTimer?.cancel()
    const { left } = this.#lease
    if (left === 0) return void this.#checkLease()
    this.#processes.renewLease(left)
    this.#leaseTimer = this.#time.schedule(this.owner, left, () => this.#checkLease())
  }

  /** True = it has ended in this moment, and the stream with it. */
  #checkLease(): boolean {
    if (!this.#lease.isOver) return false
    this.#lease.end()
    this.#leaseTimer?.cancel()
    this.#killAll()
    this.#closeStream(false)
    return true
  }
}
