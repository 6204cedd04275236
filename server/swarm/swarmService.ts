/**
 * The controller's side of the swarm: a gRPC server for workers, one session per worker, and the engine's port to them.
 *
 * States: made -> `connectEngine` -> started -> stopped. The engine exists first and the server listens after it has tried to
 * lead, so that a returning worker is welcomed at once; a controller that does not lead refuses with `not_leader`.
 *
 * Invariants
 * - A call without the worker token is ended before anything of it is looked at.
 * - At most one session per worker id; a newer one replaces an older one, whose stream the network may not have ended yet.
 * - The engine hears `workerDisconnected` only when no session of the worker is left.
 *
 * Failure: a session that fails is ended alone. Losing the leadership ends all of them (`disconnectAll`): whoever leads then
 * learns by the hellos what runs where.
 */
import { Server, status, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js'
import type { Clock } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import { StoreUnavailable, type Store } from '#db/store.ts'
import type { AssignedAttempt, AttemptRef, EngineCommands, EngineQueries, Publish, SwarmInbox, WorkerPort } from '#scheduler/ports.ts'
import type { TemplateDates } from './assignment.ts'
import { isAuthentic } from './authentication.ts'
import { BundleRefused, sendBundle } from './bundles.ts'
import {
  type BundleChunk,
  type ControllerFrame,
  type FetchBundleRequest,
  SwarmService as SwarmDefinition,
  type WorkerFrame,
} from './gen/vortex/swarm/v1/swarm.ts'
import { CHANNEL_OPTIONS, SESSIONS_MAX, STREAMS_PER_CONNECTION_MAX, XCOM_BYTES_MAX } from './limits.ts'
import { listenOnPort, listenOnSocket, type SwarmAddress } from './listen.ts'
import { LogEvents } from './logEvents.ts'
import type { RequestServices } from './requests.ts'
import type { ResolveSecrets } from './secrets.ts'
import { type SessionHost, WorkerSession } from './workerSession.ts'

export interface SwarmServiceOptions {
  store: Store
  clock: Clock
  logger: Logger
  publish: Publish
  resolveSecrets: ResolveSecrets
  /** For tasks that ask for one. */
  connection: RequestServices['connection']
  /** Called for each attempt that is sent; answers from memory where it can. */
  datesOf: (attempt: AssignedAttempt) => TemplateDates | Promise<TemplateDates>
  onVariableChanged: (key: string) => void
  /** SHA-256 of the worker token (authentication.ts). */
  token_hash: Buffer
  /** For the local worker; null = none. */
  socket_path: string | null
  /** For workers on other hosts; null = none. */
  listen: SwarmAddress | null
  lease_ms: number
  log_cap_bytes: number
  xcom_cap_bytes: number
  dags_folder: string
}
/** The engine, which needs the service as its port to workers before it exists itself. */
export interface SwarmEngine {
  inbox: SwarmInbox
  commands: Pick<EngineCommands, 'dagTrigger' | 'runClear' | 'workerDrain'>
  /**
   * `leader` only while no other controller can have won a term: for as long as the last successful renewal, counted from its
   * sending, still excludes others. Heartbeats are answered by it (docs/decisions/0003-leases.md).
   */
  role: EngineQueries['role']
  /** Another controller that leads, as far as this one knows. */
  leader: () => { swarm_address: string | null } | null
  otherControllers: () => readonly { swarm_address: string | null }[]
}
/** A controller that workers cannot ask: nobody may conclude from the others that none leads. */
const UNKNOWN_ADDRESS = 'unknown'

/** Streams that are ended in order get this long until they are cut. */
const STOP_MS = 2_000

export class SwarmService implements Service, WorkerPort {
  readonly #o: SwarmServiceOptions
  readonly #logger: Logger
  readonly #server: Server
  readonly #logEvents: LogEvents
  readonly #streams = new Set<WorkerSession>()
  readonly #sessions = new Map<string, WorkerSession>()
  #engine: SwarmEngine | null = null
  #port: number | null = null
  #isStopping = false

  constructor(options: SwarmServiceOptions) {
    this.#o = options
    this.#logger = options.logger.child({ part: 'swarm' })
    this.#logEvents = new LogEvents({ clock: options.clock, publish: options.publish })
    this.#server = new Server({
      ...CHANNEL_OPTIONS,
      'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION_MAX,
      // A connection without calls is a port scan or a worker's look whether somebody listens.
      'grpc.max_connection_idle_ms': 60_000,
    })
    this.#server.addService(SwarmDefinition, {
      session: (call: ServerDuplexStream<WorkerFrame, ControllerFrame>) => this.#openSession(call),
      fetchBundle: (call: ServerWritableStream<FetchBundleRequest, BundleChunk>) => this.#fetchBundle(call),
    })
  }

  connectEngine(engine: SwarmEngine): void {
    this.#engine = engine
  }

  /** Port that TCP workers connect to, once started. */
  get port(): number | null {
    return this.#port
  }

  async start(): Promise<void> {
    const { socket_path, listen } = this.#o
    if (this.#engine === null) throw new Error('connectEngine comes before start')
    if (socket_path !== null) await listenOnSocket(this.#server, socket_path)
    if (listen !== null) this.#port = await listenOnPort(this.#server, listen, this.#logger)
  }

  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    this.disconnectAll()
    this.#logEvents.close()
    await new Promise<void>((resolve) => {
      const timer = this.#o.clock.after(STOP_MS, () => {
        this.#server.forceShutdown()
        resolve()
      })
      this.#server.tryShutdown(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  // --- the engine's port ---------------------------------------------------------------------------------------------------

  assign(p: { worker_id: string; attempts: AssignedAttempt[] }): void {
    this.#sessions.get(p.worker_id)?.assign(p.attempts)
  }
  kill(p: { worker_id: string; ref: AttemptRef; reason: string }): void {
    this.#sessions.get(p.worker_id)?.kill({ ref: p.ref, reason: p.reason })
  }
  drain(p: { worker_id: string; is_over?: boolean }): void {
    this.#sessions.get(p.worker_id)?.drain(p.is_over !== true)
  }
  disconnect(p: { worker_id: string }): void {
    this.#sessions.get(p.worker_id)?.end(status.UNAVAILABLE, 'the lease of this worker has ended: say hello again')
  }
  /** Other controllers came or went: workers ask all of them before they believe that nobody leads. */
  controllersChanged(): void {
    for (const session of this.#sessions.values()) session.controllersChanged()
  }
  disconnectAll(): void {
    for (const session of [...this.#streams]) session.end(status.UNAVAILABLE, 'say hello again')
  }

  // --- calls of workers ----------------------------------------------------------------------------------------------------

  #openSession(call: ServerDuplexStream<WorkerFrame, ControllerFrame>): void {
    if (!isAuthentic(call.metadata, this.#o.token_hash)) {
      this.#logger.warn({ peer: call.getPeer() }, 'refused a worker without the right token')
      return void call.emit('error', { code: status.UNAUTHENTICATED, details: 'the worker token is missing or wrong' })
    }
    if (this.#streams.size >= SESSIONS_MAX)
      return void call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: `this controller serves at most ${SESSIONS_MAX} workers` })
    const host = this.#sessionHost()
    if (host === null) return void call.emit('error', { code: status.UNAVAILABLE, details: 'the controller is starting' })
    this.#streams.add(new WorkerSession(host, call))
  }

  #sessionHost(): SessionHost | null {
    const engine = this.#engine
    if (engine === null) return null
    const o = this.#o
    return {
      clock: o.clock,
      logger: this.#logger,
      store: o.store,
      inbox: engine.inbox,
      commands: engine.commands,
      logEvents: this.#logEvents,
      resolveSecrets: o.resolveSecrets,
      datesOf: o.datesOf,
      lease_ms: o.lease_ms,
      log_cap_bytes: o.log_cap_bytes,
      xcom_cap_bytes: Math.min(o.xcom_cap_bytes, XCOM_BYTES_MAX),
      dags_folder: o.dags_folder,
      requests: {
        store: o.store,
        commands: engine.commands,
        connection: o.connection,
        onVariableChanged: o.onVariableChanged,
        now: () => o.clock.now(),
      },
      refusal: () => {
        if (this.#isStopping) return { code: 'draining', message: 'This controller is stopping.', leader_address: '' }
        if (engine.role() === 'leader') return null
        const leader = engine.leader()
        if (leader === null) return { code: 'not_leader', message: 'No controller leads yet.', leader_address: '' }
        const leader_address = leader.swarm_address ?? UNKNOWN_ADDRESS
        return { code: 'not_leader', message: `This controller is a standby; the leader is at ${leader_address}.`, leader_address }
      },
      otherControllers: () => engine.otherControllers().map(({ swarm_address }) => swarm_address ?? UNKNOWN_ADDRESS),
      onHello: (session) => this.#greeted(session),
      onClosed: (session) => this.#closed(session),
    }
  }

  #greeted(session: WorkerSession): void {
    const { worker_id } = session
    if (worker_id === null) return
    const older = this.#sessions.get(worker_id)
    this.#sessions.set(worker_id, session)
    older?.end(status.ABORTED, 'the worker has connected again')
  }

  #closed(session: WorkerSession): void {
    this.#streams.delete(session)
    const { worker_id } = session
    if (worker_id === null || this.#sessions.get(worker_id) !== session) return
    this.#sessions.delete(worker_id)
    this.#engine?.inbox.workerDisconnected({ worker_id })
  }

  #fetchBundle(call: ServerWritableStream<FetchBundleRequest, BundleChunk>): void {
    if (!isAuthentic(call.metadata, this.#o.token_hash))
      return void call.emit('error', { code: status.UNAUTHENTICATED, details: 'the worker token is missing or wrong' })
    sendBundle(call, this.#o.store).then(
      () => call.end(),
      (error: unknown) => {
        if (call.cancelled) return
        if (error instanceof BundleRefused) call.emit('error', { code: error.code, details: error.message })
        else {
          this.#logger.warn({ err: error }, 'a bundle could not be sent')
          call.emit('error', {
            code: error instanceof StoreUnavailable ? status.UNAVAILABLE : status.INTERNAL,
            details: 'the controller could not read the bundle; its log says why',
          })
        }
      },
    )
  }
}
