/** The download: the lines of the view, with its level filter and its choice of timestamps, as plain text. */
import { atLeast, levelAfter, plainText, timestampLength, type LogLevel } from '#contract/logLines.ts'
import { readLog } from '../../api/queries.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'

/** The contract's largest page. */
const PIECE = 4 * 1_048_576

export interface SaveChoice {
  level: LogLevel
  timestamps: boolean
}

/** Takes text in pieces and gives back what of it belongs into the file. */
export class LogWriter {
  readonly #choice: SaveChoice
  #rest = ''
  #level: LogLevel = 'info'

  constructor(choice: SaveChoice) {
    this.#choice = choice
  }

  take(text: string, isLast: boolean): string {
    const lines = (this.#rest + text).split('\n')
    this.#rest = isLast ? '' : (lines.pop() ?? '')
    if (isLast && lines.at(-1) === '') lines.pop()
    let out = ''
    for (const line of lines) {
      const plain = plainText(line)
      this.#level = levelAfter(plain, this.#level)
      if (!atLeast(this.#level, this.#choice.level)) continue
      out += `${this.#choice.timestamps ? plain : plain.slice(timestampLength(plain))}\n`
    }
    return out
  }
}

/** Reads the whole log, whatever the page holds of it. Parts go to the browser's own store, so a gigabyte is not held in memory. */
export async function readForSaving(attempt: AttemptRef, choice: SaveChoice): Promise<Blob> {
  const writer = new LogWriter(choice)
  let blob = new Blob([], { type: 'text/plain;charset=utf-8' })
  let offset = 0
  for (;;) {
    const page = await readLog(attempt, offset, PIECE)
    const isLast = page.next_offset <= offset || page.next_offset >= page.size
    blob = new Blob([blob, writer.take(page.text, isLast)], { type: 'text/plain;charset=utf-8' })
    if (isLast) return blob
    offset = page.next_offset
  }
}
