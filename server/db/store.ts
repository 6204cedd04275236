/**
 * What the server needs of a database. Statements that both dialects share are in `entities/`; what differs is in `sqlite/` and
 * `postgres/`, in files of the same names. Both pass one conformance suite (`conformance/`). Methods are named entity-then-verb, take one object, and are atomic each.
 *
 * Every method may reject with StoreUnavailable when the database cannot be reached; the caller decides whether to try again. Nothing of a
 * rejected write has happened, except for `engineCommit` (see there).
 */
import type { DagRunState, TaskInstanceState } from '#contract/states.ts'
import type { DagSpec } from '#contract/dagSpec.ts'
import type { AssetStore } from './assets.ts'
import type { PageOf, PageRequest } from './page.ts'
import type { Cluster } from './cluster.ts'
import type { GridStore } from './grid.ts'
import type { LogStore, RenderedStore } from './attemptOutput.ts'
import type { DagFilter, DagSort, RunFilter, RunStateCounts } from './filters.ts'
import type { HomeStore } from './home.ts'
import type { LedgerScope } from './ledgerScope.ts'
import type { RetentionStore } from './retention.ts'
import type {
  AssetEventRecord,
  ApiKeyRecord,
  AttemptRecord,
  BackfillIntervalRecord,
  BackfillRecord,
  ConnectionRecord,
  BundleRecord,
  DagFileRecord,
  DagRecord,
  DagRunRecord,
  DagRunRow,
  DagVersionRecord,
  LedgerRecord,
  LoginLinkRecord,
  NamedLedgerRecord,
  PoolRecord,
  SecretRecord,
  SessionRecord,
  TaskInstanceRecord,
  UserRecord,
  VariableRecord,
  WorkerRecord,
  XComRecord,
} from './records.ts'

/** The database cannot be reached or refused the work for a passing reason (restart, disk full, lock). */
export class StoreUnavailable extends Error {
  /** What is wrong and how to mend it, for everybody: without paths. Null = it just does not answer. */
  readonly reason: string | null
  constructor(message: string, options?: { cause?: unknown; reason?: string | null }) {
    super(message, options)
    this.name = 'StoreUnavailable'
    this.reason = options?.reason ?? null
  }
}

/**
 * A value cannot be stored as it is: a number beyond its column, an instant beyond the calendar, a key too long for its index. To try
 * again would be in vain. Nothing of the write has happened.
 */
export class StoreRefusedData extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StoreRefusedData'
  }
}

/** With how many of its finished runs failed. */
export type BackfillRow = BackfillRecord & { runs_failed: number }

export type { PageOf, PageRequest }

/** Leadership: one term per win. The database's clock decides, never a controller's. */
export interface LeaderTerm {
  /** Grows by one with each win; every engine write carries it. */
  epoch: number
  /** Number of the last engine commit of any term; the next commit is one more. */
  commit_seq: number
}

/** Changes of one row; `expect_*` are compared in the same statement, and a row that does not match is a conflict. */
export interface DagRunChange {
  id: number
  set: Partial<Omit<DagRunRecord, 'id' | 'dag_id' | 'run_id'>>
}
export interface TaskInstanceChange {
  id: number
  expect_state: TaskInstanceState
  expect_try_number: number
  /** `map_index` changes once, when a mapped task that had no instances yet gets them. */
  set: Partial<Omit<TaskInstanceRecord, 'id' | 'dag_run_id' | 'task_id'>>
}
export interface AttemptChange {
  task_instance_id: number
  attempt: number
  /** Compared: a stale report of a fenced worker changes nothing. */
  expect_lease_token: string
  set: Partial<Omit<AttemptRecord, 'task_instance_id' | 'attempt' | 'lease_token'>>
}

/** `dag_id`: of which DAG the command changes rows; null = of none, or of several. */
export interface CommandAnswered {
  id: string
  answer: string
  dag_id: string | null
}

/**
 * One group commit of the engine: everything that was decided since the last one, in one transaction.
 * Rows are inserted before they are changed; deletions come last.
 */
export interface EngineCommit {
  epoch: number
  /** `commit_seq` of the term + 1, + 2, ... */
  seq: number
  dag_runs_insert: DagRunRecord[]
  task_instances_insert: TaskInstanceRecord[]
  attempts_insert: AttemptRecord[]
  dag_runs_update: DagRunChange[]
  task_instances_update: TaskInstanceChange[]
  attempts_update: AttemptChange[]
  dags_update: { dag_id: string; set: Partial<Omit<DagRecord, 'dag_id'>> }[]
  backfills_insert: { backfill: BackfillRecord; intervals: BackfillIntervalRecord[] }[]
  backfills_update: { id: number; set: Partial<Omit<BackfillRecord, 'id' | 'dag_id'>> }[]
  backfill_intervals_update: { backfill_id: number; ordinal: number; dag_run_id: number }[]
  xcoms_put: XComRecord[]
  /** Deletes all XComs of these task instances (at the start of a new try). Applied before `xcoms_put`. */
  xcoms_delete: { dag_run_id: number; task_id: string; map_index: number }[]
  ledger_insert: LedgerRecord[]
  asset_events_insert: AssetEventRecord[]
  /** Deletes runs with everything that hangs on them. */
  dag_runs_delete: number[]
  /** Deletes DAGs with everything that hangs on them. */
  dags_delete: string[]
  /** Commands of other controllers that this commit carries out (cluster.ts): JSON of their answers. */
  commands_answer?: CommandAnswered[]
}

export type CommitOutcome =
  /** Committed now, or found to have been committed by an earlier try of the same epoch and seq. */
  | { status: 'committed' }
  /** Another leader's epoch is in force, or seq does not follow: nothing was written; stop leading. */
  | { status: 'fenced' }
  /** An expectation did not hold: nothing was written. The engine's memory and the database disagree: reload. */
  | { status: 'conflict'; detail: string }

/** Everything the engine keeps in memory, read in one consistent snapshot. */
export interface EngineSnapshot {
  dags: DagRecord[]
  /** Queued and running runs, and those that have ended and whose callback is still to be called. */
  dag_runs: DagRunRecord[]
  /** All task instances of those runs. */
  task_instances: TaskInstanceRecord[]
  /** Newest attempts of the task instances that are queued, running or restarting. */
  attempts: AttemptRecord[]
  /** Versions of those runs, and the newest version of each DAG that is not stale or has such a run. */
  dag_versions: DagVersionRecord[]
  pools: PoolRecord[]
  backfills: BackfillRecord[]
  backfill_intervals: BackfillIntervalRecord[]
  /** Those of the backfills of which a run has failed. */
  failed_backfills: number[]
  /** Largest ids in use. */
  max_ids: { dag_run: number; task_instance: number; ledger: number; backfill: number; asset_event: number }
}

export interface EngineStore {
  /** Tries to win or keep nothing: returns the new term, or null while another holder's lease is alive. */
  leaderAcquire(p: { holder: string; lease_ms: number }): Promise<LeaderTerm | null>
  /** False = another holder has won since: stop at once. A commit under way does not delay it. */
  leaderRenew(p: { holder: string; epoch: number; lease_ms: number }): Promise<boolean>
  /** Ends exactly this term, so that a standby takes over at once. */
  leaderResign(p: { holder: string; epoch: number }): Promise<void>
  engineLoad(): Promise<EngineSnapshot>
  /**
   * Atomic. If it rejects with StoreUnavailable the outcome is unknown: call it again with the same epoch and seq until it
   * answers; a commit that had succeeded answers `committed`. StoreRefusedData: nothing was written, and the number is free.
   */
  engineCommit(p: EngineCommit): Promise<CommitOutcome>
  /** A finished run with its task instances, to take it into memory again (clear, mark, delete); null = no such run. */
  engineRunLoad(p: {
    dag_id: string
    run_id: string
  }): Promise<{ run: DagRunRecord; task_instances: TaskInstanceRecord[]; version: DagVersionRecord } | null>
  dagVersionGet(p: { id: number }): Promise<DagVersionRecord | null>
  /**
   * For depends_on_past and wait_for_downstream: the run before `logical_date` (of any type, or only scheduled and backfill
   * ones) with the states of its task instances; null = none.
   */
  previousRunGet(p: {
    dag_id: string
    before_logical_date: number
    only_scheduled: boolean
  }): Promise<{ run: DagRunRecord; states: { task_id: string; map_index: number; state: TaskInstanceState }[] } | null>
  /** Runs of these logical dates, for backfills. */
  dagRunsByLogicalDate(p: { dag_id: string; from: number; to: number }): Promise<DagRunRecord[]>
  dagRunGet(p: { dag_id: string; run_id: string }): Promise<DagRunRecord | null>
  xcomGet(p: { dag_run_id: number; task_id: string; map_index: number; key: string }): Promise<XComRecord | null>
  /** By task, map index and key. None at all if they are more than `rows_max` or together larger than `bytes_max`. */
  xcomValues(p: XComFilter & { rows_max: number; bytes_max: number }): Promise<XComValues>
}

/** Which XComs of a run; null = whatever it is. */
export interface XComFilter {
  dag_run_id: number
  task_ids: readonly string[] | null
  map_indexes: readonly number[] | null
  key: string | null
}

export interface XComValues {
  rows: XComRecord[]
  /** How much there is, if that is more than may be read at once. */
  refused: { rows: number; bytes: number } | null
}

/** Result of storing what a parse found. */
export interface DagFileSaved {
  /** DAGs that are new or have a new version; `version` is their newest one. */
  changed: { dag: DagRecord; version: DagVersionRecord; is_new: boolean }[]
  /** DAGs that this file no longer defines and that became stale. */
  stale: string[]
  /** DAG ids that another file owns; they were not stored and are reported as import errors of this file. */
  duplicates: { dag_id: string; owner_file: string }[]
  /** Contents that a new version uses and that are not stored (any more). Once they are put, retention leaves them alone. */
  missing_blobs: string[]
}

export interface DagStore {
  dagFileList(): Promise<DagFileRecord[]>
  /**
   * Stores the result of one parse in one transaction. With an error the DAGs keep their last good versions. `paused_default`
   * applies to DAGs seen for the first time whose spec does not say. `files` must have been put before.
   */
  dagFileSave(p: {
    record: DagFileRecord
    specs: DagSpec[]
    bundle: BundleRecord | null
    paused_default: boolean
    now: number
  }): Promise<DagFileSaved>
  /** The file is gone: its DAGs become stale, its import error disappears. */
  dagFileDelete(p: { file: string; now: number }): Promise<{ stale: string[] }>
  /** Puts contents that are not stored yet. */
  blobsPut(p: { blobs: { sha256: string; content: Uint8Array }[] }): Promise<void>
  /** Which of these contents are stored. */
  blobsHave(p: { hashes: string[] }): Promise<string[]>
  blobGet(p: { sha256: string }): Promise<Uint8Array | null>
  bundleGet(p: { hash: string }): Promise<BundleRecord | null>
}

export interface ReadStore {
  /** Other orders than by id page by offset only. */
  dagList(p: PageRequest & DagFilter & { sort?: DagSort; descending?: boolean }): Promise<PageOf<DagRecord>>
  /** Tags and owners in use, the most used first, at most `limit` each. */
  dagFacets(p: { limit: number }): Promise<{ tags: { value: string; n: number }[]; owners: { value: string; n: number }[] }>
  dagGet(p: { dag_id: string }): Promise<DagRecord | null>
  /** Newest runs of each of these DAGs, newest first, at most `limit` each. */
  dagRecentRuns(p: { dag_ids: string[]; limit: number }): Promise<Map<string, DagRunRecord[]>>
  /** All runs ever of each of these DAGs, by state; DAGs without any are absent. */
  dagRunStateCounts(p: { dag_ids: string[] }): Promise<Map<string, RunStateCounts>>
  /** DAG files whose newest parse failed, ordered by file; `files` = only among these; `search` = part of the file's name or message. */
  dagFileErrorList(p: PageRequest & { files?: string[]; search?: string }): Promise<PageOf<DagFileRecord>>
  /** What the newest parses of these files found; files that were never parsed are absent. */
  dagFilesByPath(p: { files: string[] }): Promise<DagFileRecord[]>
  /** The newest versions of the DAGs that a file defines, by id, with the hash of the file's text in each. */
  dagFileVersions(p: { file: string; limit: number }): Promise<{ dag_id: string; version: number; sha256: string | null }[]>
  dagVersionList(p: PageRequest & { dag_id: string }): Promise<PageOf<Omit<DagVersionRecord, 'spec'>>>
  dagVersionByNumber(p: { dag_id: string; version: number }): Promise<DagVersionRecord | null>
  dagVersionsByIds(p: { ids: number[] }): Promise<{ id: number; version: number }[]>
  /** The successful run with the newest logical date before this one (null = of all); null = none. */
  dagRunLastSuccess(p: { dag_id: string; before_logical_date: number | null }): Promise<DagRunRecord | null>
  /** `dag_id: null` = all DAGs. Newest first (by when they were due). As rows, without confs of more than so many characters of JSON. */
  dagRunList(p: PageRequest & RunFilter): Promise<PageOf<DagRunRecord>>
  dagRunRows(p: PageRequest & RunFilter & { conf_chars_max: number }): Promise<PageOf<DagRunRow>>
  /** The runs due before and after this one, and the newest successful ones of those before it, at most `successes`. */
  dagRunSurroundings(p: { dag_id: string; id: number; run_after: number; successes: number }): Promise<{
    previous: DagRunRecord | null
    next: DagRunRecord | null
    successes: DagRunRecord[]
  }>
  taskInstanceList(
    p: PageRequest & { dag_run_id: number; state?: TaskInstanceState; task_id?: string },
  ): Promise<PageOf<TaskInstanceRecord>>
  taskInstanceGet(p: { dag_run_id: number; task_id: string; map_index: number }): Promise<TaskInstanceRecord | null>
  taskInstanceById(p: { id: number }): Promise<{ task_instance: TaskInstanceRecord; run: DagRunRecord } | null>
  attemptList(p: { task_instance_id: number }): Promise<(AttemptRecord & { log_bytes: number; log_truncated: boolean })[]>
  /** The XCom at a place among those of a task and key by map index, counted around; without its value. null = there is none. */
  xcomAt(p: {
    dag_run_id: number
    task_id: string
    key: string
    index: number
  }): Promise<(Pick<XComRecord, 'map_index' | 'size' | 'timestamp'> & { rows: number }) | null>
  xcomList(p: PageRequest & { dag_run_id: number; task_id?: string; map_index?: number }): Promise<PageOf<Omit<XComRecord, 'value'>>>
  ledgerList(p: PageRequest & LedgerScope): Promise<PageOf<NamedLedgerRecord>>
  backfillList(p: PageRequest & { dag_id: string }): Promise<PageOf<BackfillRow>>
  backfillGet(p: { id: number }): Promise<BackfillRow | null>
  /** Attempts of a run that its task instances do not tell about themselves, in the order of task instances and attempts. */
  attemptSpanList(
    p: PageRequest & { dag_run_id: number },
  ): Promise<
    PageOf<
      Pick<AttemptRecord, 'task_instance_id' | 'attempt' | 'state' | 'queued_time' | 'start_time' | 'end_time'> &
        Pick<TaskInstanceRecord, 'task_id' | 'map_index'>
    >
  >
  /** Runs by state between each two of the sorted `edges`, by logical date; buckets without runs are absent. */
  dagRunCountsByDate(p: { dag_id: string; edges: number[] }): Promise<{ bucket: number; state: DagRunState; n: number }[]>
  /** Tasks that took longest on average over these runs, slowest first. */
  taskDurationRanking(p: { dag_run_ids: number[]; limit: number }): Promise<{ task_id: string; mean_ms: number }[]>
  /** The longest ended instance of these tasks in each of these runs. */
  taskDurationPoints(p: { dag_run_ids: number[]; task_ids: string[] }): Promise<{ dag_run_id: number; task_id: string; ms: number }[]>
  /** Newest version first. */
  dagVersionRunList(
    p: PageRequest & { dag_id: string },
  ): Promise<PageOf<{ version: number; runs: number; first_run_id: string | null; last_run_id: string | null }>>
  /** Intervals of a backfill in their order, with the states of their runs. */
  backfillRunList(
    p: PageRequest & { backfill_id: number },
  ): Promise<PageOf<BackfillIntervalRecord & { state: DagRunState | null; start_time: number | null; end_time: number | null }>>
  /** Newest first; a page may be short and still go on, for a search walks a bounded number of entries. */
  ledgerSearch(p: {
    dag_id: string
    limit: number
    cursor?: string | undefined
    origin?: 'people' | 'engine' | undefined
    kind?: string | undefined
    actor?: string | undefined
  }): Promise<{ data: NamedLedgerRecord[]; next_cursor: string | null; searched_until: number | null }>
}

export interface AdminStore {
  poolList(): Promise<PoolRecord[]>
  poolPut(p: PoolRecord): Promise<void>
  /** False = no such pool. `default_pool` cannot be deleted. */
  poolDelete(p: { name: string }): Promise<boolean>
  variableList(p: PageRequest & { search?: string }): Promise<PageOf<VariableRecord>>
  variableGet(p: { key: string }): Promise<VariableRecord | null>
  /** False = the key is taken. */
  variableCreate(p: VariableRecord): Promise<boolean>
  variablePut(p: VariableRecord): Promise<void>
  variableDelete(p: { key: string }): Promise<boolean>
  /** By id; the search looks at id and type. */
  connectionList(p: PageRequest & { search?: string }): Promise<PageOf<ConnectionRecord>>
  connectionGet(p: { conn_id: string }): Promise<ConnectionRecord | null>
  /** False = the id is taken. */
  connectionCreate(p: ConnectionRecord): Promise<boolean>
  connectionPut(p: ConnectionRecord): Promise<void>
  connectionDelete(p: { conn_id: string }): Promise<boolean>
  secretList(): Promise<SecretRecord[]>
  secretGet(p: { key: string }): Promise<SecretRecord | null>
  /** False = the key is taken. */
  secretCreate(p: SecretRecord): Promise<boolean>
  secretPut(p: SecretRecord): Promise<void>
  secretDelete(p: { key: string }): Promise<boolean>
  /** Small settings of the server itself, such as the vault's key check. */
  settingGet(p: { name: string }): Promise<string | null>
  /** Stores the value only if the name is free, and returns the value in force: safe against two starters. */
  settingInit(p: { name: string; value: string }): Promise<string>
  settingPut(p: { name: string; value: string }): Promise<void>
  userList(): Promise<UserRecord[]>
  userGet(p: { username: string }): Promise<UserRecord | null>
  /** False = the name is taken. */
  userCreate(p: UserRecord): Promise<boolean>
  /** `last_admin` = refused, nobody else would be Admin. */
  userUpdate(p: { username: string; set: Partial<Omit<UserRecord, 'username'>> }): Promise<'updated' | 'missing' | 'last_admin'>
  /** Deletes sessions and API keys too. `last_admin` = refused, it is the last Admin. */
  userDelete(p: { username: string }): Promise<'deleted' | 'missing' | 'last_admin'>
  sessionCreate(p: SessionRecord): Promise<void>
  sessionGet(p: { token_hash: string }): Promise<SessionRecord | null>
  sessionTouch(p: { token_hash: string; last_used_at: number }): Promise<void>
  sessionDelete(p: { token_hash?: string; username?: string; except_token_hash?: string; expired_before?: number }): Promise<number>
  apiKeyCreate(p: Omit<ApiKeyRecord, 'id'>): Promise<ApiKeyRecord>
  apiKeyByHash(p: { token_hash: string }): Promise<ApiKeyRecord | null>
  apiKeyList(p: { username: string | null }): Promise<ApiKeyRecord[]>
  apiKeyTouch(p: { id: number; last_used_at: number }): Promise<void>
  apiKeyDelete(p: { id: number }): Promise<boolean>
  loginLinkCreate(p: LoginLinkRecord): Promise<void>
  /** Takes the link away and returns it: a link works once. */
  loginLinkTake(p: { token_hash: string; now: number }): Promise<LoginLinkRecord | null>
  workerPut(p: WorkerRecord): Promise<void>
  workerList(): Promise<WorkerRecord[]>
  workerDelete(p: { worker_id: string }): Promise<boolean>
}

export interface Store
  extends EngineStore, DagStore, ReadStore, AssetStore, GridStore, AdminStore, LogStore, RenderedStore, RetentionStore, HomeStore {
  /** Dialect for people (health page); never branch on it outside server/db. */
  readonly dialect: string
  /** What several controllers on one database share; null where there can be one only (SQLite). */
  readonly cluster: Cluster | null
  /** Milliseconds since 1970 by the database's clock. */
  now(): Promise<number>
  ping(): Promise<void>
  close(): Promise<void>
}
