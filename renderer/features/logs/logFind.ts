/** Searching and filtering the lines of a log: of a held one here, of a large one by asking the server piece by piece. */
import { plainText, type LogLevel } from '#contract/logLines.ts'
import type { LogMatches } from '#contract/taskViews.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'
import { LOG_BEGIN, searchLog, type LogSearchFrom } from '../../api/queries/taskViews.ts'

/** More than anybody steps through, and than a page should hold. */
export const MATCHES_MAX = 20_000
const PER_CALL = 2000

/** Looks at lines once, even while the log grows. `lines` only ever gets longer while the query stays. */
export class LineFinder {
  readonly #wanted: string
  readonly matches: number[] = []
  #looked = 0

  constructor(query: string) {
    this.#wanted = query.toLowerCase()
  }

  extend(lines: readonly string[], count: number, isShown: (line: number) => boolean): void {
    for (; this.#looked < count && this.matches.length < MATCHES_MAX; this.#looked += 1) {
      const line = lines[this.#looked]
      if (line !== undefined && isShown(this.#looked) && plainText(line).toLowerCase().includes(this.#wanted))
        this.matches.push(this.#looked)
    }
  }
}

export interface Found {
  line: number
  text: string
  /** When it came; null = not known. */
  at: number | null
}
export interface LargeSearch {
  query: string
  level: LogLevel
}

type SearchPiece = (at: LargeSearch & LogSearchFrom & { limit: number }) => Promise<LogMatches>

/** Looks at a large log once, even while it grows: each look goes on where the last one came to. */
export class LargeFinder {
  readonly #search: LargeSearch
  readonly #piece: SearchPiece
  readonly #max: number
  #from = LOG_BEGIN
  #count = 0

  constructor(search: LargeSearch, piece: SearchPiece, max = MATCHES_MAX) {
    this.#search = search
    this.#piece = piece
    this.#max = max
  }

  /** Tells every match up to the end that the log has now, oldest first. Stops when `isWanted` says no, or at the largest number. */
  async extend(p: { isWanted: () => boolean; onFound: (found: Found[], share: number) => void }): Promise<void> {
    while (this.#count < this.#max) {
      const before = this.#from.offset
      const answer = await this.#piece({ ...this.#search, ...this.#from, limit: PER_CALL })
      if (!p.isWanted()) return
      this.#from = { offset: answer.next_offset, line: answer.next_line, level_before: answer.next_level }
      this.#count += answer.matches.length
      p.onFound(answer.matches, answer.size === 0 ? 1 : answer.next_offset / answer.size)
      // What is left is a line without an end: it is looked at when it has one, or when the log is complete.
      if (answer.next_offset >= answer.size || answer.next_offset === before) return
    }
  }
}

export const finderOf = (ref: AttemptRef, search: LargeSearch): LargeFinder =>
  new LargeFinder(search, ({ query, ...at }) => searchLog(ref, { q: query, ...at }))
