/**
 * Logs of attempts. One that comes whole and short, as most do, is a row in `logs`: a folder and a file for each would cost two
 * blocks of the disk and six system calls. Others are files: `logs/<task_instance_id % 1000>/<task_instance_id>/<attempt>.log`; the
 * file's length is the log's size, and a row in `logs` without bytes says that it has ended. When its lines came is in the row, or in
 * `<attempt>.times` (logTimesFile.ts). Files are written by the server's thread
 * pool, never by the writer thread, and are not synced: after a power cut the tail of a log may be missing, its attempt's result is not.
 */
import { statSync } from 'node:fs'
import { mkdir, open, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '#runtime/clock.ts'
import type { AttemptRecord, LogRecord } from '../records.ts'
import type { LogAppend, LogStore, LogWhole } from '../attemptOutput.ts'
import { decodeTimes, encodeTimes, timesBetween, type LogTime } from '../logTimes.ts'
import { StoreUnavailable } from '../store.ts'
import { columns, sql } from '../sql.ts'
import type { SqliteConnection } from './connection.ts'
import { LogTimesFile, readTimesFile } from './logTimesFile.ts'
import type { ThreadClient } from './thread/client.ts'

interface LogKey {
  task_instance_id: number
  attempt: number
}

/** How a log ended. `bytes`: all of it, if it is short, with its `times`; null = it is a file. */
interface LogEnd {
  truncated: boolean
  bytes: Uint8Array | null
  times: Uint8Array | null
}

/** Ends are written at once when few come, and together when many do. A log can be read before: it is looked up here first. */
const FINISH_EVERY_MS = 100
/** Open logs kept for the next append, of two files each; more attempts than this writing at once open and close around each append. */
const MAX_OPEN_FILES = 256
/** Rows of logs that are deleted in one transaction: it holds up the engine's commits for a few milliseconds. */
const DELETED_AT_ONCE = 200

function logFolder(folder: string, task_instance_id: number): string {
  return join(folder, 'logs', String(task_instance_id % 1000), String(task_instance_id))
}
function logFile(folder: string, p: LogKey): string {
  return join(logFolder(folder, p.task_instance_id), `${p.attempt}.log`)
}
function timesFile(folder: string, p: LogKey): string {
  return join(logFolder(folder, p.task_instance_id), `${p.attempt}.times`)
}

// ---- in the database threads

export function attemptList(
  db: SqliteConnection,
  folder: string,
  p: { task_instance_id: number },
): (AttemptRecord & { log_bytes: number; log_truncated: boolean })[] {
  const attempts = db.records(
    'attempts',
    sql`SELECT ${columns('attempts')} FROM attempts WHERE task_instance_id = ${p.task_instance_id} ORDER BY attempt`,
  )
  return attempts.map((attempt) => {
    const state = logState(db, attempt)
    const log_bytes = state?.bytes?.length ?? statSync(logFile(folder, attempt), { throwIfNoEntry: false })?.size ?? 0
    return { ...attempt, log_bytes, log_truncated: state?.truncated ?? false }
  })
}

export function logState(db: SqliteConnection, p: LogKey): LogEnd | null {
  const row = db
    .prepare('SELECT truncated, bytes, times FROM logs WHERE task_instance_id = ? AND attempt = ?')
    .get(p.task_instance_id, p.attempt)
  if (row === undefined) return null
  return { truncated: row['truncated'] === 1, bytes: row['bytes'] as Uint8Array | null, times: row['times'] as Uint8Array | null }
}

export function logFinishMany(db: SqliteConnection, p: (LogKey & LogEnd)[]): void {
  const statement = db.prepare(
    `INSERT INTO logs (task_instance_id, attempt, truncated, bytes, times) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET truncated = max(truncated, excluded.truncated), bytes = coalesce(bytes, excluded.bytes),
       times = coalesce(times, excluded.times)`,
  )
  db.immediately(() => {
    for (const { task_instance_id, attempt, truncated, bytes, times } of p)
      statement.run(task_instance_id, attempt, truncated ? 1 : 0, bytes, times)
  })
}

export function logDeletionsList(db: SqliteConnection, p: { limit: number }): number[] {
  return db
    .prepare('SELECT task_instance_id FROM log_deletions ORDER BY task_instance_id LIMIT ?')
    .all(p.limit)
    .map((row) => row['task_instance_id'] as number)
}

export function logDeletionsDone(db: SqliteConnection, p: { task_instance_ids: number[] }): void {
  db.immediately(() => {
    for (const id of p.task_instance_ids) {
      db.prepare('DELETE FROM logs WHERE task_instance_id = ?').run(id)
      db.prepare('DELETE FROM log_deletions WHERE task_instance_id = ?').run(id)
    }
  })
}

// ---- in the server's thread

interface Finishing {
  row: LogKey & LogEnd
  settle: (error: Error | undefined) => void
}

/** Appends of one attempt come one after the other; the chain keeps them so even if the caller does not wait. */
interface OpenLog {
  handle: FileHandle
  size: number
  /** Opened with the first mark. */
  times: LogTimesFile | null
}

export class LogFiles implements LogStore {
  readonly #folder: string
  readonly #clock: Clock
  readonly #writer: () => Promise<ThreadClient>
  readonly #reader: () => Promise<ThreadClient>
  readonly #open = new Map<string, OpenLog>()
  readonly #chains = new Map<string, Promise<unknown>>()
  #finishing = new Map<string, Finishing>()
  /** Handed to the writer and not answered yet. */
  #flushing: ReadonlyMap<string, Finishing> = new Map()
  #flush: Promise<void> | null = null
  #flushedAt = -Infinity
  #sweep: Promise<void> | null = null
  #isSweepAsked = false
  #isClosed = false

  constructor(p: { folder: string; clock: Clock; writer: () => Promise<ThreadClient>; reader: () => Promise<ThreadClient> }) {
    this.#folder = p.folder
    this.#clock = p.clock
    this.#writer = p.writer
    this.#reader = p.reader
  }

  logAppend(p: LogAppend): Promise<number> {
    return this.#inOrder(p, async () => {
      const log = await this.#openLog(p)
      if (p.offset > log.size)
        throw new Error(
          `log of task instance ${p.task_instance_id}, attempt ${p.attempt}: append at ${p.offset}, but only ${log.size} bytes are stored`,
        )
      const fresh = p.bytes.subarray(log.size - p.offset)
      if (fresh.length > 0 && p.times !== undefined && p.times.length > 0) {
        log.times ??= await LogTimesFile.open(timesFile(this.#folder, p))
        await log.times.append(p.times)
      }
      let written = 0
      while (written < fresh.length)
        written += (await log.handle.write(fresh, written, fresh.length - written, log.size + written)).bytesWritten
      log.size += fresh.length
      return log.size
    })
  }

  async logFinish(p: LogKey & { truncated: boolean }): Promise<void> {
    await this.#inOrder(p, () => this.#closeLog(keyOf(p)))
    await this.#finish(p, { truncated: p.truncated, bytes: null, times: null })
  }

  async logWhole(p: LogWhole): Promise<void> {
    await this.#finish(p, { truncated: p.truncated, bytes: p.bytes, times: encodeTimes(p.times ?? []) })
  }

  #finish({ task_instance_id, attempt }: LogKey, end: LogEnd): Promise<void> {
    const key = keyOf({ task_instance_id, attempt })
    const before = this.#finishing.get(key)
    return new Promise<void>((resolve, reject) => {
      this.#finishing.set(key, {
        row: {
          task_instance_id,
          attempt,
          truncated: end.truncated || before?.row.truncated === true,
          bytes: before?.row.bytes ?? end.bytes,
          times: before?.row.times ?? end.times,
        },
        settle: (error) => {
          before?.settle(error)
          if (error === undefined) resolve()
          else reject(error)
        },
      })
      this.#flush ??= this.#flushFinished().finally(() => (this.#flush = null))
    })
  }

  /** One transaction for all that ended while the one before was written, and at most one in FINISH_EVERY_MS. */
  async #flushFinished(): Promise<void> {
    while (this.#finishing.size > 0) {
      const wait = this.#flushedAt + FINISH_EVERY_MS - this.#clock.monotonic()
      if (wait > 0) await new Promise<void>((resolve) => this.#clock.after(wait, resolve))
      this.#flushedAt = this.#clock.monotonic()
      const batch = this.#finishing
      this.#finishing = new Map()
      this.#flushing = batch
      const error = await this.#writeEnds([...batch.values()].map(({ row }) => row))
      this.#flushing = new Map()
      for (const { settle } of batch.values()) settle(error)
    }
  }

  async #writeEnds(rows: (LogKey & LogEnd)[]): Promise<Error | undefined> {
    try {
      await (await this.#writer()).call('logFinishMany', rows)
      return undefined
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #endOf({ task_instance_id, attempt }: LogKey): Promise<LogEnd | null> {
    const key = keyOf({ task_instance_id, attempt })
    const waiting = this.#finishing.get(key) ?? this.#flushing.get(key)
    return waiting?.row ?? (await this.#reader()).call<LogEnd | null>('logState', { task_instance_id, attempt })
  }

  async logStat(p: LogKey): Promise<LogRecord | null> {
    const end = await this.#endOf(p)
    const size = end?.bytes?.length ?? (await sizeOf(logFile(this.#folder, p)))
    if (end === null && size === null) return null
    return {
      task_instance_id: p.task_instance_id,
      attempt: p.attempt,
      size: size ?? 0,
      complete: end !== null,
      truncated: end?.truncated ?? false,
    }
  }

  async logRead(p: LogKey & { offset: number; limit: number }): Promise<Uint8Array> {
    const whole = (await this.#endOf(p))?.bytes
    if (whole !== null && whole !== undefined) return whole.subarray(p.offset, p.offset + p.limit)
    const size = (await sizeOf(logFile(this.#folder, p))) ?? 0
    const bytes = new Uint8Array(Math.max(0, Math.min(p.limit, size - p.offset)))
    if (bytes.length === 0) return bytes
    return unavailableOnDiskTrouble(async () => {
      await using handle = await open(logFile(this.#folder, p), 'r')
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, p.offset)
      return bytes.subarray(0, bytesRead)
    })
  }

  async logTimes(p: LogKey & { from: number; to: number }): Promise<LogTime[]> {
    const end = await this.#endOf(p)
    if (end !== null && end.bytes !== null) return timesBetween(decodeTimes(end.times), p)
    return unavailableOnDiskTrouble(() => readTimesFile(timesFile(this.#folder, p), p))
  }

  async logDelete(p: { task_instance_ids: number[] }): Promise<void> {
    for (const id of p.task_instance_ids) {
      for (const key of [...this.#open.keys()].filter((key) => key.startsWith(`${id}/`))) await this.#closeLog(key)
      await unavailableOnDiskTrouble(() => rm(logFolder(this.#folder, id), { recursive: true, force: true }))
    }
    await (await this.#writer()).call('logDeletionsDone', { task_instance_ids: p.task_instance_ids })
  }

  /** Removes what commits have deleted. One sweep at a time; one that is asked for meanwhile goes on with what is new. */
  sweepDeleted(): Promise<void> {
    this.#isSweepAsked = true
    this.#sweep ??= this.#sweepAll().finally(() => (this.#sweep = null))
    return this.#sweep
  }

  async #sweepAll(): Promise<void> {
    while (this.#isSweepAsked && !this.#isClosed) {
      this.#isSweepAsked = false
      const task_instance_ids = await (await this.#writer()).call<number[]>('logDeletionsList', { limit: DELETED_AT_ONCE })
      if (task_instance_ids.length === 0) continue
      await this.logDelete({ task_instance_ids })
      this.#isSweepAsked = true
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#chains.values())
    await this.#flush
    for (const key of [...this.#open.keys()]) await this.#closeLog(key)
  }

  #inOrder<R>(p: LogKey, work: () => Promise<R>): Promise<R> {
    const key = keyOf(p)
    const before = this.#chains.get(key) ?? Promise.resolve()
    const run = before.then(() => unavailableOnDiskTrouble(work))
    const settled = run
      .catch(() => undefined)
      .finally(() => {
        if (this.#chains.get(key) === settled) this.#chains.delete(key)
      })
    this.#chains.set(key, settled)
    return run
  }

  async #openLog(p: LogKey): Promise<OpenLog> {
    const key = keyOf(p)
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const file = logFile(this.#folder, p)
    await mkdir(dirname(file), { recursive: true })
    const handle = await open(file, 'a+', 0o600)
    const log: OpenLog = { handle, size: (await handle.stat()).size, times: null }
    this.#open.set(key, log)
    if (this.#open.size > MAX_OPEN_FILES) {
      // The oldest file whose attempt writes nothing right now.
      const idle = [...this.#open.keys()].find((other) => other !== key && !this.#chains.has(other))
      if (idle !== undefined) await this.#closeLog(idle)
    }
    return log
  }

  async #closeLog(key: string): Promise<void> {
    const log = this.#open.get(key)
    this.#open.delete(key)
    await log?.times?.close()
    await log?.handle.close()
  }
}

function keyOf(p: LogKey): string {
  return `${p.task_instance_id}/${p.attempt}`
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** What everybody is told of it; other trouble only rejects. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk of the log files is full; free some space, the server goes on by itself',
  EDQUOT: 'the quota of the log files is used up; free some space, the server goes on by itself',
  EROFS: 'the disk of the log files is read-only; mend that, the server goes on by itself',
}
const DISK_TROUBLE = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'EACCES'])

async function unavailableOnDiskTrouble<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== undefined && DISK_TROUBLE.has(code))
      throw new StoreUnavailable(`log files: ${message}`, { cause: error, reason: REASONS[code] ?? null })
    throw error
  }
}
