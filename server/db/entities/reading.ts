/** Pieces of statements that several lists share. */
import type { Session } from '../database.ts'
import type { LedgerRecord, NamedLedgerRecord } from '../records.ts'
import { list, sql, type Sql } from '../sql.ts'

/** Case-insensitive search in a text, with % and _ taken as they are. */
export function contains(column: Sql, text: string): Sql {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`
  return sql`lower(${column}) LIKE ${pattern} ESCAPE '\\'`
}

/** Runs a statement that yields one number called `n`. */
export async function totalOf(session: Session, statement: Sql): Promise<number> {
  const rows = await session.rows<{ n: number | null }>(statement)
  return Number(rows[0]?.n ?? 0)
}

/** Entries with the names of runs and task instances, looked up for the rows of the page alone. */
export async function withNames(s: Session, rows: readonly LedgerRecord[]): Promise<NamedLedgerRecord[]> {
  const runs = await s.rows<{ id: number; run_id: string }>(
    sql`SELECT id, run_id FROM dag_runs WHERE id IN ${list(distinct(rows.map((row) => row.dag_run_id)))}`,
  )
  const tasks = await s.rows<{ id: number; task_id: string; map_index: number }>(
    sql`SELECT id, task_id, map_index FROM task_instances WHERE id IN ${list(distinct(rows.map((row) => row.task_instance_id)))}`,
  )
  const runIds = new Map(runs.map((run) => [run.id, run.run_id]))
  const taskIds = new Map(tasks.map((task) => [task.id, task]))
  return rows.map((row) => {
    const task = row.task_instance_id === null ? undefined : taskIds.get(row.task_instance_id)
    const run_id = row.dag_run_id === null ? null : (runIds.get(row.dag_run_id) ?? null)
    return { ...row, run_id, task_id: task?.task_id ?? null, map_index: task?.map_index ?? null }
  })
}

function distinct(ids: readonly (number | null)[]): number[] {
  return [...new Set(ids.filter((id) => id !== null))]
}
