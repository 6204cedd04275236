/**
 * How a line of a log is read: its plain text, timestamp, level and group marks. The server's search and the page's filter go by these
 * same rules. Pure.
 */

/** Weakest first. A line that does not say is `info`. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export const atLeast = (level: LogLevel, least: LogLevel): boolean => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least)

/** CSI sequences, OSC sequences (links, titles) up to BEL or ST, and other two-character escapes. */
export const ESCAPE = /\u001b(?:\[([0-9;:?<=>]*)([ -/]*[@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g
export const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g
const NEEDS_CLEANING = /[\u0000-\u0008\u000b-\u001f\u007f]/

/** A carriage return leaves what was written after it: progress bars. */
export function lastWritten(line: string): string {
  const trimmed = line.endsWith('\r') ? line.slice(0, -1) : line
  const at = trimmed.lastIndexOf('\r')
  return at < 0 ? trimmed : trimmed.slice(at + 1)
}

/** The line without any escape sequence: what is searched, filtered and downloaded. */
export function plainText(line: string): string {
  return NEEDS_CLEANING.test(line) ? lastWritten(line).replace(ESCAPE, '').replace(CONTROL, '') : line
}

/** An instant at the start of a line, with or without brackets. */
const TIMESTAMP = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?\s?/
const ZONE = /(?:Z|[+-]\d\d:?\d\d)$/
export const timestampLength = (plain: string): number => TIMESTAMP.exec(plain)?.[0].length ?? 0
/** The instant that a line begins with: as it is written, and whether it says its zone. */
export function writtenInstant(plain: string): { text: string; isZoned: boolean } | null {
  const text = TIMESTAMP.exec(plain)?.[1]
  return text === undefined ? null : { text, isZoned: ZONE.test(text) }
}
/** Milliseconds since 1970; null = the line does not begin with an instant. One without a zone is read as UTC: only differences are shown. */
export function timestampOf(plain: string): number | null {
  const text = TIMESTAMP.exec(plain)?.[1]
  if (text === undefined) return null
  const iso = text.replace(' ', 'T').replace(',', '.')
  const at = Date.parse(ZONE.test(iso) ? iso : `${iso}Z`)
  return Number.isNaN(at) ? null : at
}

/** How far from its start a line is looked at: the word must be its level, not part of its message. */
const HEAD_CHARS = 120
const LEVEL_WORD = /\b(?:CRITICAL|FATAL|ERROR|WARNING|WARN|INFO|DEBUG)\b/
const JSON_LEVEL = /"(?:level|levelname|severity)"\s*:\s*"(critical|fatal|error|warning|warn|info|debug|trace)"/i
const PYTHON_ERROR = /^(?:Traceback \(most recent call last\)|[\w.]*(?:Error|Exception)\b.*:)/

/** The level that a line itself tells; null = it tells none. */
export function statedLevel(plain: string): LogLevel | null {
  const head = plain.length > HEAD_CHARS ? plain.slice(0, HEAD_CHARS) : plain
  const word = LEVEL_WORD.exec(head)?.[0] ?? (plain.startsWith('{') ? JSON_LEVEL.exec(plain)?.[1]?.toUpperCase() : undefined)
  if (word === undefined) return PYTHON_ERROR.test(head) ? 'error' : null
  if (word === 'DEBUG' || word === 'TRACE') return 'debug'
  if (word === 'INFO') return 'info'
  return word.startsWith('WARN') ? 'warning' : 'error'
}

/** Indented lines belong to the one above them (a traceback to its error); others that tell nothing are `info`. */
export function levelAfter(plain: string, before: LogLevel): LogLevel {
  const stated = statedLevel(plain)
  if (stated !== null) return stated
  return plain.startsWith(' ') || plain.startsWith('\t') ? before : 'info'
}

export type GroupMark = { kind: 'start'; name: string } | { kind: 'end' }
/** `::group::name` and `::endgroup::` as GitHub and Airflow write them, perhaps behind a timestamp and a level. */
const MARK = /^(.{0,160}?)(?:::group::(.*)|(::endgroup::)|##\[group\](.*)|(##\[endgroup\]))/
const MARK_PREFIX = /^(?:\[?\d{4}-\d\d-\d\d[T ][\d:.,]+\S*\s+(?:[\w.:{}[\]-]+\s+){0,4}|(?:DEBUG|INFO|WARNING|ERROR)\b[\s:-]*)$/

export function groupMark(plain: string): GroupMark | null {
  // Nearly all lines have none.
  if (!plain.includes('::') && !plain.includes('##[')) return null
  const found = MARK.exec(plain)
  if (found === null) return null
  const [, prefix = '', github, endGithub, azure, endAzure] = found
  if (prefix !== '' && !MARK_PREFIX.test(prefix)) return null
  if (endGithub !== undefined || endAzure !== undefined) return { kind: 'end' }
  return { kind: 'start', name: (github ?? azure ?? '').trim() }
}
