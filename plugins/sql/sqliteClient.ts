/** Runs a plan in a process of SQLite's own, and ends that process when the task is to end. */
import { fork, type ChildProcess } from 'node:child_process'
import { FailTask, type Connection, type TaskContext } from '../api/index.ts'
import type { Plan } from './run.ts'
import type { SqliteFile } from './sqlite.ts'
import type { SqliteAnswer, SqliteOrder } from './sqliteProcess.ts'

/** Beside this file, in the sources and in the bundle. */
const PROCESS = new URL(import.meta.url.endsWith('.ts') ? './sqliteProcess.ts' : './sqliteProcess.mjs', import.meta.url)

export async function runOnSqlite(plan: Plan, connection: Connection, context: TaskContext, signal: AbortSignal): Promise<unknown> {
  const file = fileOf(connection)
  signal.throwIfAborted()
  const child = fork(PROCESS, [], { execArgv: ['--disable-warning=ExperimentalWarning'], serialization: 'json' })
  const stop = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', stop, { once: true })
  try {
    const answer = await answered(child, { file, plan } satisfies SqliteOrder, context)
    if ('error' in answer) throw failureOf(answer.error, connection, file)
    return answer.value
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    child.kill('SIGKILL')
  }
}

/** As Airflow has it: the path is the connection's host or schema; without one the database is in memory. */
function fileOf(connection: Connection): SqliteFile {
  const options = Object.entries(connection.extra).filter(([name]) => name !== 'placeholder')
  const path = connection.host || connection.schema || ':memory:'
  return { path, options: Object.fromEntries(options.map(([name, value]) => [name, String(value)])) }
}

function answered(child: ChildProcess, order: SqliteOrder, context: TaskContext): Promise<Exclude<SqliteAnswer, { line: string }>> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const answer = message as SqliteAnswer
      if ('line' in answer) context.log.info(answer.line)
      else resolve(answer)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      reject(new Error(`SQLite's process ended early (${signal ?? `exit code ${code}`}), perhaps for want of memory.`)),
    )
    child.send(order, (error) => (error === null ? undefined : reject(error)))
  })
}

function failureOf(error: { name: string; message: string }, connection: Connection, file: SqliteFile): Error {
  if (error.name === 'FailTask') return new FailTask(error.message)
  if (/unable to open database file/.test(error.message)) {
    return new Error(
      `Connection ${connection.conn_id}: the file ${file.path} cannot be opened on this worker. Check that its folder is there and may be written.`,
    )
  }
  if (/database is locked/.test(error.message))
    return new Error(`SQL error: ${error.message}: another process has been writing to ${file.path} for too long.`)
  return new Error(`SQL error: ${error.message}`)
}
