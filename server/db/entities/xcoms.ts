import type { XComRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { totalOf } from './reading.ts'

export async function xcomGet(
  db: Database,
  p: { dag_run_id: number; task_id: string; map_index: number; key: string },
): Promise<XComRecord | null> {
  const rows = await db.read((s) =>
    s.records(
      'xcoms',
      sql`SELECT ${columns('xcoms')} FROM xcoms
        WHERE dag_run_id = ${p.dag_run_id} AND task_id = ${p.task_id} AND map_index = ${p.map_index} AND key = ${p.key}`,
    ),
  )
  return rows[0] ?? null
}

export function xcomGetAll(db: Database, p: { dag_run_id: number; task_id: string; key: string }): Promise<XComRecord[]> {
  return db.read((s) =>
    s.records(
      'xcoms',
      sql`SELECT ${columns('xcoms')} FROM xcoms WHERE dag_run_id = ${p.dag_run_id} AND task_id = ${p.task_id} AND key = ${p.key} ORDER BY map_index`,
    ),
  )
}

export function xcomList(
  db: Database,
  p: PageRequest & { dag_run_id: number; task_id?: string; map_index?: number },
): Promise<PageOf<Omit<XComRecord, 'value'>>> {
  return db.read(async (s) => {
    const scope = [
      sql`dag_run_id = ${p.dag_run_id}`,
      p.task_id === undefined ? null : sql`task_id = ${p.task_id}`,
      p.map_index === undefined ? null : sql`map_index = ${p.map_index}`,
    ]
    const after = cursorKey(p, ['', 0, ''] as const)
    const rows = await s.records(
      'xcoms',
      sql`SELECT ${columns('xcoms', { without: ['value'] })} FROM xcoms
        ${where([...scope, after && sql`(task_id, map_index, key) > (${after[0]}, ${after[1]}, ${after[2]})`])}
        ORDER BY task_id, map_index, key ${limitOf(p)}`,
    )
    const total = await totalOf(s, sql`SELECT count(*) AS n FROM xcoms ${where(scope)}`)
    return pageOf<Omit<XComRecord, 'value'>>(p, rows, total, (row) => [row.task_id, row.map_index, row.key])
  })
}
