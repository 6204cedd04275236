/** Searching and filtering the lines of a log: of a held one here, of a large one by asking the server piece by piece. */
import { plainText, type LogLevel } from '#contract/logLines.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'
import { LOG_BEGIN, searchLog } from '../../api/queries/taskViews.ts'

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
}
export interface LargeSearch {
  query: string
  level: LogLevel
}

/** Every match of a large log, oldest first, as the server comes to them. Stops when `isWanted` says no, or at MATCHES_MAX. */
export async function searchLarge(
  ref: AttemptRef,
  search: LargeSearch,
  p: { isWanted: () => boolean; onFound: (found: Found[], share: number) => void; max?: number },
): Promise<void> {
  let from = LOG_BEGIN
  let count = 0
  const max = p.max ?? MATCHES_MAX
  for (;;) {
    const answer = await searchLog(ref, { q: search.query, level: search.level, limit: PER_CALL, ...from })
    if (!p.isWanted()) return
    count += answer.matches.length
    p.onFound(answer.matches, answer.size === 0 ? 1 : answer.next_offset / answer.size)
    if (answer.next_offset >= answer.size || answer.next_offset === from.offset || count >= max) return
    from = { offset: answer.next_offset, line: answer.next_line, level_before: answer.next_level }
  }
}
