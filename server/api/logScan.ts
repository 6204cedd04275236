/**
 * Whole logs without sending them: where their lines begin, and which of them match. A log may have a gigabyte, so it is read in pieces,
 * each of which takes the server's thread a millisecond or two, and one call reads a bounded number of them; the caller asks again.
 */
import { atLeast, levelAfter, plainText, type LogLevel } from '#contract/logLines.ts'
import type { LogIndex, LogMatches } from '#contract/taskViews.ts'
import type { LogStore } from '#db/attemptOutput.ts'
import { firstBeyond } from '#db/logTimes.ts'
import { LOG_INDEX_CALL_BYTES, LOG_INDEXES_KEPT, LOG_MATCH_BYTES_MAX, LOG_SCANS_MAX, LOG_SEARCH_CALL_BYTES } from '#runtime/limits.ts'
import { Lru } from './lru.ts'

interface LogName {
  task_instance_id: number
  attempt: number
}

/** One entry of the index for each so many bytes: 4,096 entries for a gigabyte, and one read brings a screen of lines. */
export const INDEX_BLOCK_BYTES = 256 * 1024
/** Bytes looked at without a pause. */
const PIECE_BYTES = 256 * 1024
/** A longer line is cut here for search; nobody reads it as one. */
const LINE_BYTES_MAX = 1024 * 1024
/** Of a line that matched. */
const MATCH_CHARS_MAX = 4_000
const NEWLINE = 10

class LineIndex {
  /** For each block: offset and number of the first line that begins in or after it. */
  readonly starts: number[] = [0]
  readonly lines: number[] = [0]
  scanned = 0
  ends = 0
  endsWithNewline = true
  /** What is under way; a second reader of the same log waits for it. */
  work: Promise<void> = Promise.resolve()

  get count(): number {
    return this.ends + (this.endsWithNewline ? 0 : 1)
  }

  take(bytes: Uint8Array): void {
    const base = this.scanned
    let border = this.starts.length * INDEX_BLOCK_BYTES
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.ends += 1
      const next = base + at + 1
      while (next >= border) {
        this.starts.push(next)
        this.lines.push(this.ends)
        border += INDEX_BLOCK_BYTES
      }
    }
    this.scanned += bytes.length
    if (bytes.length > 0) this.endsWithNewline = bytes.at(-1) === NEWLINE
  }
}

type LogReads = Pick<LogStore, 'logStat' | 'logRead' | 'logTimes'>

export class LogScanner {
  readonly #store: LogReads
  readonly #indexes = new Lru<string, LineIndex>(LOG_INDEXES_KEPT)
  readonly #waiting: (() => void)[] = []
  #scans = 0

  constructor(store: LogReads) {
    this.#store = store
  }

  /** Goes on with the index of a log and returns its entries from block `from`. `scanned < size` = ask again. */
  async index(name: LogName, from: number): Promise<LogIndex> {
    const log = await this.#store.logStat(name)
    const key = `${name.task_instance_id}/${name.attempt}`
    let index = this.#indexes.get(key)
    // A log never shrinks; one that did was deleted and begun anew.
    if (index === undefined || index.scanned > (log?.size ?? 0)) index = new LineIndex()
    this.#indexes.set(key, index)
    const { size = 0, complete = false, truncated = false } = log ?? {}
    const current = index
    current.work = current.work.then(() =>
      this.#slot(() => this.#extend(name, current, Math.min(size, current.scanned + LOG_INDEX_CALL_BYTES))),
    )
    await current.work
    return {
      attempt: name.attempt,
      size: Math.max(size, current.scanned),
      complete,
      truncated,
      scanned: current.scanned,
      lines: current.count,
      block_bytes: INDEX_BLOCK_BYTES,
      from,
      starts: current.starts.slice(from),
      first_lines: current.lines.slice(from),
    }
  }

  async #extend(name: LogName, index: LineIndex, until: number): Promise<void> {
    while (index.scanned < until) {
      const bytes = await this.#store.logRead({ ...name, offset: index.scanned, limit: Math.min(PIECE_BYTES, until - index.scanned) })
      if (bytes.length === 0) return
      index.take(bytes)
    }
  }

  search(name: LogName, p: SearchOptions): Promise<LogMatches> {
    return this.#slot(() => this.#search(name, p))
  }

  async #search(name: LogName, p: SearchOptions): Promise<LogMatches> {
    const log = await this.#store.logStat(name)
    const size = log?.size ?? 0
    const until = Math.min(size, p.offset + LOG_SEARCH_CALL_BYTES)
    const found = new Matcher(p)
    let at = p.offset
    while (at < until && !found.isFull) {
      const bytes = Buffer.from(await this.#store.logRead({ ...name, offset: at, limit: PIECE_BYTES }))
      if (bytes.length === 0) break
      at += bytes.length
      found.take(bytes)
    }
    if (at >= size && !found.isFull) found.end(log?.complete ?? true)
    const matches = await this.#timed(name, found.matches)
    return { size, matches, next_offset: found.offset, next_line: found.line, next_level: found.level }
  }

  async #timed(name: LogName, matches: readonly Match[]): Promise<LogMatches['matches']> {
    const from = matches[0]?.offset
    if (from === undefined) return []
    const times = await this.#store.logTimes({ ...name, from, to: (matches.at(-1)?.offset ?? from) + 1 })
    return matches.map(({ line, text, offset }) => ({ line, text, at: times[firstBeyond(times, offset) - 1]?.at ?? null }))
  }

  /** At most LOG_SCANS_MAX logs are read through side by side: the disk and this thread have other work. */
  async #slot<T>(work: () => Promise<T>): Promise<T> {
    while (this.#scans >= LOG_SCANS_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#scans += 1
    try {
      return await work()
    } finally {
      this.#scans -= 1
      this.#waiting.shift()?.()
    }
  }
}

export interface SearchOptions {
  q: string
  level: LogLevel
  /** Where to go on: a line's beginning, its number, and the level of the line before. */
  offset: number
  line: number
  level_before: LogLevel
  limit: number
}

interface Match {
  line: number
  text: string
  offset: number
}

/** Takes pieces in order and keeps what matches. `offset` and `line` stand at the beginning of the line that is looked at next. */
class Matcher {
  readonly matches: Match[] = []
  readonly #p: SearchOptions
  readonly #wanted: string
  /** Finds in bytes read as Latin-1 whatever may hold an ASCII query; null = each line must be decoded. */
  readonly #quick: RegExp | null
  #rest: Buffer = Buffer.alloc(0)
  /** The line under way is too long and was judged by its beginning. */
  #isCut = false
  #bytes = 0
  offset: number
  line: number
  level: LogLevel

  constructor(p: SearchOptions) {
    this.#p = p
    this.#wanted = p.q.toLowerCase()
    const isQuick = p.level === 'debug' && /^[\x20-\x7e]+$/.test(p.q)
    this.#quick = isQuick ? new RegExp(p.q.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i') : null
    this.offset = p.offset
    this.line = p.line
    this.level = p.level_before
  }

  get isFull(): boolean {
    return this.matches.length >= this.#p.limit || this.#bytes >= LOG_MATCH_BYTES_MAX
  }

  take(piece: Buffer): void {
    const bytes = this.#afterCut(this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]))
    const length = bytes.lastIndexOf(NEWLINE) + 1
    if (length > 0) this.#whole(bytes.subarray(0, length))
    this.#rest = bytes.subarray(length)
    if (this.#rest.length <= LINE_BYTES_MAX || this.isFull) return
    this.#judge(this.#rest)
    this.offset += this.#rest.length
    this.#rest = Buffer.alloc(0)
    this.#isCut = true
  }

  /** The last line may have no end; while the task runs it may go on, and is left for the next call. */
  end(isComplete: boolean): void {
    if (this.#rest.length === 0 || !isComplete) return
    this.#judge(this.#rest)
    this.line += 1
    this.offset += this.#rest.length
  }

  #afterCut(bytes: Buffer): Buffer {
    if (!this.#isCut) return bytes
    const end = bytes.indexOf(NEWLINE)
    this.offset += end < 0 ? bytes.length : end + 1
    if (end < 0) return Buffer.alloc(0)
    this.#isCut = false
    this.line += 1
    return bytes.subarray(end + 1)
  }

  #whole(bytes: Buffer): void {
    const text = this.#quick === null ? '' : bytes.toString('latin1')
    // An escape sequence may stand in the middle of the word that is looked for: such a piece is looked at line by line.
    if (this.#quick !== null && !text.includes('\u001b') && !this.#quick.test(text)) {
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) this.line += 1
      this.offset += bytes.length
      return
    }
    let from = 0
    for (let at = bytes.indexOf(NEWLINE); at >= 0 && !this.isFull; at = bytes.indexOf(NEWLINE, from)) {
      this.#judge(bytes.subarray(from, at))
      this.line += 1
      this.offset += at + 1 - from
      from = at + 1
    }
  }

  #judge(bytes: Buffer): void {
    const raw = bytes.toString('utf8')
    const plain = plainText(raw)
    this.level = levelAfter(plain, this.level)
    if (!atLeast(this.level, this.#p.level) || !plain.toLowerCase().includes(this.#wanted)) return
    const text = raw.length > MATCH_CHARS_MAX ? `${raw.slice(0, MATCH_CHARS_MAX)} …` : raw
    this.matches.push({ line: this.line, text, offset: this.offset })
    this.#bytes += text.length + 40
  }
}
