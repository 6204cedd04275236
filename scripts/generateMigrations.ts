/**
 * Writes what is generated from migrations/: server/db/gen/migrations.ts (the bundled server carries its migrations inside itself)
 * and the dumps migrations/schema.*.sql (what a reviewer reads as a diff). server/db/migrate.test.ts checks that they are up to date.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import SqliteDatabase from 'better-sqlite3'
import pg from 'pg'
import { migrationsModule, readMigrations } from '../server/db/migrationFiles.ts'
import { dumpPostgres } from '../server/db/postgres/schemaDump.ts'
import { dumpSqlite } from '../server/db/sqlite/schemaDump.ts'
import { startTemporaryPostgres } from '../server/testkit/temporaryPostgres.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))
writeFileSync(fileURLToPath(new URL('../server/db/gen/migrations.ts', import.meta.url)), migrationsModule(migrations))

// After the module is written, so that openers see the new migrations.
const { openSqlite } = await import('../server/db/sqlite/open.ts')
const { openPostgres } = await import('../server/db/postgres/open.ts')

const folder = mkdtempSync(join(tmpdir(), 'vortex-migrations-'))
await (await openSqlite({ folder })).close()
const sqlite = new SqliteDatabase(join(folder, 'vortex.db'), { readonly: true })
writeFileSync(join(migrations, 'schema.sqlite.sql'), dumpSqlite(sqlite))
sqlite.close()
rmSync(folder, { recursive: true })

const server = await startTemporaryPostgres({ durable: false })
try {
  await server.createDatabase('schema')
  await (await openPostgres({ url: server.url('schema') })).close()
  const client = new pg.Client({ connectionString: server.url('schema') })
  await client.connect()
  writeFileSync(join(migrations, 'schema.postgres.sql'), await dumpPostgres(client))
  await client.end()
} finally {
  await server.destroy()
}
print(`${readMigrations(migrations, 'sqlite').length} migrations; server/db/gen/migrations.ts and migrations/schema.*.sql written`)

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
