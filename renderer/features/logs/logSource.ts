/**
 * The lines of one attempt's log. A small log is held as a whole; of a large one the server's index of lines, and the few blocks of
 * lines that were looked at last. A small external store: the view subscribes, `pump` reads on.
 *
 * Invariants: a line's number counts from 0 and never changes; at most WHOLE_MAX bytes of a small log, or BLOCKS_KEPT blocks of a large
 * one, are held.
 */
import type { LogIndex } from '#contract/taskViews.ts'
import type { LogPage } from '#contract/taskInstance.ts'
import { timeOfLine } from '#contract/logTimes.ts'
import { LogStructure } from './logStructure.ts'

/** A log up to this size is held: as much as can be searched and folded within a frame or two. */
export const WHOLE_MAX = 8 * 1_048_576
const PIECE = 1_048_576
/** Blocks have about 256 KB: some 10 MB of text. */
const BLOCKS_KEPT = 40
/** Bytes of a block that are read: a block with one endless line would be larger. */
const BLOCK_READ_MAX = 1_048_576
/** One line is at most this long on the page; the rest is in the download. */
export const LINE_MAX = 20_000

export interface LogReads {
  page: (offset: number, limit: number) => Promise<LogPage>
  index: (from: number) => Promise<LogIndex>
}

export interface LogSnapshot {
  mode: 'whole' | 'paged'
  /** Lines known so far. */
  count: number
  size: number
  /** Bytes read, or covered by the index. */
  end: number
  complete: boolean
  truncated: boolean
  /** It is known when lines came. */
  hasTimes: boolean
  /** The first answer came. */
  isRead: boolean
  error: unknown
  /** Grows whenever a line changes. */
  version: number
}

const EMPTY: LogSnapshot = {
  mode: 'whole',
  count: 0,
  size: 0,
  end: 0,
  complete: false,
  truncated: false,
  hasTimes: false,
  isRead: false,
  error: null,
  version: 0,
}

interface Block {
  lines: string[]
  times: LogPage['times']
  /** Offset up to which it was read; the last block of a growing log is read again. */
  until: number
}

export class LogSource {
  readonly structure = new LogStructure()
  readonly #reads: LogReads
  readonly #listeners = new Set<() => void>()
  #snapshot: LogSnapshot = EMPTY
  /** Whole: the lines that have an end, and what came after the last line end. */
  #lines: string[] = []
  #tail = ''
  #times: LogPage['times'] = []
  /** Paged: where lines begin, and blocks that were read. */
  #starts: number[] = []
  #firstLines: number[] = []
  readonly #blocks = new Map<number, Block>()
  readonly #loading = new Set<number>()

  constructor(reads: LogReads) {
    this.#reads = reads
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  get = (): LogSnapshot => this.#snapshot
  /** Of a log that is held as a whole. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** undefined = not read yet; `want` reads it. */
  line(at: number): string | undefined {
    if (this.#snapshot.mode === 'whole')
      return at < this.#lines.length ? this.#lines[at] : at === this.#lines.length ? shorten(this.#tail) : undefined
    const block = this.#blockOf(at)
    return this.#blocks.get(block)?.lines[at - (this.#firstLines[block] ?? 0)]
  }

  /** When a line came, in milliseconds since 1970; null = not known, or not read yet. */
  timeAt = (line: number): number | null => {
    if (this.#snapshot.mode === 'whole') return timeOfLine(this.#times, line)
    const block = this.#blockOf(line)
    return timeOfLine(this.#blocks.get(block)?.times ?? [], line - (this.#firstLines[block] ?? 0))
  }

  /** Reads on from where the last call came to; true = there is more. Rejects never: the error is in the snapshot. */
  async pump(): Promise<boolean> {
    try {
      return this.#snapshot.mode === 'paged' ? await this.#pumpIndex() : await this.#pumpWhole()
    } catch (error) {
      this.#publish({ error })
      return false
    }
  }

  async #pumpWhole(): Promise<boolean> {
    const page = await this.#reads.page(this.#snapshot.end, PIECE)
    if (page.size > WHOLE_MAX) {
      this.#lines = []
      this.#tail = ''
      this.#times = []
      this.#publish({ mode: 'paged', count: 0, end: 0, size: page.size, hasTimes: this.#snapshot.hasTimes || page.times.length > 0 })
      return await this.#pumpIndex()
    }
    this.#takeTimes(page.times)
    const parts = (this.#tail + page.text).split('\n')
    this.#tail = parts.pop() ?? ''
    for (const part of parts) this.#lines.push(shorten(part))
    this.structure.extend(this.#lines, this.timeAt)
    const end = page.next_offset
    const isMore = end > this.#snapshot.end && end < page.size
    this.#publish({
      count: this.#lines.length + (this.#tail === '' ? 0 : 1),
      size: Math.max(page.size, end),
      end,
      complete: page.complete && end >= page.size,
      truncated: page.truncated,
      hasTimes: this.#times.length > 0,
      isRead: true,
      error: null,
    })
    return isMore
  }

  /** Lines of the page that comes next, counted from the log's first. */
  #takeTimes(times: LogPage['times']): void {
    for (const [line, at] of times) {
      // It has begun before, and so has its time; and the first entry often repeats the last one of the page before.
      if ((line === 0 && this.#tail !== '') || this.#times.at(-1)?.[1] === at) continue
      this.#times.push([this.#lines.length + line, at])
    }
  }

  async #pumpIndex(): Promise<boolean> {
    const index = await this.#reads.index(this.#starts.length)
    // The server forgot what it knew and begins again: what is known here stays right.
    if (index.scanned < this.#snapshot.end && index.scanned < index.size) return true
    // Only what follows is taken: two answers may have crossed.
    if (index.from === this.#starts.length) {
      this.#starts.push(...index.starts)
      this.#firstLines.push(...index.first_lines)
    }
    this.#publish({
      count: index.lines,
      size: index.size,
      end: index.scanned,
      complete: index.complete && index.scanned >= index.size,
      truncated: index.truncated,
      isRead: true,
      error: null,
    })
    return index.scanned < index.size
  }

  /** Reads the blocks of these lines, if they are not here. */
  want(from: number, to: number): void {
    if (this.#snapshot.mode !== 'paged' || this.#starts.length === 0) return
    const first = this.#blockOf(Math.max(0, from))
    const last = this.#blockOf(Math.max(0, Math.min(to, this.#snapshot.count - 1)))
    for (let block = first; block <= last && block < first + BLOCKS_KEPT / 2; block += 1) {
      const end = this.#endOf(block)
      const held = this.#blocks.get(block)
      if (held !== undefined) {
        this.#blocks.delete(block)
        this.#blocks.set(block, held)
      }
      if ((held === undefined || held.until < end) && !this.#loading.has(block)) void this.#load(block, end)
    }
  }

  async #load(block: number, end: number): Promise<void> {
    const start = this.#starts[block] ?? 0
    if (end <= start) return
    this.#loading.add(block)
    try {
      const page = await this.#reads.page(start, Math.min(end - start, BLOCK_READ_MAX))
      const lines = page.text.split('\n')
      if (lines.at(-1) === '') lines.pop()
      this.#blocks.set(block, { lines: lines.map(shorten), times: page.times, until: end })
      for (const oldest of this.#blocks.keys()) {
        if (this.#blocks.size <= BLOCKS_KEPT) break
        this.#blocks.delete(oldest)
      }
      this.#publish({ error: null })
    } catch (error) {
      this.#publish({ error })
    } finally {
      this.#loading.delete(block)
    }
  }

  #endOf(block: number): number {
    return this.#starts[block + 1] ?? this.#snapshot.end
  }

  /** The last block whose first line is not after this one. */
  #blockOf(line: number): number {
    let low = 0
    let high = this.#firstLines.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#firstLines[middle] ?? 0) <= line) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  #publish(change: Partial<LogSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change, version: this.#snapshot.version + 1 }
    for (const listener of this.#listeners) listener()
  }
}

const shorten = (line: string): string => (line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)} …` : line)
