/**
 * The store on an embedded SQLite file.
 *
 * Threads: one writer (opened at once, for good) and up to two readers (opened when first needed). The server's own thread only
 * posts messages, so neither an fsync nor a heavy page blocks its loop.
 * Invariants: only the writer writes, and only while it holds the folder's lock; a reader opens the file read-only.
 * Failures: an error of SQLite that may pass rejects with StoreUnavailable; a thread that dies does the same to its calls and is
 * opened again by the next call. Damage that shows at run time ends all writing (condition.ts).
 */
import { join, resolve } from 'node:path'
import { systemClock, type Timer } from '#runtime/clock.ts'
import { StoreUnavailable, type CommitOutcome, type EngineCommit, type Store } from '../store.ts'
import { READ_METHODS, SHARED_METHODS, type StoreMethod } from '../methods.ts'
import { startCheck, type Check } from './checkProcess.ts'
import { Condition } from './condition.ts'
import type { Synchronous } from './connection.ts'
import { encodeCommit } from './engineCommit.ts'
import { mustCheckLater } from './integrity.ts'
import { SqliteLease } from './leader.ts'
import { LogFiles } from './logs.ts'
import { storageSize } from './storageSize.ts'
import { DATABASE_FILE, ThreadClient, threadEntry } from './thread/client.ts'

export interface SqliteOptions {
  folder: string
  /** FULL (default): a commit is on the disk when it is answered. NORMAL: a power cut may take the last ones back. */
  synchronous?: Synchronous
  /** Told when the database begins to refuse work (a full disk, a damaged file) and, with null, when it saves again. */
  onProblem?: (problem: string | null) => void
  /** Where the thread's code is, if not beside the caller's. */
  thread_entry?: URL
}

/** One page being read, and one more so that a heavy one does not hold up the rest. */
const MAX_READERS = 2
/** The second one goes when it was not needed for so long: a thread takes 7 MB. */
const SPARE_READER_MS = 10_000

/** A large file is read through when the start, which needs the disk for itself, is over. */
const CHECK_AFTER_MS = 5_000

class Threads {
  readonly #options: SqliteOptions
  #writer: Promise<ThreadClient> | null = null
  readonly #readers: ThreadClient[] = []
  #opening: Promise<ThreadClient> | null = null
  #spare: Timer | null = null
  #check: Check | null = null
  #closed = false

  constructor(options: SqliteOptions) {
    this.#options = options
  }

  #start(role: 'writer' | 'reader'): Promise<ThreadClient> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'))
    const { folder, synchronous = 'FULL', thread_entry } = this.#options
    return ThreadClient.open({ role, folder, synchronous }, thread_entry)
  }

  readonly writer = async (): Promise<ThreadClient> => {
    const current = this.#writer
    const thread = await current?.catch(() => null)
    if (thread !== undefined && thread !== null && !thread.isDead) return thread
    // Of several callers that find it dead, the first one opens the next.
    if (this.#writer === current || this.#writer === null) this.#writer = this.#start('writer')
    return this.#writer
  }

  /** The idlest reader; another one is opened when all are busy. */
  readonly reader = async (): Promise<ThreadClient> => {
    for (let i = this.#readers.length - 1; i >= 0; i--) if (this.#readers[i]?.isDead === true) this.#readers.splice(i, 1)
    const idlest = this.#readers.reduce<ThreadClient | null>(
      (best, reader) => (best === null || reader.load < best.load ? reader : best),
      null,
    )
    if (idlest !== null && (idlest.load === 0 || this.#readers.length === MAX_READERS)) return idlest
    this.#opening ??= this.#start('reader')
      .then((reader) => {
        this.#readers.push(reader)
        if (this.#readers.length > 1) this.#watchSpare(reader)
        return reader
      })
      .finally(() => (this.#opening = null))
    if (idlest === null) return this.#opening
    // Whoever goes on with a busy reader does not wait for another one, and need not hear that there will be none.
    this.#opening.catch(() => undefined)
    return idlest
  }

  #watchSpare(reader: ThreadClient): void {
    const { calls } = reader
    this.#spare = systemClock.after(SPARE_READER_MS, () => {
      const at = this.#readers.indexOf(reader)
      if (this.#closed || at < 0) return
      if (reader.calls !== calls || reader.load > 0) return this.#watchSpare(reader)
      this.#readers.splice(at, 1)
      void reader.close().catch(() => undefined)
    })
  }

  /** Reads the whole file through; returns what is damaged. */
  async check(): Promise<string | null> {
    if (this.#closed) return null
    this.#check = startCheck({ entry: this.#options.thread_entry ?? threadEntry(), folder: this.#options.folder })
    return await this.#check.ended
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#spare?.cancel()
    this.#check?.stop()
    await this.#opening?.catch(() => null)
    await Promise.all(this.#readers.map((reader) => reader.close()))
    await (await this.#writer?.catch(() => null))?.close()
  }
}

export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const folder = resolve(options.folder)
  const threads = new Threads({ ...options, folder })
  const writer = await threads.writer()
  let closed: Promise<void> | null = null
  const logs = new LogFiles({ folder, clock: systemClock, writer: threads.writer, reader: threads.reader })
  const condition = new Condition({ clock: systemClock, onChange: options.onProblem })
  const read = (method: string) => (p: unknown) => condition.read(async () => (await threads.reader()).call(method, p))
  const write = (method: string) => (p: unknown) => condition.write(method, async () => (await threads.writer()).call(method, p))

  const store: Partial<Record<StoreMethod, (p: never) => Promise<unknown>>> = {}
  const readers: ReadonlySet<string> = new Set(READ_METHODS)
  for (const method of Object.keys(SHARED_METHODS) as (keyof typeof SHARED_METHODS)[])
    store[method] = readers.has(method) ? read(method) : write(method)
  const lease = new SqliteLease(async () => {
    const thread = await threads.writer()
    return { opened: thread, call: (method, p) => thread.call(method, p) }
  })
  store.leaderAcquire = (p: Parameters<SqliteLease['acquire']>[0]) => condition.write('leaderAcquire', () => lease.acquire(p))
  store.leaderResign = (p: Parameters<SqliteLease['resign']>[0]) => condition.write('leaderResign', () => lease.resign(p))
  // These write nothing, so they tell nothing of the disk either.
  store.leaderRenew = (p: Parameters<SqliteLease['renew']>[0]) => condition.read(() => lease.renew(p))
  store.now = () => condition.read(async () => (await threads.writer()).call('now', null))
  store.ping = async () => {
    condition.check()
    await condition.read(async () => (await threads.writer()).call('ping', null))
  }
  store.attemptList = read('attemptList')
  store.engineCommit = async (p: EngineCommit): Promise<CommitOutcome> => {
    // Before any await: the caller may go on changing its records.
    const encoded = encodeCommit(p)
    const outcome = await condition.write('engineCommit', async () => (await threads.writer()).call<CommitOutcome>('engineCommit', encoded))
    if (p.dag_runs_delete.length > 0 || p.dags_delete.length > 0) void logs.sweepDeleted().catch(() => undefined)
    return outcome
  }
  for (const method of ['logFinish', 'logWhole', 'logStat', 'logRead', 'logTimes', 'logDelete'] as const)
    store[method] = logs[method].bind(logs) as (p: never) => Promise<unknown>
  store.storageSize = () => storageSize(folder)
  // Logs may lie on a disk of their own; that it is full is told, but is no trouble of the database.
  const logCondition = new Condition({ clock: systemClock, onChange: options.onProblem })
  store.logAppend = (p: Parameters<LogFiles['logAppend']>[0]) => logCondition.write('logAppend', () => logs.logAppend(p))
  // What a killed server left behind; trouble with it is tried again at the next deletion or start.
  if (!writer.isDead) void logs.sweepDeleted().catch(() => undefined)
  const checkTimer = mustCheckLater(join(folder, DATABASE_FILE))
    ? systemClock.after(CHECK_AFTER_MS, () => {
        void threads.check().then((damage) => {
          if (damage !== null) condition.damaged(damage)
        })
      })
    : null
  return {
    ...(store as unknown as Store),
    dialect: 'SQLite',
    cluster: null,
    close: () => {
      checkTimer?.cancel()
      return (closed ??= logs.close().then(() => threads.close()))
    },
  }
}
