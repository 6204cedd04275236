/** Logs of attempts in the database: they survive the loss of the controller's disk. One row per append, and one for the state. */
import type { AttemptRecord, LogRecord } from '../records.ts'
import type { StorageSize } from '../retention.ts'
import type { LogAppend, LogStore, LogWhole } from '../attemptOutput.ts'
import { decodeTimes, encodeTimes, firstBeyond, TIMES_READ_MAX, timesBetween, type LogTime } from '../logTimes.ts'
import { columns, render, sql } from '../sql.ts'
import type { PostgresDatabase } from './connection.ts'

interface LogKey {
  task_instance_id: number
  attempt: number
}

/** Chunks read by one statement; a page of a log is at most a few MB, and chunks are what a worker sends at once. */
const CHUNKS_PER_READ = 500
/** Task instances whose logs go in one statement: at the cap of 64 MiB for each it must end before the statement's timeout. */
const DELETED_AT_ONCE = 50

export class LogChunks implements LogStore {
  readonly #db: PostgresDatabase
  #sweep: Promise<void> | null = null
  #isSweepAsked = false

  constructor(db: PostgresDatabase) {
    this.#db = db
  }

  /** The usual append, at the very end of what is stored, is one statement; a repeat or a gap takes the long way. */
  async logAppend(p: LogAppend): Promise<number> {
    const rows = await this.#db.query<{ size: number }>(
      `WITH log AS (
         INSERT INTO logs AS l (task_instance_id, attempt, size, complete, truncated)
         SELECT $1::bigint, $2::integer, $4::bigint, false, false
           WHERE $3::bigint = 0 OR EXISTS (SELECT 1 FROM logs WHERE task_instance_id = $1 AND attempt = $2)
         ON CONFLICT (task_instance_id, attempt) DO UPDATE SET size = l.size + $4 WHERE l.size = $3
         RETURNING size),
       chunk AS (INSERT INTO log_chunks (task_instance_id, attempt, start_offset, bytes, times)
         SELECT $1, $2, $3, $5::bytea, $6::bytea FROM log WHERE $4 > 0)
       SELECT size FROM log`,
      [p.task_instance_id, p.attempt, p.offset, p.bytes.length, p.bytes, encodeTimes(p.times ?? [])],
    )
    return rows[0]?.size ?? this.#appendRest(p)
  }

  /** The row of the log is locked first, so two appends of the same bytes cannot both be stored. */
  #appendRest(p: LogAppend): Promise<number> {
    return this.#db.write(async (s) => {
      const rows = await s.rows<{ size: number }>(
        sql`SELECT size FROM logs WHERE task_instance_id = ${p.task_instance_id} AND attempt = ${p.attempt} FOR UPDATE`,
      )
      const size = rows[0]?.size ?? 0
      if (p.offset > size)
        throw new Error(
          `log of task instance ${p.task_instance_id}, attempt ${p.attempt}: append at ${p.offset}, but only ${size} bytes are stored`,
        )
      const fresh = p.bytes.subarray(size - p.offset)
      if (fresh.length === 0) return size
      const times = encodeTimes((p.times ?? []).slice(firstBeyond(p.times ?? [], size - 1)))
      await s.run(
        sql`INSERT INTO log_chunks (task_instance_id, attempt, start_offset, bytes, times)
          VALUES (${p.task_instance_id}, ${p.attempt}, ${size}, ${fresh}, ${times})`,
      )
      await s.run(
        sql`UPDATE logs SET size = ${size + fresh.length} WHERE task_instance_id = ${p.task_instance_id} AND attempt = ${p.attempt}`,
      )
      return size + fresh.length
    })
  }

  async logFinish(p: LogKey & { truncated: boolean }): Promise<void> {
    await this.#db.query(
      `INSERT INTO logs AS l (task_instance_id, attempt, size, complete, truncated) VALUES ($1, $2, 0, true, $3)
       ON CONFLICT (task_instance_id, attempt) DO UPDATE SET complete = true, truncated = l.truncated OR excluded.truncated`,
      [p.task_instance_id, p.attempt, p.truncated],
    )
  }

  async logWhole(p: LogWhole): Promise<void> {
    const rows = await this.#db.query(
      `WITH log AS (
         INSERT INTO logs (task_instance_id, attempt, size, complete, truncated) VALUES ($1::bigint, $2::integer, $3, true, $4)
         ON CONFLICT (task_instance_id, attempt) DO NOTHING RETURNING size),
       chunk AS (INSERT INTO log_chunks (task_instance_id, attempt, start_offset, bytes, times)
         SELECT $1, $2, 0, $5::bytea, $6::bytea FROM log WHERE size > 0)
       SELECT size FROM log`,
      [p.task_instance_id, p.attempt, p.bytes.length, p.truncated, p.bytes, encodeTimes(p.times ?? [])],
    )
    if (rows.length > 0) return
    await this.logAppend({ ...p, offset: 0 })
    await this.logFinish(p)
  }

  async logStat(p: LogKey): Promise<LogRecord | null> {
    const rows = await this.#db.read((s) =>
      s.rows<LogRecord>(
        sql`SELECT task_instance_id, attempt, size, complete, truncated FROM logs WHERE task_instance_id = ${p.task_instance_id} AND attempt = ${p.attempt}`,
      ),
    )
    return rows[0] ?? null
  }

  logRead(p: LogKey & { offset: number; limit: number }): Promise<Uint8Array> {
    return this.#db.read(async (s) => {
      const scope = sql`task_instance_id = ${p.task_instance_id} AND attempt = ${p.attempt}`
      const rows = await s.rows<{ start_offset: number; bytes: Uint8Array }>(
        sql`SELECT start_offset, bytes FROM log_chunks WHERE ${scope} AND start_offset < ${p.offset + p.limit}
          AND start_offset >= coalesce((SELECT max(start_offset) FROM log_chunks WHERE ${scope} AND start_offset <= ${p.offset}), 0)
          ORDER BY start_offset LIMIT ${CHUNKS_PER_READ}`,
      )
      const first = rows[0]
      if (first === undefined) return new Uint8Array(0)
      const skip = p.offset - first.start_offset
      return new Uint8Array(Buffer.concat(rows.map((row) => row.bytes)).subarray(skip, skip + p.limit))
    })
  }

  /**
   * From the last chunks with marks that begin at or before `from`: the first mark of the very last one may be beyond it. A fast log has
   * some hundred chunks without any between two.
   */
  async logTimes(p: LogKey & { from: number; to: number }): Promise<LogTime[]> {
    const scope = sql`task_instance_id = ${p.task_instance_id} AND attempt = ${p.attempt}`
    const rows = await this.#db.read((s) =>
      s.rows<{ times: Uint8Array }>(
        sql`SELECT times FROM log_chunks WHERE ${scope} AND times IS NOT NULL AND start_offset < ${p.to}
          AND start_offset >= coalesce((SELECT min(start_offset) FROM (SELECT start_offset FROM log_chunks
            WHERE ${scope} AND times IS NOT NULL AND start_offset <= ${p.from} ORDER BY start_offset DESC LIMIT 2) AS before), 0)
          ORDER BY start_offset LIMIT ${TIMES_READ_MAX}`,
      ),
    )
    return timesBetween(
      rows.flatMap((row) => decodeTimes(row.times)),
      p,
    )
  }

  async logDelete(p: { task_instance_ids: number[] }): Promise<void> {
    await this.#db.query(
      `WITH chunks AS (DELETE FROM log_chunks WHERE task_instance_id = ANY ($1::bigint[])),
        queue AS (DELETE FROM log_deletions WHERE task_instance_id = ANY ($1::bigint[]))
       DELETE FROM logs WHERE task_instance_id = ANY ($1::bigint[])`,
      [p.task_instance_ids],
    )
  }

  /** Removes what commits have deleted. One sweep at a time; one that is asked for meanwhile goes on with what is new. */
  sweepDeleted(): Promise<void> {
    this.#isSweepAsked = true
    this.#sweep ??= this.#sweepAll().finally(() => (this.#sweep = null))
    return this.#sweep
  }

  async #sweepAll(): Promise<void> {
    while (this.#isSweepAsked) {
      this.#isSweepAsked = false
      const rows = await this.#db.query<{ task_instance_id: number }>(
        `SELECT task_instance_id FROM log_deletions LIMIT ${DELETED_AT_ONCE}`,
        [],
      )
      if (rows.length === 0) continue
      await this.logDelete({ task_instance_ids: rows.map((row) => row.task_instance_id) })
      this.#isSweepAsked = true
    }
  }
}

/** `pg_total_relation_size` counts indexes and large values too. */
export async function storageSize(db: PostgresDatabase): Promise<StorageSize> {
  const rows = await db.query<StorageSize>(
    `SELECT pg_database_size(current_database()) - l.bytes AS database_bytes, l.bytes AS log_bytes
     FROM (SELECT pg_total_relation_size('log_chunks') + pg_total_relation_size('logs') AS bytes) AS l`,
    [],
  )
  return rows[0] ?? { database_bytes: 0, log_bytes: 0 }
}

export function attemptList(
  db: PostgresDatabase,
  p: { task_instance_id: number },
): Promise<(AttemptRecord & { log_bytes: number; log_truncated: boolean })[]> {
  const { text, values } = render(
    sql`SELECT ${columns('attempts', { prefix: 'a' })}, coalesce(l.size, 0) AS log_bytes, coalesce(l.truncated, false) AS log_truncated
      FROM attempts a LEFT JOIN logs l ON l.task_instance_id = a.task_instance_id AND l.attempt = a.attempt
      WHERE a.task_instance_id = ${p.task_instance_id} ORDER BY a.attempt`,
    (n) => `$${n}`,
  )
  return db.query(text, values)
}
