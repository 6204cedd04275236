/** Records for tests, each complete and overridable. */
import type {
  AssetEventRecord,
  AttemptRecord,
  BackfillRecord,
  DagFileRecord,
  DagRunRecord,
  LedgerRecord,
  TaskInstanceRecord,
  XComRecord,
} from '#db/records.ts'
import type { EngineCommit } from '#db/store.ts'

/** Some instant with milliseconds that do not end in zero. */
export const AT = Date.parse('2026-03-29T00:59:59.123Z')

export function makeDagFile(file: string, change: Partial<DagFileRecord> = {}): DagFileRecord {
  return {
    file,
    hash: 'hash',
    parsed_at: AT,
    duration_ms: 12.5,
    dag_ids: [],
    inputs: { files: [], variables: [], environment: [] },
    error: null,
    fork_hazard: null,
    ...change,
  }
}

export function makeRun(id: number, dag_id: string, dag_version_id: number, change: Partial<DagRunRecord> = {}): DagRunRecord {
  return {
    id,
    dag_id,
    run_id: `run_${id}`,
    run_type: 'manual',
    state: 'running',
    logical_date: null,
    data_interval_start: null,
    data_interval_end: null,
    run_after: AT,
    queued_time: AT,
    start_time: null,
    end_time: null,
    triggered_by: 'tester',
    conf: {},
    note: null,
    dag_version_id,
    backfill_id: null,
    state_reason: null,
    task_counts: {},
    callback: null,
    asset_events: null,
    ...change,
  }
}

export function makeTaskInstance(id: number, dag_run_id: number, change: Partial<TaskInstanceRecord> = {}): TaskInstanceRecord {
  return {
    id,
    dag_run_id,
    task_id: `task_${id}`,
    map_index: -1,
    state: 'none',
    try_number: 0,
    max_tries: 1,
    operator: 'BashOperator',
    pool: 'default_pool',
    pool_slots: 1,
    queue: 'default',
    priority_weight: 1,
    scheduled_time: null,
    queued_time: null,
    start_time: null,
    end_time: null,
    next_try_at: null,
    worker_id: null,
    lease_token: null,
    state_reason: null,
    note: null,
    map_length: null,
    rendered_map_index: null,
    deferral: null,
    continuations: 0,
    waiting_since: null,
    ...change,
  }
}

export function makeAttempt(task_instance_id: number, attempt: number, change: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    task_instance_id,
    attempt,
    state: 'queued',
    lease_token: `lease-${task_instance_id}-${attempt}`,
    worker_id: 'worker-1',
    hostname: 'host',
    pid: null,
    queued_time: AT,
    start_time: null,
    end_time: null,
    exit_code: null,
    signal: null,
    reason: null,
    max_rss_bytes: null,
    ...change,
  }
}

export function makeXCom(dag_run_id: number, task_id: string, change: Partial<XComRecord> = {}): XComRecord {
  return { dag_run_id, task_id, map_index: -1, key: 'return_value', value: '1', size: 1, timestamp: AT, ...change }
}

export function makeLedgerEntry(id: number, change: Partial<LedgerRecord> = {}): LedgerRecord {
  return {
    id,
    at: AT,
    kind: 'task_instance.state',
    dag_id: null,
    dag_run_id: null,
    task_instance_id: null,
    attempt: null,
    from_state: null,
    to_state: null,
    cause: 'test',
    actor: 'tester',
    message: null,
    ...change,
  }
}

export function makeBackfill(id: number, dag_id: string, change: Partial<BackfillRecord> = {}): BackfillRecord {
  return {
    id,
    dag_id,
    state: 'running',
    start_date: AT,
    end_date: AT + 86_400_000,
    max_active_runs: 2,
    reprocess: 'none',
    run_backwards: false,
    conf: {},
    created_at: AT,
    created_by: 'tester',
    end_time: null,
    runs_total: 2,
    runs_created: 0,
    runs_finished: 0,
    ...change,
  }
}

export function makeAssetEvent(id: number, change: Partial<AssetEventRecord> = {}): AssetEventRecord {
  return {
    id,
    name: 'orders',
    uri: 's3://orders',
    asset_group: 'asset',
    extra: {},
    alias: null,
    at: AT,
    source_dag_id: 'producer',
    source_run_id: 'run_1',
    source_task_id: 'load',
    source_map_index: -1,
    source_interval_start: null,
    source_interval_end: null,
    created_by: null,
    ...change,
  }
}

/** A commit of nothing. */
export function makeCommit(epoch: number, seq: number, change: Partial<EngineCommit> = {}): EngineCommit {
  return {
    epoch,
    seq,
    dag_runs_insert: [],
    task_instances_insert: [],
    attempts_insert: [],
    dag_runs_update: [],
    task_instances_update: [],
    attempts_update: [],
    dags_update: [],
    backfills_insert: [],
    backfills_update: [],
    backfill_intervals_update: [],
    xcoms_put: [],
    xcoms_delete: [],
    ledger_insert: [],
    asset_events_insert: [],
    dag_runs_delete: [],
    dags_delete: [],
    ...change,
  }
}
