/**
 * Pages of lists. A cursor holds the key of the last row seen, so that rows which come and go neither repeat nor skip others;
 * an offset is for jumping to a page by its number.
 */
import { EMPTY, sql, type Sql } from './sql.ts'

export interface PageOf<T> {
  data: T[]
  total: number
  /** Opaque; null on the last page. */
  next_cursor: string | null
}
export interface PageRequest {
  limit: number
  offset: number
  cursor?: string | undefined
}

export type CursorKey = readonly (string | number)[]

/** The text of a cursor was not made by this server, or for another list. */
export class InvalidCursor extends Error {
  constructor() {
    super('the cursor is not valid; start again without one')
    this.name = 'InvalidCursor'
  }
}

/** Key in the request's cursor, checked against the kinds of `sample`; null = from the start. */
export function cursorKey<K extends CursorKey>(request: PageRequest, sample: K): K | null {
  if (request.cursor === undefined) return null
  let key: unknown
  try {
    key = JSON.parse(Buffer.from(request.cursor, 'base64url').toString())
  } catch {
    throw new InvalidCursor()
  }
  if (!Array.isArray(key) || key.length !== sample.length || key.some((part, i) => typeof part !== typeof sample[i]))
    throw new InvalidCursor()
  return key as unknown as K
}

/** One row more than asked for is read, to know whether another page follows. */
export function limitOf(request: PageRequest): Sql {
  const offset = request.cursor === undefined && request.offset > 0 ? sql` OFFSET ${request.offset}` : EMPTY
  return sql`LIMIT ${request.limit + 1}${offset}`
}

export function pageOf<T>(request: PageRequest, rows: T[], total: number, keyOf: (row: T) => CursorKey): PageOf<T> {
  const data = rows.length > request.limit ? rows.slice(0, request.limit) : rows
  const last = data.at(-1)
  const more = rows.length > request.limit && last !== undefined
  return { data, total, next_cursor: more ? Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') : null }
}
