/** What the command line prints: tables for people, JSON for programs; data on stdout, everything else on stderr. */
import { styleText, stripVTControlCharacters } from 'node:util'

type Style = Parameters<typeof styleText>[0]
type Cell = string | number | boolean | null | undefined

export interface Column<Row> {
  title: string
  /** null and undefined are printed as `-`. */
  value: (row: Row) => Cell
  /** Colours the cell after it was padded. */
  style?: (row: Row) => Style | null
  align?: 'right'
}

/** A longer value stands out of its column, whole, instead of making every row too wide for the terminal. */
const COLUMN_MAX = 60

export interface Screen {
  json: boolean
  /** Data: a line on stdout. */
  line: (text?: string) => void
  /** A JSON document on stdout. */
  document: (value: unknown) => void
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): void
  /** Label and value, one pair a line. */
  facts(pairs: readonly (readonly [string, Cell])[]): void
  /** A remark for people on stderr; silent with --json. */
  note: (text: string) => void
  /** A warning on stderr, also with --json. */
  warn: (text: string) => void
  paint: (style: Style, text: string) => string
}

const ESCAPE = '\\u001b'
const SEQUENCES = new RegExp(`${ESCAPE}(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)|[@-Z\\\\-_])`, 'g')
const COLOUR = new RegExp(`^${ESCAPE}\\[[0-9;]*m$`)
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/g

/** Text of others, safe to print: no control characters, no escape sequences, one line. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(CONTROLS, '')
    .replace(/[\r\n\t\u001b]+/g, ' ')
}

/** A log, safe to print on a terminal: colours stay, everything that moves the cursor or changes the terminal goes. */
export function safeLog(text: string): string {
  return text
    .replace(SEQUENCES, (sequence) => (COLOUR.test(sequence) ? sequence : ''))
    .replace(CONTROLS, '')
    .replace(/\r(?!\n)/g, '\n')
}

export function makeScreen({
  json,
  color,
  stdout,
  stderr,
}: {
  json: boolean
  color: boolean
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
}): Screen {
  const paint = (style: Style, text: string): string => (color ? styleText(style, text, { stream: stdout }) : text)
  const line = (text = ''): void => void stdout.write(`${text}\n`)
  const show = (value: Cell): string => (value === null || value === undefined || value === '' ? '-' : plain(String(value)))
  return {
    json,
    line,
    paint,
    document: (value) => line(JSON.stringify(value, null, stdout.isTTY ? 2 : undefined)),
    note: (text) => void (json || stderr.write(`${text}\n`)),
    warn: (text) => void stderr.write(`${styleText('yellow', 'Warning:', { stream: stderr })} ${text}\n`),
    facts(pairs) {
      const width = Math.max(...pairs.map(([label]) => label.length))
      for (const [label, value] of pairs) line(`${paint('dim', label.padEnd(width))}  ${show(value)}`)
    },
    table(rows, columns, empty) {
      if (rows.length === 0) return void stderr.write(`${empty}\n`)
      const cells = rows.map((row) => columns.map((column) => show(column.value(row))))
      const widths = columns.map((column, index) =>
        Math.max(column.title.length, ...cells.map((row) => row[index]?.length ?? 0).filter((length) => length <= COLUMN_MAX)),
      )
      const pad = (text: string, index: number): string => {
        const width = widths[index] ?? 0
        if (columns[index]?.align === 'right') return text.padStart(width)
        return index === columns.length - 1 ? text : text.padEnd(width)
      }
      line(paint('dim', columns.map((column, index) => pad(column.title, index)).join('  ')))
      rows.forEach((row, rowIndex) => {
        const parts = columns.map((column, index) => {
          const text = pad(cells[rowIndex]?.[index] ?? '', index)
          const style = column.style?.(row)
          return style ? paint(style, text) : text
        })
        line(parts.join('  ').trimEnd())
      })
    },
  }
}

const STATE_STYLES: Record<string, Style> = {
  success: 'green',
  running: 'cyan',
  queued: 'blue',
  scheduled: 'blue',
  failed: 'red',
  upstream_failed: 'yellow',
  up_for_retry: 'yellow',
  up_for_reschedule: 'yellow',
  restarting: 'yellow',
  skipped: 'magenta',
  deferred: 'magenta',
  active: 'green',
  draining: 'yellow',
  offline: 'red',
}
export function stateStyle(state: string | null | undefined): Style | null {
  return STATE_STYLES[state ?? ''] ?? null
}

/** `2026-11-23 09:00:00Z`: sortable, and the zone is said. */
export function instant(text: string | null | undefined): string | null {
  return text ? text.replace('T', ' ').replace(/(\.\d+)?Z$/, 'Z') : null
}

export function duration(ms: number | null | undefined): string | null {
  // What took no time never ran: it was skipped, or marked.
  if (ms === null || ms === undefined || ms < 1) return null
  if (ms < 1_000) return `${Math.round(ms)}ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m${String(Math.floor(seconds % 60)).padStart(2, '0')}s`
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`
}

/** Milliseconds between two instants; `now` stands for an end that has not come. */
export function span(start: string | null, end: string | null, now: number): number | null {
  return start === null ? null : (end === null ? now : Date.parse(end)) - Date.parse(start)
}
