/** The database of the simulation: rows in maps, with the semantics of EngineStore. It sees its commits one after the other. */
import type {
  AssetEventRecord,
  DagRecord,
  DagRunRecord,
  DagVersionRecord,
  AttemptRecord,
  LedgerRecord,
  PoolRecord,
  TaskInstanceRecord,
  XComRecord,
  BackfillRecord,
  BackfillIntervalRecord,
} from '#db/records.ts'
import { StoreRefusedData, type CommitOutcome, type EngineCommit } from '#db/store.ts'
import { copyOf } from './copy.ts'

export class SimDatabase {
  leader = { holder: '', epoch: 0, commit_seq: 0, expires_at: 0, renewed_at: 0 }
  readonly dags = new Map<string, DagRecord>()
  readonly versions = new Map<number, DagVersionRecord>()
  readonly runs = new Map<number, DagRunRecord>()
  readonly instances = new Map<number, TaskInstanceRecord>()
  readonly attempts = new Map<string, AttemptRecord>()
  readonly ledger: LedgerRecord[] = []
  readonly assetEvents: AssetEventRecord[] = []
  /** By "dag_run_id task_id map_index key". */
  readonly xcoms = new Map<string, XComRecord>()
  readonly backfills = new Map<number, BackfillRecord>()
  readonly intervals: BackfillIntervalRecord[] = []
  readonly pools: PoolRecord[]
  commits = 0
  /** When the last slow commit that was sent so far is decided. */
  slowUntil = 0
  /** Rows of this DAG's runs hold what no column takes, for so many commits. */
  unstorable: { dag_id: string; commits: number } | null = null
  /** Called once, right after the next commit that ends an attempt on request, and before its answer leaves. */
  onKilled: (() => void) | null = null
  /** Looks at each commit right before and right after it happens. */
  watch: {
    before: (commit: EngineCommit) => void
    after: (commit: EngineCommit) => void
    conflict: (detail: string) => void
  } | null = null
  /** Ids are never used twice, also when their rows are deleted. */
  readonly maxIds = { dag_run: 0, task_instance: 0, backfill: 0, asset_event: 0 }
  lastVersionId = 0

  constructor(pools: PoolRecord[]) {
    this.pools = pools
  }

  apply(commit: EngineCommit): CommitOutcome {
    const { leader } = this
    if (leader.epoch !== commit.epoch || leader.commit_seq !== commit.seq - 1) {
      return leader.epoch === commit.epoch && leader.commit_seq >= commit.seq ? { status: 'committed' } : { status: 'fenced' }
    }
    this.#refuseUnstorable(commit)
    const conflict = this.#firstConflict(commit)
    if (conflict !== null) {
      this.watch?.conflict(conflict)
      return { status: 'conflict', detail: conflict }
    }
    this.watch?.before(commit)
    leader.commit_seq = commit.seq
    this.commits++
    this.#write(commit)
    this.watch?.after(commit)
    const { onKilled } = this
    if (onKilled !== null && commit.attempts_update.some(({ set }) => set.state === 'killed')) {
      this.onKilled = null
      onKilled()
    }
    return { status: 'committed' }
  }

  #refuseUnstorable(commit: EngineCommit): void {
    const { unstorable } = this
    if (unstorable === null) return
    const isOf = (dag_run_id: number | undefined): boolean => this.runs.get(dag_run_id ?? 0)?.dag_id === unstorable.dag_id
    const isHeld =
      commit.dag_runs_insert.some(({ dag_id }) => dag_id === unstorable.dag_id) ||
      commit.task_instances_update.some(({ id }) => isOf(this.instances.get(id)?.dag_run_id))
    if (!isHeld) return
    if (--unstorable.commits === 0) this.unstorable = null
    throw new StoreRefusedData('simulated: integer out of range')
  }

  #write(commit: EngineCommit): void {
    for (const row of commit.dag_runs_insert) this.runs.set(row.id, copyOf(row))
    for (const row of commit.task_instances_insert) this.instances.set(row.id, copyOf(row))
    for (const row of commit.attempts_insert) this.attempts.set(`${row.task_instance_id}:${row.attempt}`, copyOf(row))
    for (const { id } of commit.dag_runs_insert) this.maxIds.dag_run = Math.max(this.maxIds.dag_run, id)
    for (const { id } of commit.task_instances_insert) this.maxIds.task_instance = Math.max(this.maxIds.task_instance, id)
    for (const { backfill } of commit.backfills_insert) this.maxIds.backfill = Math.max(this.maxIds.backfill, backfill.id)
    for (const { id, set } of commit.dag_runs_update) Object.assign(this.runs.get(id) ?? {}, copyOf(set))
    for (const { id, set } of commit.task_instances_update) Object.assign(this.instances.get(id) ?? {}, copyOf(set))
    for (const { task_instance_id, attempt, set } of commit.attempts_update)
      Object.assign(this.attempts.get(`${task_instance_id}:${attempt}`) ?? {}, copyOf(set))
    for (const { dag_id, set } of commit.dags_update) Object.assign(this.dags.get(dag_id) ?? {}, copyOf(set))
    for (const { backfill, intervals } of commit.backfills_insert) {
      this.backfills.set(backfill.id, copyOf(backfill))
      this.intervals.push(...copyOf(intervals))
    }
    for (const { id, set } of commit.backfills_update) Object.assign(this.backfills.get(id) ?? {}, copyOf(set))
    for (const { backfill_id, ordinal, dag_run_id } of commit.backfill_intervals_update) {
      const interval = this.intervals.find((row) => row.backfill_id === backfill_id && row.ordinal === ordinal)
      if (interval !== undefined) interval.dag_run_id = dag_run_id
    }
    for (const { dag_run_id, task_id, map_index } of commit.xcoms_delete)
      for (const [key, row] of this.xcoms)
        if (row.dag_run_id === dag_run_id && row.task_id === task_id && row.map_index === map_index) this.xcoms.delete(key)
    for (const row of commit.xcoms_put) this.xcoms.set(`${row.dag_run_id} ${row.task_id} ${row.map_index} ${row.key}`, copyOf(row))
    this.ledger.push(...copyOf(commit.ledger_insert))
    this.assetEvents.push(...copyOf(commit.asset_events_insert))
    for (const { id } of commit.asset_events_insert) this.maxIds.asset_event = Math.max(this.maxIds.asset_event, id)
    for (const id of commit.dag_runs_delete) {
      this.runs.delete(id)
      for (const row of this.instances.values()) if (row.dag_run_id === id) this.#deleteInstance(row.id)
    }
    for (const dag_id of commit.dags_delete) {
      for (const run of this.runs.values()) {
        if (run.dag_id !== dag_id) continue
        this.runs.delete(run.id)
        for (const row of this.instances.values()) if (row.dag_run_id === run.id) this.#deleteInstance(row.id)
      }
      for (const backfill of this.backfills.values()) if (backfill.dag_id === dag_id) this.backfills.delete(backfill.id)
      for (const version of this.versions.values()) if (version.dag_id === dag_id) this.versions.delete(version.id)
      this.dags.delete(dag_id)
    }
  }

  #deleteInstance(id: number): void {
    this.instances.delete(id)
    for (const [key, row] of this.attempts) if (row.task_instance_id === id) this.attempts.delete(key)
  }

  #firstConflict(commit: EngineCommit): string | null {
    for (const row of commit.dag_runs_insert) {
      if (this.runs.has(row.id)) return `dag_run ${row.id} exists`
      for (const other of this.runs.values()) {
        if (other.dag_id !== row.dag_id) continue
        if (other.run_id === row.run_id) return `dag_runs insert: run id ${row.run_id} exists`
        if (row.logical_date !== null && other.logical_date === row.logical_date && other.run_type === row.run_type)
          return `dag_runs insert: logical date of ${row.run_id} exists`
      }
    }
    for (const row of commit.task_instances_insert) if (this.instances.has(row.id)) return `task instance ${row.id} exists`
    const ofOldRuns = commit.task_instances_insert.filter(({ dag_run_id }) => this.runs.has(dag_run_id))
    if (ofOldRuns.length > 0) {
      for (const row of this.instances.values())
        if (ofOldRuns.some((other) => isSameTask(other, row))) return `task ${row.task_id} ${row.map_index} of run ${row.dag_run_id} exists`
    }
    for (const row of commit.attempts_insert)
      if (this.attempts.has(`${row.task_instance_id}:${row.attempt}`)) return `attempt ${row.task_instance_id}:${row.attempt} exists`
    for (const change of commit.task_instances_update) {
      const row = this.instances.get(change.id)
      if (row?.state !== change.expect_state || row.try_number !== change.expect_try_number)
        return `task instance ${change.id}: expected ${change.expect_state}/${change.expect_try_number}, is ${row?.state}/${row?.try_number}`
      const { map_index } = change.set
      if (map_index === undefined) continue
      const taken = [...this.instances.values(), ...commit.task_instances_insert]
      if (taken.some((other) => other.id !== row.id && isSameTask(other, { ...row, map_index })))
        return `map index ${map_index} of ${row.task_id} exists`
    }
    for (const change of commit.attempts_update) {
      if (this.attempts.get(`${change.task_instance_id}:${change.attempt}`)?.lease_token !== change.expect_lease_token)
        return `attempt ${change.task_instance_id}:${change.attempt}: other lease`
    }
    for (const { id } of commit.dag_runs_update) if (!this.runs.has(id)) return `dag_run ${id} does not exist`
    for (const { dag_id } of commit.dags_update) if (!this.dags.has(dag_id)) return `DAG ${dag_id} does not exist`
    for (const { dag_id } of commit.dag_runs_insert) if (!this.dags.has(dag_id)) return `DAG ${dag_id} does not exist`
    for (const { id } of commit.backfills_update)
      if (!this.backfills.has(id) && !commit.backfills_insert.some(({ backfill }) => backfill.id === id))
        return `backfill ${id} does not exist`
    return null
  }
}

type TaskKey = Pick<TaskInstanceRecord, 'dag_run_id' | 'task_id' | 'map_index'>
const isSameTask = (a: TaskKey, b: TaskKey): boolean =>
  a.dag_run_id === b.dag_run_id && a.task_id === b.task_id && a.map_index === b.map_index

export function recentRuns(db: SimDatabase, p: { dag_ids: string[]; limit: number }): Map<string, DagRunRecord[]> {
  const newest = [...db.runs.values()].sort((a, b) => b.id - a.id)
  return new Map(p.dag_ids.map((dag_id) => [dag_id, copyOf(newest.filter((run) => run.dag_id === dag_id).slice(0, p.limit))]))
}
