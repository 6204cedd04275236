/**
 * The columns of every table and how each travels between a record and SQL. Written once for both dialects: SQLite keeps
 * booleans as 0 or 1, instants as integers and JSON as text; PostgreSQL has types of its own for all three.
 */
import type {
  AssetEventRecord,
  ApiKeyRecord,
  AttemptRecord,
  BackfillIntervalRecord,
  BackfillRecord,
  BundleRecord,
  ConnectionRecord,
  DagFileRecord,
  DagRecord,
  DagRunRecord,
  DagVersionRecord,
  LedgerRecord,
  LoginLinkRecord,
  PoolRecord,
  SecretRecord,
  SessionRecord,
  TaskInstanceRecord,
  UserRecord,
  RenderedRecord,
  VariableRecord,
  WorkerRecord,
  XComRecord,
} from './records.ts'

/** `int` fits 53 bits; `time` is an instant in milliseconds. */
export type ColumnKind = 'int' | 'real' | 'text' | 'bool' | 'json' | 'time'

export interface TableRecords {
  dags: DagRecord
  dag_versions: DagVersionRecord
  bundles: BundleRecord
  dag_files: DagFileRecord
  dag_runs: DagRunRecord
  task_instances: TaskInstanceRecord
  attempts: AttemptRecord
  xcoms: XComRecord
  rendered_fields: RenderedRecord
  asset_events: AssetEventRecord
  ledger: LedgerRecord
  pools: PoolRecord
  variables: VariableRecord
  secrets: SecretRecord
  connections: ConnectionRecord
  users: UserRecord
  sessions: SessionRecord
  api_keys: ApiKeyRecord
  login_links: LoginLinkRecord
  workers: WorkerRecord
  backfills: BackfillRecord
  backfill_intervals: BackfillIntervalRecord
}
export type TableName = keyof TableRecords

type Columns<T> = { readonly [K in keyof T]-?: ColumnKind }

export const COLUMNS: { readonly [T in TableName]: Columns<TableRecords[T]> } = {
  dags: {
    dag_id: 'text',
    file: 'text',
    is_paused: 'bool',
    is_stale: 'bool',
    dag_version_id: 'int',
    version: 'int',
    description: 'text',
    dag_display_name: 'text',
    owner: 'text',
    tags: 'json',
    schedule: 'text',
    timezone: 'text',
    max_active_runs: 'int',
    max_active_tasks: 'int',
    task_count: 'int',
    is_dynamic: 'bool',
    catchup: 'bool',
    next_run_after: 'time',
    next_logical_date: 'time',
    next_interval_start: 'time',
    next_interval_end: 'time',
    last_scheduled_logical_date: 'time',
    last_scheduled_interval_start: 'time',
    last_scheduled_interval_end: 'time',
    last_scheduled_run_after: 'time',
    consecutive_failed_runs: 'int',
    queued_asset_events: 'json',
    asset_uses: 'json',
    asset_schedule: 'text',
    created_at: 'time',
    updated_at: 'time',
  },
  dag_versions: {
    id: 'int',
    dag_id: 'text',
    version: 'int',
    hash: 'text',
    spec: 'json',
    bundle_hash: 'text',
    file: 'text',
    created_at: 'time',
  },
  asset_events: {
    id: 'int',
    name: 'text',
    uri: 'text',
    asset_group: 'text',
    extra: 'json',
    alias: 'text',
    at: 'time',
    source_dag_id: 'text',
    source_run_id: 'text',
    source_task_id: 'text',
    source_map_index: 'int',
    source_interval_start: 'time',
    source_interval_end: 'time',
    created_by: 'text',
  },
  bundles: { hash: 'text', files: 'json' },
  dag_files: {
    file: 'text',
    hash: 'text',
    parsed_at: 'time',
    duration_ms: 'real',
    dag_ids: 'json',
    inputs: 'json',
    error: 'json',
    fork_hazard: 'text',
  },
  dag_runs: {
    id: 'int',
    dag_id: 'text',
    run_id: 'text',
    run_type: 'text',
    state: 'text',
    logical_date: 'time',
    data_interval_start: 'time',
    data_interval_end: 'time',
    run_after: 'time',
    queued_time: 'time',
    start_time: 'time',
    end_time: 'time',
    triggered_by: 'text',
    conf: 'json',
    note: 'text',
    dag_version_id: 'int',
    backfill_id: 'int',
    state_reason: 'text',
    task_counts: 'json',
    callback: 'json',
    asset_events: 'json',
  },
  task_instances: {
    id: 'int',
    dag_run_id: 'int',
    task_id: 'text',
    map_index: 'int',
    state: 'text',
    try_number: 'int',
    max_tries: 'int',
    operator: 'text',
    pool: 'text',
    pool_slots: 'int',
    queue: 'text',
    priority_weight: 'int',
    scheduled_time: 'time',
    queued_time: 'time',
    start_time: 'time',
    end_time: 'time',
    next_try_at: 'time',
    worker_id: 'text',
    lease_token: 'text',
    state_reason: 'text',
    note: 'text',
    map_length: 'int',
    rendered_map_index: 'text',
    deferral: 'json',
    continuations: 'int',
    waiting_since: 'time',
  },
  attempts: {
    task_instance_id: 'int',
    attempt: 'int',
    state: 'text',
    lease_token: 'text',
    worker_id: 'text',
    hostname: 'text',
    pid: 'int',
    queued_time: 'time',
    start_time: 'time',
    end_time: 'time',
    exit_code: 'int',
    signal: 'text',
    reason: 'text',
    max_rss_bytes: 'int',
  },
  rendered_fields: { task_instance_id: 'int', attempt: 'int', fields: 'text' },
  xcoms: { dag_run_id: 'int', task_id: 'text', map_index: 'int', key: 'text', value: 'text', size: 'int', timestamp: 'time' },
  ledger: {
    id: 'int',
    at: 'time',
    kind: 'text',
    dag_id: 'text',
    dag_run_id: 'int',
    task_instance_id: 'int',
    attempt: 'int',
    from_state: 'text',
    to_state: 'text',
    cause: 'text',
    actor: 'text',
    message: 'text',
  },
  pools: { name: 'text', slots: 'int', description: 'text', include_deferred: 'bool' },
  variables: { key: 'text', value: 'text', description: 'text', updated_at: 'time' },
  secrets: { key: 'text', sealed: 'json', created_at: 'time', updated_at: 'time' },
  connections: {
    conn_id: 'text',
    conn_type: 'text',
    description: 'text',
    host: 'text',
    port: 'int',
    schema: 'text',
    login: 'text',
    sealed: 'json',
    created_at: 'time',
    updated_at: 'time',
  },
  users: { username: 'text', role: 'text', password_hash: 'text', created_at: 'time', last_login_at: 'time' },
  sessions: { token_hash: 'text', username: 'text', created_at: 'time', last_used_at: 'time', expires_at: 'time' },
  api_keys: {
    id: 'int',
    token_hash: 'text',
    username: 'text',
    name: 'text',
    prefix: 'text',
    created_at: 'time',
    expires_at: 'time',
    last_used_at: 'time',
  },
  login_links: { token_hash: 'text', username: 'text', expires_at: 'time' },
  workers: {
    worker_id: 'text',
    hostname: 'text',
    status: 'text',
    capacity: 'int',
    queues: 'json',
    labels: 'json',
    version: 'text',
    last_heartbeat: 'time',
    connected_at: 'time',
  },
  backfills: {
    id: 'int',
    dag_id: 'text',
    state: 'text',
    start_date: 'time',
    end_date: 'time',
    max_active_runs: 'int',
    reprocess: 'text',
    run_backwards: 'bool',
    conf: 'json',
    created_at: 'time',
    created_by: 'text',
    end_time: 'time',
    runs_total: 'int',
    runs_created: 'int',
    runs_finished: 'int',
  },
  backfill_intervals: {
    backfill_id: 'int',
    ordinal: 'int',
    logical_date: 'time',
    data_interval_start: 'time',
    data_interval_end: 'time',
    action: 'text',
    run_id: 'text',
    dag_run_id: 'int',
  },
}

/** Kind of a column; a name that the table does not have is a defect of the caller and never reaches SQL. */
export function columnKind(table: TableName, column: string): ColumnKind {
  const columns: Readonly<Record<string, ColumnKind>> = COLUMNS[table]
  if (!Object.hasOwn(columns, column)) throw new Error(`table ${table} has no column ${JSON.stringify(column)}`)
  return columns[column] as ColumnKind
}

export function columnNames(table: TableName): readonly string[] {
  return Object.keys(COLUMNS[table])
}
