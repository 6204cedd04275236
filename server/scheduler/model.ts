/**
 * What the engine holds in memory: only what is active. The database is the truth; this is its compiled form.
 *
 * Invariants
 * - An ActiveRun leaves memory only after the commit that finished it, so a read of the database never lags behind it.
 * - `Instance.record` is the row as it will be after the pending commit; `checkTransition` guards each change of its state.
 * - A LiveAttempt exists from the moment an attempt is assigned until its worker reported its end or its lease ended; it holds
 *   its slots all that time, also when a person has already cancelled or marked its task instance.
 */
import type { TaskSpec } from '#contract/dagSpec.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import type {
  AssetEventRecord,
  BackfillIntervalRecord,
  BackfillRecord,
  DagRecord,
  DagRunRecord,
  DagVersionRecord,
  PoolRecord,
  TaskInstanceRecord,
} from '#db/records.ts'
import type { CompiledGraph } from '#domain/graph.ts'
import type { Mapping } from '#domain/mapping.ts'
import type { UpstreamCounts } from '#domain/triggerRule.ts'
import type { Timetable } from '#domain/schedule/timetable.ts'
import type { AttemptRef, WorkerHello } from './ports.ts'
import type { Limit, ReadyQueue } from './readyQueues.ts'

/** A task instance of an active run. */
export class Instance {
  readonly run: ActiveRun
  /** Index of its task in the run's graph; another one when the run moves to another version. */
  task: number
  readonly record: TaskInstanceRecord
  live: LiveAttempt | null = null
  /** The ready queue that holds it while it could run, else null. */
  queue: ReadyQueue | null = null

  constructor(run: ActiveRun, task: number, record: TaskInstanceRecord) {
    this.run = run
    this.task = task
    this.record = record
  }

  get spec(): TaskSpec {
    return this.run.graph.tasks[this.task] as TaskSpec
  }
}

/** States of the run before, for depends_on_past and wait_for_downstream. */
export interface PastRun {
  dag_run_id: number
  run_id: string
  stateOf(task_id: string): TaskInstanceState | null
}

export class ActiveRun {
  readonly dag: DagEntry
  readonly record: DagRunRecord
  version: DagVersionRecord
  graph: CompiledGraph
  instances: Instance[] = []
  /** Instances of each task: one, or of a mapped task one for each index once it has them. */
  byTask: Instance[][] = []
  /** Mapped tasks that have the instances that their sources ask for, with their number (mapping.ts). */
  readonly expanded = new Map<Mapping, number>()
  /** Rows of tasks that its version does not have, by task id; a version that has them again takes them back. */
  readonly removed = new Map<string, TaskInstanceRecord[]>()
  upstreamCounts: UpstreamCounts[] = []
  unfinished = 0
  /** How often it ended while in memory: an effect of an older ending must not forget a run that ended again. */
  endings = 0
  /** Commands that look at it or are about to change it: it stays in memory meanwhile. */
  pins = 0
  /** Its rows are deleted with the commit that is pending or under way. */
  isDeleted = false
  /** undefined = not looked up yet; null = there is no run before. */
  past: PastRun | null | undefined = undefined
  /** The run in memory that `past` is. */
  waits_for: ActiveRun | null = null
  /** Runs whose `past` is this one. */
  readonly waitingForThis = new Set<ActiveRun>()
  /** Limit of active tasks per run (3.x) or of the whole DAG (2.x). */
  readonly taskSlots: Limit
  readonly perRunLimits = new Map<string, Limit>()

  constructor(dag: DagEntry, record: DagRunRecord, version: DagVersionRecord, graph: CompiledGraph, taskSlots: Limit) {
    this.dag = dag
    this.record = record
    this.version = version
    this.graph = graph
    this.taskSlots = taskSlots
  }

  get isActive(): boolean {
    return this.record.state === 'queued' || this.record.state === 'running'
  }
}

export class DagEntry {
  record: DagRecord
  version: DagVersionRecord
  timetable: Timetable
  /** Runs in memory by run id: active ones, and finished ones until their commit is through. */
  readonly runs = new Map<string, ActiveRun>()
  /** Queued runs within max_active_runs, and those of backfills, which have limits of their own; in the order in which they start. */
  readonly queued = new Set<ActiveRun>()
  readonly queued_backfill = new Set<ActiveRun>()
  /** Numbers of its queued and running runs, and of the running ones; without those of backfills. */
  active = 0
  running = 0
  readonly perDagLimits = new Map<string, Limit>()
  taskSlots: Limit
  /** Due time of the timer that is set for its next run; null = none. */
  timer_at: number | null = null
  /** Its successful run with the newest logical date; undefined = not looked up since it last changed, null = there is none. */
  newest_success: DagRunRecord | null | undefined = undefined
  /** Grows when a run begins or ceases to be successful: what was read before is old. */
  successes = 0
  /** Added to the names of its scheduled and backfill runs, after one was taken (reload.ts). */
  run_id_suffix = ''
  /** When its newest run for assets was created in this term. */
  last_asset_run_at: number | null = null
  /** Logical date of the newest manual run without a given one. */
  last_manual_date: number | null = null

  constructor(record: DagRecord, version: DagVersionRecord, timetable: Timetable, taskSlots: Limit) {
    this.record = record
    this.version = version
    this.timetable = timetable
    this.taskSlots = taskSlots
  }
}

export class LiveAttempt {
  readonly kind = 'task'
  readonly ref: AttemptRef
  instance: Instance
  worker_id: string
  state: 'queued' | 'running' = 'queued'
  started_at: number | null = null
  /** Its assignment has left for the worker's session of that moment; false while the commit is on its way. */
  isSent = false
  /** A kill was asked for: whatever it reports, its task instance has moved on. */
  isKilled = false
  /** Slots that it holds. */
  readonly held: { limit: Limit; slots: number }[]

  constructor(ref: AttemptRef, instance: Instance, worker_id: string, held: { limit: Limit; slots: number }[]) {
    this.ref = ref
    this.instance = instance
    this.worker_id = worker_id
    this.held = held
  }
}

/** Events for a DAG that is out of memory. */
export interface MissedEvents {
  /** What it waited with in memory; of it, what the database has, it reads again. */
  queued: AssetEventRecord[]
  /** What its runs in memory were created for; a run that the database refused was not. */
  ofRuns: { run_id: string; events: readonly AssetEventRecord[] }[]
  since: AssetEventRecord[]
}

/** Work of a worker that is no attempt (errands.ts). */
export class Errand {
  readonly kind: 'trigger' | 'dag_callback'
  /** Of its column: the same for as long as it exists. */
  readonly token: string
  readonly instance: Instance
  /** As its worker knows it: another one each time that it is given to one, so that an old word about it is known as such. */
  ref: AttemptRef
  worker_id: string | null = null
  /** As of a LiveAttempt. */
  isSent = false
  /** It is of an earlier term, and a worker that has not said hello yet may have it. */
  isRestored: boolean
  /** Slots that it holds: of a pool that counts deferred task instances. */
  readonly held: { limit: Limit; slots: number }[]

  constructor(
    kind: Errand['kind'],
    token: string,
    instance: Instance,
    p: { held: { limit: Limit; slots: number }[]; isRestored: boolean },
  ) {
    this.kind = kind
    this.token = token
    this.ref = { task_instance_id: instance.record.id, attempt: Math.max(1, instance.record.try_number), lease_token: '' }
    this.instance = instance
    this.held = p.held
    this.isRestored = p.isRestored
  }
}

export class WorkerEntry {
  hello: WorkerHello
  readonly attempts = new Set<LiveAttempt>()
  readonly errands = { trigger: new Set<Errand>(), dag_callback: new Set<Errand>() }
  /** Monotonic time of the last sign of life. */
  last_heard: number
  last_heartbeat_at: number
  readonly connected_at: number
  /** What it held at its hello and nobody knew, by task instance, until it says that it has ended: runs of these may come back to memory. */
  readonly dying = new Map<number, AttemptRef>()
  is_connected = true
  /** It said hello in this term, and was told what to kill. */
  is_greeted = true
  is_draining = false
  /** Smoothed run time of its attempts, for prefetching. */
  typical_run_ms = 1000

  constructor(hello: WorkerHello, monotonic: number, now: number) {
    this.hello = hello
    this.last_heard = monotonic
    this.last_heartbeat_at = now
    this.connected_at = now
  }

  /**
   * Attempts it may hold at once: its capacity, and while its attempts are short also as many as it ends within 100 ms
   * (at most twice its capacity), so that the next one is at hand when one ends. Longer attempts are never prefetched: they
   * would wait here while another worker is free.
   */
  get allowance(): number {
    if (!this.is_connected || this.is_draining) return 0
    const capacity = this.hello.capacity
    const prefetch = this.typical_run_ms >= 100 ? 0 : Math.min(2 * capacity, Math.ceil((capacity * 100) / Math.max(1, this.typical_run_ms)))
    return capacity + prefetch
  }

  serves(queue: string): boolean {
    return this.hello.queues.length === 0 ? queue === 'default' : this.hello.queues.includes(queue)
  }
}

export interface BackfillEntry {
  record: BackfillRecord
  intervals: BackfillIntervalRecord[]
  /** Active runs that belong to it. */
  active: Set<number>
  /** One of its runs failed. */
  hasFailures: boolean
}

export interface PoolEntry {
  record: PoolRecord
  limit: Limit
}

export interface EngineSettings {
  /** Attempts at once over all workers. */
  parallelism: number
  /** A worker that was silent this long has lost its attempts (its own deadline is earlier). */
  lease_ms: number
  /** Added to the lease before attempts are given to others: covers timer slack on both sides. */
  lease_margin_ms: number
}

export const DEFAULT_SETTINGS: EngineSettings = { parallelism: 32, lease_ms: 6000, lease_margin_ms: 1500 }
