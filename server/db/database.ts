/**
 * The little that the entity files need of a dialect. Statements that both dialects understand are written once, in
 * `entities/`; what really differs (engine commits, leases, logs, migrations) lives in `sqlite/` and `postgres/`.
 */
import type { TableName, TableRecords } from './columns.ts'
import type { Sql } from './sql.ts'

/** A connection inside `read` or `write`. */
export interface Session {
  /** Rows of a table, or of some of its columns, as records. */
  records<T extends TableName>(table: T, statement: Sql): Promise<TableRecords[T][]>
  /** Rows of texts, whole numbers and nulls; bytes in a column that is one. */
  rows<R extends object>(statement: Sql): Promise<R[]>
  /** Number of rows changed. */
  run(statement: Sql): Promise<number>
  readonly dialect: SqlDialect
}

/** The expressions that the dialects spell differently. */
export interface SqlDialect {
  /** True if the JSON array of texts in `column` holds `value`. */
  jsonArrayHolds(column: Sql, value: string): Sql
  /** A from-item with one row per text of a JSON array: its column is `value`. */
  jsonArrayItems(column: Sql): Sql
  /** A fixed instant where its type must be told. */
  instant(at: number): Sql
  /** The text of a field of a JSON object. */
  jsonText(column: Sql, field: string): Sql
  /** A text column compared byte by byte, whatever collation it has. */
  byBytes(column: Sql): Sql
  /** A select of the SHA-256 of every file of these bundles: a table, or a select of `files`. */
  bundleContents(bundles: Sql): Sql
  /** Whole milliseconds from one column of instants to another. */
  elapsedMs(from: Sql, to: Sql): Sql
}

export interface Database {
  /** One consistent view of the data; refuses writes. */
  read<R>(body: (session: Session) => Promise<R>): Promise<R>
  /**
   * One transaction: everything or nothing. `lock` names what must not be written by two callers at once beyond what
   * constraints can say; a second caller waits.
   */
  write<R>(body: (session: Session) => Promise<R>, options?: { lock?: 'dag_files' | 'users' }): Promise<R>
}
