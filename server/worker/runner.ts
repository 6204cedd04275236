/**
 * The border inside a worker: the session (gRPC, leases, spools) on one side, the processes that run attempts on the other.
 * `hosts/` implements AttemptRunner; `session/` uses it. Neither side knows the other's files.
 */
import type { AttemptRef } from '#scheduler/ports.ts'

export interface PlainBashCommand {
  command: string
  env: Record<string, string>
  replace_env: boolean
  /** Empty = a fresh temporary folder, removed afterwards. */
  cwd: string
  skip_on_exit_codes: number[]
  /** The last line of the output becomes XCom return_value. */
  push_xcom: boolean
}

export interface AttemptStart {
  ref: AttemptRef
  /** `trigger`: runs beside others in the event loop of a trigger host. The others get a process of their own. */
  kind: 'task' | 'trigger' | 'dag_callback'
  dag_id: string
  run_id: string
  task_id: string
  map_index: number
  /** Set = start this command without Python. */
  bash: PlainBashCommand | null
  /** Folder that holds the bundle's files, and the DAG file's path within it. Unused with `bash`; empty for a trigger of VORTEX's own. */
  bundle_hash: string
  bundle_root: string
  dag_file: string
  /** Document for the Python task host; see python/vortex/host/job.py. */
  job_json: string
  execution_timeout_ms: number
  /** Environment variable -> value; masked in the log. */
  secrets: Record<string, string>
  log_cap_bytes: number
  xcom_cap_bytes: number
}

export interface RenderedField {
  name: string
  value: string
  is_cut: boolean
}

export interface AttemptEnd {
  outcome: 'success' | 'failed' | 'failed_final' | 'skipped' | 'rescheduled' | 'deferred' | 'killed'
  exit_code: number
  signal: string
  reason: string
  reason_code: string
  xcoms: XComValue[]
  skip_task_ids: string[]
  reschedule_at_ms: number
  /** Of a deferred attempt: trigger and method; of a trigger: its event. */
  deferral_json: string
  /** Of a deferred attempt, from its end; 0 = none. */
  deferral_timeout_ms: number
  /** Of a success: JSON of the events of its outlets; empty = it said nothing. */
  asset_events_json: string
  max_rss_bytes: number
  log_bytes: number
  log_truncated: boolean
  run_ms: number
  /** What stands for the map index; empty = nothing. */
  rendered_map_index: string
}

/** The end of what no process ran, as far as nothing else is said. */
export const UNSTARTED_END: AttemptEnd = {
  outcome: 'failed',
  exit_code: -1,
  signal: '',
  reason: '',
  reason_code: '',
  xcoms: [],
  skip_task_ids: [],
  reschedule_at_ms: 0,
  deferral_json: '',
  deferral_timeout_ms: 0,
  asset_events_json: '',
  max_rss_bytes: 0,
  log_bytes: 0,
  log_truncated: false,
  run_ms: 0,
  rendered_map_index: '',
}

export interface XComValue {
  key: string
  value_json: string
  /** Of a return value that tasks are mapped over. */
  map_length?: number | undefined
}

/** Called by the runner. Order per attempt: started, then any of log/xcom/rendered/request, then ended exactly once. */
export interface AttemptListener {
  started(ref: AttemptRef, p: { pid: number }): void
  /** Bytes of the merged output in order, secrets masked; offsets follow from their lengths. */
  /** `age_ms`: how long ago the task wrote it, if that was not just now. */
  log(ref: AttemptRef, bytes: Uint8Array, age_ms?: number): void
  xcom(ref: AttemptRef, xcoms: XComValue[]): void
  /** The template fields as text, secrets masked; at most once, before its `ended`. */
  rendered(ref: AttemptRef, fields: RenderedField[]): void
  /** A question of the task; the answer goes back through `respond`. */
  request(ref: AttemptRef, p: { id: number; method: string; params_json: string }): void
  /** The whole process tree of the attempt is gone when this is called. */
  ended(ref: AttemptRef, end: AttemptEnd): void
}

export interface AttemptRunner {
  start(): Promise<void>
  /** Never throws; a start that fails is reported through `ended`. Before or after `started` the attempt can be killed. */
  run(attempt: AttemptStart): void
  respond(ref: AttemptRef, p: { id: number; result_json: string; error_code: string; error_message: string }): void
  /** TERM to the tree, KILL after the grace (default 10 s), then `ended` with outcome killed. */
  kill(ref: AttemptRef, p: { reason: string; grace_ms?: number }): void
  /**
   * Guard: unless renewed, every process tree is killed when this many milliseconds have passed, even if this process
   * hangs or dies. null = no limit.
   */
  renewLease(p: { valid_ms: number | null }): void
  /** Kills what still runs and ends the hosts. */
  stop(): Promise<void>
}
