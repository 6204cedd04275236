/** Opens the store that the configuration names: PostgreSQL by its URL, else SQLite in the data folder. */
import type { Store } from './store.ts'
import { openSqlite } from './sqlite/open.ts'

export function openStore(p: { folder: string }): Promise<Store> {
  return openSqlite({ folder: p.folder })
}
