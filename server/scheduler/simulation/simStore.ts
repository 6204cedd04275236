/**
 * The database of the simulation: rows in maps, with the semantics of EngineStore. A commit takes time; a controller that dies
 * meanwhile leaves it done or not done, by chance; and now and then a commit that was done is reported as failed.
 */
import type {
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
import { StoreUnavailable, type CommitOutcome, type EngineCommit, type EngineStore } from '#db/store.ts'
import type { Random } from './random.ts'
import type { SimTime } from './simClock.ts'

export interface StoreFaults {
  /** Share of commits that are done but reported as failed. */
  lost_answer: number
  /** Share of calls that fail without effect. */
  unavailable: number
}

export class SimDatabase {
  leader = { holder: '', epoch: 0, commit_seq: 0, expires_at: 0 }
  readonly dags = new Map<string, DagRecord>()
  readonly versions = new Map<number, DagVersionRecord>()
  readonly runs = new Map<number, DagRunRecord>()
  readonly instances = new Map<number, TaskInstanceRecord>()
  readonly attempts = new Map<string, AttemptRecord>()
  readonly ledger: LedgerRecord[] = []
  readonly xcoms: XComRecord[] = []
  readonly backfills = new Map<number, BackfillRecord>()
  readonly intervals: BackfillIntervalRecord[] = []
  readonly pools: PoolRecord[]
  commits = 0
  /** Ids are never used twice, also when their rows are deleted. */
  readonly maxIds = { dag_run: 0, task_instance: 0, backfill: 0 }

  constructor(pools: PoolRecord[]) {
    this.pools = pools
  }

  apply(commit: EngineCommit): CommitOutcome {
    const { leader } = this
    if (leader.epoch !== commit.epoch || leader.commit_seq !== commit.seq - 1) {
      return leader.epoch === commit.epoch && leader.commit_seq >= commit.seq ? { status: 'committed' } : { status: 'fenced' }
    }
    const conflict = this.#firstConflict(commit)
    if (conflict !== null) return { status: 'conflict', detail: conflict }
    leader.commit_seq = commit.seq
    this.commits++
    for (const row of commit.dag_runs_insert) this.runs.set(row.id, structuredClone(row))
    for (const row of commit.task_instances_insert) this.instances.set(row.id, structuredClone(row))
    for (const row of commit.attempts_insert) this.attempts.set(`${row.task_instance_id}:${row.attempt}`, structuredClone(row))
    for (const { id } of commit.dag_runs_insert) this.maxIds.dag_run = Math.max(this.maxIds.dag_run, id)
    for (const { id } of commit.task_instances_insert) this.maxIds.task_instance = Math.max(this.maxIds.task_instance, id)
    for (const { backfill } of commit.backfills_insert) this.maxIds.backfill = Math.max(this.maxIds.backfill, backfill.id)
    for (const { id, set } of commit.dag_runs_update) Object.assign(this.runs.get(id) ?? {}, structuredClone(set))
    for (const { id, set } of commit.task_instances_update) Object.assign(this.instances.get(id) ?? {}, structuredClone(set))
    for (const { task_instance_id, attempt, set } of commit.attempts_update)
      Object.assign(this.attempts.get(`${task_instance_id}:${attempt}`) ?? {}, structuredClone(set))
    for (const { dag_id, set } of commit.dags_update) Object.assign(this.dags.get(dag_id) ?? {}, structuredClone(set))
    for (const { backfill, intervals } of commit.backfills_insert) {
      this.backfills.set(backfill.id, structuredClone(backfill))
      this.intervals.push(...structuredClone(intervals))
    }
    for (const { id, set } of commit.backfills_update) Object.assign(this.backfills.get(id) ?? {}, structuredClone(set))
    for (const { backfill_id, ordinal, dag_run_id } of commit.backfill_intervals_update) {
      const interval = this.intervals.find((row) => row.backfill_id === backfill_id && row.ordinal === ordinal)
      if (interval !== undefined) interval.dag_run_id = dag_run_id
    }
    this.xcoms.push(...structuredClone(commit.xcoms_put))
    this.ledger.push(...structuredClone(commit.ledger_insert))
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
      this.dags.delete(dag_id)
    }
    return { status: 'committed' }
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
        if (other.run_id === row.run_id) return `run id ${row.run_id} exists`
        if (row.logical_date !== null && other.logical_date === row.logical_date && other.run_type === row.run_type)
          return `logical date of ${row.run_id} exists`
      }
    }
    for (const row of commit.task_instances_insert) if (this.instances.has(row.id)) return `task instance ${row.id} exists`
    const ofOldRuns = commit.task_instances_insert.filter(({ dag_run_id }) => this.runs.has(dag_run_id))
    if (ofOldRuns.length > 0) {
      for (const row of this.instances.values())
        if (ofOldRuns.some((other) => other.dag_run_id === row.dag_run_id && other.task_id === row.task_id))
          return `task ${row.task_id} of run ${row.dag_run_id} exists`
    }
    for (const row of commit.attempts_insert)
      if (this.attempts.has(`${row.task_instance_id}:${row.attempt}`)) return `attempt ${row.task_instance_id}:${row.attempt} exists`
    for (const change of commit.task_instances_update) {
      const row = this.instances.get(change.id)
      if (row?.state !== change.expect_state || row.try_number !== change.expect_try_number)
        return `task instance ${change.id}: expected ${change.expect_state}/${change.expect_try_number}, is ${row?.state}/${row?.try_number}`
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

/** The store as one controller sees it. Calls of a dead controller never answer. */
export function simStore(db: SimDatabase, time: SimTime, random: Random, owner: { isDead: boolean }, faults: StoreFaults): EngineStore {
  const now = (): number => time.now
  const call = <T>(work: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const fails = random.chance(faults.unavailable)
      time.schedule(owner, random.int(0, 5), () => (fails ? reject(new StoreUnavailable('simulated')) : resolve(structuredClone(work()))))
    })
  const alive = (state: string): boolean => state === 'queued' || state === 'running'
  return {
    leaderAcquire: (p) =>
      call(() => {
        if (db.leader.expires_at > now() && db.leader.holder !== p.holder) return null
        db.leader = { ...db.leader, holder: p.holder, epoch: db.leader.epoch + 1, expires_at: now() + p.lease_ms }
        return { epoch: db.leader.epoch, commit_seq: db.leader.commit_seq }
      }),
    leaderRenew: (p) =>
      call(() => {
        if (db.leader.epoch !== p.epoch || db.leader.expires_at <= now()) return false
        db.leader.expires_at = now() + p.lease_ms
        return true
      }),
    leaderResign: (p) => call(() => void (db.leader.epoch === p.epoch && (db.leader.expires_at = 0))),
    engineLoad: () =>
      call(() => {
        const runs = [...db.runs.values()].filter(({ state }) => alive(state))
        const ids = new Set(runs.map(({ id }) => id))
        const instances = [...db.instances.values()].filter(({ dag_run_id }) => ids.has(dag_run_id))
        const leased = instances.filter(({ state }) => state === 'queued' || state === 'running' || state === 'restarting')
        return {
          dags: [...db.dags.values()],
          dag_runs: runs,
          task_instances: instances,
          attempts: leased.flatMap(({ id, try_number }) => db.attempts.get(`${id}:${try_number}`) ?? []),
          dag_versions: [...db.versions.values()],
          pools: db.pools,
          backfills: [...db.backfills.values()].filter(({ state }) => state === 'running' || state === 'paused'),
          backfill_intervals: db.intervals,
          failed_backfills: db.intervals
            .filter(({ dag_run_id }) => dag_run_id !== null && db.runs.get(dag_run_id)?.state === 'failed')
            .map(({ backfill_id }) => backfill_id),
          max_ids: {
            ...db.maxIds,
            ledger: db.ledger.at(-1)?.id ?? 0,
          },
        }
      }),
    engineCommit: (commit) =>
      new Promise((resolve, reject) => {
        const copy = structuredClone(commit)
        const fate = random.next()
        const answer = (): void => {
          if (fate < faults.unavailable) return reject(new StoreUnavailable('simulated'))
          const outcome = db.apply(copy)
          if (fate < faults.unavailable + faults.lost_answer) reject(new StoreUnavailable('done, but the answer was lost'))
          else resolve(outcome)
        }
        // A commit on its way when its controller dies may still happen: the database is not the controller.
        const mayOutlive = random.chance(0.5)
        time.schedule(mayOutlive ? { isDead: false } : owner, random.int(0, 8), answer)
      }),
    engineRunLoad: (p) =>
      call(() => {
        const run = [...db.runs.values()].find(({ dag_id, run_id }) => dag_id === p.dag_id && run_id === p.run_id)
        const version = run === undefined ? undefined : db.versions.get(run.dag_version_id)
        if (run === undefined || version === undefined) return null
        return { run, version, task_instances: [...db.instances.values()].filter(({ dag_run_id }) => dag_run_id === run.id) }
      }),
    dagVersionGet: (p) => call(() => db.versions.get(p.id) ?? null),
    previousRunGet: (p) =>
      call(() => {
        let found: DagRunRecord | null = null
        for (const run of db.runs.values()) {
          if (run.dag_id !== p.dag_id || run.logical_date === null || run.logical_date >= p.before_logical_date) continue
          if (p.only_scheduled && run.run_type === 'manual') continue
          if (found === null || run.logical_date > (found.logical_date ?? 0)) found = run
        }
        if (found === null) return null
        const id = found.id
        return {
          run: found,
          states: [...db.instances.values()]
            .filter(({ dag_run_id }) => dag_run_id === id)
            .map(({ task_id, map_index, state }) => ({ task_id, map_index, state })),
        }
      }),
    dagRunsByLogicalDate: (p) =>
      call(() =>
        [...db.runs.values()].filter(
          ({ dag_id, logical_date }) => dag_id === p.dag_id && logical_date !== null && logical_date >= p.from && logical_date <= p.to,
        ),
      ),
    dagRunGet: (p) => call(() => [...db.runs.values()].find(({ dag_id, run_id }) => dag_id === p.dag_id && run_id === p.run_id) ?? null),
    xcomGet: () => call(() => null),
    xcomGetAll: () => call(() => []),
  }
}
