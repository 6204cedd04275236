/**
 * A process for one task's SQLite statements. SQLite runs in the thread that asks, and Node has no way to interrupt it there: so that a
 * task can be cancelled and timed out, its statements run here, where they can be ended with the process. SQLite then rolls back what
 * was not committed the next time that the file is opened.
 */
import { runPlan, type Plan } from './run.ts'
import { openSqlite, type SqliteFile } from './sqlite.ts'

/** What this process is sent, once. */
export interface SqliteOrder {
  file: SqliteFile
  plan: Plan
}

/** What it answers: lines for the log, and then one outcome. */
export type SqliteAnswer = { line: string } | { value: unknown } | { error: { name: string; message: string } }

process.once('message', (order: SqliteOrder) => void carryOut(order))
process.once('disconnect', () => process.exit(0))

async function carryOut({ file, plan }: SqliteOrder): Promise<void> {
  const answer = (message: SqliteAnswer, sent?: () => void): void => void process.send?.(message, undefined, undefined, sent)
  try {
    const value = await runPlan(plan, openSqlite(file), (line) => answer({ line }))
    answer({ value }, () => process.disconnect())
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    answer({ error: { name, message } }, () => process.disconnect())
  }
}
