/**
 * Takes SQL text apart as far as splitting it at semicolons and finding `:name` placeholders needs: what stands within quotes or comments
 * is neither. A text that ends within quotes is passed on as it is; the database's own message says what is wrong with it.
 */

export type Dialect = 'postgres' | 'sqlite'

export interface Token {
  /** `blank`: white space and comments. `name`: a placeholder such as `:day`. `end`: a semicolon. `other`: quoted text and signs. */
  kind: 'blank' | 'word' | 'name' | 'end' | 'other'
  text: string
}

const BLANK = /\s+|--[^\n]*/y
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy
const NUMBER = /[0-9][\p{L}\p{N}_.]*/uy
const NAME = /:[\p{L}_][\p{L}\p{N}_]*/uy
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy

export function tokens(sql: string, dialect: Dialect): Token[] {
  const found: Token[] = []
  let at = 0
  while (at < sql.length) {
    const token = next(sql, at, dialect, found.at(-1))
    found.push(token)
    at += token.text.length
  }
  return found
}

function next(sql: string, at: number, dialect: Dialect, before: Token | undefined): Token {
  const blank = match(BLANK, sql, at) ?? (sql.startsWith('/*', at) ? comment(sql, at, dialect) : null)
  if (blank !== null) return { kind: 'blank', text: blank }
  if (sql[at] === ';') return { kind: 'end', text: ';' }
  const quoted = quotedText(sql, at, dialect)
  if (quoted !== null) return { kind: 'other', text: quoted }
  const word = match(WORD, sql, at)
  if (word !== null) return { kind: 'word', text: word }
  if (sql.startsWith('::', at)) return { kind: 'other', text: '::' }
  const name = isPlaceAfter(before) ? match(NAME, sql, at) : null
  if (name !== null) return { kind: 'name', text: name }
  return { kind: 'other', text: match(NUMBER, sql, at) ?? String.fromCodePoint(sql.codePointAt(at) ?? 0) }
}

/** `a[low:high]` is a part of an array, no placeholder. */
function isPlaceAfter(before: Token | undefined): boolean {
  return before === undefined || (before.kind !== 'word' && !/[\p{L}\p{N}_)\]"]$/u.test(before.text)) || before.kind === 'blank'
}

function match(pattern: RegExp, sql: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(sql)?.[0] ?? null
}

/** PostgreSQL's comments nest, SQLite's do not. */
function comment(sql: string, start: number, dialect: Dialect): string {
  const border = /\/\*|\*\//g
  border.lastIndex = start + 2
  let depth = 1
  for (let found = border.exec(sql); found !== null; found = border.exec(sql)) {
    if (found[0] === '/*') depth += dialect === 'postgres' ? 1 : 0
    else depth -= 1
    if (depth === 0) return sql.slice(start, border.lastIndex)
  }
  return sql.slice(start)
}

function quotedText(sql: string, at: number, dialect: Dialect): string | null {
  const sign = sql[at]
  if (sign === "'" || sign === '"') return upTo(sql, at, sign, at + 1)
  if (dialect === 'sqlite') return sign === '`' ? upTo(sql, at, '`', at + 1) : sign === '[' ? upTo(sql, at, ']', at + 1) : null
  if ((sign === 'e' || sign === 'E') && sql[at + 1] === "'") return escapeString(sql, at)
  const dollar = sign === '$' ? match(DOLLAR_QUOTE, sql, at) : null
  return dollar === null ? null : upTo(sql, at, dollar, at + dollar.length)
}

/** A doubled quote within needs no care: it reads as two quoted texts beside each other. */
function upTo(sql: string, start: number, closing: string, from: number): string {
  const end = sql.indexOf(closing, from)
  return end === -1 ? sql.slice(start) : sql.slice(start, end + closing.length)
}

function escapeString(sql: string, start: number): string {
  const border = /\\[^]|'/g
  border.lastIndex = start + 2
  for (let found = border.exec(sql); found !== null; found = border.exec(sql))
    if (found[0] === "'") return sql.slice(start, border.lastIndex)
  return sql.slice(start)
}
