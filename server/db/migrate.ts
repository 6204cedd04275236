/**
 * Which migrations a database still needs. Forward only: a migration that was applied is frozen by its checksum, and a database
 * that a newer VORTEX has changed in a breaking way is refused.
 */
export type MigrationDialect = 'sqlite' | 'postgres'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly breaking: boolean
  readonly sha256: string
  readonly sql: string
}
/** A row of schema_migrations. */
export interface AppliedMigration {
  number: number
  name: string
  sha256: string
  breaking: boolean
}

/** The database's schema does not fit this server; the message says what to do. */
export class SchemaMismatch extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SchemaMismatch'
  }
}

export function pendingMigrations(known: readonly Migration[], applied: readonly AppliedMigration[], where: string): readonly Migration[] {
  for (const row of applied) {
    const migration = known.find(({ number }) => number === row.number)
    if (migration === undefined) {
      if (!row.breaking) continue
      throw new SchemaMismatch(
        `${where} was migrated by a newer VORTEX (migration ${row.number} ${row.name}) that this version cannot work with: install that version, or restore the backup made before the upgrade`,
      )
    }
    if (migration.sha256 !== row.sha256) {
      throw new SchemaMismatch(
        `${where}: migration ${row.number} ${row.name} differs from the one that this version of VORTEX brings, so its schema is unknown: install the version that created it`,
      )
    }
  }
  const done = new Set(applied.map(({ number }) => number))
  return known.filter(({ number }) => !done.has(number))
}
