/** The engine with its real service and committer over the simulation's database, but no faults and no waiting. */
import { createLogger } from '#runtime/logger.ts'
import type { DagSpec } from '#contract/dagSpec.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import type { PoolRecord } from '#db/records.ts'
import { createEngineCommands } from '../engineCommands.ts'
import { createEngineQueries } from '../engineQueries.ts'
import { createSwarmInbox } from '../swarmInbox.ts'
import { EngineService } from '../engineService.ts'
import { DEFAULT_SETTINGS } from '../model.ts'
import type { AssignedAttempt, AttemptRef, AttemptReport, EngineCommands, EngineQueries, SwarmInbox, WorkerHello } from '../ports.ts'
import { Random } from '../simulation/random.ts'
import { newOwner, SIM_START, SimTime } from '../simulation/simClock.ts'
import { recentRuns, SimDatabase } from '../simulation/simDatabase.ts'
import { simStore } from '../simulation/simStore.ts'
import { addDag, addVersion } from '../simulation/workload.ts'

export type Outcome = Extract<AttemptReport, { type: 'ended' }>['outcome']

export class EngineHarness {
  readonly time = new SimTime()
  readonly db: SimDatabase
  readonly commands: EngineCommands
  readonly queries: EngineQueries
  readonly inbox: SwarmInbox
  readonly service: EngineService
  readonly assigned: AssignedAttempt[] = []
  /** Attempts that each message to a worker held. */
  readonly batches: number[] = []
  readonly killed: AttemptRef[] = []
  readonly drained: string[] = []
  readonly disconnected: string[] = []
  readonly faults = { lost_answer: 0, unavailable: 0 }
  /** What reading the database takes at the start of a term. */
  loadMs = 0
  /** For which the leader's row was taken or renewed. */
  longestLease = 0
  /** What happens while the pools are on their way from the database. */
  beforePools = (): Promise<void> => Promise.resolve()
  readonly #owner = newOwner()

  constructor(specs: DagSpec[], p: { pools?: PoolRecord[]; parallelism?: number; db?: SimDatabase; clear_max?: number } = {}) {
    this.db = p.db ?? new SimDatabase(p.pools ?? [{ name: 'default_pool', slots: 128, description: '', include_deferred: false }])
    specs.forEach((spec, i) => addDag(this.db, spec, i + 1))
    const link = { owner: this.#owner, faults: this.faults, isCut: false, waiting: [] }
    const base = simStore({ db: this.db, time: this.time, random: new Random(1), link, isGone: () => false })
    const store: typeof base = {
      ...base,
      engineLoad: async () => {
        if (this.loadMs > 0) await new Promise<void>((resolve) => clock.after(this.loadMs, resolve))
        return await base.engineLoad()
      },
      leaderRenew: (renewal) => {
        this.longestLease = Math.max(this.longestLease, renewal.lease_ms)
        return base.leaderRenew(renewal)
      },
    }
    const clock = this.time.clockOf(this.#owner, { offset: 0 })
    let token = 0
    this.service = new EngineService({
      store,
      clock,
      logger: createLogger({ level: 'silent' }),
      holder: 'test',
      newToken: () => `k${++token}`,
      publish: () => undefined,
      settings: { ...DEFAULT_SETTINGS, parallelism: p.parallelism ?? 1000 },
      workers: {
        assign: ({ attempts }) => {
          this.assigned.push(...attempts)
          this.batches.push(attempts.length)
        },
        kill: ({ ref }) => this.killed.push(ref),
        drain: ({ worker_id }) => this.drained.push(worker_id),
        disconnect: ({ worker_id }) => this.disconnected.push(worker_id),
        disconnectAll: () => undefined,
      },
    })
    const api = {
      service: this.service,
      clock,
      store: {
        ...store,
        xcomGet: (p: { dag_run_id: number; task_id: string; map_index: number; key: string }) =>
          Promise.resolve(
            [...this.db.xcoms.values()].find(
              (row) => row.dag_run_id === p.dag_run_id && row.task_id === p.task_id && row.map_index === p.map_index && row.key === p.key,
            ) ?? null,
          ),
        poolList: async () => {
          const pools = structuredClone(this.db.pools)
          await this.beforePools()
          return pools
        },
        workerPut: () => Promise.resolve(),
        workerDelete: () => Promise.resolve(true),
        dagRecentRuns: (p: { dag_ids: string[]; limit: number }) => Promise.resolve(recentRuns(this.db, p)),
      },
    }
    this.commands = createEngineCommands({ ...api, ...(p.clear_max === undefined ? {} : { clear_max: p.clear_max }) })
    this.queries = createEngineQueries(api)
    this.inbox = createSwarmInbox(api)
  }

  /** Starts, with one worker of this capacity. */
  async start(capacity = 100): Promise<void> {
    const started = this.service.start()
    await this.pass(100)
    await started
    await this.hello('w', [], { capacity })
    this.disconnected.length = 0 // its beats before the hello
  }

  /** A worker says hello. */
  async hello(worker_id: string, held: AttemptRef[], p: Partial<WorkerHello> = {}): Promise<void> {
    const hello = { hostname: worker_id, capacity: 100, queues: [], labels: [], version: '', local: true, draining: false, ...p }
    await this.answer(this.inbox.workerConnected({ ...hello, worker_id, held }))
  }

  /** kill -9, and a new controller over the same database with a worker `other` of its own; `w` has not come back yet. */
  async restarted(): Promise<EngineHarness> {
    this.#owner.isDead = true
    this.db.leader.expires_at = 0
    const again = new EngineHarness([], { db: this.db })
    const started = again.service.start()
    await again.pass(100)
    await started
    await again.hello('other', [])
    return again
  }

  /** Resolves after so much virtual time. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.time.schedule(newOwner(), ms, resolve))
  }

  /** Lets virtual time pass. The worker's heartbeats go on. */
  async pass(ms: number, p: { beats?: boolean } = {}): Promise<void> {
    const end = this.time.now + ms
    let isOver = false
    this.time.schedule(newOwner(), ms, () => (isOver = true))
    while (!isOver && this.time.now <= end) {
      // What was asked for must reach the time line before it moves on.
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (p.beats !== false) this.inbox.workerHeartbeat({ worker_id: 'w', running: 0 })
      if (!this.time.advance()) break
    }
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  async trigger(dag_id: string, p: { run_id?: string; logical_date?: number } = {}): Promise<string> {
    const answer = this.commands.dagTrigger({
      dag_id,
      conf: {},
      logical_date: p.logical_date ?? null,
      run_id: p.run_id ?? null,
      note: null,
      actor: 'test',
    })
    await this.pass(50)
    return (await answer).run_id
  }

  /** Stores a new version of a DAG, as a parse would, and tells the engine. */
  async newVersion(spec: DagSpec): Promise<void> {
    addVersion(this.db, spec, Math.max(...this.db.versions.keys()) + 1)
    const dag = this.db.dags.get(spec.dag_id)
    const version = this.db.versions.get(dag?.dag_version_id ?? 0)
    if (dag === undefined || version === undefined) throw new Error(`no DAG ${spec.dag_id}`)
    await this.answer(this.commands.dagsChanged({ changed: [structuredClone({ dag, version, is_new: false })], stale: [] }))
  }

  /** Waits for an answer while virtual time passes. */
  async answer<T>(promise: Promise<T>): Promise<T> {
    const settled = promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    await this.pass(100)
    const outcome = await settled
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  /** Attempts that were assigned and not taken from here before, as task ids. */
  takeAssigned(): AssignedAttempt[] {
    return this.assigned.splice(0)
  }

  /** The worker starts and ends an attempt. */
  async end(attempt: AssignedAttempt, outcome: Outcome, more: Partial<Extract<AttemptReport, { type: 'ended' }>> = {}): Promise<void> {
    const at = SIM_START + this.time.now
    void this.inbox.workerReports({
      worker_id: attempt.task_instance.worker_id ?? 'w',
      reports: [
        { type: 'started', ref: attempt.ref, at, pid: 1, hostname: 'w' },
        {
          type: 'ended',
          ref: attempt.ref,
          at,
          outcome,
          exit_code: 0,
          signal: '',
          reason: '',
          reason_code: '',
          xcoms: [],
          skip_task_ids: [],
          reschedule_at: null,
          deferral_json: null,
          max_rss_bytes: null,
          log_truncated: false,
          ...more,
        },
      ],
    })
    await this.pass(50)
  }

  /** Ends everything that is assigned, again and again, until nothing is left. */
  async endAll(outcomeOf: (task_id: string) => Outcome = () => 'success'): Promise<string[]> {
    const order: string[] = []
    for (let round = this.takeAssigned(); round.length > 0; round = this.takeAssigned()) {
      for (const attempt of round) {
        order.push(attempt.task_instance.task_id)
        await this.end(attempt, outcomeOf(attempt.task_instance.task_id))
      }
    }
    return order
  }

  /** States of a run's task instances in the database. */
  states(run_id: string): Record<string, TaskInstanceState> {
    const run = [...this.db.runs.values()].find((row) => row.run_id === run_id)
    return Object.fromEntries(
      [...this.db.instances.values()].filter((row) => row.dag_run_id === run?.id).map((row) => [row.task_id, row.state]),
    )
  }

  runState(run_id: string): string | undefined {
    return [...this.db.runs.values()].find((row) => row.run_id === run_id)?.state
  }
}
