/**
 * Migrations as files: `migrations/<dialect>/NNNN_name.sql`, the same numbers and names for both dialects. Each opens with
 * `-- what:`, `-- why:` and `-- breaking: yes|no`; breaking means that an older server must not run on the result.
 * Build-time only: the server reads the generated module, never this folder.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Migration, MigrationDialect } from './migrate.ts'

export function readMigrations(folder: string, dialect: MigrationDialect): Migration[] {
  return readdirSync(join(folder, dialect))
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name, index) => {
      const match = /^(\d{4})_([a-zA-Z]+)\.sql$/.exec(name)
      if (match === null || Number(match[1]) !== index + 1)
        throw new Error(`migrations/${dialect}/${name}: names are NNNN_name.sql, numbered without a gap`)
      const text = readFileSync(join(folder, dialect, name), 'utf8')
      const header = /^-- what: \S.*\n-- why: \S.*\n-- breaking: (yes|no)\n/.exec(text)
      if (header === null) throw new Error(`migrations/${dialect}/${name}: must open with -- what:, -- why: and -- breaking: yes|no`)
      const sha256 = createHash('sha256').update(text).digest('hex')
      return { number: index + 1, name: match[2] ?? '', breaking: header[1] === 'yes', sha256, sql: text }
    })
}

/** Text of the generated module. */
export function migrationsModule(folder: string): string {
  const all = { sqlite: readMigrations(folder, 'sqlite'), postgres: readMigrations(folder, 'postgres') }
  const names = (dialect: MigrationDialect) =>
    all[dialect].map((migration) => `${migration.number} ${migration.name} ${migration.breaking}`).join('; ')
  if (names('sqlite') !== names('postgres'))
    throw new Error(`migrations are not paired: sqlite has ${names('sqlite')}, postgres has ${names('postgres')}`)
  return [
    '// Generated from migrations/ by scripts/generateMigrations.ts; never edited.',
    "import type { Migration, MigrationDialect } from '../migrate.ts'",
    '',
    `export const MIGRATIONS: Readonly<Record<MigrationDialect, readonly Migration[]>> = ${JSON.stringify(all, null, 2)}`,
    '',
  ].join('\n')
}
