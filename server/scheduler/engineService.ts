/**
 * The scheduler as a service: wins the leader's term, loads the engine, turns calls, reports and timers into steps of the
 * engine, and has the group committer make them durable.
 *
 * States: `starting` (nothing tried yet), `standby` (another controller leads; tries again five times a second), `leader`.
 * A conflict of one DAG reads that DAG again (reload.ts). Losing the term or an unexpected failure end the same way: memory is
 * dropped, callers that wait are told, workers are asked to say hello again, and the next term starts from the database. Nothing is
 * lost, because nothing that was not committed has left the process.
 */
import type { Logger } from '#runtime/logger.ts'
import { VortexError } from '#contract/errors.ts'
import { atMost, type Clock, type Timer } from '#runtime/clock.ts'
import type { Service } from '#runtime/service.ts'
import type { BackfillIntervalRecord } from '#db/records.ts'
import type { EngineStore, LeaderTerm } from '#db/store.ts'
import { activate, pinned, retire } from './activeRuns.ts'
import { Committer, OutcomeUnknown } from './committer.ts'
import type { Engine } from './engine.ts'
import { loadEngine } from './engineLoad.ts'
import type { ActiveRun, BackfillEntry, EngineSettings } from './model.ts'
import { pastLoaded, pastQuestion } from './past.ts'
import { PendingCommit } from './pendingCommit.ts'
import type { Publish, WorkerPort } from './ports.ts'
import { continueBackfill, isWanted, reprocess } from './backfills.ts'
import { dagOf } from './commands.ts'
import { LEADER_LEASE_MS, LeaderLease } from './leaderLease.ts'
import { notLeader } from './notLeader.ts'
import { ownersIn, Reloads } from './reload.ts'
import { fireTimers, step } from './step.ts'
import { checkLeases } from './workers.ts'

/**
 * Building memory holds the loop, and with it the renewals: about 10 us per task instance, a hundred on a slow machine under load. The
 * lease lasts as long, so that no standby wins meanwhile only to be as slow. If this controller dies then, PostgreSQL sees its
 * connection end; only one whose whole machine is gone is waited for, at most for LOAD_LEASE_MAX_MS.
 */
const LOAD_LEASE_MS_PER_INSTANCE = 0.25
const LOAD_LEASE_MAX_MS = 60_000
/** After something that the database did not answer. */
const AGAIN_MS = 500
/** How soon a standby leads after it could: one UPDATE by key that changes nothing each time. */
const STANDBY_TRY_MS = 200
/** No sleep of the timer loop is longer, so that a changed wall clock is noticed. */
const LONGEST_SLEEP_MS = 30_000
/** While the database has been out of reach for longer, commands are refused instead of piling up. */
const STALL_REFUSE_MS = 1000
/** A stop waits no longer for a database that does not answer; what is not committed was promised to nobody. */
const STOP_WAIT_MS = 5000

export interface EngineServiceOptions {
  store: EngineStore
  clock: Clock
  settings: EngineSettings
  /** Names this controller in the leader row. */
  holder: string
  newToken: () => string
  workers: WorkerPort
  publish: Publish
  logger: Logger
  /** A term has begun (its epoch) or ended (null). */
  onTerm?: (epoch: number | null) => void
}

export class EngineService implements Service {
  readonly #o: EngineServiceOptions
  readonly #reloads: Reloads
  readonly #lease: LeaderLease
  #engine: Engine | null = null
  #committer: Committer | null = null
  #state: 'starting' | 'standby' | 'leader' = 'starting'
  #isStopped = false
  #isAcquiring = false
  #timer: Timer | null = null
  #timerAt = Infinity
  #leaseTimer: Timer | null = null
  #acquireTimer: Timer | null = null
  /** One for all who wait: many of them give up and are not told apart. */
  #leading = Promise.withResolvers<void>()

  constructor(options: EngineServiceOptions) {
    this.#o = options
    this.#lease = new LeaderLease({ ...options, onLost: () => this.#endTerm('fenced', 'another controller leads') })
    this.#reloads = new Reloads({ ...options, step: (e, work) => this.#engine === e && (this.#guarded(e, work), true) })
  }

  /** Resolves once the first attempt to lead is decided: this controller leads, or it is a standby. */
  async start(): Promise<void> {
    await this.#tryToLead()
    this.#checkLeasesLater()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of [this.#timer, this.#leaseTimer, this.#acquireTimer]) timer?.cancel()
    await atMost(this.#o.clock, STOP_WAIT_MS, this.#committer?.idle())
    this.#dropEngine(new VortexError('not_leader', 'The server is stopping.'))
    await this.#lease.resign()
  }

  /**
   * `leader` only while nobody else can have won a term: while the last successful renewal, counted from its sending, still
   * excludes others. Cut off from the database this controller falls silent to its workers (docs/decisions/0003-leases.md).
   */
  get role(): 'leader' | 'standby' | 'starting' {
    if (this.#state === 'leader' && !this.#lease.isSure) return 'standby'
    return this.#state
  }

  get stats(): { commits: number; stalls: number } {
    return this.#committer?.stats ?? { commits: 0, stalls: 0 }
  }

  /** For reading only; null while another controller leads. */
  get engine(): Engine | null {
    return this.#engine
  }

  /** Resolves when this controller leads. */
  whenLeading(): Promise<void> {
    return this.#leading.promise
  }

  /** One step that changes nothing a caller waits for (heartbeats, disconnects). Ignored while not leading. */
  touch(work: (e: Engine) => void): void {
    const e = this.#engine
    if (e === null) return
    this.#guarded(e, () => work(e))
  }

  /**
   * One step; resolves with its result after the commit. Rejects with what `work` throws, and then nothing has changed. `command`: the
   * same commit answers this command of another controller.
   */
  async commit<T>(work: (e: Engine) => T, command?: { id: string; answer: (result: T) => string }): Promise<T> {
    const e = this.leading()
    return await new Promise<T>((resolve, reject) => {
      try {
        this.#step(e, () => {
          const result = work(e)
          if (command !== undefined) e.pending.answerCommand(command.id, () => command.answer(result))
          e.pending.answer(
            () => resolve(result),
            (error) => reject(error instanceof VortexError ? error : notLeader(error instanceof OutcomeUnknown ? 'unknown' : 'unchanged')),
          )
        })
      } catch (error) {
        if (error instanceof VortexError) reject(error)
        else {
          reject(new VortexError('internal', 'The scheduler failed on this request.', null, { cause: error }))
          this.#endTerm('failure', error instanceof Error ? (error.stack ?? error.message) : String(error))
        }
      }
    })
  }

  /** The engine, for a command. Refuses while another controller leads or the database is out of reach. */
  leading(): Engine {
    const e = this.#engine
    if (e === null) throw new VortexError('not_leader', 'This controller is a standby; ask the leader.')
    if ((this.#committer?.stalledMs ?? 0) > STALL_REFUSE_MS)
      throw new VortexError('database_unavailable', 'The database does not answer; nothing was changed. Try again later.')
    return e
  }

  /** A run in memory, held there until `release`: an active one, or a finished one read back for a command. */
  async runInMemory(dag_id: string, run_id: string): Promise<ActiveRun> {
    const e = this.leading()
    const dag = dagOf(e, dag_id)
    const known = dag.runs.get(run_id)
    if (known !== undefined) return pinned(known)
    const found = await this.#o.store.engineRunLoad({ dag_id, run_id })
    if (found === null) throw new VortexError('not_found', `DAG "${dag_id}" has no run "${run_id}".`)
    if (this.#engine !== e) throw notLeader('unchanged')
    if (e.dags.get(dag_id) !== dag) throw new VortexError('not_found', `There is no DAG "${dag_id}".`)
    return pinned(dag.runs.get(run_id) ?? activate(e, dag, found.run, found.version, found.task_instances))
  }

  /** Lets go of a run; one that is finished leaves memory with the last command that holds it. */
  release(run: ActiveRun): void {
    run.pins--
    const ending = run.endings
    this.touch((e) => e.pending.effects.push(() => retire(e, run, ending)))
  }

  #step<T>(e: Engine, work: () => T): T {
    const result = step(e, this.#o.clock.now(), work)
    this.#committer?.kick()
    this.#arm(e)
    return result
  }

  /** A step that nobody waits for. A failure of the engine ends the term, as in `commit`. */
  #guarded<T>(e: Engine, work: () => T): T | null {
    try {
      return this.#step(e, work)
    } catch (error) {
      this.#endTerm('failure', error instanceof Error ? (error.stack ?? error.message) : String(error))
      return null
    }
  }

  #arm(e: Engine): void {
    const due = e.timers.peek()?.at ?? Infinity
    if (this.#timer !== null && due >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = due
    const wait = Math.min(LONGEST_SLEEP_MS, Math.max(0, due - this.#o.clock.now()))
    this.#timer = this.#o.clock.after(wait, () => this.#fire(e))
  }

  #fire(e: Engine): void {
    this.#timer = null
    this.#timerAt = Infinity
    if (this.#engine !== e) return
    // While the database is out of reach nothing new is decided: memory would grow without bound.
    if ((this.#committer?.stalledMs ?? 0) > STALL_REFUSE_MS) {
      this.#timer = this.#o.clock.after(AGAIN_MS, () => this.#fire(e))
      return
    }
    try {
      fireTimers(e, this.#o.clock.now())
    } catch (error) {
      this.#endTerm('failure', error instanceof Error ? (error.stack ?? error.message) : String(error))
      return
    }
    this.#committer?.kick()
    this.#arm(e)
  }

  /** One attempt at a time and one timer: two loops in one controller would fence each other for ever. */
  async #tryToLead(): Promise<void> {
    if (this.#isStopped || this.#engine !== null || this.#isAcquiring) return
    this.#isAcquiring = true
    try {
      const term = await this.#lease.acquire()
      if (term === null) {
        if (this.#state !== 'standby') this.#o.logger.info({}, 'another controller leads; standing by')
        this.#state = 'standby'
      } else if (this.#isStopped) await this.#lease.resign()
      else await this.#lead(term)
    } catch (error) {
      this.#o.logger.warn({ err: error }, 'cannot reach the database to lead; trying again')
    }
    this.#isAcquiring = false
    if (this.#engine === null) this.#tryToLeadLater()
  }

  #tryToLeadLater(): void {
    if (this.#isStopped) return
    this.#acquireTimer?.cancel()
    this.#acquireTimer = this.#o.clock.after(STANDBY_TRY_MS, () => void this.#tryToLead())
  }

  /** Reads the database under a lease that is renewed meanwhile; a term that is lost by then is not begun. */
  async #lead(term: LeaderTerm): Promise<void> {
    const e = await this.#load(term).catch((error: unknown) => {
      this.#lease.drop()
      throw error
    })
    if (this.#isStopped) return await this.#lease.resign()
    if (e === null) this.#o.logger.warn({ epoch: term.epoch }, 'another controller has won while this one was reading the database')
    else this.#begin(term, e)
  }

  async #load(term: LeaderTerm): Promise<Engine | null> {
    const { clock, store } = this.#o
    const snapshot = await store.engineLoad()
    const expected = Math.ceil(snapshot.task_instances.length * LOAD_LEASE_MS_PER_INSTANCE)
    await this.#lease.renew(Math.min(LOAD_LEASE_MAX_MS, LEADER_LEASE_MS + expected))
    if (this.#lease.term !== term) return null
    const dependencies = {
      settings: this.#o.settings,
      newToken: this.#o.newToken,
      workers: this.#o.workers,
      publish: this.#o.publish,
      requestPast: (run: ActiveRun) => void this.#loadPast(run),
      requestReprocess: (entry: BackfillEntry, interval: BackfillIntervalRecord) => void this.#reprocess(entry, interval),
    }
    const e = loadEngine(snapshot, dependencies, clock.now(), clock.monotonic())
    await this.#lease.renew()
    // Nobody was heard while the loop stood still.
    e.began = clock.monotonic()
    for (const worker of e.workers.values()) worker.last_heard = e.began
    return this.#lease.term === term ? e : null
  }

  #begin(term: LeaderTerm, e: Engine): void {
    const { clock } = this.#o
    this.#engine = e
    this.#committer = new Committer({
      store: this.#o.store,
      term,
      clock,
      take: () => {
        const pending = e.pending
        e.pending = new PendingCommit()
        return pending
      },
      hasPending: () => !e.pending.isEmpty,
      owners: ownersIn(e),
      onConflict: (dag_id, detail) => this.#reloads.conflict(e, dag_id, detail),
      onTermEnd: (why, detail) => this.#endTerm(why, detail),
      onEffectError: (error) => this.#o.logger.error({ err: error }, 'an effect of a commit failed'),
    })
    this.#state = 'leader'
    this.#o.logger.info({ epoch: term.epoch, dags: e.dags.size, runs: e.runs.size }, 'leading')
    this.#committer.kick()
    this.#arm(e)
    this.#o.onTerm?.(term.epoch)
    this.#leading.resolve()
  }

  #endTerm(why: string, detail: string): void {
    if (this.#engine === null) return
    this.#o.logger.error({ why, detail }, 'the leader term ended; starting again from the database')
    this.#lease.drop()
    this.#dropEngine(notLeader('unchanged'))
    this.#o.workers.disconnectAll()
    this.#tryToLeadLater()
  }

  #dropEngine(error: Error): void {
    if (this.#engine !== null) {
      this.#leading = Promise.withResolvers()
      this.#o.onTerm?.(null)
    }
    this.#committer?.end(error)
    this.#timer?.cancel()
    this.#timer = null
    this.#timerAt = Infinity
    this.#engine = null
    this.#committer = null
    this.#state = 'standby'
  }

  /**
   * Looks at the workers' leases when the next one ends, and four times per lease. Time in which this loop slept, or in which
   * heartbeats were not answered because the leadership was in doubt, is nobody's silence: workers keep their attempts then.
   */
  #checkLeasesLater(next: number | null = null): void {
    if (this.#isStopped) return
    const { clock, settings } = this.#o
    const period = settings.lease_ms / 4
    const began = clock.monotonic()
    const expected = Math.min(began + period, next ?? Infinity)
    this.#leaseTimer = clock.after(Math.max(1, expected - began), () => {
      const now = clock.monotonic()
      const e = this.#engine
      let due: number | null = null
      if (e !== null) {
        const isMute = this.role !== 'leader'
        if (isMute || now - expected > period) e.forgive(isMute ? now - began : now - expected)
        if (!isMute) due = this.#guarded(e, () => checkLeases(e, now))
      }
      this.#checkLeasesLater(due)
    })
  }

  async #loadPast(run: ActiveRun): Promise<void> {
    const e = this.#engine
    if (e === null) return
    const question = pastQuestion(run)
    try {
      const found = question === null ? null : await this.#o.store.previousRunGet(question)
      if (this.#engine === e) this.#guarded(e, () => pastLoaded(e, run, found))
    } catch (error) {
      this.#o.logger.warn({ err: error, run_id: run.record.run_id }, 'cannot read the run before; trying again')
      this.#o.clock.after(AGAIN_MS, () => void this.#loadPast(run))
    }
  }

  async #reprocess(entry: BackfillEntry, interval: BackfillIntervalRecord): Promise<void> {
    const e = this.#engine
    if (e === null || !isWanted(e, entry, interval)) return
    let run: ActiveRun | null = null
    try {
      const found = (run = await this.runInMemory(entry.record.dag_id, interval.run_id))
      await this.commit((engine) => reprocess(engine, entry, interval, found))
    } catch (error) {
      if (error instanceof VortexError && error.code === 'not_found') {
        // The run was deleted since the backfill was planned.
        interval.action = 'create'
        const isStill = (engine: Engine): boolean => engine === e && isWanted(e, entry, interval)
        return this.touch((engine) => void (isStill(engine) && continueBackfill(e, dagOf(e, entry.record.dag_id), entry)))
      }
      this.#o.logger.warn({ err: error, backfill: entry.record.id }, 'cannot reprocess a run of a backfill; trying again')
      this.#o.clock.after(AGAIN_MS, () => void this.#reprocess(entry, interval))
    } finally {
      if (run !== null) this.release(run)
    }
  }
}
