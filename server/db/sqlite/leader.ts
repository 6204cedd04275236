/**
 * The leader's row. Only one server opens a SQLite file, so the lease guards against a server that has not quite gone yet rather
 * than against a rival; the rules are the same as on PostgreSQL.
 */
import type { LeaderTerm } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

/**
 * Milliseconds of the machine's monotonic clock: a wall clock that is put right by an hour must not end a term. It begins anew with
 * each boot, and the lease with each process (leaderForget).
 */
function leaseNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

export function now(db: SqliteConnection): number {
  return (db.prepare("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now").get() as { now: number }).now
}

/** A holder whose own lease is still alive wins again, with a new epoch: its earlier process is gone. */
export function leaderAcquire(db: SqliteConnection, p: { holder: string; lease_ms: number }): LeaderTerm | null {
  const at = leaseNow()
  const row = db
    .prepare(
      `UPDATE scheduler_leader SET holder = ?, epoch = epoch + 1, lease_until = ?
     WHERE lease_until IS NULL OR lease_until <= ? OR holder = ? RETURNING epoch, commit_seq`,
    )
    .all(p.holder, at + p.lease_ms, at, p.holder)[0]
  return (row as LeaderTerm | undefined) ?? null
}

/** A lease that ended cannot be renewed, even if nobody else has won since. */
export function leaderRenew(db: SqliteConnection, p: { holder: string; epoch: number; lease_ms: number }): boolean {
  const at = leaseNow()
  const { changes } = db
    .prepare('UPDATE scheduler_leader SET lease_until = ? WHERE holder = ? AND epoch = ? AND lease_until > ?')
    .run(at + p.lease_ms, p.holder, p.epoch, at)
  return changes > 0
}

export function leaderResign(db: SqliteConnection, p: { holder: string; epoch: number }): void {
  db.prepare('UPDATE scheduler_leader SET holder = NULL, lease_until = NULL WHERE holder = ? AND epoch = ?').run(p.holder, p.epoch)
}

/** For a process that has just got the folder's lock: whoever led before is gone for certain, so nobody waits for its lease. */
export function leaderForget(db: SqliteConnection): void {
  db.prepare('UPDATE scheduler_leader SET holder = NULL, lease_until = NULL').run()
}
