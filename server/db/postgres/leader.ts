/**
 * The leader's row and the leader's own two connections.
 *
 * One carries acquire, renew and resign, the other every engine commit: nothing else of the server can delay them, a commit that
 * takes seconds does not delay the renewals, and a cut cable is noticed by keepalives in seconds. A commit touches the leader's row
 * in its last statement only (engineCommit.ts), so that it does not hold it locked either. Statements are pipelined: a whole commit
 * is two round trips.
 * Time is `clock_timestamp()`: the database's clock at the moment the row is decided, also after waiting for its lock.
 */
import pg from 'pg'
import type { LeaderTerm } from '../store.ts'
import { clientConfig, endOf, unavailableOnTrouble } from './connection.ts'

/** The leader's commits are short, or large deletions; one that takes longer is a defect or a database in trouble. */
const STATEMENT_TIMEOUT_MS = 20_000
/**
 * Plans for the engine's statements must not depend on statistics that are minutes old: rows are always found by key. The
 * server notices a client that is gone within about 11 s. One that stops in the middle of a commit holds up the next leader's first
 * one: it loses its connection after 1.5 s, less than its lease, so that its successor does not wait; if it wakes, it sends the commit again.
 */
const SESSION = `SET idle_in_transaction_session_timeout = 1500; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
  SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`

export class LeaderConnection {
  readonly #url: string
  #client: Promise<pg.Client> | null = null
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(url: string) {
    this.#url = url
  }

  /** One piece of work at a time; after any failure of the connection the next one opens a new connection. */
  run<R>(work: (client: pg.Client) => Promise<R>): Promise<R> {
    const result = this.#last.then(() =>
      unavailableOnTrouble(async () => {
        const client = await this.#connect()
        return work(client)
      }),
    )
    this.#last = result.catch(() => undefined)
    return result
  }

  /** Gives up a connection whose transaction is in doubt. */
  async drop(): Promise<void> {
    const client = await this.#client?.catch(() => null)
    this.#client = null
    if (client != null) await endOf(client)
  }

  async close(): Promise<void> {
    await this.#last
    this.#closed = true
    await this.drop()
  }

  #connect(): Promise<pg.Client> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'))
    if (this.#client !== null) return this.#client
    // A connection says twice that it is over, the second time perhaps when there is another one already.
    const opening: Promise<pg.Client> = this.#open(() => {
      if (this.#client === opening) this.#client = null
    })
    this.#client = opening
    return opening
  }

  async #open(forget: () => void): Promise<pg.Client> {
    const config = clientConfig(this.#url)
    const client = new pg.Client({
      ...config,
      application_name: 'vortex leader',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
      pipeline: true,
    })
    client.on('error', forget)
    client.on('end', forget)
    try {
      await client.connect()
      for (const setting of SESSION.split(';')) await client.query(setting)
      return client
    } catch (error) {
      forget()
      await endOf(client)
      throw error
    }
  }
}

/** What acquire and renew write beside the lease: which session of the database speaks for the leader. */
const SESSION_NOTED = `renewed_at = clock_timestamp(), session_pid = pg_backend_pid(),
  session_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())`
/**
 * A killed controller's connection ends with it, and the database knows at once. A leader that merely lost its connection gets
 * 1.5 s to renew over a new one; if it comes later, its epoch is fenced like any other's.
 */
const LEADER_IS_GONE = `renewed_at < clock_timestamp() - interval '1500 ms' AND NOT EXISTS (
  SELECT 1 FROM pg_stat_activity a WHERE a.pid = scheduler_leader.session_pid AND a.backend_start = scheduler_leader.session_start)`

export async function leaderAcquire(leader: LeaderConnection, p: { holder: string; lease_ms: number }): Promise<LeaderTerm | null> {
  const { rows } = await leader.run((client) =>
    client.query<LeaderTerm>(
      `UPDATE scheduler_leader SET holder = $1, epoch = epoch + 1, lease_until = clock_timestamp() + $2::float8 * interval '1 ms', ${SESSION_NOTED}
       WHERE lease_until IS NULL OR lease_until <= clock_timestamp() OR holder = $1 OR (${LEADER_IS_GONE}) RETURNING epoch, commit_seq`,
      [p.holder, p.lease_ms],
    ),
  )
  return rows[0] ?? null
}

/** A lease that has ended is renewed too if nobody else has won since: then its epoch is still the row's. */
export async function leaderRenew(leader: LeaderConnection, p: { holder: string; epoch: number; lease_ms: number }): Promise<boolean> {
  const { rowCount } = await leader.run((client) =>
    client.query(
      `UPDATE scheduler_leader SET lease_until = clock_timestamp() + $3::float8 * interval '1 ms', ${SESSION_NOTED}
       WHERE holder = $1 AND epoch = $2`,
      [p.holder, p.epoch, p.lease_ms],
    ),
  )
  return rowCount === 1
}

export async function leaderResign(leader: LeaderConnection, p: { holder: string; epoch: number }): Promise<void> {
  await leader.run((client) =>
    client.query('UPDATE scheduler_leader SET holder = NULL, lease_until = NULL WHERE holder = $1 AND epoch = $2', [p.holder, p.epoch]),
  )
}
