import type { AssetEventRecord } from '../records.ts'
import type { Database } from '../database.ts'
import { columns, sql, where } from '../sql.ts'

/** The newest events of an asset or of an alias, newest first. Null = whatever it is. */
export function assetEventList(
  db: Database,
  p: { name: string | null; uri: string | null; alias: string | null; limit: number },
): Promise<AssetEventRecord[]> {
  const { name, uri, alias } = p
  const scope = [
    name === null ? null : sql`name = ${name}`,
    uri === null ? null : sql`uri = ${uri}`,
    alias === null ? null : sql`alias = ${alias}`,
  ]
  return db.read((s) =>
    s.records('asset_events', sql`SELECT ${columns('asset_events')} FROM asset_events ${where(scope)} ORDER BY id DESC LIMIT ${p.limit}`),
  )
}
