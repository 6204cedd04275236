import type { NamedLedgerRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, list, sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { totalOf } from './reading.ts'

type LedgerScope = { dag_run_id?: number; task_instance_id?: number; dag_id?: string }

/** Newest first. The names are looked up for the rows of the page alone. */
export function ledgerList(db: Database, p: PageRequest & LedgerScope): Promise<PageOf<NamedLedgerRecord>> {
  return db.read(async (s) => {
    const scope = [
      p.dag_run_id === undefined ? null : sql`dag_run_id = ${p.dag_run_id}`,
      p.task_instance_id === undefined ? null : sql`task_instance_id = ${p.task_instance_id}`,
      p.dag_id === undefined ? null : sql`dag_id = ${p.dag_id}`,
    ]
    const before = cursorKey(p, [0] as const)
    const rows = await s.records(
      'ledger',
      sql`SELECT ${columns('ledger')} FROM ledger ${where([...scope, before && sql`id < ${before[0]}`])} ORDER BY id DESC ${limitOf(p)}`,
    )
    const runs = await s.rows<{ id: number; run_id: string }>(
      sql`SELECT id, run_id FROM dag_runs WHERE id IN ${list(distinct(rows.map((row) => row.dag_run_id)))}`,
    )
    const tasks = await s.rows<{ id: number; task_id: string; map_index: number }>(
      sql`SELECT id, task_id, map_index FROM task_instances WHERE id IN ${list(distinct(rows.map((row) => row.task_instance_id)))}`,
    )
    const runIds = new Map(runs.map((run) => [run.id, run.run_id]))
    const taskIds = new Map(tasks.map((task) => [task.id, task]))
    const named = rows.map((row) => {
      const task = row.task_instance_id === null ? undefined : taskIds.get(row.task_instance_id)
      const run_id = row.dag_run_id === null ? null : (runIds.get(row.dag_run_id) ?? null)
      return { ...row, run_id, task_id: task?.task_id ?? null, map_index: task?.map_index ?? null }
    })
    return pageOf(p, named, await ledgerTotal(s, p, scope), (row) => [row.id])
  })
}

/** A run's or a task instance's entries are few enough to count by index; those of a DAG or of all are kept as counters. */
function ledgerTotal(s: Session, p: LedgerScope, scope: Parameters<typeof where>[0]): Promise<number> {
  if (p.dag_run_id !== undefined || p.task_instance_id !== undefined)
    return totalOf(s, sql`SELECT count(*) AS n FROM ledger ${where(scope)}`)
  if (p.dag_id !== undefined) return totalOf(s, sql`SELECT n FROM ledger_counts WHERE dag_id = ${p.dag_id}`)
  return totalOf(s, sql`SELECT sum(n) AS n FROM ledger_counts`)
}

function distinct(ids: readonly (number | null)[]): number[] {
  return [...new Set(ids.filter((id) => id !== null))]
}
