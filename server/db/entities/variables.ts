import type { VariableRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, insertRow, sql, upsertRow, where } from '../sql.ts'
import { contains, totalOf } from './reading.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'

export function variableList(db: Database, p: PageRequest & { search?: string }): Promise<PageOf<VariableRecord>> {
  return db.read(async (s) => {
    const search = p.search === undefined ? null : contains(sql`key`, p.search)
    const after = cursorKey(p, [''] as const)
    const rows = await s.records(
      'variables',
      sql`SELECT ${columns('variables')} FROM variables ${where([search, after && sql`key > ${after[0]}`])} ORDER BY key ${limitOf(p)}`,
    )
    return pageOf(p, rows, await totalOf(s, sql`SELECT count(*) AS n FROM variables ${where([search])}`), (row) => [row.key])
  })
}

export async function variableGet(db: Database, p: { key: string }): Promise<VariableRecord | null> {
  const rows = await db.read((s) => s.records('variables', sql`SELECT ${columns('variables')} FROM variables WHERE key = ${p.key}`))
  return rows[0] ?? null
}

export function variableCreate(db: Database, p: VariableRecord): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`${insertRow('variables', p)} ON CONFLICT (key) DO NOTHING`)) > 0)
}

export async function variablePut(db: Database, p: VariableRecord): Promise<void> {
  await db.write((s) => s.run(upsertRow('variables', p, ['key'])))
}

export function variableDelete(db: Database, p: { key: string }): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`DELETE FROM variables WHERE key = ${p.key}`)) > 0)
}
