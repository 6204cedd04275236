/**
 * A deterministic simulation of the scheduler: the real engine, service and committer over a virtual clock, a database in maps
 * and workers made of timers. Faults come from the seed: the controller dies between any two callbacks (so also between a
 * commit and its effects), commits take effect but report failure, workers die, connections are cut silently.
 *
 * After the faults end, everything must come to rest, and the check compares what the workers physically did with what the
 * database says. A seed that fails replays bit for bit.
 */
import { createEngineCommands } from '../engineCommands.ts'
import { createSwarmInbox } from '../swarmInbox.ts'
import { EngineService } from '../engineService.ts'
import { DEFAULT_SETTINGS } from '../model.ts'
import type { EngineCommands } from '../ports.ts'
import { createLogger } from '#runtime/logger.ts'
import { check, type Violation } from './check.ts'
import { Random } from './random.ts'
import { SimTime } from './simClock.ts'
import { SimDatabase, simStore } from './simStore.ts'
import { SimWorker, SIM_LEASE_MS, type Network, type PhysicalAttempt } from './simWorker.ts'
import { addDag, randomDag } from './workload.ts'
import { adminCommand, type Landed } from './adminCommands.ts'

export interface SimResult {
  seed: number
  violations: Violation[]
  /** What happened, for the trace and to prove that faults landed. */
  stats: {
    runs: number
    attempts: number
    controllerKills: number
    workerKills: number
    cuts: number
    commits: number
    outages: number
    virtual_ms: number
  }
  /** Commands beside trigger and clear that were carried out, by kind. */
  landed: Landed
  /** Hash of the final database and ledger: equal for equal seeds. */
  trace: string
}

const silent = createLogger({ level: process.env['SIM_LOG'] === undefined ? 'silent' : 'debug', readable: true })
/** Virtual time with faults, and the longest time to come to rest afterwards. */
const FAULTS_MS = 90_000
const REST_MS = 1_800_000

export async function simulate(seed: number): Promise<SimResult> {
  const simulation = new Simulation(seed)
  return await simulation.run()
}

class Simulation {
  readonly #seed: number
  readonly #random: Random
  readonly #time = new SimTime()
  readonly #db: SimDatabase
  readonly #network: Network = { inbox: null, incarnation: 0, isSure: () => this.#controller?.service.role === 'leader' }
  readonly #workers = new Map<string, SimWorker>()
  readonly #physical: PhysicalAttempt[] = []
  readonly #world = { isDead: false }
  readonly #faults: { lost_answer: number; unavailable: number }
  readonly #failRate: number
  #controller: { owner: { isDead: boolean }; service: EngineService; commands: EngineCommands } | null = null
  #tokens = 0
  #workerCount = 0
  readonly #acked: string[] = []
  /** "dag_id run_id" of runs that were asked to be deleted. */
  readonly #deleted = new Set<string>()
  readonly #stats = { runs: 0, attempts: 0, controllerKills: 0, workerKills: 0, cuts: 0, commits: 0, outages: 0, virtual_ms: 0 }
  readonly #landed: Landed = {}

  constructor(seed: number) {
    this.#seed = seed
    this.#random = new Random(seed)
    this.#faults = { lost_answer: this.#random.pick([0, 0.02, 0.1]), unavailable: this.#random.pick([0, 0.02, 0.1]) }
    this.#failRate = this.#random.pick([0, 0.1, 0.4])
    this.#db = new SimDatabase([
      { name: 'default_pool', slots: this.#random.int(2, 16), description: '', include_deferred: false },
      { name: 'narrow', slots: 2, description: '', include_deferred: false },
    ])
  }

  async run(): Promise<SimResult> {
    const dagCount = this.#random.int(1, 3)
    for (let i = 0; i < dagCount; i++) addDag(this.#db, randomDag(this.#random, `dag${i}`, i === 0 && this.#random.chance(0.3)), i + 1)
    this.#planAdmin(dagCount)
    this.#startController()
    const workers = this.#random.int(1, 3)
    for (let i = 0; i < workers; i++) this.#startWorker()
    this.#planCommands(dagCount)
    this.#planFaults()
    await this.#until(() => this.#time.now >= FAULTS_MS)
    // The faults are over; no more scheduled runs, so that everything can come to rest.
    this.#faults.lost_answer = 0
    this.#faults.unavailable = 0
    for (const dag of this.#db.dags.values()) this.#unpause(dag.dag_id)
    if (this.#controller === null) this.#startController()
    if (this.#workers.size === 0) this.#startWorker()
    this.#pauseScheduled()
    await this.#until(() => this.#isAtRest() || this.#time.now >= FAULTS_MS + REST_MS)
    const violations = check({
      db: this.#db,
      physical: this.#physical,
      acked: this.#acked.filter((key) => !this.#deleted.has(key)),
      deleted: this.#deleted,
      engine: this.#controller?.service.engine ?? null,
      isAtRest: this.#isAtRest(),
    })
    this.#world.isDead = true
    Object.assign(this.#stats, {
      runs: this.#db.runs.size,
      attempts: this.#physical.length,
      commits: this.#db.commits,
      virtual_ms: this.#time.now,
    })
    return { seed: this.#seed, violations, stats: { ...this.#stats }, landed: this.#landed, trace: this.#trace() }
  }

  /** Runs the time line; after each callback all promises that it settled run out before the next one. */
  async #until(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (!this.#time.advance()) return
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  #startController(): void {
    if (this.#controller !== null) return
    const owner = { isDead: false }
    const clock = this.#time.clockOf(owner)
    const store = simStore(this.#db, this.#time, this.#random, owner, this.#faults)
    const service = new EngineService({
      store,
      clock,
      logger: silent,
      holder: `controller-${this.#network.incarnation}`,
      newToken: () => `k${++this.#tokens}`,
      publish: () => undefined,
      settings: { ...DEFAULT_SETTINGS, parallelism: this.#random.int(2, 8), lease_ms: SIM_LEASE_MS },
      workers: {
        assign: (p) => owner.isDead || this.#reachable(p.worker_id)?.assign(p.attempts),
        kill: (p) => owner.isDead || this.#reachable(p.worker_id)?.kill(p.ref),
        drain: () => undefined,
        disconnect: (p) => owner.isDead || this.#reachable(p.worker_id)?.disconnect(),
        disconnectAll: () => {
          if (!owner.isDead) for (const worker of this.#workers.values()) worker.disconnect()
        },
      },
    })
    const api = { service, clock, store: { ...store, workerPut: () => Promise.resolve(), workerDelete: () => Promise.resolve(true) } }
    this.#controller = { owner, service, commands: createEngineCommands(api) }
    const inbox = createSwarmInbox(api)
    const incarnation = ++this.#network.incarnation
    void service.start().then(() => {
      if (!owner.isDead && this.#network.incarnation === incarnation) this.#network.inbox = inbox
    })
  }

  #reachable(worker_id: string): SimWorker | undefined {
    const worker = this.#workers.get(worker_id)
    return worker?.isReachable === true ? worker : undefined
  }

  #killController(): void {
    if (this.#controller === null) return
    this.#controller.owner.isDead = true
    this.#controller = null
    this.#network.inbox = null
    this.#network.incarnation++
    this.#stats.controllerKills++
    this.#time.schedule(this.#world, this.#random.int(1, 3000), () => this.#startController())
  }

  #startWorker(): void {
    const id = `w${++this.#workerCount}`
    this.#workers.set(
      id,
      new SimWorker({
        id,
        time: this.#time,
        random: this.#random,
        network: this.#network,
        ledger: this.#physical,
        failRate: this.#failRate,
      }),
    )
  }

  #planCommands(dagCount: number): void {
    const count = this.#random.int(1, 12)
    for (let i = 0; i < count; i++) {
      this.#time.schedule(this.#world, this.#random.int(0, FAULTS_MS), () => {
        const commands = this.#controller?.commands
        if (commands !== undefined) void this.#command(commands, `dag${this.#random.int(0, dagCount - 1)}`, i).catch(() => undefined)
      })
    }
  }

  /** What people do beside triggers and clears, in bursts, so that commands meet each other. */
  #planAdmin(dagCount: number): void {
    for (let burst = this.#random.int(0, 4); burst > 0; burst--) {
      const at = this.#random.int(0, FAULTS_MS - 1000)
      const dag_id = `dag${this.#random.int(0, dagCount - 1)}`
      for (let i = this.#random.int(1, 5); i > 0; i--) {
        this.#time.schedule(this.#world, at + this.#random.pick([0, 0, 5, 50, 400]), () => {
          const commands = this.#controller?.commands
          if (commands !== undefined)
            void adminCommand({ commands, db: this.#db, random: this.#random, dag_id, deleted: this.#deleted, landed: this.#landed }).catch(
              () => undefined,
            )
        })
      }
    }
  }

  async #command(commands: EngineCommands, dag_id: string, i: number): Promise<void> {
    const runs = [...this.#db.runs.values()].filter((run) => run.dag_id === dag_id)
    const dice = this.#random.next()
    const actor = 'sim'
    if (runs.length === 0 || dice < 0.55) {
      const run_id = this.#random.chance(0.5) ? `r${i}` : null
      const run = await commands.dagTrigger({ dag_id, conf: {}, logical_date: null, run_id, note: null, actor })
      this.#acked.push(`${run.dag_id} ${run.run_id}`)
      return
    }
    const { run_id } = this.#random.pick(runs)
    if (dice < 0.8) {
      const task_ids = this.#random.chance(0.5) ? ['t0'] : []
      await commands.runClear({
        dag_id,
        run_id,
        options: { task_ids, include_downstream: this.#random.chance(0.7), only_failed: this.#random.chance(0.3) },
        actor,
      })
    } else if (dice < 0.9) await commands.runCancel({ dag_id, run_id, actor })
    else if (dice < 0.95)
      await commands.taskInstanceMark({
        dag_id,
        run_id,
        task_id: 't0',
        map_index: -1,
        state: this.#random.pick(['success', 'failed', 'skipped']),
        actor,
      })
    else await commands.runMark({ dag_id, run_id, state: this.#random.pick(['success', 'failed']), actor })
  }

  #planFaults(): void {
    const at = (count: number, what: () => void): void => {
      for (let i = 0; i < count; i++) this.#time.schedule(this.#world, this.#random.int(100, FAULTS_MS - 1), what)
    }
    at(this.#random.int(0, 6), () => this.#killController())
    at(this.#random.int(0, 3), () => {
      const victim = [...this.#workers.values()][0]
      if (victim === undefined) return
      victim.die()
      this.#workers.delete(victim.id)
      this.#stats.workerKills++
      this.#time.schedule(this.#world, this.#random.int(10, 5000), () => this.#startWorker())
    })
    at(this.#random.pick([0, 0, 1]), () => {
      // The database is away, for longer than any lease.
      this.#stats.outages++
      const { unavailable } = this.#faults
      this.#faults.unavailable = 1
      const until = Math.min(FAULTS_MS - 1, this.#time.now + this.#random.int(500, 15_000))
      this.#time.schedule(this.#world, until - this.#time.now, () => (this.#faults.unavailable = Math.min(unavailable, 0.1)))
    })
    at(this.#random.int(0, 2), () => {
      const victim = [...this.#workers.values()].at(-1)
      if (victim === undefined) return
      victim.cut(this.#random.int(500, 20_000))
      this.#stats.cuts++
    })
  }

  /** Stops the schedule at the end. Goes through the commands, so that it is part of what is tested. */
  #pauseScheduled(): void {
    const go = (): void => {
      const commands = this.#controller?.commands
      const dag = this.#db.dags.get('dag0')
      if (dag === undefined || dag.schedule === null) return
      // An end date lets its active runs end, as a pause would not.
      const version = this.#db.versions.get(dag.dag_version_id)
      if (version !== undefined) version.spec.end_date = '2026-01-01T00:00:00.000Z'
      if (commands === undefined || version === undefined) return void this.#time.schedule(this.#world, 500, go)
      void commands
        .dagsChanged({ changed: [{ dag, version: structuredClone(version), is_new: false }], stale: [] })
        .catch(() => this.#time.schedule(this.#world, 500, go))
    }
    go()
  }

  /** Nothing is held for good. Goes through the commands, again and again, until it is done. */
  #unpause(dag_id: string): void {
    const again = (): void => void this.#time.schedule(this.#world, 500, () => this.#unpause(dag_id))
    const commands = this.#controller?.commands
    if (commands === undefined) return again()
    const resume = [...this.#db.backfills.values()].filter((row) => row.dag_id === dag_id && row.state === 'paused')
    void Promise.all([
      commands.dagSetPaused({ dag_id, paused: false, actor: 'sim' }),
      commands.poolsChanged({ pools: this.#db.pools }),
      ...resume.map(({ id }) => commands.backfillSetState({ dag_id, backfill_id: id, action: 'resume', actor: 'sim' })),
    ]).catch(again)
  }

  #isAtRest(): boolean {
    const engine = this.#controller?.service.engine
    if (engine == null || !engine.pending.isEmpty || engine.live.size > 0) return false
    if (
      [...this.#db.dags.values()].some(({ is_paused }) => is_paused) ||
      [...this.#db.backfills.values()].some(({ state }) => state === 'paused')
    )
      return false
    for (const run of this.#db.runs.values()) {
      if (run.state === 'success' || run.state === 'failed') continue
      if (!this.#isBlockedForGood(run.id)) return false
    }
    return true
  }

  /** A run whose unfinished tasks all wait for a past run that failed stays, by design, until somebody clears it. */
  #isBlockedForGood(dag_run_id: number): boolean {
    const run = this.#db.runs.get(dag_run_id)
    if (run?.state === 'queued')
      return [...this.#db.runs.values()].some(
        (other) => other.dag_id === run.dag_id && other.state === 'running' && this.#isBlockedForGood(other.id),
      )
    const dag = [...this.#db.versions.values()].find(({ id }) => id === run?.dag_version_id)
    const usesPast = dag?.spec.tasks.some((task) => task.depends_on_past || task.wait_for_downstream) === true
    const tooBig =
      dag?.spec.tasks.some((task) => task.pool_slots > (this.#db.pools.find(({ name }) => name === task.pool)?.slots ?? 0)) === true
    if (!usesPast && !tooBig) return false
    return [...this.#db.instances.values()].every(
      (row) => row.dag_run_id !== dag_run_id || !['queued', 'running', 'up_for_retry', 'restarting'].includes(row.state),
    )
  }

  #trace(): string {
    let hash = 0x811c9dc5
    const text = JSON.stringify([[...this.#db.runs.values()], [...this.#db.instances.values()], this.#db.ledger, this.#physical])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    return (hash >>> 0).toString(16)
  }
}
