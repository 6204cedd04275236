/**
 * What the lines of a log that is held as a whole mean: their levels and groups. Extended as lines come, so that following a log
 * looks at each line once.
 */
import { groupMark, levelAfter, LOG_LEVELS, plainText, timestampOf, type LogLevel } from '#contract/logLines.ts'

export interface LogGroup {
  name: string
  /** Its first line holds the mark. */
  start: number
  /** The line with the end mark; null while it is open. */
  end: number | null
  depth: number
  /** Between the first and the last timestamp within it, if there are two; else from when it came until its end did. */
  duration_ms: number | null
  hasError: boolean
}

/** Deeper groups are drawn as this deep. */
const DEPTH_MAX = 6

export class LogStructure {
  readonly groups: LogGroup[] = []
  /** Index of the group that a line opens. */
  readonly groupAt = new Map<number, LogGroup>()
  readonly #levels: number[] = []
  readonly #ends = new Set<number>()
  readonly #open: { group: LogGroup; first: number | null; last: number | null; came: number | null }[] = []
  lastError: number | null = null

  get count(): number {
    return this.#levels.length
  }

  /** Looks at the lines that are new. */
  extend(lines: readonly string[], timeAt: (line: number) => number | null = () => null): void {
    for (let line = this.#levels.length; line < lines.length; line += 1) this.#take(line, plainText(lines[line] ?? ''), timeAt)
  }

  level(line: number): LogLevel {
    return LOG_LEVELS[this.#levels[line] ?? 1] ?? 'info'
  }
  /** A line that only ends a group shows nothing of its own. */
  isEnd(line: number): boolean {
    return this.#ends.has(line)
  }

  #take(line: number, plain: string, timeAt: (line: number) => number | null): void {
    const level = levelAfter(plain, line === 0 ? 'info' : this.level(line - 1))
    this.#levels.push(LOG_LEVELS.indexOf(level))
    const mark = groupMark(plain)
    const at = timestampOf(plain)
    if (mark?.kind === 'start') this.#start(line, mark.name, timeAt(line))
    for (const open of this.#open) {
      if (at !== null) {
        open.first ??= at
        open.last = at
      }
      if (level === 'error') open.group.hasError = true
    }
    if (level === 'error') this.lastError = line
    if (mark?.kind === 'end') this.#end(line, timeAt(line))
  }

  #start(line: number, name: string, came: number | null): void {
    const group: LogGroup = {
      name,
      start: line,
      end: null,
      depth: Math.min(this.#open.length, DEPTH_MAX),
      duration_ms: null,
      hasError: false,
    }
    this.groups.push(group)
    this.groupAt.set(line, group)
    this.#open.push({ group, first: null, last: null, came })
  }

  #end(line: number, came: number | null): void {
    const open = this.#open.pop()
    if (open === undefined) return
    open.group.end = line
    if (open.first !== null && open.last !== null && open.last > open.first) open.group.duration_ms = open.last - open.first
    else if (open.came !== null && came !== null && came > open.came) open.group.duration_ms = came - open.came
    this.#ends.add(line)
  }

  /** Where the reader should look after a failure: the head of the traceback that ends with the last error. */
  failingLine(lines: readonly string[]): number | null {
    if (this.lastError === null) return null
    let line = this.lastError
    for (let at = line; at >= 0 && this.lastError - at < 400 && this.level(at) === 'error'; at -= 1) {
      line = at
      if (/Traceback \(most recent call last\)/.test(lines[at] ?? '')) return at
    }
    return line
  }

  /** The groups that hold a line, outermost first. */
  groupsOf(line: number): LogGroup[] {
    return this.groups.filter(({ start, end }) => start < line && (end === null || line <= end))
  }
}

export interface RowChoice {
  level: LogLevel
  /** Whether a group shows its lines. */
  isOpen: (group: LogGroup) => boolean
}

/** The lines that are drawn, in order. With a level filter groups are not folded: what is asked for must not be hidden. */
export function visibleLines(structure: LogStructure, count: number, { level, isOpen }: RowChoice): Int32Array | null {
  const least = LOG_LEVELS.indexOf(level)
  if (least === 0 && structure.groups.length === 0) return null
  const rows = new Int32Array(count)
  let used = 0
  for (let line = 0; line < count; line += 1) {
    if (least > 0) {
      if (LOG_LEVELS.indexOf(structure.level(line)) >= least) rows[used++] = line
      continue
    }
    if (structure.isEnd(line)) continue
    rows[used++] = line
    const group = structure.groupAt.get(line)
    if (group !== undefined && group.end !== null && !isOpen(group)) line = group.end
  }
  return rows.subarray(0, used)
}

/** Row of a line, or of the nearest one before it that is drawn. */
export function rowOf(rows: Int32Array | null, line: number): number {
  if (rows === null) return line
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle] ?? 0) <= line) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}
