/**
 * The leader's row, and its lease. Only one server opens a SQLite file, so the lease is between services of one process and lives in the
 * memory of the server's own thread. To renew it neither writes nor waits for the thread that does: as long as this process holds the
 * folder nobody else can lead, however long a commit takes and however full the disk is. The row holds what outlives a process: the epoch.
 */
import type { LeaderTerm } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

/** The machine's monotonic clock in milliseconds: a wall clock that is put right by an hour must not end a term. */
function leaseNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

/** What SqliteLease asks of the thread that writes. `opened` tells one opening of the thread from the next. */
export interface LeaseThread {
  opened: object
  call: <R>(method: 'leaderAcquire' | 'leaderHolds' | 'leaderResign', p: unknown) => Promise<R>
}

/** On the server's thread. */
export class SqliteLease {
  readonly #thread: () => Promise<LeaseThread>
  #lease: { holder: string; epoch: number; until: number; opened: object } | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(thread: () => Promise<LeaseThread>) {
    this.#thread = thread
  }

  /** A holder whose own lease is still alive wins again, with a new epoch: its earlier process is gone. */
  acquire(p: { holder: string; lease_ms: number }): Promise<LeaderTerm | null> {
    const acquired = this.#last.then(async () => {
      if (this.#lease !== null && this.#lease.holder !== p.holder && this.#lease.until > leaseNow()) return null
      const { opened, call } = await this.#thread()
      const term = await call<LeaderTerm>('leaderAcquire', { holder: p.holder })
      this.#lease = { holder: p.holder, epoch: term.epoch, until: leaseNow() + p.lease_ms, opened }
      return term
    })
    this.#last = acquired.catch(() => undefined)
    return acquired
  }

  /** A lease that has ended is renewed too if nobody else has won since. */
  async renew(p: { holder: string; epoch: number; lease_ms: number }): Promise<boolean> {
    // Opens a thread that has died, and with it takes the folder's lock again, or rejects.
    const { opened, call } = await this.#thread()
    const lease = this.#lease
    if (lease === null || lease.holder !== p.holder || lease.epoch !== p.epoch) return false
    // Between a thread's death and its next opening another server may have had the folder.
    if (lease.opened !== opened && !(await call<boolean>('leaderHolds', p))) return false
    Object.assign(lease, { until: leaseNow() + p.lease_ms, opened })
    return true
  }

  async resign(p: { holder: string; epoch: number }): Promise<void> {
    const { call } = await this.#thread()
    await call('leaderResign', p)
    if (this.#lease?.holder === p.holder && this.#lease.epoch === p.epoch) this.#lease = null
  }
}

export function now(db: SqliteConnection): number {
  return (db.prepare("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now").get() as { now: number }).now
}

export function leaderAcquire(db: SqliteConnection, p: { holder: string }): LeaderTerm {
  const row = db.prepare('UPDATE scheduler_leader SET holder = ?, epoch = epoch + 1 RETURNING epoch, commit_seq').all(p.holder)[0]
  return row as unknown as LeaderTerm
}

export function leaderHolds(db: SqliteConnection, p: { holder: string; epoch: number }): boolean {
  return db.prepare('SELECT 1 FROM scheduler_leader WHERE holder = ? AND epoch = ?').get(p.holder, p.epoch) !== undefined
}

export function leaderResign(db: SqliteConnection, p: { holder: string; epoch: number }): void {
  db.prepare('UPDATE scheduler_leader SET holder = NULL WHERE holder = ? AND epoch = ?').run(p.holder, p.epoch)
}

/** For a process that has just got the folder's lock: whoever led before is gone for certain, so nobody waits for its lease. */
export function leaderForget(db: SqliteConnection): void {
  db.prepare('UPDATE scheduler_leader SET holder = NULL, lease_until = NULL').run()
}
