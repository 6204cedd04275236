/** From a task's config to the JSON of what its statements returned, on the database that the connection names. */
import { FailTask, type Connection, type TaskContext } from '../api/index.ts'
import { openPostgres } from './postgres.ts'
import { runPlan, type Plan } from './run.ts'
import { runOnSqlite } from './sqliteClient.ts'
import { statementsOf, type Parameters } from './statements.ts'
import type { Dialect } from './tokens.ts'

export interface Work extends Omit<Plan, 'statements' | 'dialect'> {
  conn_id: string
  sql: string | readonly string[]
  parameters?: Parameters
  /** For all statements together; without it they take the time that they take. */
  timeout_seconds?: number
}

const DIALECTS: Readonly<Record<string, Dialect>> = { postgres: 'postgres', postgresql: 'postgres', sqlite: 'sqlite' }

export async function runWork(work: Work, context: TaskContext): Promise<unknown> {
  const connection = await context.connection(work.conn_id)
  const dialect = dialectOf(connection)
  const statements = statementsOf({ sql: work.sql, parameters: work.parameters, dialect })
  const plan: Plan = { ...work, statements, dialect }
  const timeout = work.timeout_seconds === undefined ? null : AbortSignal.timeout(work.timeout_seconds * 1_000)
  const signal = timeout === null ? context.signal : AbortSignal.any([context.signal, timeout])
  try {
    return dialect === 'sqlite'
      ? await runOnSqlite(plan, connection, context, signal)
      : await runOnPostgres(plan, connection, context, signal)
  } catch (error) {
    if (context.signal.aborted) throw new Error('The statements were cancelled with the task; what was not committed is undone.')
    if (timeout?.aborted) {
      throw new Error(
        `The statements took longer than ${work.timeout_seconds} s (timeout_seconds) and were cancelled; what was not committed is undone.`,
      )
    }
    throw error
  }
}

async function runOnPostgres(plan: Plan, connection: Connection, context: TaskContext, signal: AbortSignal): Promise<unknown> {
  const session = await openPostgres(connection, context, signal)
  try {
    return await runPlan(plan, session, (line) => context.log.info(line))
  } finally {
    await session.close()
  }
}

function dialectOf(connection: Connection): Dialect {
  const dialect = DIALECTS[connection.conn_type ?? '']
  if (dialect !== undefined) return dialect
  throw new FailTask(
    `Connection ${connection.conn_id} is of type ${connection.conn_type ?? 'none'}; this operator speaks with postgres and sqlite. For other ` +
      `databases take SQLExecuteQueryOperator with a hook of your own in Python.`,
  )
}
