/**
 * Writes server/db/gen/migrations.ts from migrations/: the bundled server carries its migrations inside itself.
 * `--check` writes nothing and exits 1 if the file is not up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { migrationsModule } from '../server/db/migrationFiles.ts'

const target = fileURLToPath(new URL('../server/db/gen/migrations.ts', import.meta.url))
const folder = fileURLToPath(new URL('../migrations', import.meta.url))
const text = migrationsModule(folder)
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('server/db/gen/migrations.ts is not up to date: run node scripts/generateMigrations.ts')
    process.exitCode = 1
  }
} else {
  writeFileSync(target, text)
}
