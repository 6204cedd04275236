/**
 * A deterministic simulation of the scheduler: the real engine, service, committer and inbox of one or two controllers over a
 * virtual clock, a database in maps, and workers with their real lease. Nothing is left to chance: the seed decides the DAGs, what
 * tasks do, what people ask, and every fault (faults.ts has the classes); a controller dies between any two callbacks, so also
 * between a commit and its effects.
 *
 * invariants.ts checks every step. After FAULTS_MS everything is healed and must come to rest; check.ts compares what the workers
 * physically did with what the database says, and oracle.ts judges the runs of calm seeds. run.ts says how to replay a seed.
 */
import type { Engine } from '../engine.ts'
import type { EngineCommands } from '../ports.ts'
import { check } from './check.ts'
import { Cluster } from './cluster.ts'
import { classOf, type FaultCounts, type SeedClass } from './faults.ts'
import { Invariants, type Violation } from './invariants.ts'
import { judgeRuns } from './oracle.ts'
import { carryOut, count, narrowed, tell, tellOf, type Landed, type World } from './people.ts'
import { hashOf, Random } from './random.ts'
import type { Pace } from './simProcesses.ts'
import { newOwner, SimTime } from './simClock.ts'
import { SimDatabase } from './simDatabase.ts'
import { addDag, randomDag } from './workload.ts'

export interface SimResult {
  seed: number
  class: string
  violations: Violation[]
  /** Commands that were carried out, faults that befell somebody, and what they met (attempts, runs, commits), by kind. */
  landed: Landed
  virtual_ms: number
  /** Hash of the final database and of all processes: equal for equal seeds. */
  trace: string
}

/** Virtual time with faults, and the longest time to come to rest afterwards. */
const FAULTS_MS = 90_000
const REST_MS = 7_200_000
/**
 * Longest time without a commit before everything is at rest: the longest task (40 s), lease and margin (7.5 s), the longest sleep of
 * the engine's timer (30 s), and what a clock that was ahead makes late.
 */
const QUIET_MS = 90_000
/** Nothing that was asked for during the faults is carried out later than this after them. */
const LATE_MS = 30_000
/** No commit takes longer when everything is healthy. */
const SETTLED_MS = 100

export async function simulate(seed: number): Promise<SimResult> {
  const simulation = new Simulation(seed)
  return await simulation.run()
}

class Simulation {
  readonly #seed: number
  readonly #class: SeedClass
  readonly #random: Random
  readonly #time = new SimTime()
  readonly #db: SimDatabase
  readonly #invariants: Invariants
  readonly #cluster: Cluster
  readonly #world: World
  readonly #owner = newOwner()
  readonly #fail_rate: number
  /** When people are busy. */
  readonly #bursts: number[] = []
  #commits = 0
  #committedAt = 0

  constructor(seed: number) {
    this.#seed = seed
    this.#class = classOf(seed)
    const random = (this.#random = new Random(seed))
    this.#fail_rate = random.pick([0, 0.1, 0.4])
    const db = (this.#db = new SimDatabase([
      { name: 'default_pool', slots: random.int(2, 16), description: '', include_deferred: false },
      { name: 'narrow', slots: 2, description: '', include_deferred: seed % 2 === 0 },
    ]))
    const time = this.#time
    this.#invariants = new Invariants(db, () => time.now)
    const shared = { seed, random, time, db, fail_rate: this.#fail_rate, pace: random.pick<Pace>(['quick', 'mixed', 'mixed', 'slow']) }
    this.#cluster = new Cluster({ ...shared, seedClass: this.#class, invariants: this.#invariants })
    this.#world = { asked: () => this.#asked(), db, time, random, landed: {}, acked: [], deleted: new Set() }
  }

  async run(): Promise<SimResult> {
    const isCalm = this.#class.name === 'calm'
    const dag_ids = Array.from({ length: this.#random.int(1, 3) }, (_, i) => `dag${i}`)
    for (const [i, dag_id] of dag_ids.entries()) {
      const isScheduled = i === 0 && this.#random.chance(['clocks', 'people'].includes(this.#class.name) ? 0.7 : 0.3)
      addDag(this.#db, randomDag(this.#random, { dag_id, isScheduled, isCalm }), ++this.#db.lastVersionId)
    }
    for (let i = 0; i < this.#class.controllers; i++) this.#cluster.startController(i)
    for (let i = this.#random.int(1, 3); i > 0; i--) this.#cluster.startWorker()
    this.#planCommands(dag_ids)
    this.#planFaults(dag_ids)
    await this.#until(() => this.#time.now >= FAULTS_MS)
    this.#cluster.heal()
    this.#comeToRest()
    // A pause that was asked of a frozen leader may come after it, and a deleted DAG come back.
    this.#time.schedule(this.#owner, LATE_MS, () => this.#comeToRest())
    this.#committedAt = this.#time.now
    const quiet = QUIET_MS + this.#cluster.aheadMs
    await this.#until(() => this.#isAtRest() || this.#time.now - this.#committedAt > quiet || this.#time.now > FAULTS_MS + REST_MS)
    return this.#result(isCalm)
  }

  #result(isCalm: boolean): SimResult {
    const { acked, deleted, landed } = this.#world
    const { physical } = this.#invariants
    const violations = [
      ...this.#invariants.violations,
      ...check({
        db: this.#db,
        physical,
        acked: acked.filter((key) => !deleted.has(key) && !deleted.has(key.slice(0, key.indexOf(' ')))),
        engine: this.#engine,
        isAtRest: this.#isAtRest(),
        moved: this.#invariants.moved,
      }),
      ...judgeRuns({ db: this.#db, seed: this.#seed, fail_rate: this.#fail_rate, isCalm, moved: this.#invariants.moved }),
      ...this.#undrained(),
    ]
    this.#owner.isDead = true
    Object.assign(landed, { runs: this.#db.runs.size, attempts: physical.length, commits: this.#db.commits, terms: this.#db.leader.epoch })
    const assetRuns = [...this.#db.runs.values()].filter(({ run_type }) => run_type === 'asset_triggered').length
    if (assetRuns > 0) landed['assetRuns'] = assetRuns
    for (const { kind, cause, to_state } of this.#db.ledger) {
      if (cause === 'branch') count(this.#world, 'branchSkips')
      if (cause === 'released') count(this.#world, 'released')
      if (cause === 'lease_ended') count(this.#world, 'lost')
      if (to_state === 'up_for_reschedule') count(this.#world, 'rescheduled')
      if (to_state === 'deferred') count(this.#world, 'deferred')
      if (kind === 'dag_run.callback') count(this.#world, 'callbacks')
    }
    const rows = [[...this.#db.runs.values()], [...this.#db.instances.values()], this.#db.ledger, physical]
    const trace = hashOf(JSON.stringify(rows)).toString(16)
    return { seed: this.#seed, class: this.#class.name, violations, landed, virtual_ms: this.#time.now, trace }
  }

  /** Runs the time line; after each callback all promises that it settled run out before the next one. */
  async #until(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (!this.#time.advance()) return
      await new Promise<void>((resolve) => setImmediate(resolve))
      this.#invariants.step(this.#cluster.sure)
      if (this.#db.commits !== this.#commits) {
        this.#commits = this.#db.commits
        this.#committedAt = this.#time.now
      }
    }
  }

  // --- plans ---------------------------------------------------------------------------------------------------------------

  /** Alone and in bursts, so that commands meet each other. */
  #planCommands(dag_ids: string[]): void {
    const random = this.#random
    const { most, kinds } = this.#class.commands
    const one = (at: number, kind: string, dag_id: string): void =>
      void this.#time.schedule(this.#owner, at, () => void carryOut(this.#world, kind, dag_id))
    one(random.int(0, 5000), 'trigger', random.pick(dag_ids))
    for (let left = random.int(1, most); left > 0;) {
      const at = random.int(0, FAULTS_MS - 1000)
      const dag_id = random.pick(dag_ids)
      this.#bursts.push(at)
      for (let i = random.int(1, Math.min(left, 5)); i > 0; i--, left--)
        one(at + random.pick([0, 0, 5, 50, 400]), random.pick(kinds), dag_id)
    }
  }

  #planFaults(dag_ids: string[]): void {
    for (const [kind, most] of Object.entries(this.#class.faults) as [keyof FaultCounts, number][])
      for (let i = this.#random.int(0, most); i > 0; i--)
        this.#time.schedule(this.#owner, this.#faultAt(), () => {
          if (!this.#cluster.befall(kind)) return
          count(this.#world, kind)
          if (kind === 'killAtCancel') this.#clearAfterwards(dag_ids)
        })
  }

  /** What was cancelled is wanted again, from a leader that never saw it. */
  #clearAfterwards(dag_ids: string[]): void {
    for (const dag_id of dag_ids) void carryOut(this.#world, this.#random.pick(['cancel', 'markTask', 'clearTask']), dag_id)
    for (let i = 0; i < 6; i++)
      this.#time.schedule(this.#owner, this.#random.int(100, 5000), () => void carryOut(this.#world, 'clear', this.#random.pick(dag_ids)))
  }

  /** At any time, or while what was just asked for is half done. */
  #faultAt(): number {
    return this.#random.chance(0.3) ? this.#random.pick(this.#bursts) + this.#random.int(0, 60) : this.#random.int(100, FAULTS_MS - 1)
  }

  /** Mostly the leader; now and then one that only believes to lead, or a standby. */
  #asked(): EngineCommands | null {
    const { controllers, sure } = this.#cluster
    const asked = this.#random.chance(0.9) ? sure[0] : controllers.length > 0 ? this.#random.pick(controllers) : undefined
    return asked?.commands ?? null
  }

  // --- the end -------------------------------------------------------------------------------------------------------------

  /** No more scheduled runs, and nothing is held for good. Goes through the commands, so that it is part of what is tested. */
  #comeToRest(): void {
    const { db } = this.#world
    for (const dag of db.dags.values()) {
      const version = db.versions.get(dag.dag_version_id)
      // An end date lets its active runs end, as a pause would not.
      if (dag.schedule !== null && version !== undefined) version.spec = { ...version.spec, end_date: '2026-01-01T00:00:00.000Z' }
      tellOf(this.#world, dag.dag_id)
      tell(this.#world, (commands) => this.#unhold(commands, dag.dag_id))
    }
  }

  async #unhold(commands: EngineCommands, dag_id: string): Promise<void> {
    if (!this.#db.dags.has(dag_id)) return
    const paused = [...this.#db.backfills.values()].filter((row) => row.dag_id === dag_id && row.state === 'paused')
    await commands.dagSetPaused({ dag_id, paused: false, actor: 'sim' })
    narrowed.delete(this.#db)
    await commands.poolsChanged({})
    for (const { id } of paused) await commands.backfillSetState({ dag_id, backfill_id: id, action: 'resume', actor: 'sim' })
  }

  get #engine(): Engine | null {
    return this.#cluster.sure[0]?.service.engine ?? null
  }

  #isAtRest(): boolean {
    const engine = this.#engine
    // What was decided last may still be on its way to the database.
    if (
      engine === null ||
      !engine.pending.isEmpty ||
      engine.live.size > 0 ||
      engine.errands.size > 0 ||
      this.#time.now - this.#committedAt < SETTLED_MS
    )
      return false
    if (this.#time.now < this.#db.slowUntil + SETTLED_MS) return false
    // A DAG that came back has begun a run, and its commit is under way.
    for (const id of engine.runs.keys()) if (!this.#db.runs.has(id)) return false
    if (this.#undrained().length > 0) return false
    for (const dag of this.#db.dags.values()) if (dag.is_paused) return false
    for (const { state } of this.#db.backfills.values()) if (state === 'paused') return false
    for (const run of this.#db.runs.values()) {
      if (run.callback !== null) return false
      if (run.state !== 'success' && run.state !== 'failed' && !this.#isBlockedForGood(run.id)) return false
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
    const spec = this.#db.versions.get(run?.dag_version_id ?? 0)?.spec
    const usesPast = spec?.tasks.some((task) => task.depends_on_past || task.wait_for_downstream) === true
    const tooBig =
      spec?.tasks.some((task) => task.pool_slots > (this.#db.pools.find(({ name }) => name === task.pool)?.slots ?? 0)) === true
    if (!usesPast && !tooBig) return false
    return [...this.#db.instances.values()].every(
      (row) =>
        row.dag_run_id !== dag_run_id ||
        !['queued', 'running', 'up_for_retry', 'up_for_reschedule', 'deferred', 'restarting'].includes(row.state),
    )
  }

  /** A drain that was answered holds at least as long as the term lasts. */
  #undrained(): Violation[] {
    const { drained, workers, term } = this.#cluster
    return drained
      .filter((drain) => drain.term === term && workers.get(drain.worker_id)?.isDraining === false)
      .map(({ worker_id }) => ({ kind: 'DRAIN', detail: `${worker_id} was drained and does not know it` }))
  }
}
