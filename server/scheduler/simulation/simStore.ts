/**
 * The store as one controller sees it: a link to the database that loses answers, goes down, or is cut without anybody being
 * told. What was on its way when a cut began arrives when it ends (the network tries again), so a commit may be applied long
 * after its sender gave it up, in another's term. Calls of a dead controller never answer; what it sent may still happen.
 */
import type { DagRunRecord } from '#db/records.ts'
import { StoreRefusedData, StoreUnavailable, type EngineStore } from '#db/store.ts'
import { copyOf } from './copy.ts'
import type { Random } from './random.ts'
import { newOwner, type Owner, type SimTime } from './simClock.ts'
import type { SimDatabase } from './simDatabase.ts'

export interface StoreFaults {
  /** Share of commits that are done but reported as failed. */
  lost_answer: number
  /** Share of calls that fail without effect. */
  unavailable: number
  /** How long it takes to read what a term begins with, at most. */
  load_ms?: number
}

/** As the statement timeout of the leader's connection (db/postgres/leader.ts). */
const TIMEOUT_MS = 20_000

export interface DbLink {
  owner: Owner
  faults: StoreFaults
  isCut: boolean
  /** So many of the next commits take long. */
  slowCommits?: number
  /** What waits for the end of the cut. */
  waiting: (() => void)[]
}

export function healLink(link: DbLink, time: SimTime, random: Random): void {
  link.isCut = false
  for (const go of link.waiting.splice(0)) time.schedule(WORLD, random.int(0, 300), go)
}

/** The database and the network: they never die. */
const WORLD = newOwner()

export interface SimStoreOptions {
  db: SimDatabase
  time: SimTime
  random: Random
  link: DbLink
  /** The database knows that the process of this leader has ended (its connection was closed). */
  isGone: (holder: string) => boolean
}

export function simStore(o: SimStoreOptions): EngineStore {
  return {
    ...leaderMethods(o),
    ...readMethods(o),
    engineCommit: (commit) => call(o, copyOf(commit), (copy) => o.db.apply(copy), { before_ms: commitDelay(o) }),
  }
}

/** Beyond the leader's lease and the workers'. As on both databases the renewals do not wait for it, and the fence is its end. */
const SLOW_COMMIT_MS = 10_000

function commitDelay({ db, time, random, link }: SimStoreOptions): number {
  if ((link.slowCommits ?? 0) === 0) return random.int(0, 8)
  link.slowCommits = (link.slowCommits ?? 0) - 1
  const delay = random.int(500, SLOW_COMMIT_MS)
  db.slowUntil = Math.max(db.slowUntil, time.now + delay)
  return delay
}

/** `after_ms`: between what is done or read and its answer. */
async function call<I, T>(
  { time, random, link }: SimStoreOptions,
  input: I,
  work: (input: I) => T,
  { before_ms = random.int(0, 5), after_ms = 0 } = {},
): Promise<T> {
  const { faults, owner } = link
  return await new Promise<T>((resolve, reject) => {
    const fate = random.next()
    // The database is not the controller: what was sent may happen although its sender has died.
    const mayOutlive = random.chance(0.5)
    const timeout = time.schedule(owner, TIMEOUT_MS, () => reject(new StoreUnavailable('no answer in time')))
    const through = (go: () => void): void => (link.isCut ? void link.waiting.push(go) : go())
    const answer = (settle: () => void): void =>
      through(() =>
        time.schedule(owner, after_ms, () => {
          timeout.cancel()
          settle()
        }),
      )
    const arrive = (): void => {
      if (fate < faults.unavailable) return answer(() => reject(new StoreUnavailable('simulated')))
      let result: T
      try {
        result = copyOf(work(input))
      } catch (error) {
        if (!(error instanceof StoreRefusedData)) throw error
        return answer(() => reject(error))
      }
      if (fate < faults.unavailable + faults.lost_answer) answer(() => reject(new StoreUnavailable('done, but the answer was lost')))
      else answer(() => resolve(result))
    }
    time.schedule(mayOutlive ? WORLD : owner, before_ms, () => through(arrive))
  })
}

function leaderMethods(o: SimStoreOptions): Pick<EngineStore, 'leaderAcquire' | 'leaderRenew' | 'leaderResign'> {
  const { db, time, isGone } = o
  return {
    leaderAcquire: (p) =>
      call(o, p, ({ holder, lease_ms }) => {
        const { leader } = db
        const isFree =
          leader.expires_at <= time.now || leader.holder === holder || (leader.renewed_at < time.now - 1500 && isGone(leader.holder))
        if (!isFree) return null
        db.leader = { ...leader, holder, epoch: leader.epoch + 1, expires_at: time.now + lease_ms, renewed_at: time.now }
        return { epoch: db.leader.epoch, commit_seq: leader.commit_seq }
      }),
    leaderRenew: (p) =>
      call(o, p, ({ holder, epoch, lease_ms }) => {
        if (db.leader.epoch !== epoch || db.leader.holder !== holder || db.leader.expires_at <= time.now) return false
        Object.assign(db.leader, { expires_at: time.now + lease_ms, renewed_at: time.now })
        return true
      }),
    leaderResign: (p) => call(o, p, ({ epoch }) => void (db.leader.epoch === epoch && (db.leader.expires_at = 0))),
  }
}

function readMethods(o: SimStoreOptions): Omit<EngineStore, 'leaderAcquire' | 'leaderRenew' | 'leaderResign' | 'engineCommit'> {
  const { db } = o
  const runOf = (p: { dag_id: string; run_id: string }): DagRunRecord | undefined =>
    [...db.runs.values()].find(({ dag_id, run_id }) => dag_id === p.dag_id && run_id === p.run_id)
  return {
    // It sees the database as it was when the reading began.
    engineLoad: () =>
      call(o, null, () => snapshot(db), { after_ms: o.link.faults.load_ms === undefined ? 0 : o.random.int(0, o.link.faults.load_ms) }),
    engineRunLoad: (p) =>
      call(o, p, () => {
        const run = runOf(p)
        const version = run === undefined ? undefined : db.versions.get(run.dag_version_id)
        if (run === undefined || version === undefined) return null
        return { run, version, task_instances: [...db.instances.values()].filter(({ dag_run_id }) => dag_run_id === run.id) }
      }),
    dagVersionGet: (p) => call(o, p, ({ id }) => db.versions.get(id) ?? null),
    previousRunGet: (p) => call(o, p, () => previousRun(db, p)),
    dagRunsByLogicalDate: (p) =>
      call(o, p, () =>
        [...db.runs.values()].filter(
          ({ dag_id, logical_date }) => dag_id === p.dag_id && logical_date !== null && logical_date >= p.from && logical_date <= p.to,
        ),
      ),
    dagRunGet: (p) => call(o, p, () => runOf(p) ?? null),
    xcomGet: (p) => call(o, p, () => null),
    xcomValues: (p) => call(o, p, () => ({ rows: [], refused: null })),
  }
}

type Snapshot = Awaited<ReturnType<EngineStore['engineLoad']>>

function snapshot(db: SimDatabase): Snapshot {
  const runs = [...db.runs.values()].filter(({ state, callback }) => state === 'queued' || state === 'running' || callback !== null)
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
    max_ids: { ...db.maxIds, ledger: db.ledger.at(-1)?.id ?? 0 },
  }
}

function previousRun(db: SimDatabase, p: Parameters<EngineStore['previousRunGet']>[0]): Awaited<ReturnType<EngineStore['previousRunGet']>> {
  let found: DagRunRecord | null = null
  for (const run of db.runs.values()) {
    if (run.dag_id !== p.dag_id || run.logical_date === null || run.logical_date >= p.before_logical_date) continue
    if (p.only_scheduled && run.run_type === 'manual') continue
    if (found === null || run.logical_date > (found.logical_date ?? 0)) found = run
  }
  if (found === null) return null
  const { id } = found
  return {
    run: found,
    states: [...db.instances.values()]
      .filter(({ dag_run_id }) => dag_run_id === id)
      .map(({ task_id, map_index, state }) => ({ task_id, map_index, state })),
  }
}
