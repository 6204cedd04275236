/** One connection to the SQLite file, inside a thread: statement cache, transactions, conversion of values. */
import SqliteDatabase from 'better-sqlite3'
import { COLUMNS, type ColumnKind, type TableName, type TableRecords } from '../columns.ts'
import type { Database, Session } from '../database.ts'
import { cleanText, render, sql, type Sql, type SqlValue } from '../sql.ts'

export type Synchronous = 'FULL' | 'NORMAL'

/** How long a statement waits for another process's lock (a backup tool, a person with the sqlite3 shell). */
const BUSY_TIMEOUT_MS = 5_000
/** Different statement texts kept prepared; engine commits use a few dozen, lists with filters a few hundred. */
const MAX_STATEMENTS = 500

export type Statement = SqliteDatabase.Statement<unknown[], Record<string, unknown>>

export class SqliteConnection implements Database {
  readonly handle: SqliteDatabase.Database
  readonly #statements = new Map<string, Statement>()
  readonly #session: Session

  constructor(file: string, options: { readonly: boolean; synchronous: Synchronous }) {
    this.handle = new SqliteDatabase(file, { readonly: options.readonly, timeout: BUSY_TIMEOUT_MS, fileMustExist: options.readonly })
    if (!options.readonly) {
      this.handle.pragma('journal_mode = WAL')
      this.handle.pragma(`synchronous = ${options.synchronous}`)
      // 16 MB: a page that changes often is then copied back once rather than four times; readers still find their way quickly.
      this.handle.pragma('wal_autocheckpoint = 4000')
    }
    this.handle.pragma('foreign_keys = ON')
    // Pages of the operating system's cache are a memory copy away: a reader's own need hold no more than the page in hand.
    this.handle.pragma(options.readonly ? 'cache_size = -8000' : 'cache_size = -24000')
    this.handle.pragma('temp_store = MEMORY')
    this.#session = {
      records: (table, statement) => Promise.resolve(this.records(table, statement)),
      rows: <R extends object>(statement: Sql) => Promise.resolve(this.all(statement) as R[]),
      run: (statement) => Promise.resolve(this.run(statement)),
      dialect: {
        jsonArrayHolds: (column, value) => sql`EXISTS (SELECT 1 FROM json_each(${column}) WHERE value = ${value})`,
        jsonArrayItems: (column) => sql`json_each(${column})`,
        instant: (at) => sql`${{ time: at }}`,
        jsonText: (column, field) => sql`json_extract(${column}, ${`$.${field}`})`,
        byBytes: (column) => column,
        bundleContents: (bundles) => sql`SELECT json_extract(f.value, '$.sha256') FROM ${bundles} AS b, json_each(b.files) AS f`,
        elapsedMs: (from, to) => sql`(${to} - ${from})`,
      },
    }
  }

  /**
   * The thread answers one call at a time, so nothing comes between the awaits of a body: SQLite's single connection is safe in
   * asynchronous code here, and only here.
   */
  async read<R>(body: (session: Session) => Promise<R>): Promise<R> {
    return this.#transaction('BEGIN', body)
  }

  async write<R>(body: (session: Session) => Promise<R>): Promise<R> {
    return this.#transaction('BEGIN IMMEDIATE', body)
  }

  async #transaction<R>(begin: string, body: (session: Session) => Promise<R>): Promise<R> {
    this.prepare(begin).run()
    try {
      const result = await body(this.#session)
      this.prepare('COMMIT').run()
      return result
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  /** The same without awaits, for the engine's commits. */
  immediately<R>(body: () => R): R {
    this.prepare('BEGIN IMMEDIATE').run()
    try {
      const result = body()
      this.prepare('COMMIT').run()
      return result
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  /** Some errors (disk full, I/O) have rolled back already. */
  rollback(): void {
    if (this.handle.inTransaction) this.prepare('ROLLBACK').run()
  }

  prepare(text: string): Statement {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
    const statement = this.handle.prepare<unknown[], Record<string, unknown>>(text)
    this.#statements.set(text, statement)
    return statement
  }

  all(statement: Sql): Record<string, unknown>[] {
    const { text, values } = render(statement, () => '?')
    return this.prepare(text).all(values.map(bound))
  }

  run(statement: Sql): number {
    const { text, values } = render(statement, () => '?')
    const prepared = this.prepare(text)
    return prepared.reader ? prepared.all(values.map(bound)).length : prepared.run(values.map(bound)).changes
  }

  records<T extends TableName>(table: T, statement: Sql): TableRecords[T][] {
    const rows = this.all(statement)
    for (const column of ENCODED_COLUMNS[table]) for (const row of rows) decode(row, column)
    return rows as unknown as TableRecords[T][]
  }

  close(): void {
    this.handle.close()
  }
}

interface EncodedColumn {
  name: string
  kind: ColumnKind
}
/** Columns whose SQL form differs from the record's. */
const ENCODED_COLUMNS = Object.fromEntries(
  Object.entries(COLUMNS).map(([table, columns]) => [
    table,
    Object.entries(columns).flatMap(([name, kind]): EncodedColumn[] => (kind === 'bool' || kind === 'json' ? [{ name, kind }] : [])),
  ]),
) as unknown as Readonly<Record<TableName, readonly EncodedColumn[]>>

function decode(row: Record<string, unknown>, column: EncodedColumn): void {
  const value = row[column.name]
  if (value === undefined || value === null) return
  row[column.name] = column.kind === 'bool' ? value === 1 : (JSON.parse(value as string) as unknown)
}

function bound(value: SqlValue): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return 'time' in value ? value.time : JSON.stringify(value.json)
}

/** A record's value as SQLite binds it. */
export function encodeValue(table: TableName, column: string, value: unknown): unknown {
  if (typeof value === 'number') return value
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value === 'string') return cleanText(value)
  return (COLUMNS[table] as Readonly<Record<string, ColumnKind>>)[column] === 'json' ? JSON.stringify(value) : value
}
