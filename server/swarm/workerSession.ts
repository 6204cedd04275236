/**
 * One worker's stream, seen from the controller.
 *
 * States: `hello` (nothing was said yet) -> `connecting` (the engine and the store are asked about what the worker holds)
 * -> `open` -> `closed`. Assignments and kills may arrive from `connecting` on; they wait behind the Welcome.
 *
 * Invariants
 * - A heartbeat is answered in the turn in which it arrives, whatever else is under way, and only while this controller is
 *   sure to lead: the answer renews leases.
 * - Reports reach the engine in order and are acknowledged after their commit; log bytes after the store has them.
 * - Nothing is taken from a worker about an attempt that it does not hold: reports are dropped, log bytes declined, requests
 *   refused.
 * - Memory is bounded in both directions: see limits.ts.
 *
 * Failure: every error ends the stream and nothing else. The worker says hello again, and both sides go on from what is committed.
 */
import { status, type ServerDuplexStream } from '@grpc/grpc-js'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { AssignedAttempt, AttemptRef, EngineCommands, SwarmInbox, WorkerHello } from '#scheduler/ports.ts'
import { StoreUnavailable, type Store } from '#db/store.ts'
import { buildAssignment, secretNamesOf, type TemplateDates } from './assignment.ts'
import { endedUnstarted, helloFromWire, ProtocolError, refFromWire, refKey } from './codec.ts'
import { FrameWriter } from './frameWriter.ts'
import type { ControllerFrame, Hello, LogChunk, WorkerFrame } from './gen/vortex/swarm/v1/swarm.ts'
import { HeldAttempts } from './heldAttempts.ts'
import { HELLO_WAIT_MS, PROTOCOL } from './limits.ts'
import type { LogEvents } from './logEvents.ts'
import { LogIntake } from './logIntake.ts'
import { emptyFrame, Outbox } from './outbox.ts'
import { ReportIntake } from './reportIntake.ts'
import { RequestQueue } from './requestQueue.ts'
import type { RequestServices } from './requests.ts'
import { type ResolveSecrets, secretsFor } from './secrets.ts'
import { readHello } from './welcome.ts'

export type SessionStream = ServerDuplexStream<WorkerFrame, ControllerFrame>

/** What a session needs of the controller around it. */
export interface SessionHost {
  clock: Clock
  logger: Logger
  store: Pick<Store, 'logAppend' | 'logFinish' | 'logWhole' | 'logStat' | 'logDelete' | 'attemptList' | 'taskInstanceById' | 'renderedPut'>
  inbox: SwarmInbox
  commands: Pick<EngineCommands, 'workerDrain'>
  requests: RequestServices
  logEvents: LogEvents
  resolveSecrets: ResolveSecrets
  datesOf: (attempt: AssignedAttempt) => TemplateDates | Promise<TemplateDates>
  lease_ms: number
  log_cap_bytes: number
  xcom_cap_bytes: number
  dags_folder: string
  /** Why a worker may not come in now, or null. */
  refusal: () => { code: 'not_leader' | 'draining'; message: string; leader_address: string } | null
  /** Addresses of the other controllers that live. */
  otherControllers: () => string[]
  /** The session has a worker; an older session of the same worker ends. */
  onHello: (session: WorkerSession) => void
  onClosed: (session: WorkerSession) => void
}

export class WorkerSession {
  readonly #host: SessionHost
  readonly #stream: SessionStream
  readonly #writer: FrameWriter<ControllerFrame>
  readonly #outbox = new Outbox()
  readonly #held: HeldAttempts
  readonly #requests: RequestQueue
  readonly #logs: LogIntake
  /** Attempts whose secrets are being fetched; false = killed meanwhile. */
  readonly #preparing = new Map<string, boolean>()
  #reports: ReportIntake | null = null
  #hello: WorkerHello | null = null
  #state: 'hello' | 'connecting' | 'open' | 'closed' = 'hello'
  #logger: Logger
  #silence: Timer

  constructor(host: SessionHost, stream: SessionStream) {
    this.#host = host
    this.#stream = stream
    this.#logger = host.logger
    this.#held = new HeldAttempts(host.store)
    this.#writer = new FrameWriter(stream, () => this.#nextFrame())
    this.#requests = new RequestQueue({
      clock: host.clock,
      services: host.requests,
      held: this.#held,
      logger: host.logger,
      isBusy: () => this.#outbox.isBusy,
      respond: (response) => this.#send(() => this.#outbox.response(response)),
    })
    this.#logs = new LogIntake({
      store: host.store,
      clock: host.clock,
      onStored: (held, p) => {
        if (p.complete) this.#held.logComplete(held)
        this.#send(() => this.#outbox.ackLog(held.ref, p))
        void this.#publishLog(held, p)
      },
      onRoom: () => this.#resume(),
      onFailure: (error) => this.#fail(status.UNAVAILABLE, 'a log could not be stored', error),
    })
    this.#silence = host.clock.after(HELLO_WAIT_MS, () => this.end(status.DEADLINE_EXCEEDED, 'no hello'))
    stream.on('data', (frame: WorkerFrame) => this.#receive(frame))
    stream.on('end', () => this.end(status.OK, ''))
    stream.on('cancelled', () => this.#close('the connection broke'))
    stream.on('error', (error) => this.#close(error.message))
  }

  get worker_id(): string | null {
    return this.#hello?.worker_id ?? null
  }
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  assign(attempts: AssignedAttempt[]): void {
    for (const attempt of attempts) {
      this.#held.add(attempt.ref, {
        canReport: true,
        canAsk: true,
        canLog: attempt.kind === 'task',
        context: { run: attempt.run, task_instance: attempt.task_instance },
      })
      const names = secretNamesOf(attempt)
      let dates: TemplateDates | Promise<TemplateDates>
      try {
        dates = this.#host.datesOf(attempt)
      } catch (error) {
        this.#jobFailed(attempt, error)
        continue
      }
      if (Object.keys(names).length === 0 && !(dates instanceof Promise)) this.#putAssignment(attempt, { secrets: {}, dates })
      else void this.#prepare(attempt, names, dates)
    }
    this.#send(() => undefined)
  }

  /** One attempt whose job cannot be made (a timetable that throws, a conf that is no JSON) fails alone; its batch goes out. */
  #putAssignment(attempt: AssignedAttempt, p: { secrets: Record<string, string>; dates: TemplateDates }): void {
    try {
      const { xcom_cap_bytes } = this.#host
      this.#outbox.assign(
        buildAssignment(attempt, { now: this.#host.clock.now(), hostname: this.#hello?.hostname ?? '', xcom_cap_bytes, ...p }),
      )
    } catch (error) {
      this.#jobFailed(attempt, error)
    }
  }

  #jobFailed({ ref }: AssignedAttempt, error: unknown): void {
    this.#logger.error({ err: error, task_instance_id: ref.task_instance_id, attempt: ref.attempt }, 'a job could not be made')
    const why = error instanceof Error ? error.message : String(error)
    void this.#endUnstarted(ref, { outcome: 'failed', reason: `its job could not be made: ${why}`, reason_code: 'assignment' })
  }

  /** The worker has not heard of it: its end is told from here. */
  async #endUnstarted(ref: AttemptRef, p: { outcome: 'failed' | 'killed'; reason: string; reason_code: string }): Promise<void> {
    this.#held.delete(ref)
    const { worker_id } = this
    if (worker_id === null) return
    await this.#host.inbox
      .workerReports({ worker_id, reports: [endedUnstarted(ref, { at: this.#host.clock.now(), ...p })] })
      .catch((error: unknown) => this.#fail(status.UNAVAILABLE, 'reports were not committed', error))
  }

  kill(p: { ref: AttemptRef; reason: string }): void {
    const key = refKey(p.ref)
    this.#held.killed(p.ref)
    // The worker has not heard of it: the answer comes from here, once the secrets are there.
    if (this.#preparing.has(key)) this.#preparing.set(key, false)
    else this.#send(() => this.#outbox.kill(p))
  }

  /** False = it is over. */
  drain(wanted: boolean): void {
    this.#send(() => this.#outbox.drain(wanted))
  }

  /** The other controllers are others now. */
  controllersChanged(): void {
    this.#send(() => this.#outbox.controllers(this.#host.otherControllers()))
  }

  /** Ends the stream. What was not acknowledged will be sent again. */
  end(code: status, details: string): void {
    if (this.#state === 'closed') return
    this.#close(details)
    if (code === status.OK) this.#stream.end()
    else this.#stream.emit('error', { code, details })
  }

  // --- frames of the worker ------------------------------------------------------------------------------------------------

  #receive(frame: WorkerFrame): void {
    try {
      if (this.#state === 'hello') this.#greet(frame.hello)
      else if (this.#state === 'open') this.#take(frame)
      else if (this.#state === 'connecting') throw new ProtocolError('a frame before the Welcome')
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(status.INVALID_ARGUMENT, error.message, error)
    }
  }

  #take(frame: WorkerFrame): void {
    const { worker_id } = this
    if (worker_id === null || this.#reports === null) return
    if (frame.hello !== undefined) throw new ProtocolError('a second hello')
    if (frame.heartbeat !== undefined) {
      this.#host.inbox.workerHeartbeat({ worker_id, running: frame.heartbeat.running })
      // A controller that is not sure to lead must not keep leases alive that the next leader counts down.
      if (this.#host.refusal()?.code !== 'not_leader') {
        this.#outbox.ackHeartbeat(frame.heartbeat.id)
        this.#writer.wake()
      }
      this.#expectSignOfLife()
    }
    if (frame.reports.length > 0) this.#reports.add(frame.reports)
    for (const chunk of frame.logs) this.#takeLog(chunk)
    for (const request of frame.requests) this.#requests.add(request)
    if (frame.released.length > 0) this.#takeReleased(worker_id, frame.released.map(refFromWire))
    if (frame.draining)
      this.#host.commands
        .workerDrain({ worker_id, actor: `worker:${worker_id}` })
        .catch((error: unknown) => this.#fail(status.UNAVAILABLE, 'the drain was not recorded', error))
    if (this.#logs.isFull || this.#reports.isFull) this.#stream.pause()
  }

  #takeLog(chunk: LogChunk): void {
    const ref = refFromWire(chunk.ref)
    const held = this.#held.get(ref)
    if (held?.canLog === true) this.#logs.add(held, chunk)
    // Not this worker's, or done: nothing more is wanted.
    else this.#send(() => this.#outbox.ackLog(ref, { stored: chunk.offset + chunk.bytes.length, complete: true }))
  }

  #takeReleased(worker_id: string, refs: AttemptRef[]): void {
    const mine = refs.filter((ref) => this.#held.get(ref) !== undefined)
    for (const ref of mine) this.#held.delete(ref)
    if (mine.length > 0)
      this.#host.inbox
        .workerReleased({ worker_id, refs: mine })
        .catch((error: unknown) => this.#fail(status.UNAVAILABLE, 'attempts could not be taken back', error))
  }

  // --- hello ---------------------------------------------------------------------------------------------------------------

  #greet(wire: Hello | undefined): void {
    if (wire === undefined) throw new ProtocolError('the first frame must be a hello')
    if (wire.protocol > PROTOCOL)
      return this.#refuse('protocol', `This controller speaks protocol ${PROTOCOL}, the worker ${wire.protocol}: update the controller.`)
    const refusal = this.#host.refusal()
    if (refusal !== null) return this.#refuse(refusal.code, refusal.message, refusal.leader_address)
    const hello = helloFromWire(wire)
    this.#hello = hello
    this.#state = 'connecting'
    this.#logger = this.#host.logger.child({ worker_id: hello.worker_id })
    this.#stream.pause()
    this.#host.onHello(this)
    this.#reports = new ReportIntake({
      worker_id: hello.worker_id,
      inbox: this.#host.inbox,
      store: this.#host.store,
      held: this.#held,
      now: () => this.#host.clock.now(),
      onAcked: (seq) => this.#send(() => this.#outbox.ackReports(seq)),
      onStranger: (report) =>
        this.#logger.warn(
          { task_instance_id: report.ref.task_instance_id, attempt: report.ref.attempt, type: report.type },
          'dropped a report of an attempt that this worker does not hold',
        ),
      onRoom: () => this.#resume(),
      onFailure: (error) => this.#fail(status.UNAVAILABLE, 'reports were not committed', error),
    })
    this.#welcome(hello, wire).catch((error: unknown) => this.#fail(status.UNAVAILABLE, 'the worker could not be welcomed', error))
  }

  async #welcome(hello: WorkerHello, wire: Hello): Promise<void> {
    const { unknown } = await this.#host.inbox.workerConnected(hello)
    const log_acks = await readHello({
      hello,
      open_logs: wire.open_logs.map(refFromWire),
      unknown,
      held: this.#held,
      store: this.#host.store,
    })
    if (this.#state !== 'connecting') return
    this.#state = 'open'
    const { lease_ms, log_cap_bytes, xcom_cap_bytes, dags_folder } = this.#host
    this.#outbox.welcome({
      lease_ms,
      heartbeat_ms: Math.floor(lease_ms / 4),
      unknown,
      log_cap_bytes,
      xcom_cap_bytes,
      log_acks,
      dags_folder: hello.local ? dags_folder : '',
    })
    this.#outbox.controllers(this.#host.otherControllers())
    this.#writer.wake()
    this.#expectSignOfLife()
    this.#stream.resume()
    const { hostname, capacity, held, local } = hello
    this.#logger.info({ hostname, capacity, held: held.length, unknown: unknown.length, local }, 'worker connected')
  }

  #refuse(code: string, message: string, leader_address = ''): void {
    this.#stream.write({ ...emptyFrame(), refused: { code, message, leader_address } })
    this.end(status.OK, '')
  }

  // --- what an assignment waits for -----------------------------------------------------------------------------------------

  async #prepare(
    attempt: AssignedAttempt,
    names: Record<string, string>,
    datesAsked: TemplateDates | Promise<TemplateDates>,
  ): Promise<void> {
    const { ref } = attempt
    const key = refKey(ref)
    this.#preparing.set(key, true)
    let found: { dates: TemplateDates } & Awaited<ReturnType<typeof secretsFor>>
    try {
      found = { dates: await datesAsked, ...(await secretsFor(names, this.#host.resolveSecrets)) }
    } catch (error) {
      this.#preparing.delete(key)
      // After the next hello it is sent again.
      if (error instanceof StoreUnavailable) return this.#fail(status.UNAVAILABLE, 'what an attempt needs could not be read', error)
      return this.#jobFailed(attempt, error)
    }
    const { dates, secrets, problem } = found
    const isWanted = this.#preparing.get(key) === true
    this.#preparing.delete(key)
    if (this.#state === 'closed') return
    if (isWanted && secrets !== null) return this.#send(() => this.#putAssignment(attempt, { secrets, dates }))
    await this.#endUnstarted(
      ref,
      isWanted
        ? { outcome: 'failed', reason: problem ?? '', reason_code: 'secret_missing' }
        : { outcome: 'killed', reason: 'killed before it was sent to a worker', reason_code: 'killed' },
    )
  }

  // --- the stream ----------------------------------------------------------------------------------------------------------

  #nextFrame(): ControllerFrame | null {
    const frame = this.#outbox.nextFrame()
    if (frame !== null) this.#requests.pump()
    return frame
  }

  #send(put: () => void): void {
    if (this.#state === 'closed') return
    put()
    if (this.#outbox.isOverfull) this.#fail(status.RESOURCE_EXHAUSTED, 'the worker does not read what it is sent', null)
    else this.#writer.wake()
  }

  #resume(): void {
    if (this.#state === 'open' && !this.#logs.isFull && this.#reports?.isFull === false) this.#stream.resume()
  }

  /** A worker that was silent for two leases is gone; its stream would stay open until the kernel gives up. */
  #expectSignOfLife(): void {
    this.#silence.cancel()
    this.#silence = this.#host.clock.after(2 * this.#host.lease_ms, () =>
      this.#fail(status.DEADLINE_EXCEEDED, 'no heartbeat for two leases', null),
    )
  }

  async #publishLog(held: Parameters<HeldAttempts['contextOf']>[0], p: { stored: number; complete: boolean }): Promise<void> {
    try {
      const context = await this.#held.contextOf(held)
      if (context !== null)
        this.#host.logEvents.grew({ key: held.key, attempt: held.ref.attempt, context, size: p.stored, complete: p.complete })
    } catch (error) {
      this.#logger.warn({ err: error }, 'no live event for a log: its attempt could not be read')
    }
  }

  #fail(code: status, details: string, error: unknown): void {
    if (this.#state === 'closed') return
    this.#logger.warn({ err: error ?? undefined }, `swarm session ended: ${details}`)
    this.end(code, details)
  }

  #close(details: string): void {
    if (this.#state === 'closed') return
    const wasConnected = this.#state !== 'hello'
    this.#state = 'closed'
    this.#silence.cancel()
    for (const part of [this.#writer, this.#logs, this.#reports, this.#requests]) part?.close()
    if (wasConnected) this.#logger.info({ details }, 'worker disconnected')
    this.#host.onClosed(this)
  }
}
