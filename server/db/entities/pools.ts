import type { PoolRecord } from '../records.ts'
import type { Database } from '../database.ts'
import { columns, sql, upsertRow } from '../sql.ts'

export function poolList(db: Database): Promise<PoolRecord[]> {
  return db.read((s) => s.records('pools', sql`SELECT ${columns('pools')} FROM pools ORDER BY name`))
}

export async function poolPut(db: Database, p: PoolRecord): Promise<void> {
  await db.write((s) => s.run(upsertRow('pools', p, ['name'])))
}

export function poolDelete(db: Database, p: { name: string }): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`DELETE FROM pools WHERE name = ${p.name} AND name <> 'default_pool'`)) > 0)
}
