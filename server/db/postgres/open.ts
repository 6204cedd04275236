/**
 * The store on PostgreSQL 14 or later.
 *
 * Connections: two writers, four readers, two for the leader's statements (see leader.ts), and one for messages between controllers
 * once its bus is started (bus.ts).
 * Failures: whatever says "not now" (connection lost, shutdown, too many clients, disk full, deadlock, timeout) rejects with
 * StoreUnavailable; pools and the leader's connection open anew by themselves at the next call, so the server outlives its
 * database. Nothing is retried here: the caller knows whether it still wants it.
 */
import { systemClock } from '#runtime/clock.ts'
import type { EngineCommit, Store } from '../store.ts'
import { SHARED_METHODS, type SharedMethod, type StoreMethod } from '../methods.ts'
import { createCluster } from './cluster.ts'
import { PostgresDatabase } from './connection.ts'
import { engineCommit } from './engineCommit.ts'
import { leaderAcquire, LeaderConnection, leaderRenew, leaderResign } from './leader.ts'
import { attemptList, LogChunks, storageSize } from './logs.ts'
import { migrate } from './migrate.ts'

export async function openPostgres(p: { url: string }): Promise<Store> {
  await migrate(p.url)
  const db = new PostgresDatabase(p.url)
  const lease = new LeaderConnection(p.url)
  const leader = new LeaderConnection(p.url)
  const logs = new LogChunks(db)
  const cluster = createCluster({ db, url: p.url, clock: systemClock })
  let closed: Promise<void> | null = null
  const shared: Partial<Record<StoreMethod, (p: never) => Promise<unknown>>> = {}
  for (const method of Object.keys(SHARED_METHODS) as SharedMethod[]) {
    const run = SHARED_METHODS[method] as (db: PostgresDatabase, p: never) => Promise<unknown>
    shared[method] = (p) => run(db, p)
  }
  const sweep = (): void => void logs.sweepDeleted().catch(() => undefined)
  sweep()
  return {
    ...(shared as unknown as Pick<Store, SharedMethod>),
    dialect: 'PostgreSQL',
    cluster,
    leaderAcquire: (p) => leaderAcquire(lease, p),
    leaderRenew: (p) => leaderRenew(lease, p),
    leaderResign: (p) => leaderResign(lease, p),
    engineCommit: async (p: EngineCommit) => {
      const outcome = await engineCommit(leader, p)
      if (p.dag_runs_delete.length > 0 || p.dags_delete.length > 0) sweep()
      return outcome
    },
    attemptList: (p) => attemptList(db, p),
    logAppend: (p) => logs.logAppend(p),
    logFinish: (p) => logs.logFinish(p),
    logWhole: (p) => logs.logWhole(p),
    logStat: (p) => logs.logStat(p),
    logRead: (p) => logs.logRead(p),
    logTimes: (p) => logs.logTimes(p),
    logDelete: (p) => logs.logDelete(p),
    storageSize: () => storageSize(db),
    now: async () => {
      const rows = await db.query<{ now: number }>('SELECT clock_timestamp() AS now', [])
      return rows[0]?.now ?? Number.NaN
    },
    ping: async () => void (await db.query('SELECT 1', [])),
    close: () => (closed ??= Promise.all([cluster.bus.close(), lease.close(), leader.close()]).then(() => db.close())),
  }
}
