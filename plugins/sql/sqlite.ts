/** A session with an SQLite file, through Node's own `node:sqlite`. It blocks while it runs: sqliteProcess.ts is where it lives. */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { base64, exactFloat, exactInteger } from '../host/exactJson.ts'
import type { RowSink, Session } from './run.ts'
import type { Statement } from './statements.ts'

/** How long a statement waits for another process that writes. */
const BUSY_MS = 30_000

export interface SqliteFile {
  /** `:memory:` is a database that goes with its session. */
  path: string
  /** What a file's URI takes, such as mode: ro. */
  options: Readonly<Record<string, string>>
}

export function openSqlite(file: SqliteFile): Session {
  const database = new DatabaseSync(addressOf(file), { timeout: BUSY_MS })
  return { run: async (statement, on) => runOne(database, statement, on) }
}

function addressOf({ path, options }: SqliteFile): string | URL {
  if (path === ':memory:') return path
  const url = pathToFileURL(path)
  for (const [name, value] of Object.entries(options)) url.searchParams.set(name, value)
  return url
}

function runOne(database: DatabaseSync, statement: Statement, on: RowSink): { affected: number | null } {
  const prepared = database.prepare(statement.text)
  prepared.setReadBigInts(true)
  const values = statement.values.map(bindable)
  const names = prepared.columns().map((column) => column.name)
  if (names.length === 0) {
    const { changes } = prepared.run(...values)
    return { affected: isChange(statement.text) ? Number(changes) : null }
  }
  on.begin(names)
  // Rows as lists: two columns may have one name.
  const listing = prepared as StatementSync & { setReturnArrays?(isWanted: boolean): void }
  if (listing.setReturnArrays === undefined) throw new Error(`SQLite needs Node 22.16 or later, or 24; this is ${process.version}.`)
  listing.setReturnArrays(true)
  let isWanted = true
  for (const row of prepared.iterate(...values) as unknown as Iterable<SQLOutputValue[]>) {
    // Stepped to its end all the same: a statement such as INSERT ... RETURNING does its work as it goes.
    if (isWanted) isWanted = on.row(row.map(readable))
    if (!isWanted && /^\s*(select|with|values|pragma)\b/i.test(statement.text)) break
  }
  return { affected: null }
}

function isChange(text: string): boolean {
  return /^\s*(insert|update|delete|replace|with)\b/i.test(text)
}

/** SQLite has neither booleans nor lists: 1 and 0, and JSON text. */
function bindable(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  // A number from JSON is an integer where it is whole, as Python's driver has it.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  return value === null || typeof value === 'string' ? value : value === undefined ? null : JSON.stringify(value)
}

function readable(value: SQLOutputValue): unknown {
  if (typeof value === 'bigint') return exactInteger(String(value))
  if (typeof value === 'number') return exactFloat(String(value))
  return value instanceof Uint8Array ? base64(value) : value
}
