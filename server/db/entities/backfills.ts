import type { BackfillRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { totalOf } from './reading.ts'

/** Newest first. */
export function backfillList(db: Database, p: PageRequest & { dag_id: string }): Promise<PageOf<BackfillRecord>> {
  return db.read(async (s) => {
    const scope = sql`dag_id = ${p.dag_id}`
    const before = cursorKey(p, [0] as const)
    const rows = await s.records(
      'backfills',
      sql`SELECT ${columns('backfills')} FROM backfills ${where([scope, before && sql`id < ${before[0]}`])} ORDER BY id DESC ${limitOf(p)}`,
    )
    return pageOf(p, rows, await totalOf(s, sql`SELECT count(*) AS n FROM backfills WHERE ${scope}`), (row) => [row.id])
  })
}

export async function backfillGet(db: Database, p: { id: number }): Promise<BackfillRecord | null> {
  const rows = await db.read((s) => s.records('backfills', sql`SELECT ${columns('backfills')} FROM backfills WHERE id = ${p.id}`))
  return rows[0] ?? null
}
