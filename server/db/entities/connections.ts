/** Connections; what is secret in them is sealed before it comes here. */
import type { ConnectionRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, insertRow, sql, upsertRow, where } from '../sql.ts'
import { contains, totalOf } from './reading.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'

export function connectionList(db: Database, p: PageRequest & { search?: string }): Promise<PageOf<ConnectionRecord>> {
  return db.read(async (s) => {
    const search = p.search === undefined ? null : sql`(${contains(sql`conn_id`, p.search)} OR ${contains(sql`conn_type`, p.search)})`
    const after = cursorKey(p, [''] as const)
    const rows = await s.records(
      'connections',
      sql`SELECT ${columns('connections')} FROM connections ${where([search, after && sql`conn_id > ${after[0]}`])}
          ORDER BY conn_id ${limitOf(p)}`,
    )
    return pageOf(p, rows, await totalOf(s, sql`SELECT count(*) AS n FROM connections ${where([search])}`), (row) => [row.conn_id])
  })
}

export async function connectionGet(db: Database, p: { conn_id: string }): Promise<ConnectionRecord | null> {
  const rows = await db.read((s) =>
    s.records('connections', sql`SELECT ${columns('connections')} FROM connections WHERE conn_id = ${p.conn_id}`),
  )
  return rows[0] ?? null
}

export function connectionCreate(db: Database, p: ConnectionRecord): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`${insertRow('connections', p)} ON CONFLICT (conn_id) DO NOTHING`)) > 0)
}

export async function connectionPut(db: Database, p: ConnectionRecord): Promise<void> {
  await db.write((s) => s.run(upsertRow('connections', p, ['conn_id'])))
}

export function connectionDelete(db: Database, p: { conn_id: string }): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`DELETE FROM connections WHERE conn_id = ${p.conn_id}`)) > 0)
}
