import type { BackfillRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { BackfillRow, PageOf, PageRequest } from '../store.ts'
import { columns, sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { totalOf } from './reading.ts'

/** A walk over the backfill's own intervals, each with one look at its run. */
const RUNS_FAILED = sql`(SELECT count(*) FROM backfill_intervals i JOIN dag_runs r ON r.id = i.dag_run_id
  WHERE i.backfill_id = backfills.id AND r.state = 'failed') AS runs_failed`
const counted = (rows: BackfillRecord[]): BackfillRow[] =>
  (rows as BackfillRow[]).map((row) => ({ ...row, runs_failed: Number(row.runs_failed) }))

/** Newest first. */
export function backfillList(db: Database, p: PageRequest & { dag_id: string }): Promise<PageOf<BackfillRow>> {
  return db.read(async (s) => {
    const scope = sql`dag_id = ${p.dag_id}`
    const before = cursorKey(p, [0] as const)
    const rows = await s.records(
      'backfills',
      sql`SELECT ${columns('backfills')}, ${RUNS_FAILED} FROM backfills ${where([scope, before && sql`id < ${before[0]}`])} ORDER BY id DESC ${limitOf(p)}`,
    )
    return pageOf(p, counted(rows), await totalOf(s, sql`SELECT count(*) AS n FROM backfills WHERE ${scope}`), (row) => [row.id])
  })
}

export async function backfillGet(db: Database, p: { id: number }): Promise<BackfillRow | null> {
  const rows = await db.read((s) =>
    s.records('backfills', sql`SELECT ${columns('backfills')}, ${RUNS_FAILED} FROM backfills WHERE id = ${p.id}`),
  )
  return counted(rows)[0] ?? null
}
