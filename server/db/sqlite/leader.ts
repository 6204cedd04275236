/**
 * The leader's row, and its lease. Only one server opens a SQLite file, so the lease guards against a server that has not quite gone
 * yet rather than against a rival; the rules are the same as on PostgreSQL. The row holds what outlives a process: the epoch.
 * The lease itself is in the memory of the one thread that writes: to renew it writes nothing, so a full disk ends neither the
 * term nor, for want of heartbeats, the attempts that run.
 */
import type { LeaderTerm } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

interface Lease {
  holder: string
  epoch: number
  /** Of `leaseNow`. */
  until: number
}

const leases = new WeakMap<SqliteConnection, Lease>()

/** The machine's monotonic clock in milliseconds: a wall clock that is put right by an hour must not end a term. */
function leaseNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

export function now(db: SqliteConnection): number {
  return (db.prepare("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now").get() as { now: number }).now
}

/** A holder whose own lease is still alive wins again, with a new epoch: its earlier process is gone. */
export function leaderAcquire(db: SqliteConnection, p: { holder: string; lease_ms: number }): LeaderTerm | null {
  const at = leaseNow()
  const lease = leases.get(db)
  if (lease !== undefined && lease.holder !== p.holder && lease.until > at) return null
  const row = db.prepare('UPDATE scheduler_leader SET holder = ?, epoch = epoch + 1 RETURNING epoch, commit_seq').all(p.holder)[0]
  const term = row as unknown as LeaderTerm
  leases.set(db, { holder: p.holder, epoch: term.epoch, until: at + p.lease_ms })
  return term
}

/** A lease that ended cannot be renewed, even if nobody else has won since. */
export function leaderRenew(db: SqliteConnection, p: { holder: string; epoch: number; lease_ms: number }): boolean {
  const at = leaseNow()
  const lease = leases.get(db) ?? leaseOfRow(db, at + 1)
  if (lease.holder !== p.holder || lease.epoch !== p.epoch || lease.until <= at) return false
  leases.set(db, { ...lease, until: at + p.lease_ms })
  return true
}

/** After the thread died and was opened again its process still leads: nobody else can have come in between. */
function leaseOfRow(db: SqliteConnection, until: number): Lease {
  const row = db.prepare('SELECT holder, epoch FROM scheduler_leader').get() as { holder: string | null; epoch: number }
  return { holder: row.holder ?? '', epoch: row.epoch, until }
}

export function leaderResign(db: SqliteConnection, p: { holder: string; epoch: number }): void {
  const { changes } = db.prepare('UPDATE scheduler_leader SET holder = NULL WHERE holder = ? AND epoch = ?').run(p.holder, p.epoch)
  if (changes > 0) leases.delete(db)
}

/** For a process that has just got the folder's lock: whoever led before is gone for certain, so nobody waits for its lease. */
export function leaderForget(db: SqliteConnection): void {
  db.prepare('UPDATE scheduler_leader SET holder = NULL, lease_until = NULL').run()
}
