/**
 * Logs on their way to the controller: per attempt what is sent and what is acknowledged, over all attempts one window.
 * An attempt without output sends nothing, not even its end.
 */
import { join } from 'node:path'
import type { Clock } from '#runtime/clock.ts'
import type { AttemptRef } from '#scheduler/ports.ts'
import { refKey } from '#swarm/codec.ts'
import type { LogAck, LogChunk } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { LOG_CHUNK_BYTES, LOG_TIME_BYTES, LOG_WINDOW_BYTES } from '#swarm/limits.ts'
import { LogMarks } from './logMarks.ts'
import { LogSpool } from './logSpool.ts'

interface Log {
  ref: AttemptRef
  spool: LogSpool
  marks: LogMarks
  sent: number
  acked: number
  /** The attempt has ended: the log is whole. */
  last: { truncated: boolean } | null
  isLastSent: boolean
}

export class LogQueue {
  readonly #folder: string
  readonly #clock: Clock
  readonly #logs = new Map<string, Log>()
  /** Logs with something to send, in turn. */
  readonly #ready = new Set<Log>()
  #serial = 0
  #inFlight = 0

  /** `folder` exists, is empty, and is this process's own. */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  /** Logs that the controller does not have whole. */
  get size(): number {
    return this.#logs.size
  }
  refs(): AttemptRef[] {
    return [...this.#logs.values()].map((log) => log.ref)
  }

  append(ref: AttemptRef, p: { bytes: Uint8Array; age_ms: number; cap_bytes: number }): void {
    const key = refKey(ref)
    let log = this.#logs.get(key)
    if (log === undefined) {
      this.#serial += 1
      const path = join(this.#folder, `${ref.task_instance_id}-${ref.attempt}-${this.#serial}.log`)
      const spool = new LogSpool({ path, cap_bytes: p.cap_bytes })
      log = { ref, spool, marks: new LogMarks(this.#clock), sent: 0, acked: 0, last: null, isLastSent: false }
      this.#logs.set(key, log)
    }
    const { size } = log.spool
    log.spool.append(p.bytes)
    log.marks.take(p.bytes.subarray(0, log.spool.size - size), { offset: size, age_ms: p.age_ms })
    if (hasMore(log)) this.#ready.add(log)
  }

  /** Returns what the log has come to. */
  end(ref: AttemptRef, p: { truncated: boolean }): { size: number; truncated: boolean } {
    const log = this.#logs.get(refKey(ref))
    if (log === undefined) return { size: 0, truncated: p.truncated }
    log.last = { truncated: p.truncated || log.spool.isCut }
    this.#ready.add(log)
    return { size: log.spool.size, truncated: log.last.truncated }
  }

  /** Chunks for one frame; the window and the frame bound them. */
  take(p: { bytes: number; items: number }): LogChunk[] {
    const chunks: LogChunk[] = []
    let left = p.bytes
    for (const log of this.#ready) {
      if (chunks.length === p.items || left <= 0) break
      const limit = Math.min(LOG_CHUNK_BYTES, left, LOG_WINDOW_BYTES - this.#inFlight)
      if (limit <= 0) break
      this.#ready.delete(log)
      const bytes = readOrCut(log, limit)
      const offset = log.sent
      log.sent += bytes.length
      this.#inFlight += bytes.length
      const times = log.marks.between(offset, log.sent)
      left -= bytes.length + times.length * LOG_TIME_BYTES
      const isLast = log.last !== null && log.sent === log.spool.size
      if (isLast) log.isLastSent = true
      chunks.push({ ref: log.ref, offset, bytes, last: isLast, truncated: isLast && log.last?.truncated === true, times })
      // Added again behind the others, so that one loud attempt does not hold the rest back.
      if (hasMore(log)) this.#ready.add(log)
    }
    return chunks
  }

  ack(acks: readonly LogAck[]): void {
    for (const { ref, stored, complete } of acks) {
      if (ref === undefined) continue
      const key = refKey(ref)
      const log = this.#logs.get(key)
      if (log === undefined) continue
      if (complete) this.#drop(key, log)
      else if (stored > log.acked && stored <= log.sent) {
        this.#inFlight -= stored - log.acked
        log.acked = stored
      }
    }
  }

  /** A new stream: everything goes on from what the controller has stored. */
  rewind(acks: readonly LogAck[]): void {
    const stored = new Map(acks.map((ack) => [ack.ref === undefined ? '' : refKey(ack.ref), ack]))
    this.#ready.clear()
    this.#inFlight = 0
    for (const [key, log] of [...this.#logs]) {
      const ack = stored.get(key)
      // Began after the hello: the controller has nothing of it.
      const size = ack === undefined ? 0 : Math.min(ack.stored, log.spool.size)
      log.sent = size
      log.acked = size
      log.isLastSent = false
      if (ack?.complete === true) this.#drop(key, log)
      else if (hasMore(log)) this.#ready.add(log)
    }
  }

  close(): void {
    for (const [key, log] of [...this.#logs]) this.#drop(key, log)
  }

  #drop(key: string, log: Log): void {
    this.#inFlight -= log.sent - log.acked
    this.#ready.delete(log)
    this.#logs.delete(key)
    log.spool.remove()
  }
}

/** A disk that does not give back what it took costs the rest of the log, not the worker. */
function readOrCut(log: Log, limit: number): Buffer {
  try {
    return log.spool.read({ offset: log.sent, limit })
  } catch {
    log.spool.cutAt(log.sent)
    if (log.last !== null) log.last.truncated = true
    return Buffer.alloc(0)
  }
}

function hasMore(log: Log): boolean {
  return log.sent < log.spool.size || (log.last !== null && !log.isLastSent)
}
