/** Brings the SQLite file to the newest schema, one transaction per migration. */
import { MIGRATIONS } from '../gen/migrations.ts'
import { pendingMigrations, type AppliedMigration } from '../migrate.ts'
import type { SqliteConnection } from './connection.ts'

/** Returns the numbers applied now. */
export function migrate(db: SqliteConnection, file: string): number[] {
  db.handle.exec(
    'CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, breaking INTEGER NOT NULL, applied_at INTEGER NOT NULL) STRICT',
  )
  const applied = db.handle
    .prepare<[], { number: number; name: string; sha256: string; breaking: number }>(
      'SELECT number, name, sha256, breaking FROM schema_migrations ORDER BY number',
    )
    .all()
  const rows = applied.map((row): AppliedMigration => ({ ...row, breaking: row.breaking === 1 }))
  const pending = pendingMigrations(MIGRATIONS.sqlite, rows, file)
  for (const migration of pending) {
    db.immediately(() => {
      db.handle.exec(migration.sql)
      db.handle
        .prepare(
          "INSERT INTO schema_migrations (number, name, sha256, breaking, applied_at) VALUES (?, ?, ?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))",
        )
        .run(migration.number, migration.name, migration.sha256, migration.breaking ? 1 : 0)
    })
  }
  return pending.map(({ number }) => number)
}
