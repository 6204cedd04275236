/**
 * Records of the store. Fields have the names of their SQL columns (snake_case). Every instant is a number:
 * milliseconds since 1970-01-01 UTC. JSON columns arrive parsed.
 */
import type { DagSpec, BundleFile } from '#contract/dagSpec.ts'
import type {
  AttemptState,
  BackfillState,
  DagRunState,
  ReprocessBehaviour,
  Role,
  RunType,
  TaskInstanceState,
  WorkerState,
} from '#contract/states.ts'
import type { AssetUse } from '#contract/asset.ts'

/** An asset was updated: by a task instance that succeeded, or by a person (source_* null). */
export interface AssetEventRecord {
  id: number
  name: string
  uri: string
  asset_group: string
  extra: Record<string, unknown>
  /** The alias through which the task named the asset. */
  alias: string | null
  at: number
  source_dag_id: string | null
  source_run_id: string | null
  source_task_id: string | null
  source_map_index: number | null
  source_interval_start: number | null
  source_interval_end: number | null
  /** Who recorded it by hand; null = a task did. */
  created_by: string | null
}

export interface DagRecord {
  dag_id: string
  file: string
  is_paused: boolean
  is_stale: boolean
  /** Newest version. */
  dag_version_id: number
  version: number
  description: string | null
  dag_display_name: string | null
  owner: string
  tags: string[]
  schedule: string | null
  timezone: string
  max_active_runs: number
  max_active_tasks: number
  task_count: number
  is_dynamic: boolean
  /** As the spec says; not set there counts as false. */
  catchup: boolean
  /** When the next scheduled run is due, and what it will cover; null = none. Kept by the scheduler. */
  next_run_after: number | null
  next_logical_date: number | null
  next_interval_start: number | null
  next_interval_end: number | null
  /** Newest scheduled run ever created, so that deleting runs does not create them again. */
  last_scheduled_logical_date: number | null
  last_scheduled_interval_start: number | null
  last_scheduled_interval_end: number | null
  last_scheduled_run_after: number | null
  consecutive_failed_runs: number
  /** Events of assets that it is scheduled on, since its last run for them; oldest first. */
  queued_asset_events: AssetEventRecord[]
  /** Assets that its newest version names, and the condition of its schedule in words; null = it waits for none. Kept by the scheduler. */
  asset_uses: AssetUse[]
  asset_schedule: string | null
  created_at: number
  updated_at: number
}

export interface DagVersionRecord {
  id: number
  dag_id: string
  version: number
  /** SHA-256 of the canonical spec and the bundle manifest. */
  hash: string
  spec: DagSpec
  /** SHA-256 of the canonical manifest; workers fetch bundles by it. */
  bundle_hash: string
  file: string
  created_at: number
}

export interface BundleRecord {
  hash: string
  /** The DAG file first. */
  files: BundleFile[]
}

export interface DagFileRecord {
  file: string
  /** SHA-256 over content and inputs of the newest parse. */
  hash: string
  parsed_at: number
  duration_ms: number
  dag_ids: string[]
  /** A parse of before migration 0011 says nothing of connections. */
  inputs: { files: string[]; variables: string[]; connections?: string[]; environment: string[] }
  error: { kind: string; message: string; traceback: string; line: number | null } | null
  fork_hazard: string | null
}

/** The callback of a DAG that is still to be called for a run that has ended; it is an errand (docs/decisions/0008-waiting-without-slots.md). */
export interface RunCallback {
  kind: 'success' | 'failure'
  /** success, task_failure, timed_out. */
  reason: string
  /** Names the errand at workers. */
  token: string
  /** Its context is that of this task instance. */
  task_instance_id: number
  /** Workers that were lost with it. */
  losses: number
}

/** What a deferred task instance waits for, or goes on with. */
export interface DeferralRecord {
  /** Names the errand at workers. */
  token: string
  /** JSON text of the Python package: trigger, method and its arguments. The controller only passes it on. */
  body: string
  /** Of the first attempt of the try. Missing in rows from before it was kept. */
  try_started_at?: number
  timeout_at: number | null
  /** JSON text that the trigger or the timeout left: {event}, {failed} or {timeout}; null = it waits. */
  event: string | null
  /** What the trigger printed. */
  output: string
}

export interface DagRunRecord {
  id: number
  dag_id: string
  run_id: string
  run_type: RunType
  state: DagRunState
  logical_date: number | null
  data_interval_start: number | null
  data_interval_end: number | null
  run_after: number
  queued_time: number
  start_time: number | null
  end_time: number | null
  triggered_by: string
  conf: Record<string, unknown>
  note: string | null
  dag_version_id: number
  backfill_id: number | null
  state_reason: string | null
  /** Task instances by state, kept by the scheduler so that lists need no counting. */
  task_counts: Partial<Record<TaskInstanceState, number>>
  callback: RunCallback | null
  /** Events that triggered it, oldest first; null = something else did. */
  asset_events: AssetEventRecord[] | null
}

/** A run in a list: a conf that is longer than was asked for is null. */
export type DagRunRow = Omit<DagRunRecord, 'conf'> & { conf: DagRunRecord['conf'] | null }

export interface TaskInstanceRecord {
  id: number
  dag_run_id: number
  task_id: string
  map_index: number
  state: TaskInstanceState
  try_number: number
  max_tries: number
  operator: string
  pool: string
  pool_slots: number
  queue: string
  priority_weight: number
  scheduled_time: number | null
  queued_time: number | null
  start_time: number | null
  end_time: number | null
  /** Due time of the next try, poke or deferral timeout. */
  next_try_at: number | null
  worker_id: string | null
  /** Proof of the current attempt's lease; null when no attempt is alive. */
  lease_token: string | null
  state_reason: string | null
  note: string | null
  /** Items of what it returned, if tasks are mapped over them; null = nothing was returned, or nobody asks. */
  map_length: number | null
  /** What stands for the map index, by the task's map_index_template; null = the number itself. */
  rendered_map_index: string | null
  deferral: DeferralRecord | null
  /** Attempts that began no try: pokes, those that went on after a deferral, those that were given back. */
  continuations: number
  /** Start of the first poke since it was cleared; null = it has not poked. */
  waiting_since: number | null
}

export interface AttemptRecord {
  task_instance_id: number
  attempt: number
  state: AttemptState
  lease_token: string
  worker_id: string
  hostname: string
  pid: number | null
  queued_time: number
  start_time: number | null
  end_time: number | null
  exit_code: number | null
  signal: string | null
  reason: string | null
  max_rss_bytes: number | null
}

/** The template fields of an attempt as they were rendered, secrets masked. */
export interface RenderedRecord {
  task_instance_id: number
  attempt: number
  /** JSON of RenderedField[]. */
  fields: string
}
export interface RenderedField {
  name: string
  value: string
  is_cut: boolean
}

export interface XComRecord {
  dag_run_id: number
  task_id: string
  map_index: number
  key: string
  /** JSON text. */
  value: string
  size: number
  timestamp: number
}

export interface LedgerRecord {
  id: number
  at: number
  kind: string
  dag_id: string | null
  /** Surrogate ids, resolved to names when read. */
  dag_run_id: number | null
  task_instance_id: number | null
  attempt: number | null
  from_state: string | null
  to_state: string | null
  cause: string
  actor: string
  message: string | null
}
/** A ledger entry with the names that its ids stand for. */
export interface NamedLedgerRecord extends LedgerRecord {
  run_id: string | null
  task_id: string | null
  map_index: number | null
}

export interface PoolRecord {
  name: string
  slots: number
  description: string
  include_deferred: boolean
}

export interface VariableRecord {
  key: string
  value: string
  description: string
  updated_at: number
}

/** A sealed secret: see server/vault. All byte fields are base64. */
export interface SecretRecord {
  key: string
  sealed: { format: number; key_id: string; wrapped_key: string; wrap_nonce: string; nonce: string; ciphertext: string }
  created_at: number
  updated_at: number
}

export interface ConnectionRecord {
  conn_id: string
  conn_type: string
  description: string
  host: string | null
  port: number | null
  schema: string | null
  login: string | null
  /** Password and extra, sealed together (server/vault/connections.ts); null = it has neither. */
  sealed: SecretRecord['sealed'] | null
  created_at: number
  updated_at: number
}

export interface UserRecord {
  username: string
  role: Role
  /** `scrypt$N$r$p$salt$hash`, or null: no password set (sign-in by link only). */
  password_hash: string | null
  created_at: number
  last_login_at: number | null
}
export interface SessionRecord {
  /** SHA-256 of the cookie's value. */
  token_hash: string
  username: string
  created_at: number
  last_used_at: number
  expires_at: number
}
export interface ApiKeyRecord {
  id: number
  token_hash: string
  username: string
  name: string
  prefix: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
}
export interface LoginLinkRecord {
  token_hash: string
  username: string
  expires_at: number
}

export interface WorkerRecord {
  worker_id: string
  hostname: string
  status: WorkerState
  capacity: number
  queues: string[]
  labels: string[]
  version: string
  last_heartbeat: number
  connected_at: number
}

export interface BackfillRecord {
  id: number
  dag_id: string
  state: BackfillState
  start_date: number
  end_date: number
  max_active_runs: number
  reprocess: ReprocessBehaviour
  run_backwards: boolean
  conf: Record<string, unknown>
  created_at: number
  created_by: string
  end_time: number | null
  runs_total: number
  runs_created: number
  runs_finished: number
}
/** One planned run of a backfill, in order of `ordinal`. */
export interface BackfillIntervalRecord {
  backfill_id: number
  ordinal: number
  logical_date: number
  data_interval_start: number
  data_interval_end: number
  action: 'create' | 'reprocess' | 'skip'
  run_id: string
  /** Run that was created or cleared for it; null = not yet. */
  dag_run_id: number | null
}

export interface LogRecord {
  task_instance_id: number
  attempt: number
  size: number
  complete: boolean
  truncated: boolean
}
