/**
 * The worker's side of the swarm: keeps one stream to whichever controller leads, and carries attempts over its loss.
 *
 * States: `connecting` (a round over all controllers, again and again) -> `greeting` (hello sent) -> `open` (welcomed) ->
 * `connecting` ...; `stopped` at the end. Attempts live in attempts.ts and know nothing of connections.
 *
 * Invariants
 * - No attempt outlives the lease: it ends 90 % of its length after the last answered heartbeat was sent, or after the beginning
 *   of the last round in which every controller that could lead was asked, and its host refused the connection or it said that it
 *   does not lead.
 *   Before anything is done after a pause of this process, the lease is looked at.
 * - Reports and log bytes are kept until they are acknowledged, and sent again in order on the next stream.
 *
 * Failure: whatever happens to a stream, the next round begins; 50 ms to 1 s apart, with jitter.
 */
import { randomInt } from 'node:crypto'
import { loadavg } from 'node:os'
import type { ServiceError } from '@grpc/grpc-js'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { AttemptRunner } from '#worker/runner.ts'
import { FrameWriter } from '#swarm/frameWriter.ts'
import type { ControllerFrame, Hello, Welcome, WorkerFrame } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { PROTOCOL } from '#swarm/limits.ts'
import type { Attempts } from './attempts.ts'
import { Connection, type Credentials, isTokenRefused, probe } from './connection.ts'
import type { ControllerAddress } from './controllerAddress.ts'
import { ControllerList } from './controllerList.ts'
import { Lease } from './lease.ts'
import { emptyWorkerFrame, type Outgoing } from './outgoing.ts'
import { Trouble } from './trouble.ts'

const BACKOFF_FIRST_MS = 50
const BACKOFF_SLOWEST_MS = 1_000
/** While an election is likely, the next leader is found at once: looking costs a connection each. */
const ELECTION_MS = 10_000
const BACKOFF_ELECTION_MS = 200
/** A look whether anybody listens: longer than any round trip, shorter than a fraction of the shortest useful lease. */
const PROBE_MS = 1_500
/** A stream whose heartbeats are unanswered for this part of a lease is given up for a new one, in time to save the lease. */
const UNANSWERED = 0.5

export interface WorkerIdentity {
  worker_id: string
  hostname: string
  capacity: number
  queues: string[]
  labels: string[]
  version: string
  local: boolean
}
export interface SessionOptions {
  controllers: ControllerAddress[]
  credentials: Credentials
  identity: WorkerIdentity
  runner: AttemptRunner
  attempts: Attempts
  outgoing: Outgoing
  clock: Clock
  /** Goes on while the machine sleeps (lease.ts). */
  leaseNow: () => number
  logger: Logger
  onWelcome: (welcome: Welcome) => void
  /** The controller gives it nothing more. */
  onDrain: () => void
  /** That is over. */
  onResume: () => void
  /** The worker can never work: its token or its protocol is refused. Told only before the first welcome. */
  onHopeless: (reason: string) => void
}

/** `vacant`: nothing there leads, and nothing there can have led since before the question. */
type TryResult = 'served' | 'vacant' | 'failed'

export class Session {
  readonly #o: SessionOptions
  readonly #lease: Lease
  readonly #trouble: Trouble
  readonly #controllers: ControllerList
  #connection: Connection | null = null
  #writer: FrameWriter<WorkerFrame> | null = null
  #state: 'connecting' | 'greeting' | 'open' | 'stopped' = 'connecting'
  #wasWelcomed = false
  /** The controller that is being asked said that it does not lead. */
  #isVacant = false
  #helloSentAt = 0
  #heartbeatId = 0
  /** Sending times of heartbeats that are not answered, by id. */
  readonly #unanswered = new Map<number, number>()
  #welcome: Welcome | null = null
  #heartbeatTimer: Timer | null = null
  #leaseTimer: Timer | null = null
  #loop: Promise<void> | null = null
  #wakeUp: () => void = () => undefined
  #disconnectedAt: number

  constructor(options: SessionOptions) {
    this.#o = options
    this.#lease = new Lease(options.leaseNow)
    this.#trouble = new Trouble(options.logger)
    this.#controllers = new ControllerList(options.controllers)
    this.#disconnectedAt = options.clock.monotonic()
    options.outgoing.onMore = () => this.#writer?.wake()
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }
  get isLeaseValid(): boolean {
    return this.#lease.isValid
  }
  get connection(): Connection | null {
    return this.#state === 'open' ? this.#connection : null
  }
  get welcome(): Welcome | null {
    return this.#welcome
  }
  /** How long there has been no controller; 0 while there is one. */
  get aloneMs(): number {
    return this.#state === 'open' ? 0 : this.#o.clock.monotonic() - this.#disconnectedAt
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Ends the stream in order. Attempts must be over: nothing watches the lease afterwards. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#leaseTimer?.cancel()
    this.#heartbeatTimer?.cancel()
    this.#writer?.close()
    this.#connection?.finish()
    this.#connection?.close()
    this.#wakeUp()
    await this.#loop
  }

  // --- rounds --------------------------------------------------------------------------------------------------------------

  async #run(): Promise<void> {
    let backoff = BACKOFF_FIRST_MS
    while (!this.#isStopped()) {
      const began = this.#o.leaseNow()
      const results: TryResult[] = []
      const asked = new Set<string>()
      this.#controllers.beginRound()
      for (let address = this.#controllers.next(asked); address !== null; address = this.#controllers.next(asked)) {
        asked.add(address.text)
        const result = await this.#tryController(address)
        results.push(result)
        if (result === 'served' || this.#isStopped()) break
      }
      if (this.#isStopped()) return
      if (results.includes('served')) backoff = BACKOFF_FIRST_MS
      if (this.#controllers.isComplete && results.every((result) => result === 'vacant')) this.#nobodyLeads(began)
      await this.#sleep(randomInt(Math.ceil(backoff / 2), Math.ceil(backoff) + 1))
      // Refusals keep a lease alive, so there must be several within one.
      const slowest = this.#wasWelcomed && this.aloneMs < ELECTION_MS ? BACKOFF_ELECTION_MS : BACKOFF_SLOWEST_MS
      backoff = Math.min(2 * backoff, slowest, (this.#welcome?.lease_ms ?? Infinity) / 4)
    }
  }

  #isStopped(): boolean {
    return this.#state === 'stopped'
  }

  /** Whoever leads next begins its term after `began`, and waits a whole lease for this worker from then on. */
  #nobodyLeads(began: number): void {
    this.#checkLease()
    this.#renewLease(began)
  }

  async #tryController(address: ControllerAddress): Promise<TryResult> {
    const seen = await probe(address, { clock: this.#o.clock, timeout_ms: PROBE_MS })
    if (this.#isStopped()) return 'failed'
    if (seen !== 'open') {
      this.#trouble.tell(address, seen)
      return seen === 'refused' ? 'vacant' : 'failed'
    }
    this.#isVacant = false
    return await new Promise<TryResult>((resolve) => {
      const connection = new Connection(address, this.#o.credentials)
      this.#connection = connection
      this.#state = 'greeting'
      const wait = this.#o.clock.after(this.#controllers.welcomeWait(address, this.#welcome?.lease_ms ?? null), () => {
        if (this.#state !== 'greeting') return
        this.#controllers.tookTooLong(address)
        connection.close()
      })
      const stream = connection.open({
        onFrame: (frame) => this.#receive(frame, connection),
        onClosed: (error) => {
          wait.cancel()
          const wasOpen = this.#state === 'open'
          this.#closed(address, connection, error)
          resolve(wasOpen ? 'served' : this.#isVacant ? 'vacant' : 'failed')
        },
      })
      this.#helloSentAt = this.#o.leaseNow()
      stream.write({ ...emptyWorkerFrame(), hello: this.#hello() })
      this.#writer = new FrameWriter(stream, () => (this.#state === 'open' ? this.#o.outgoing.nextFrame() : null))
    })
  }

  #hello(): Hello {
    const { identity, attempts, outgoing } = this.#o
    return { ...identity, protocol: PROTOCOL, held: attempts.held(), open_logs: outgoing.logs.refs(), draining: attempts.isDraining }
  }

  #closed(address: ControllerAddress, connection: Connection, error: ServiceError | null): void {
    const { logger } = this.#o
    const wasOpen = this.#state === 'open'
    this.#writer?.close()
    this.#writer = null
    this.#heartbeatTimer?.cancel()
    this.#unanswered.clear()
    connection.close()
    this.#connection = null
    if (wasOpen) {
      this.#controllers.lost(address)
      this.#disconnectedAt = this.#o.clock.monotonic()
      logger.warn(
        { controller: address.text, details: error?.details ?? 'ended by the controller' },
        'lost the controller; attempts run on under their lease',
      )
    } else if (error !== null && !this.#isStopped() && !this.#isVacant && !isTokenRefused(error)) this.#trouble.tell(address, error.details)
    if (!this.#isStopped()) this.#state = 'connecting'
    if (isTokenRefused(error)) {
      logger.error(
        { controller: address.text },
        'the controller refuses this worker token. Take the one that the controller uses: worker.token in its data folder.',
      )
      if (!this.#wasWelcomed) this.#o.onHopeless('the controller refuses the worker token')
    }
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#o.clock.after(ms, resolve)
      this.#wakeUp = () => {
        timer.cancel()
        resolve()
      }
      if (this.#isStopped()) this.#wakeUp()
    })
  }

  // --- frames of the controller --------------------------------------------------------------------------------------------

  #receive(frame: ControllerFrame, connection: Connection): void {
    if (connection !== this.#connection || this.#isStopped()) return
    // A process that was stopped finds old frames first: whatever they say, a lease that has ended has ended.
    if (this.#checkLease()) return
    if (frame.refused !== undefined) this.#refused(frame.refused)
    if (frame.controllers !== undefined) this.#controllers.othersAre(frame.controllers.addresses)
    if (frame.welcome !== undefined) this.#welcomed(frame.welcome)
    if (this.#state !== 'open') return
    if (frame.heartbeat_ack !== undefined) this.#beatAnswered(frame.heartbeat_ack.id)
    const { attempts, outgoing } = this.#o
    if (frame.reports_acked > 0) attempts.acked(outgoing.reports.ack(frame.reports_acked))
    if (frame.log_acks.length > 0) {
      outgoing.logs.ack(frame.log_acks)
      // The window has opened.
      outgoing.wake()
    }
    if (frame.assign.length > 0) attempts.assign(frame.assign)
    for (const { ref, reason } of frame.kill) if (ref !== undefined) attempts.kill(ref, reason)
    for (const response of frame.responses) {
      const asked = outgoing.answered(response)
      if (asked !== null)
        attempts.answered(asked.ref, {
          id: asked.id,
          result_json: response.result_json,
          error_code: response.error_code,
          error_message: response.error_message,
        })
    }
    if (frame.drain) this.#o.onDrain()
    if (frame.resume) this.#o.onResume()
  }

  #refused({ code, message, leader_address }: { code: string; message: string; leader_address: string }): void {
    if (code === 'not_leader') {
      this.#isVacant = true
      this.#controllers.leaderIs(leader_address)
    }
    if (code === 'protocol') {
      this.#o.logger.error({ code }, message)
      if (!this.#wasWelcomed) this.#o.onHopeless(message)
    } else this.#o.logger.info({ code }, message)
  }

  #welcomed(welcome: Welcome): void {
    this.#state = 'open'
    this.#wasWelcomed = true
    if (this.#connection !== null) this.#trouble.isOver(this.#connection.address)
    if (this.#connection !== null) this.#controllers.welcomed(this.#connection.address)
    this.#welcome = welcome
    this.#lease.begin({ lease_ms: welcome.lease_ms, sent_at: this.#helloSentAt })
    this.#leaseChanged()
    this.#o.outgoing.rewind()
    this.#o.outgoing.logs.rewind(welcome.log_acks)
    this.#o.attempts.killUnknown(welcome.unknown)
    this.#o.onWelcome(welcome)
    this.#o.logger.info(
      { lease_ms: welcome.lease_ms, unknown: welcome.unknown.length, controller: this.#connection?.address.text },
      'connected to the controller',
    )
    this.#beat(welcome)
    this.#o.attempts.pump()
    this.#writer?.wake()
  }

  // --- heartbeats and the lease --------------------------------------------------------------------------------------------

  #beat(welcome: Welcome): void {
    const now = this.#o.leaseNow()
    const [oldest] = this.#unanswered.values()
    if (oldest !== undefined && now - oldest > UNANSWERED * welcome.lease_ms) {
      this.#o.logger.warn('the controller does not answer; connecting anew')
      this.#connection?.close()
      return
    }
    this.#heartbeatId += 1
    this.#unanswered.set(this.#heartbeatId, now)
    this.#o.outgoing.beat({
      id: this.#heartbeatId,
      running: this.#o.attempts.active,
      load: loadavg()[0] ?? 0,
      memory_bytes: process.memoryUsage.rss(),
    })
    this.#heartbeatTimer = this.#o.clock.after(welcome.heartbeat_ms, () => this.#beat(welcome))
  }

  #beatAnswered(id: number): void {
    const sentAt = this.#unanswered.get(id)
    if (sentAt === undefined) return
    // An answer answers all earlier ones.
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
    if (left === 0) {
      this.#checkLease()
      return
    }
    this.#o.runner.renewLease({ valid_ms: left })
    this.#watchLease(left)
  }

  /** A timer may come a fraction of a millisecond early, and the lease may have been renewed by an answer just before. */
  #watchLease(left: number): void {
    this.#leaseTimer = this.#o.clock.after(left, () => {
      if (this.#checkLease()) return
      // It may have ended since that look: to ask only whether it is valid would leave it unwatched for good.
      if (this.#lease.isValid || this.#lease.isOver) this.#watchLease(Math.max(1, this.#lease.left))
    })
  }

  /** True = it has ended in this moment, and the stream with it. */
  #checkLease(): boolean {
    if (!this.#lease.isOver) return false
    this.#lease.end()
    this.#leaseTimer?.cancel()
    this.#o.logger.error(
      { active: this.#o.attempts.active },
      'the lease has ended: no controller answered in time. Killing all attempts; the controller runs them again elsewhere.',
    )
    this.#o.attempts.killAll({ reason: 'the worker could not reach its controller until the lease ended', reason_code: 'lease_ended' })
    // A stream that outlived the lease is no use: a new hello tells what is still held, and only a welcome begins a new lease.
    this.#connection?.close()
    return true
  }
}
