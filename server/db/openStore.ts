/** Opens the store that the configuration names: PostgreSQL by its URL, else SQLite in the data folder. */
import type { Store } from './store.ts'
import { openPostgres } from './postgres/open.ts'
import { openSqlite, type SqliteOptions } from './sqlite/open.ts'

export function openStore(p: { database_url: string } | SqliteOptions): Promise<Store> {
  return 'database_url' in p ? openPostgres({ url: p.database_url }) : openSqlite(p)
}
