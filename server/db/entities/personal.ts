/** A person's own things: favourite DAGs and saved views. */
import type { Database } from '../database.ts'
import type { SavedViewRecord } from '../home.ts'
import { list, sql } from '../sql.ts'
import { totalOf } from './reading.ts'

export async function favouriteList(db: Database, p: { username: string; dag_ids: string[] }): Promise<string[]> {
  const rows = await db.read((s) =>
    s.rows<{ dag_id: string }>(sql`SELECT dag_id FROM favourites WHERE username = ${p.username} AND dag_id IN ${list(p.dag_ids)}`),
  )
  return rows.map(({ dag_id }) => dag_id)
}

export async function favouriteSet(db: Database, p: { username: string; dag_id: string; is_favourite: boolean }): Promise<void> {
  await db.write((s) =>
    s.run(
      p.is_favourite
        ? sql`INSERT INTO favourites (username, dag_id) VALUES (${p.username}, ${p.dag_id}) ON CONFLICT DO NOTHING`
        : sql`DELETE FROM favourites WHERE username = ${p.username} AND dag_id = ${p.dag_id}`,
    ),
  )
}

export function savedViewList(db: Database, p: { username: string }): Promise<SavedViewRecord[]> {
  return db.read((s) =>
    s.rows<SavedViewRecord>(sql`SELECT username, page, name, search FROM saved_views WHERE username = ${p.username} ORDER BY page, name`),
  )
}

export function savedViewPut(db: Database, p: SavedViewRecord & { max: number }): Promise<boolean> {
  return db.write(async (s) => {
    const others = await totalOf(
      s,
      sql`SELECT count(*) AS n FROM saved_views WHERE username = ${p.username} AND page = ${p.page} AND name <> ${p.name}`,
    )
    if (others >= p.max) return false
    await s.run(
      sql`INSERT INTO saved_views (username, page, name, search) VALUES (${p.username}, ${p.page}, ${p.name}, ${p.search})
        ON CONFLICT (username, page, name) DO UPDATE SET search = excluded.search`,
    )
    return true
  })
}

export function savedViewDelete(db: Database, p: { username: string; page: string; name: string }): Promise<boolean> {
  return db.write(
    async (s) => (await s.run(sql`DELETE FROM saved_views WHERE username = ${p.username} AND page = ${p.page} AND name = ${p.name}`)) > 0,
  )
}
