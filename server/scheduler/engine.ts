/**
 * The engine: one deterministic state machine over everything that is active. No I/O, no clock, no randomness: time, tokens
 * and events come in as arguments, decisions leave as one pending commit with effects that run after it.
 *
 * This file is its memory and its way out. A handler (runs.ts, workers.ts, commands.ts ...) changes instances through instances.ts,
 * step.ts lets the consequences settle and ends with `emit`.
 */
import { Heap } from '#domain/heap.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { BackfillIntervalRecord, LedgerRecord } from '#db/records.ts'
import { runEvent, taskInstanceEvent } from './liveEventsOf.ts'
import type {
  ActiveRun,
  BackfillEntry,
  DagEntry,
  EngineSettings,
  Errand,
  Instance,
  LiveAttempt,
  MissedEvents,
  PoolEntry,
  WorkerEntry,
} from './model.ts'
import { PendingCommit } from './pendingCommit.ts'
import type { AssignedAttempt, AttemptRef, Publish, WorkerPort } from './ports.ts'
import { Limit, ReadyQueues } from './readyQueues.ts'
import { UnplacedErrands } from './unplacedErrands.ts'

/** What fires at a moment of the wall clock. */
export interface DueTimer {
  at: number
  kind: 'dag' | 'instance' | 'run_timeout'
  dag_id: string
  /** Task instance or run that it is for, by id: a timer that is due in weeks must not hold a finished run in memory. */
  id: number
}

/** Why something changed: machine word, actor and a sentence for people. */
export interface Cause {
  cause: string
  actor: string
  message?: string | null
}

export interface EngineDependencies {
  settings: EngineSettings
  /** Lease tokens; unguessable in the product, counted in the simulator. */
  newToken: () => string
  workers: WorkerPort
  publish: Publish
  /** Asks for the run before (ActiveRun.past); the answer comes back through `pastLoaded`. */
  requestPast: (run: ActiveRun) => void
  /** Asks for an existing run to be taken into memory and cleared for a backfill. */
  requestReprocess: (entry: BackfillEntry, interval: BackfillIntervalRecord) => void
}

export class Engine {
  readonly settings: EngineSettings
  readonly dependencies: EngineDependencies
  readonly dags = new Map<string, DagEntry>()
  /** Runs in memory by their surrogate id. */
  readonly runs = new Map<number, ActiveRun>()
  readonly instances = new Map<number, Instance>()
  readonly live = new Map<number, LiveAttempt>()
  /** By the token that names them. */
  readonly errands = new Map<string, Errand>()
  readonly unplaced = new UnplacedErrands()
  readonly workers = new Map<string, WorkerEntry>()
  /** Workers that were asked to drain in this term, oldest first: one that is lost or cut off meanwhile may not have heard of it. */
  readonly drained = new Set<string>()
  readonly pools = new Map<string, PoolEntry>()
  readonly backfills = new Map<number, BackfillEntry>()
  /** DAGs that are out of memory until they are read again (reload.ts); `stale` = what is being read is old already. */
  readonly reloading = new Map<string, 'waiting' | 'reading' | 'stale'>()
  /** By DAG that is out of memory and is scheduled on assets (assets.ts). */
  readonly missedAssetEvents = new Map<string, MissedEvents>()
  readonly ready = new ReadyQueues()
  readonly timers = new Heap<DueTimer>((a, b) => a.at < b.at)
  readonly parallelism: Limit
  readonly nextId = { dag_run: 1, task_instance: 1, ledger: 1, backfill: 1, asset_event: 1 }

  /** Decided but not yet handed to the committer. */
  pending = new PendingCommit()
  /** Monotonic time at which its term began, moved on while nobody was answered. */
  began = 0
  /** Attempts of an earlier term may still be alive unknown to it. */
  isYoung = true
  /** Time of the step that is under way. */
  now = 0

  readonly dirty: Instance[] = []
  readonly newlyReady: Instance[] = []
  readonly maybeFinished = new Set<ActiveRun>()
  readonly dagsWithRoom = new Set<DagEntry>()
  /** DAGs that are scheduled on assets, and those of them with events that were not looked at yet. */
  readonly assetDags = new Set<DagEntry>()
  readonly dagsWithEvents = new Set<DagEntry>()
  readonly #changedRuns = new Set<ActiveRun>()
  readonly #changedInstances = new Set<Instance>()
  readonly #assigned = new Map<string, { work: LiveAttempt | Errand; attempt: AssignedAttempt }[]>()

  constructor(dependencies: EngineDependencies) {
    this.dependencies = dependencies
    this.settings = dependencies.settings
    this.parallelism = new Limit('parallelism', 'parallelism', dependencies.settings.parallelism)
  }

  /** A step begins (step.ts). */
  begin(now: number): void {
    this.now = Math.max(this.now, now)
    this.pending.beginStep()
  }

  /** So much time was no silence of the workers. */
  forgive(ms: number): void {
    this.began += ms
    for (const worker of this.workers.values()) worker.last_heard += ms
  }

  markChanged(instance: Instance): void {
    this.#changedInstances.add(instance)
    this.markRunChanged(instance.run)
  }

  markRunChanged(run: ActiveRun): void {
    this.#changedRuns.add(run)
    this.pending.touch(run.record.dag_id)
  }

  /** What is not given is null: not of a DAG, a run, a task instance. */
  ledger(entry: Pick<LedgerRecord, 'kind' | 'cause' | 'actor'> & Partial<LedgerRecord>): void {
    this.pending.ledger({
      id: this.nextId.ledger++,
      at: this.now,
      kind: entry.kind,
      dag_id: entry.dag_id ?? null,
      dag_run_id: entry.dag_run_id ?? null,
      task_instance_id: entry.task_instance_id ?? null,
      attempt: entry.attempt ?? null,
      from_state: entry.from_state ?? null,
      to_state: entry.to_state ?? null,
      cause: entry.cause,
      actor: entry.actor,
      message: entry.message ?? null,
    })
  }

  setTimer(timer: Omit<DueTimer, 'id'> & { id?: number }): void {
    this.timers.push({ id: 0, ...timer })
  }

  /** Sends an attempt or an errand to its worker after the commit. */
  assign(work: LiveAttempt | Errand): void {
    const { worker_id, kind } = work
    if (worker_id === null) return
    const { run, record, task } = work.instance
    const mapping = run.graph.mappings[task] ?? null
    work.isSent = false
    const attempt: AssignedAttempt = {
      kind,
      ref: work.ref,
      run: { ...run.record },
      task_instance: { ...record },
      version: run.version,
      expanded_ti_count: mapping === null ? null : (run.expanded.get(mapping) ?? null),
    }
    const list = this.#assigned.get(worker_id)
    if (list === undefined) this.#assigned.set(worker_id, [{ work, attempt }])
    else list.push({ work, attempt })
  }

  #isWork(work: LiveAttempt | Errand): boolean {
    return (work.kind === 'task' ? this.live.get(work.ref.task_instance_id) : this.errands.get(work.token)) === work
  }

  /** Asks a worker to end an attempt, once the reason for it is committed. */
  kill(attempt: LiveAttempt, reason: string): void {
    attempt.isKilled = true
    const ref: AttemptRef = attempt.ref
    const { dag_id } = attempt.instance.run.record
    this.pending.effects.push((dropped) => {
      if (!dropped.has(dag_id)) this.dependencies.workers.kill({ worker_id: attempt.worker_id, ref, reason })
    })
  }

  publish(event: LiveEvent): void {
    this.pending.effects.push(() => this.dependencies.publish([event]))
  }

  /** Turns what this step touched into row changes of the runs and into effects. */
  emit(): void {
    if (this.#changedRuns.size === 0 && this.#changedInstances.size === 0 && this.#assigned.size === 0) return
    const events: { dag_id: string; event: LiveEvent }[] = []
    for (const run of this.#changedRuns) {
      this.pending.changeRun(run.record, { task_counts: run.record.task_counts })
      // The commit owns that object now; memory counts on in one of its own.
      run.record.task_counts = { ...run.record.task_counts }
      events.push({ dag_id: run.record.dag_id, event: runEvent(run.record) })
    }
    for (const instance of this.#changedInstances) events.push({ dag_id: instance.run.record.dag_id, event: taskInstanceEvent(instance) })
    const assigned = [...this.#assigned]
    this.#changedRuns.clear()
    this.#changedInstances.clear()
    this.#assigned.clear()
    const { workers, publish } = this.dependencies
    for (const [worker_id, list] of assigned) {
      this.pending.effects.push((dropped) => {
        // While this was committed the worker may have been declared lost: its attempts run elsewhere, and it may be back.
        const valid = list.filter(
          ({ work, attempt }) =>
            this.#isWork(work) && work.ref === attempt.ref && work.worker_id === worker_id && !dropped.has(attempt.run.dag_id),
        )
        for (const { work } of valid) work.isSent = true
        if (valid.length > 0) workers.assign({ worker_id, attempts: valid.map(({ attempt }) => attempt) })
      })
    }
    this.pending.effects.push((dropped) => {
      const valid = events.filter(({ dag_id }) => !dropped.has(dag_id)).map(({ event }) => event)
      if (valid.length > 0) publish(valid)
    })
  }
}
