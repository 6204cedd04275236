/**
 * Log chunks of one worker on their way into the store. Per attempt one append is under way at a time; what arrives meanwhile
 * becomes the next one. An acknowledgement follows the store, never the arrival.
 *
 * Memory: a worker keeps a window (swarm.proto), so `held` stays below LOG_WINDOW_BYTES. From one that does not, the session
 * stops reading while `isFull`.
 *
 * Failure: while the store is out of reach the same append is tried again. A log whose task instance is deleted is declined, and what
 * came after the deletion is removed; an attempt that is killed may have been deleted, others show it by a gap. Anything else (a gap
 * above all) ends the session; the worker's next hello learns what is stored and goes on from there.
 */
import type { Clock } from '#runtime/clock.ts'
import { StoreUnavailable, type Store } from '#db/store.ts'
import { FIELD_MAX, firstBeyond, type LogTime } from '#db/logTimes.ts'
import { ProtocolError } from './codec.ts'
import type { HeldAttempt } from './heldAttempts.ts'
import type { LogChunk } from './gen/vortex/swarm/v1/swarm.ts'
import { FRAME_BYTES_MAX, LOG_HELD_BYTES_MAX, LOG_TIME_BYTES, SHORT_LOG_BYTES } from './limits.ts'

const RETRY_FIRST_MS = 50
const RETRY_SLOWEST_MS = 2_000

export interface LogIntakeOptions {
  store: Pick<Store, 'logAppend' | 'logFinish' | 'logWhole' | 'logDelete' | 'taskInstanceById'>
  clock: Clock
  onStored(held: HeldAttempt, p: { stored: number; complete: boolean }): void
  /** There is room again after `isFull`. */
  onRoom(): void
  onFailure(error: unknown): void
}

interface Log {
  held: HeldAttempt
  /** Where the pieces begin, and where the next chunk must. */
  start: number
  end: number
  pieces: Uint8Array[]
  /** When lines that begin in the pieces, or in what is being written, came. */
  times: LogTime[]
  last: { truncated: boolean } | null
  isWriting: boolean
}

export class LogIntake {
  readonly #o: LogIntakeOptions
  readonly #logs = new Map<string, Log>()
  #heldBytes = 0
  #isClosed = false

  constructor(options: LogIntakeOptions) {
    this.#o = options
  }

  get isFull(): boolean {
    return this.#heldBytes > LOG_HELD_BYTES_MAX
  }

  add(held: HeldAttempt, chunk: Pick<LogChunk, 'offset' | 'bytes' | 'last' | 'truncated' | 'times'>): void {
    let log = this.#logs.get(held.key)
    if (log === undefined) {
      log = { held, start: chunk.offset, end: chunk.offset, pieces: [], times: [], last: null, isWriting: false }
      this.#logs.set(held.key, log)
    }
    if (chunk.offset > log.end) throw new ProtocolError(`a log chunk at ${chunk.offset}, but the log has only come to ${log.end}`)
    const isNew = chunk.offset + chunk.bytes.length > log.end
    if (isNew) {
      const bytes = chunk.bytes.subarray(log.end - chunk.offset)
      const times = timesWithin(chunk.times, log.end, log.end + bytes.length)
      log.pieces.push(bytes)
      for (const time of times) log.times.push(time)
      log.end += bytes.length
      this.#heldBytes += bytes.length + times.length * LOG_TIME_BYTES
    }
    if (chunk.last) log.last = { truncated: chunk.truncated }
    if (!log.isWriting) void this.#write(log)
  }

  /** What is not stored is not acknowledged: the worker sends it again. */
  close(): void {
    this.#isClosed = true
  }

  async #write(log: Log): Promise<void> {
    log.isWriting = true
    try {
      while ((log.pieces.length > 0 || log.last !== null) && !this.#isClosed) {
        if (!(await this.#storedWhole(log))) await this.#storePieces(log)
        // After the write: what it has put back is removed too.
        if (log.held.isKilled) await this.#declineDeleted(log)
      }
      if (!log.held.canLog) this.#logs.delete(log.held.key)
    } catch (error) {
      await this.#refused(log, error)
    } finally {
      log.isWriting = false
    }
  }

  async #storePieces(log: Log): Promise<void> {
    const { task_instance_id, attempt } = log.held.ref
    const bytes = takePieces(log)
    const offset = log.start
    const times = log.times.slice(0, firstBeyond(log.times, offset + bytes.length - 1))
    if (bytes.length > 0) await this.#insist(() => this.#o.store.logAppend({ task_instance_id, attempt, offset, bytes, times }))
    this.#stored(log, { end: offset + bytes.length, times })
    const { last } = log
    const complete = last !== null && log.pieces.length === 0
    if (complete) {
      await this.#insist(() => this.#o.store.logFinish({ task_instance_id, attempt, truncated: last.truncated }))
      log.last = null
    }
    if (!this.#isClosed) this.#o.onStored(log.held, { stored: log.start, complete })
  }

  async #refused(log: Log, error: unknown): Promise<void> {
    if (this.#isClosed) return
    try {
      if (await this.#declineDeleted(log)) this.#logs.delete(log.held.key)
      else this.#o.onFailure(error)
    } catch (second) {
      if (!this.#isClosed) this.#o.onFailure(second)
    }
  }

  /** False = its task instance is there. */
  async #declineDeleted(log: Log): Promise<boolean> {
    const id = log.held.ref.task_instance_id
    if ((await this.#insist(() => this.#o.store.taskInstanceById({ id }))) !== null) return false
    await this.#insist(() => this.#o.store.logDelete({ task_instance_ids: [id] }))
    log.pieces = []
    log.last = null
    this.#stored(log, { end: log.end, times: log.times })
    if (!this.#isClosed) this.#o.onStored(log.held, { stored: log.end, complete: true })
    return true
  }

  /** A short log that has come as a whole is one write. */
  async #storedWhole(log: Log): Promise<boolean> {
    const { last } = log
    if (last === null || log.start > 0 || log.end > SHORT_LOG_BYTES) return false
    const { task_instance_id, attempt } = log.held.ref
    const bytes = Buffer.concat(log.pieces)
    log.pieces = []
    const times = [...log.times]
    await this.#insist(() => this.#o.store.logWhole({ task_instance_id, attempt, bytes, truncated: last.truncated, times }))
    log.last = null
    this.#stored(log, { end: log.end, times })
    if (!this.#isClosed) this.#o.onStored(log.held, { stored: log.start, complete: true })
    return true
  }

  async #insist<T>(work: () => Promise<T>): Promise<T> {
    for (let wait = RETRY_FIRST_MS; ; wait = Math.min(2 * wait, RETRY_SLOWEST_MS)) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || this.#isClosed) throw error
        await new Promise<void>((resolve) => this.#o.clock.after(wait, resolve))
      }
    }
  }

  /** What is stored, or wanted no more, makes room. */
  #stored(log: Log, p: { end: number; times: readonly LogTime[] }): void {
    const wasFull = this.isFull
    this.#heldBytes -= p.end - log.start + p.times.length * LOG_TIME_BYTES
    log.start = p.end
    log.times = log.times.slice(p.times.length)
    if (wasFull && !this.isFull) this.#o.onRoom()
  }
}

/** Marks of fresh bytes, in order. Others are left out: the log matters more than when it came. */
function timesWithin(times: LogChunk['times'], from: number, to: number): LogTime[] {
  const within: LogTime[] = []
  let before = from - 1
  for (const { offset, at_ms } of times) {
    if (offset <= before || offset >= to || at_ms > FIELD_MAX) continue
    within.push({ offset, at: at_ms })
    before = offset
  }
  return within
}

/** The oldest pieces, up to a frame's size, as one. */
function takePieces(log: Log): Uint8Array {
  const first = log.pieces[0]
  if (first === undefined || log.pieces.length === 1) {
    log.pieces = []
    return first ?? new Uint8Array(0)
  }
  let count = 0
  let bytes = 0
  for (const piece of log.pieces) {
    if (count > 0 && bytes + piece.length > FRAME_BYTES_MAX) break
    bytes += piece.length
    count += 1
  }
  return Buffer.concat(log.pieces.splice(0, count), bytes)
}
