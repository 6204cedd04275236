/**
 * Lines of one attempt's log as far as they were read. A small external store: the view subscribes, the reader appends.
 *
 * Invariants: `lines` holds whole lines between the offsets `start` and `end`, and `tail` what came after the last line end;
 * at most LINES_MAX lines are held, the oldest are dropped and `start` moves.
 */
export const LINES_MAX = 400_000
/** One line is at most this long on the page; the rest is in the download. */
export const LINE_MAX = 20_000

export interface LogSnapshot {
  lines: readonly string[]
  /** Offset in bytes of the first line held. */
  start: number
  /** Offset of what is read next. */
  end: number
  size: number
  complete: boolean
  truncated: boolean
  /** The first answer came. */
  isRead: boolean
  error: unknown
}

const EMPTY: LogSnapshot = { lines: [], start: 0, end: 0, size: 0, complete: false, truncated: false, isRead: false, error: null }

export interface LogPiece {
  offset: number
  next_offset: number
  size: number
  complete: boolean
  truncated: boolean
  text: string
}

export class LogBuffer {
  #lines: string[] = []
  #tail = ''
  #snapshot: LogSnapshot = EMPTY
  readonly #listeners = new Set<() => void>()

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  get = (): LogSnapshot => this.#snapshot

  /** Takes the piece that follows what is held. The first piece may start anywhere: then its first, cut line is left out. */
  append(piece: LogPiece): void {
    const isFirst = !this.#snapshot.isRead
    let { start } = isFirst ? { start: piece.offset } : this.#snapshot
    let text = piece.text
    if (isFirst && piece.offset > 0) {
      const cut = text.indexOf('\n') + 1
      start += byteLength(text.slice(0, cut))
      text = text.slice(cut)
    }
    const parts = (this.#tail + text).split('\n')
    this.#tail = parts.pop() ?? ''
    for (const part of parts) this.#lines.push(shorten(part))
    start += this.#dropOldest()
    this.#publish(piece, start, piece.next_offset)
  }

  /** Takes the piece that ends where what is held starts. */
  prepend(piece: LogPiece): void {
    let text = piece.text
    let start = piece.offset
    if (piece.offset > 0) {
      const cut = text.indexOf('\n') + 1
      start += byteLength(text.slice(0, cut))
      text = text.slice(cut)
    }
    const parts = text.split('\n')
    // `start` stands at the beginning of a line, so the piece ends with a line end and the last part is empty.
    if (parts.at(-1) === '') parts.pop()
    this.#lines = [...parts.map(shorten), ...this.#lines]
    this.#publish(piece, start, this.#snapshot.end)
  }

  fail(error: unknown): void {
    this.#snapshot = { ...this.#snapshot, error }
    for (const listener of this.#listeners) listener()
  }

  #dropOldest(): number {
    const excess = this.#lines.length - LINES_MAX
    if (excess <= 0) return 0
    // In larger steps, so that a fast log does not move the whole array for each piece.
    const dropped = this.#lines.splice(0, excess + LINES_MAX / 20)
    return dropped.reduce((bytes, line) => bytes + byteLength(line) + 1, 0)
  }

  #publish(piece: LogPiece, start: number, end: number): void {
    const isWhole = piece.complete && end >= piece.size
    const lines = this.#tail !== '' ? [...this.#lines, shorten(this.#tail)] : [...this.#lines]
    this.#snapshot = {
      lines,
      start,
      end,
      size: Math.max(piece.size, end),
      complete: isWhole,
      truncated: piece.truncated,
      isRead: true,
      error: null,
    }
    for (const listener of this.#listeners) listener()
  }
}

const encoder = new TextEncoder()
const byteLength = (text: string): number => encoder.encode(text).length
const shorten = (line: string): string => (line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)} …` : line)
