/** Sealed secrets and the server's own small settings. */
import type { SecretRecord } from '../records.ts'
import type { Database } from '../database.ts'
import { columns, insertRow, sql, upsertRow } from '../sql.ts'

export function secretList(db: Database): Promise<SecretRecord[]> {
  return db.read((s) => s.records('secrets', sql`SELECT ${columns('secrets')} FROM secrets ORDER BY key`))
}

export async function secretGet(db: Database, p: { key: string }): Promise<SecretRecord | null> {
  const rows = await db.read((s) => s.records('secrets', sql`SELECT ${columns('secrets')} FROM secrets WHERE key = ${p.key}`))
  return rows[0] ?? null
}

export function secretCreate(db: Database, p: SecretRecord): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`${insertRow('secrets', p)} ON CONFLICT (key) DO NOTHING`)) > 0)
}

export async function secretPut(db: Database, p: SecretRecord): Promise<void> {
  await db.write((s) => s.run(upsertRow('secrets', p, ['key'])))
}

export function secretDelete(db: Database, p: { key: string }): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`DELETE FROM secrets WHERE key = ${p.key}`)) > 0)
}

export async function settingGet(db: Database, p: { name: string }): Promise<string | null> {
  const rows = await db.read((s) => s.rows<{ value: string }>(sql`SELECT value FROM settings WHERE name = ${p.name}`))
  return rows[0]?.value ?? null
}

export function settingInit(db: Database, p: { name: string; value: string }): Promise<string> {
  return db.write(async (s) => {
    await s.run(sql`INSERT INTO settings (name, value) VALUES (${p.name}, ${p.value}) ON CONFLICT (name) DO NOTHING`)
    const rows = await s.rows<{ value: string }>(sql`SELECT value FROM settings WHERE name = ${p.name}`)
    return rows[0]?.value ?? p.value
  })
}

export async function settingPut(db: Database, p: { name: string; value: string }): Promise<void> {
  await db.write((s) =>
    s.run(sql`INSERT INTO settings (name, value) VALUES (${p.name}, ${p.value}) ON CONFLICT (name) DO UPDATE SET value = excluded.value`),
  )
}
