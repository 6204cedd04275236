import type { XComRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest, XComFilter, XComValues } from '../store.ts'
import { columns, list, sql, where, type Sql } from '../sql.ts'
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

function scopeOf(p: XComFilter): Sql {
  return where([
    sql`dag_run_id = ${p.dag_run_id}`,
    p.task_ids === null ? null : sql`task_id IN ${list(p.task_ids)}`,
    p.map_indexes === null ? null : sql`map_index IN ${list(p.map_indexes)}`,
    p.key === null ? null : sql`key = ${p.key}`,
  ])
}

/** No value is read before it is known that all of them are not too large: a mapped task may have gigabytes. */
export function xcomValues(db: Database, p: XComFilter & { rows_max: number; bytes_max: number }): Promise<XComValues> {
  return db.read(async (s) => {
    const scope = scopeOf(p)
    const rows = await s.records(
      'xcoms',
      sql`SELECT ${columns('xcoms')} FROM xcoms ${scope}
        AND (SELECT count(*) <= ${p.rows_max} AND coalesce(sum(size), 0) <= ${p.bytes_max} FROM xcoms ${scope})
        ORDER BY task_id, map_index, key`,
    )
    if (rows.length > 0) return { rows, refused: null }
    const [found] = await s.rows<{ n: number; bytes: number }>(
      sql`SELECT count(*) AS n, coalesce(sum(size), 0) AS bytes FROM xcoms ${scope}`,
    )
    return { rows, refused: Number(found?.n ?? 0) === 0 ? null : { rows: Number(found?.n), bytes: Number(found?.bytes) } }
  })
}

/** Both from the primary key and the row it leads to: no value is read. */
export function xcomAt(
  db: Database,
  p: { dag_run_id: number; task_id: string; key: string; index: number },
): Promise<(Pick<XComRecord, 'map_index' | 'size' | 'timestamp'> & { rows: number }) | null> {
  const scope = sql`WHERE dag_run_id = ${p.dag_run_id} AND task_id = ${p.task_id} AND key = ${p.key}`
  return db.read(async (s) => {
    const rows = await totalOf(s, sql`SELECT count(*) AS n FROM xcoms ${scope}`)
    if (rows === 0) return null
    const [found] = await s.records(
      'xcoms',
      sql`SELECT ${columns('xcoms', { without: ['value'] })} FROM xcoms ${scope} ORDER BY map_index LIMIT 1 OFFSET ${p.index % rows}`,
    )
    return found === undefined ? null : { rows, map_index: found.map_index, size: found.size, timestamp: found.timestamp }
  })
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
