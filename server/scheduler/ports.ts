/**
 * The borders of the engine: what it needs of the swarm, and what API, swarm and DAG files may ask of it.
 * The engine is one deterministic state machine in memory (engine.ts) with one group committer around it; these are the
 * only doors.
 */
import type { TimetableSpec } from '#contract/dagSpec.ts'
import type { DagRunState, ReprocessBehaviour, TaskInstanceState, WorkerState } from '#contract/states.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { Affected, BackfillInterval, ClearBody } from '#contract/dagRun.ts'
import type { Why } from '#contract/taskInstance.ts'
import type { AssetEventRecord, BackfillRecord, DagRecord, DagRunRecord, DagVersionRecord, TaskInstanceRecord } from '#db/records.ts'
import type { PlannedRun, Restriction } from '#domain/schedule/plannedRun.ts'

/** Names one attempt; the lease token proves the right to report on it. */
export interface AttemptRef {
  task_instance_id: number
  attempt: number
  lease_token: string
}

/** An attempt that a worker shall run. The swarm adds bundle, secrets and the job document when it sends it. */
export interface AssignedAttempt {
  ref: AttemptRef
  run: DagRunRecord
  task_instance: TaskInstanceRecord
  version: DagVersionRecord
  /** Instances that its mapped task or group has; null = it is not mapped. */
  expanded_ti_count: number | null
  /** `trigger`: only what the deferred task waits for. `dag_callback`: the callback that `run.callback` names. */
  kind: 'task' | 'trigger' | 'dag_callback'
}

/** How the engine reaches workers. Calls never block and never throw; a worker that is gone loses its messages. */
export interface WorkerPort {
  assign(p: { worker_id: string; attempts: AssignedAttempt[] }): void
  kill(p: { worker_id: string; ref: AttemptRef; reason: string }): void
  /** `is_over`: it may take attempts again. */
  drain(p: { worker_id: string; is_over?: boolean }): void
  /** Ends the worker's session, if it has one, so that it says hello again: nothing that it holds counts any more. */
  disconnect(p: { worker_id: string }): void
  /** Ends all sessions, so that every worker says hello again: the engine starts a new term with what the database has. */
  disconnectAll(): void
}

export interface WorkerHello {
  worker_id: string
  hostname: string
  capacity: number
  queues: string[]
  labels: string[]
  version: string
  local: boolean
  /** It takes nothing new; it was told so, by this controller or an earlier one, or is stopping. */
  draining: boolean
  held: AttemptRef[]
}

export interface XComPut {
  key: string
  value_json: string
  /** Of a return value that tasks are mapped over: its items; 1 for a value of a task that is mapped itself. */
  map_length?: number | undefined
}

/** What a worker reports of an attempt. Times are the controller's, corrected by the report's age. */
export type AttemptReport =
  | { type: 'started'; ref: AttemptRef; at: number; pid: number; hostname: string }
  | { type: 'xcom'; ref: AttemptRef; xcoms: XComPut[] }
  | {
      type: 'ended'
      ref: AttemptRef
      at: number
      outcome: 'success' | 'failed' | 'failed_final' | 'skipped' | 'rescheduled' | 'deferred' | 'killed'
      exit_code: number
      signal: string
      reason: string
      reason_code: string
      xcoms: XComPut[]
      skip_task_ids: string[]
      reschedule_at: number | null
      /** Of a deferred attempt what it waits for, of a trigger its event; JSON of the Python package. */
      deferral_json: string | null
      /** Of a deferred attempt: when it is to go on without an event. */
      deferral_timeout_at?: number
      /** What a successful attempt said of its outlets, and assets that it added through aliases. */
      asset_events?: { name: string; uri: string; group: string; extra: Record<string, unknown>; alias: string | null }[]
      /** What an errand printed; it has no log. */
      output?: string
      max_rss_bytes: number | null
      log_truncated: boolean
      /** What stands for the map index, by the task's map_index_template. */
      rendered_map_index?: string
    }

export type EndReport = Extract<AttemptReport, { type: 'ended' }>

/** What the swarm tells the engine. */
export interface SwarmInbox {
  /** Resolves with the held attempts that the worker must kill. */
  workerConnected(hello: WorkerHello): Promise<{ unknown: AttemptRef[] }>
  /** Renews the lease of every attempt of the worker. */
  workerHeartbeat(p: { worker_id: string; running: number }): void
  /** The stream broke. Nothing is re-queued before the worker's lease has ended. */
  workerDisconnected(p: { worker_id: string }): void
  /** Resolves once the reports are committed (stale ones are dropped and count as committed). */
  workerReports(p: { worker_id: string; reports: AttemptReport[] }): Promise<void>
  /** Attempts given back unstarted. */
  workerReleased(p: { worker_id: string; refs: AttemptRef[] }): Promise<void>
}

/** A live view of a worker for lists. */
export interface WorkerView {
  worker_id: string
  hostname: string
  status: WorkerState
  capacity: number
  active_tasks: number
  queues: string[]
  labels: string[]
  version: string
  last_heartbeat: number
  connected_at: number
}

export interface PoolUsage {
  running: number
  queued: number
  deferred: number
  /** Task instances that wait for a slot. */
  waiting: number
}

/**
 * What API, CLI and DAG files may ask of the engine. Every promise resolves after the change is committed, and rejects with
 * VortexError (`not_found`, `conflict`, `invalid_state`, `invalid_params`, `not_leader`, `database_unavailable`).
 * `actor` is the user name that goes into the ledger.
 */
export interface EngineCommands {
  dagTrigger(p: {
    dag_id: string
    conf: Record<string, unknown>
    /** null = now; none = the run is for no date (3.x rules only). */
    logical_date: number | null | 'none'
    run_id: string | null
    note: string | null
    actor: string
  }): Promise<DagRunRecord>
  dagSetPaused(p: { dag_id: string; paused: boolean; actor: string }): Promise<void>
  dagDelete(p: { dag_id: string; actor: string }): Promise<void>
  /** A person changed a file of the DAG folder: the ledger of its DAGs says who. */
  dagFileNoted(p: { change: 'created' | 'saved' | 'moved' | 'deleted'; dag_ids: string[]; message: string; actor: string }): Promise<void>
  /** A person records that an asset was updated. */
  assetUpdate(p: { name: string; uri: string; group: string; extra: Record<string, unknown>; actor: string }): Promise<AssetEventRecord>
  /** New and changed versions after a parse; stale DAGs get no new scheduled runs. */
  dagsChanged(p: { changed: { dag: DagRecord; version: DagVersionRecord; is_new: boolean }[]; stale: string[] }): Promise<void>
  runCancel(p: { dag_id: string; run_id: string; actor: string }): Promise<DagRunRecord>
  runClear(p: { dag_id: string; run_id: string; options: ClearBody; actor: string }): Promise<Affected>
  runMark(p: { dag_id: string; run_id: string; state: Extract<DagRunState, 'success' | 'failed'>; actor: string }): Promise<DagRunRecord>
  runDelete(p: { dag_id: string; run_id: string; actor: string }): Promise<void>
  taskInstanceMark(p: {
    dag_id: string
    run_id: string
    task_id: string
    map_index: number
    state: 'success' | 'failed' | 'skipped'
    actor: string
  }): Promise<TaskInstanceRecord>
  /** Marks several, perhaps in runs before and after too. `map_index`: only this one of a single mapped task. */
  tasksMark(p: {
    dag_id: string
    run_id: string
    state: 'success' | 'failed' | 'skipped'
    options: {
      task_ids: string[]
      map_index: number | null
      include_upstream: boolean
      include_downstream: boolean
      include_past: boolean
      include_future: boolean
      dry_run: boolean
    }
    actor: string
  }): Promise<Affected>
  /** null = no note. */
  runNote(p: { dag_id: string; run_id: string; note: string | null; actor: string }): Promise<DagRunRecord>
  taskInstanceNote(p: {
    dag_id: string
    run_id: string
    task_id: string
    map_index: number
    note: string | null
    actor: string
  }): Promise<TaskInstanceRecord>
  backfillCreate(p: {
    dag_id: string
    start_date: number
    end_date: number
    max_active_runs: number
    reprocess: ReprocessBehaviour
    run_backwards: boolean
    conf: Record<string, unknown>
    dry_run: boolean
    actor: string
  }): Promise<{ backfill: BackfillRecord | null; intervals: BackfillInterval[] }>
  backfillSetState(p: {
    dag_id: string
    backfill_id: number
    action: 'pause' | 'resume' | 'cancel'
    actor: string
  }): Promise<BackfillRecord>
  /** A pool was stored or deleted: the engine reads them. */
  poolsChanged(p: Record<string, never>): Promise<void>
  workerDrain(p: { worker_id: string; actor: string }): Promise<void>
  workerResume(p: { worker_id: string; actor: string }): Promise<void>
  workerForget(p: { worker_id: string; actor: string }): Promise<void>
}

/** Where the schedule of a DAG stands; everything that decides which runs the engine creates. */
export interface DagSchedule {
  spec: TimetableSpec
  last: PlannedRun | null
  restriction: Restriction
  dialect: '2' | '3'
  is_paused: boolean
  is_stale: boolean
  max_active_runs: number
  /** Runs that count against max_active_runs. */
  active_runs: number
  /** Runs that an unpaused DAG would start or go on with, backfills included. */
  held_runs: number
  run_id_suffix: string
}

/** A task instance that a worker runs or that waits for a slot of a pool. */
export interface LiveTask {
  dag_id: string
  run_id: string
  task_id: string
  map_index: number
  try_number: number
  state: TaskInstanceState
  pool: string
  pool_slots: number
  queue: string
  priority_weight: number
  worker_id: string | null
  /** When it started, or when it became ready. */
  since: number | null
}

/** Answers from memory; cheap, never waits. */
export interface EngineQueries {
  role(): 'leader' | 'standby' | 'starting'
  why(p: { dag_id: string; run_id: string; task_id: string; map_index: number }): Why | null
  poolUsage(): Map<string, PoolUsage>
  workers(): WorkerView[]
  counts(): { runnable: number; running: number; parallelism: number }
  /** null = there is no such DAG. */
  dagSchedule(p: { dag_id: string }): DagSchedule | null
  /** What a worker holds, or what uses and awaits a pool: running first, then by priority. At most `limit`, and how many there are. */
  liveTasks(p: { worker_id?: string; pool?: string; limit: number }): { tasks: LiveTask[]; total: number }
  /** The next scheduled runs of a DAG, by the code that creates them. */
  nextRuns(p: {
    dag_id: string
    count: number
  }): { run_after: number; logical_date: number; data_interval_start: number; data_interval_end: number }[]
  /** When the next scheduled runs of these DAGs are due between two times, oldest first, at most `max` each; paused DAGs have none. */
  plannedRuns(p: { dag_ids: string[]; from: number; to: number; max: number }): { dag_id: string; run_after: number[] }[]
}

/** The same, of whichever controller leads. Rejects with `not_leader` if none answers. */
export type LeaderQueries = {
  [M in Exclude<keyof EngineQueries, 'role'>]: (...p: Parameters<EngineQueries[M]>) => Promise<ReturnType<EngineQueries[M]>>
}

/** Where committed facts go: the live-event bus. */
export type Publish = (events: LiveEvent[]) => void
