/** Connections to PostgreSQL: fixed pools, conversion of values, and which errors mean "not now". */
import type { Socket } from 'node:net'
import pg from 'pg'
import { atMost, systemClock } from '#runtime/clock.ts'
import type { TableName, TableRecords } from '../columns.ts'
import type { Database, Session } from '../database.ts'
import { cleanText, render, sql, type Sql, type SqlValue } from '../sql.ts'
import { StoreRefusedData, StoreUnavailable } from '../store.ts'

/** Two writers: one may wait for a lock while the other serves; readers as many as heavy pages should share a database's cores. */
const WRITERS = 2
const READERS = 4
/** Long enough for any page and any commit; a statement beyond it is a defect or a database in trouble. */
const STATEMENT_TIMEOUT_MS = 30_000
/** A server that does not answer a connect by then counts as down. */
const CONNECT_TIMEOUT_MS = 5_000
/** A stop of the server. */
const CLOSE_MS = 3_000
/** For the good-bye of a connection that is given up. */
const END_MS = 500
/** A leader that is cut off in the middle of a commit must not keep the fence's row locked for its successor. */
const IDLE_IN_TRANSACTION_MS = 5_000

const TIMESTAMPTZ = pg.types.builtins.TIMESTAMPTZ
const INT8 = pg.types.builtins.INT8
const NUMERIC = pg.types.builtins.NUMERIC

const PARSERS: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === TIMESTAMPTZ) return parseInstant
    // Ids and sizes fit 53 bits; sums of them arrive as numeric.
    if (oid === INT8 || oid === NUMERIC) return Number
    return pg.types.getTypeParser(oid, format) as (text: string) => unknown
  },
}

/** `2026-11-23 10:14:45.123+00` in whatever zone the session has. */
export function parseInstant(text: string): number {
  const iso = text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')
  const bc = iso.endsWith(' BC')
  const at = Date.parse(iso)
  if (bc || Number.isNaN(at)) throw new Error(`instant out of range: ${text}`)
  return at
}

export function clientConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'vortex',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    // The server may never answer when the network is cut: the client gives up a little after the server would.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: PARSERS,
  }
}

/** Ends a connection of its own. One whose network is cut would wait for the answer to its good-bye. */
export async function endOf(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => undefined)
  await atMost(systemClock, END_MS, ended)
  ;(client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
}

export class PostgresDatabase implements Database {
  readonly #writers: pg.Pool
  readonly #readers: pg.Pool

  constructor(url: string) {
    this.#writers = pool(url, WRITERS)
    this.#readers = pool(url, READERS)
  }

  read<R>(body: (session: Session) => Promise<R>): Promise<R> {
    return transaction(this.#readers, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', (client) => body(session(client)))
  }

  write<R>(body: (session: Session) => Promise<R>, options: { lock?: 'dag_files' | 'users' } = {}): Promise<R> {
    return transaction(this.#writers, 'BEGIN', async (client) => {
      if (options.lock !== undefined) await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`vortex ${options.lock}`])
      return body(session(client))
    })
  }

  /** One statement, a transaction of its own. */
  async query<R extends object>(text: string, values: unknown[]): Promise<R[]> {
    return unavailableOnTrouble(async () => (await this.#writers.query<R>(text, values)).rows)
  }

  /** Waits for what is under way, but not for a connection whose network is cut: its answer may be half a minute away. */
  async close(): Promise<void> {
    await atMost(systemClock, CLOSE_MS, Promise.all([this.#writers.end(), this.#readers.end()]))
  }
}

function pool(url: string, max: number): pg.Pool {
  const made = new pg.Pool({ ...clientConfig(url), max, idleTimeoutMillis: 30_000 })
  // A connection that dies while idle is dropped by the pool; the next query opens another one.
  made.on('error', () => undefined)
  return made
}

async function transaction<R>(from: pg.Pool, begin: string, body: (client: pg.PoolClient) => Promise<R>): Promise<R> {
  return unavailableOnTrouble(async () => {
    const client = await from.connect()
    let broken: Error | undefined
    // Between two statements nobody listens to the connection; its error also fails the next statement.
    const onError = (error: Error): void => {
      broken = error
    }
    client.on('error', onError)
    try {
      await client.query(begin)
      const result = await body(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      if (isTrouble(error)) broken ??= error as Error
      else await client.query('ROLLBACK').catch((rollback: Error) => (broken = rollback))
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  })
}

function session(client: pg.ClientBase): Session {
  const query = async (statement: Sql): Promise<pg.QueryResult> => {
    const { text, values } = render(statement, (n) => `$${n}`)
    return client.query(text, values.map(bound))
  }
  return {
    records: async <T extends TableName>(_table: T, statement: Sql) => (await query(statement)).rows as TableRecords[T][],
    rows: async <R extends object>(statement: Sql) => (await query(statement)).rows as R[],
    run: async (statement) => (await query(statement)).rowCount ?? 0,
    dialect: {
      jsonArrayHolds: (column, value) =>
        sql`EXISTS (SELECT 1 FROM json_array_elements_text(${column}) AS element WHERE element = ${value})`,
      jsonArrayItems: (column) => sql`json_array_elements_text(${column}) AS item (value)`,
      instant: (at) => sql`${{ time: at }}::timestamptz`,
      jsonText: (column, field) => sql`(${column} ->> ${field})`,
      byBytes: (column) => sql`${column} COLLATE "C"`,
      bundleContents: (bundles) => sql`SELECT f ->> 'sha256' FROM ${bundles} AS b, json_array_elements(b.files) AS f`,
      elapsedMs: (from, to) => sql`(extract(epoch FROM (${to} - ${from})) * 1000)::bigint`,
    },
  }
}

function bound(value: SqlValue): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return 'time' in value ? instantText(value.time) : JSON.stringify(value.json)
}

export function instantText(at: number): string {
  return new Date(at).toISOString()
}

/** SQLSTATE classes that say "not now": connection, resources (disk full, too many clients), shutdown, deadlock, timeout. */
const PASSING_STATE = /^(08|53|57P|40)|^(55P03|57014|25P03|25006)$/
const PASSING_CODE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])

/** SQLSTATE of a value that cannot be stored: out of its range or calendar, beyond a limit of the database, null or not allowed. */
export function isRefusedData(code: unknown): boolean {
  return typeof code === 'string' && /^(22|54)|^(23502|23514)$/.test(code)
}

export function isTrouble(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return true
  if (error instanceof AggregateError) return error.errors.some(isTrouble)
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code === 'string') return PASSING_STATE.test(code) || PASSING_CODE.has(code)
  return /^(Connection terminated|timeout e|Query read timeout|Client has encountered a connection error|Client was closed|the database system is)/i.test(
    message ?? '',
  )
}

export async function unavailableOnTrouble<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    if (isRefusedData((error as { code?: unknown }).code)) throw new StoreRefusedData((error as Error).message, { cause: error })
    if (!isTrouble(error) || error instanceof StoreUnavailable) throw error
    throw new StoreUnavailable(`PostgreSQL: ${(error as Error).message || String((error as { code?: unknown }).code)}`, { cause: error })
  }
}
