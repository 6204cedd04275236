/** A session with PostgreSQL, through `pg`. */
import pg, { type Query } from 'pg'
import type { Connection, TaskContext } from '../api/index.ts'
import { cancelOnServer } from './postgresCancel.ts'
import { explain } from './postgresErrors.ts'
import { tlsOf } from './postgresTls.ts'
import { readerOf } from './postgresTypes.ts'
import type { RowSink, Session } from './run.ts'
import type { Statement } from './statements.ts'

/** Rows that are asked for at a time: what is beyond the task's limit is not read. */
const BATCH_ROWS = 500
/** A server that does not even refuse. Airflow's driver waits for the system's two minutes. */
const CONNECT_MS = 30_000
/** How often the server looks whether this process still lives while a statement runs. */
const SERVER_LOOKS_EVERY = '5s'

export interface PostgresSession extends Session {
  close(): Promise<void>
}

/** `signal` cancels: what runs on the server is ended there. Rejects with a sentence about the connection if there is no session to be had. */
export async function openPostgres(connection: Connection, context: TaskContext, signal: AbortSignal): Promise<PostgresSession> {
  const tls = await tlsOf(connection)
  const options = settingsOf(connection, context)
  const attempt = async (ssl: pg.ClientConfig['ssl']): Promise<pg.Client> => connected(new pg.Client({ ...options, ssl }), signal)
  let ssl = tls.options
  const client = await attempt(ssl)
    .catch((error: unknown) => {
      if (!tls.mayDoWithout || signal.aborted || !isWithoutTls(error)) throw error
      ssl = false
      return attempt(false)
    })
    .catch((error: unknown) => {
      throw explain(error, connection, null)
    })
  client.on('notice', (notice) => context.log.info(`${notice.severity ?? 'NOTICE'}: ${notice.message ?? ''}`))
  await letServerNoticeDeath(client)
  const run = async (statement: Statement, on: RowSink): Promise<{ affected: number | null }> => {
    signal.throwIfAborted()
    // Cancelled, a statement ends with an error of the server; a server that does not answer loses the connection.
    const cancel = (): void => void cancelOnServer(client, ssl).catch(() => stream(client).destroy())
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return await queried(client, statement, on)
    } catch (error) {
      signal.throwIfAborted()
      throw explain(error, connection, statement)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
  return { run, close: () => closed(client) }
}

function settingsOf(connection: Connection, context: TaskContext): pg.ClientConfig {
  const { extra } = connection
  const seconds = Number(extra['connect_timeout'])
  return {
    host: connection.host ?? undefined,
    port: connection.port ?? undefined,
    user: connection.login ?? undefined,
    password: connection.password ?? undefined,
    database: connection.schema ?? undefined,
    options: typeof extra['options'] === 'string' ? extra['options'] : undefined,
    application_name: typeof extra['application_name'] === 'string' ? extra['application_name'] : nameFor(context),
    connectionTimeoutMillis: seconds > 0 ? seconds * 1_000 : CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    types: { getTypeParser: ((oid: number) => readerOf(oid)) as pg.CustomTypesConfig['getTypeParser'] },
  }
}

/** What pg_stat_activity shows; the server cuts it at 63 bytes. */
function nameFor(context: TaskContext): string {
  return `vortex ${context.dag_id}.${context.task_id}`
}

async function connected(client: pg.Client, signal: AbortSignal): Promise<pg.Client> {
  // Said again by whatever waits for an answer; unheard it would end the process.
  client.on('error', () => undefined)
  const stop = (): void => void stream(client).destroy()
  signal.throwIfAborted()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await client.connect()
    return client
  } catch (error) {
    stop()
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function stream(client: pg.Client): { destroy(): void } {
  return (client as unknown as { connection: pg.Connection }).connection.stream
}

function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL')
}

/** A process that is killed cancels nothing. PostgreSQL 14 and later look for it when told to; others go on to the statement's end. */
async function letServerNoticeDeath(client: pg.Client): Promise<void> {
  const setting = "SELECT set_config(name, $1, false) FROM pg_settings WHERE name = 'client_connection_check_interval' AND setting = '0'"
  await client.query(setting, [SERVER_LOOKS_EVERY]).catch(() => undefined)
}

/** How `pg` tells a query what the server sent; its published types leave these out. */
interface Handlers {
  handleCommandComplete(message: unknown, connection: pg.Connection): void
  handleEmptyQuery(connection: pg.Connection): void
  handleError(error: Error, connection: pg.Connection): void
}
const QueryWithHandlers = pg.Query as unknown as new (config: pg.QueryConfig) => Query<unknown[]> & Handlers

/**
 * A query that asks for its rows in batches, and for no more of them once it has enough. Each ends with one Sync of the extended protocol,
 * which the server answers when it is ready for the next: without it both sides wait, and with two the next query would end too early.
 */
class BatchedQuery extends QueryWithHandlers {
  hasEnough = false
  #isSynced = false

  /** After each batch. */
  handlePortalSuspended(connection: pg.Connection): void {
    if (this.hasEnough) {
      this.#isSynced = true
      connection.sync()
    } else {
      connection.execute({ portal: '', rows: String(BATCH_ROWS) }, true)
      connection.flush()
    }
  }

  override handleCommandComplete(message: unknown, connection: pg.Connection): void {
    this.#isSynced = true
    super.handleCommandComplete(message, connection)
  }

  override handleEmptyQuery(connection: pg.Connection): void {
    this.#isSynced = true
    super.handleEmptyQuery(connection)
  }

  override handleError(error: Error, connection: pg.Connection): void {
    // `pg` sends none after an error of a query in batches.
    if (!this.#isSynced && error instanceof pg.DatabaseError) connection.sync()
    this.#isSynced = true
    super.handleError(error, connection)
  }
}

function queried(client: pg.Client, statement: Statement, on: RowSink): Promise<{ affected: number | null }> {
  const query = new BatchedQuery({ text: statement.text, values: statement.values, rowMode: 'array', rows: BATCH_ROWS } as pg.QueryConfig)
  let failure: { error: unknown } | null = null
  const guarded = (work: () => boolean): void => {
    if (query.hasEnough) return
    try {
      query.hasEnough = !work()
    } catch (error) {
      query.hasEnough = true
      failure = { error }
    }
  }
  let columns: string[] | null = null
  const begin = (fields: readonly pg.FieldDef[]): void => {
    const names = fields.map((field) => field.name)
    columns = names
    guarded(() => (on.begin(names), true))
  }
  return new Promise((resolve, reject) => {
    query.on('row', (row: unknown[], result?: pg.ResultBuilder) => {
      if (columns === null) begin(result?.fields ?? [])
      guarded(() => on.row(row))
    })
    query.on('error', reject)
    query.on('end', (result) => {
      if (columns === null && result.fields.length > 0) begin(result.fields)
      // Of a SELECT it would be the rows of the last batch.
      if (failure === null) resolve({ affected: columns === null ? result.rowCount : null })
      else reject(failure.error)
    })
    client.query(query)
  })
}

/** Says goodbye; a server that does not answer that is left. */
async function closed(client: pg.Client): Promise<void> {
  const giveUp = setTimeout(() => stream(client).destroy(), 2_000)
  try {
    await client.end()
  } finally {
    clearTimeout(giveUp)
  }
}
