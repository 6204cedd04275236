import type { NamedLedgerRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import type { LedgerScope } from '../ledgerScope.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, sql, where, type Sql } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { totalOf, withNames } from './reading.ts'

/** Newest first. The names are looked up for the rows of the page alone. */
export function ledgerList(db: Database, p: PageRequest & LedgerScope): Promise<PageOf<NamedLedgerRecord>> {
  return db.read(async (s) => {
    const scope = [
      p.dag_run_id === undefined ? null : sql`dag_run_id = ${p.dag_run_id}`,
      p.task_instance_id === undefined ? null : sql`task_instance_id = ${p.task_instance_id}`,
      p.dag_id === undefined ? null : sql`dag_id = ${p.dag_id}`,
      ...filterOf(p),
    ]
    const before = cursorKey(p, [0] as const)
    const rows = await s.records(
      'ledger',
      sql`SELECT ${columns('ledger')} FROM ledger ${where([...scope, before && sql`id < ${before[0]}`])} ORDER BY id DESC ${limitOf(p)}`,
    )
    return pageOf(p, await withNames(s, rows), await ledgerTotal(s, p, scope), (row) => [row.id])
  })
}

function filterOf(p: LedgerScope): (Sql | null)[] {
  return [
    p.task_id === undefined || p.dag_run_id === undefined
      ? null
      : sql`task_instance_id IN (SELECT id FROM task_instances WHERE dag_run_id = ${p.dag_run_id} AND task_id = ${p.task_id})`,
    p.run_only === true ? sql`task_instance_id IS NULL` : null,
    p.to_state === undefined ? null : sql`to_state = ${p.to_state}`,
  ]
}

/** A run's or a task instance's entries are few enough to count by index; those of a DAG or of all are kept as counters. */
function ledgerTotal(s: Session, p: LedgerScope, scope: Parameters<typeof where>[0]): Promise<number> {
  if (p.dag_run_id !== undefined || p.task_instance_id !== undefined)
    return totalOf(s, sql`SELECT count(*) AS n FROM ledger ${where(scope)}`)
  if (p.dag_id !== undefined) return totalOf(s, sql`SELECT n FROM ledger_counts WHERE dag_id = ${p.dag_id}`)
  return totalOf(s, sql`SELECT sum(n) AS n FROM ledger_counts`)
}
