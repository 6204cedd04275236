/**
 * `sql` makes a statement whose every value is bound. Fragments nest; identifiers come from the column table or from literals
 * in the code, never from input.
 */
import { columnKind, columnNames, type TableName } from './columns.ts'

/** What may be bound. `time` and `json` say how the dialect must write the value. */
export type SqlValue = string | number | boolean | null | Uint8Array | SqlTime | SqlJson
export interface SqlTime {
  readonly time: number
}
export interface SqlJson {
  readonly json: unknown
}

export class Sql {
  readonly strings: readonly string[]
  readonly values: readonly (SqlValue | Sql)[]
  constructor(strings: readonly string[], values: readonly (SqlValue | Sql)[]) {
    this.strings = strings
    this.values = values
  }
}

export function sql(strings: TemplateStringsArray, ...values: (SqlValue | Sql)[]): Sql {
  return new Sql(strings, values)
}

export const EMPTY = new Sql([''], [])

/** Text of the code itself (column lists); anything but words, dots, commas, stars and blanks is refused. */
export function raw(text: string): Sql {
  if (!/^[a-z0-9_.,* ]*$/i.test(text)) throw new Error(`not an identifier list: ${text}`)
  return new Sql([text], [])
}

/** All columns of a table, or those beside `without`. */
export function columns(table: TableName, options: { prefix?: string; without?: readonly string[] } = {}): Sql {
  const prefix = options.prefix === undefined ? '' : `${options.prefix}.`
  return raw(
    columnNames(table)
      .filter((name) => !options.without?.includes(name))
      .map((name) => prefix + name)
      .join(', '),
  )
}

export function join(parts: readonly Sql[], separator: ' AND ' | ' OR ' | ', '): Sql {
  if (parts.length === 0) return EMPTY
  return new Sql(['', ...parts.slice(1).map(() => separator), ''], parts)
}

/** `WHERE a AND b`, or nothing. */
export function where(parts: readonly (Sql | null)[]): Sql {
  const conditions = parts.filter((part) => part !== null)
  return conditions.length === 0 ? EMPTY : sql`WHERE ${join(conditions, ' AND ')}`
}

/** `(?, ?, ...)`; an empty list matches nothing. */
export function list(values: readonly (string | number)[]): Sql {
  return values.length === 0
    ? sql`(NULL)`
    : sql`(${join(
        values.map((value) => new Sql(['', ''], [value])),
        ', ',
      )})`
}

/** A value of a column, in the form that its kind asks for. */
export function columnValue(table: TableName, column: string, value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  const kind = columnKind(table, column)
  if (kind === 'time') return { time: value as number }
  if (kind === 'json') return { json: value }
  return value as SqlValue
}

/** `(a, b) VALUES (?, ?)` of a whole record. */
export function insertRow(table: TableName, row: object): Sql {
  const entries = Object.entries(row)
  const values = entries.map(([column, value]) => new Sql(['', ''], [columnValue(table, column, value)]))
  return sql`INSERT INTO ${raw(table)} (${raw(entries.map(([column]) => column).join(', '))}) VALUES (${join(values, ', ')})`
}

/** `a = ?, b = ?` of the fields that are given. */
export function assignments(table: TableName, set: object): Sql {
  return join(
    Object.entries(set).map(([column, value]) => new Sql([`${column} = `, ''], [columnValue(table, column, value)])),
    ', ',
  )
}

/** Inserts a record or, if its key is taken, overwrites every other column. */
export function upsertRow(table: TableName, row: object, key: readonly string[]): Sql {
  const others = Object.keys(row).filter((column) => !key.includes(column))
  const overwrite = others.map((column) => new Sql([`${column} = excluded.${column}`], []))
  return sql`${insertRow(table, row)} ON CONFLICT (${raw(key.join(', '))}) DO UPDATE SET ${join(overwrite, ', ')}`
}

/** Text with `placeholder(n)` for the n-th value, n from 1. */
export function render(statement: Sql, placeholder: (n: number) => string): { text: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const write = (part: Sql): string => {
    let text = part.strings[0] ?? ''
    for (const [i, value] of part.values.entries()) {
      if (value instanceof Sql) text += write(value)
      else {
        values.push(value)
        text += placeholder(values.length)
      }
      text += part.strings[i + 1] ?? ''
    }
    return text
  }
  return { text: write(statement), values }
}

/** PostgreSQL's text has no NUL character, and an author's message that holds one must not stop a commit: both dialects replace it. */
export function cleanText(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
}
