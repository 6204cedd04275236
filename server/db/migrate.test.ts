import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import SqliteDatabase from 'better-sqlite3'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ATTEMPT_STATES,
  BACKFILL_STATES,
  DAG_RUN_STATES,
  REPROCESS_BEHAVIOURS,
  ROLES,
  RUN_TYPES,
  TASK_INSTANCE_STATES,
  WORKER_STATES,
} from '#contract/states.ts'
import { freshPostgresUrl, temporaryFolder } from '#testkit/databases.ts'
import { COLUMNS } from './columns.ts'
import { MIGRATIONS } from './gen/migrations.ts'
import { migrationsModule } from './migrationFiles.ts'
import { pendingMigrations, SchemaMismatch, type AppliedMigration, type Migration } from './migrate.ts'
import { openPostgres } from './postgres/open.ts'
import { dumpPostgres } from './postgres/schemaDump.ts'
import { dumpSqlite } from './sqlite/schemaDump.ts'
import { openSqlite } from './sqlite/open.ts'

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Every CHECK over a list of words, by table and column. */
const CHECKED: [string, string, readonly string[]][] = [
  ['task_instances', 'state', TASK_INSTANCE_STATES],
  ['dag_runs', 'state', DAG_RUN_STATES],
  ['dag_runs', 'run_type', RUN_TYPES],
  ['attempts', 'state', ATTEMPT_STATES],
  ['workers', 'status', WORKER_STATES],
  ['backfills', 'state', BACKFILL_STATES],
  ['backfills', 'reprocess', REPROCESS_BEHAVIOURS],
  ['users', 'role', ROLES],
]

describe('migrations', () => {
  test('are carried by the generated module as they are in migrations/', () => {
    expect(readFileSync(new URL('./gen/migrations.ts', import.meta.url), 'utf8'), 'run: node scripts/generateMigrations.ts').toBe(
      migrationsModule(FOLDER),
    )
  })

  test.each(['sqlite', 'postgres'] as const)('of %s check exactly the states of the contract', (dialect) => {
    const text = MIGRATIONS[dialect].map((migration) => migration.sql).join('\n')
    for (const [table, column, states] of CHECKED) {
      const definition = new RegExp(`CREATE TABLE ${table} \\(([\\s\\S]*?)\\n\\)`).exec(text)?.[1] ?? ''
      const check = new RegExp(`\\b${column} [^\\n]*CHECK \\(([\\s\\S]*?)\\)[,\\n)]`).exec(definition)?.[1] ?? ''
      expect(
        [...check.matchAll(/'([^']+)'/g)].map((match) => match[1]),
        `${table}.${column}`,
      ).toEqual([...states])
    }
  })
})

describe('a database', () => {
  const migration = (number: number, change: Partial<Migration> = {}): Migration => ({
    number,
    name: 'm',
    breaking: false,
    sha256: `sha-${number}`,
    sql: '',
    ...change,
  })
  const applied = (number: number, change: Partial<AppliedMigration> = {}): AppliedMigration => ({
    number,
    name: 'm',
    breaking: false,
    sha256: `sha-${number}`,
    ...change,
  })
  const known = [migration(1), migration(2)]

  test('gets the migrations that it lacks', () => {
    expect(pendingMigrations(known, [], 'db').map(({ number }) => number)).toEqual([1, 2])
    expect(pendingMigrations(known, [applied(1)], 'db').map(({ number }) => number)).toEqual([2])
    expect(pendingMigrations(known, [applied(1), applied(2)], 'db')).toEqual([])
  })

  test('of a newer VORTEX is refused if the change was breaking, and used if not', () => {
    expect(() => pendingMigrations(known, [applied(1), applied(2), applied(3, { breaking: true })], 'db')).toThrow(
      /newer VORTEX \(migration 3 m\)/,
    )
    expect(pendingMigrations(known, [applied(1), applied(2), applied(3)], 'db')).toEqual([])
  })

  test('whose migration had another text is refused', () => {
    expect(() => pendingMigrations(known, [applied(1, { sha256: 'other' })], 'db')).toThrow(SchemaMismatch)
  })
})

describe('the schema', () => {
  let url = ''
  beforeAll(async () => {
    url = await freshPostgresUrl()
    await (await openPostgres({ url })).close()
  })
  let client: pg.Client | null = null
  afterAll(() => client?.end())

  test('in SQLite is the dump in migrations/, has every column of the records, and opens twice alike', async () => {
    await using folder = await temporaryFolder()
    for (let round = 0; round < 2; round++) await (await openSqlite({ folder: folder.path })).close()
    const db = new SqliteDatabase(`${folder.path}/vortex.db`, { readonly: true })
    expect(dumpSqlite(db), 'run: node scripts/generateMigrations.ts').toBe(readFileSync(`${FOLDER}/schema.sqlite.sql`, 'utf8'))
    for (const [table, columns] of Object.entries(COLUMNS)) {
      const names = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
      expect(names.sort(), table).toEqual(Object.keys(columns).sort())
    }
    db.close()
  })

  test('in PostgreSQL is the dump in migrations/ and has every column of the records', async () => {
    client = new pg.Client({ connectionString: url })
    await client.connect()
    expect(await dumpPostgres(client), 'run: node scripts/generateMigrations.ts').toBe(
      readFileSync(`${FOLDER}/schema.postgres.sql`, 'utf8'),
    )
    for (const [table, columns] of Object.entries(COLUMNS)) {
      const { rows } = await client.query<{ name: string }>(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'",
        [table],
      )
      expect(rows.map(({ name }) => name).sort(), table).toEqual(Object.keys(columns).sort())
    }
  })

  test.each(['sqlite', 'postgres'])('of a newer, breaking VORTEX is refused by name: %s', async (dialect) => {
    await using folder = await temporaryFolder()
    const insert =
      "INSERT INTO schema_migrations (number, name, sha256, breaking, applied_at) VALUES (9999, 'future', 'x', TRUE, CURRENT_TIMESTAMP)"
    if (dialect === 'sqlite') {
      await (await openSqlite({ folder: folder.path })).close()
      const db = new SqliteDatabase(`${folder.path}/vortex.db`)
      db.exec(insert.replace('CURRENT_TIMESTAMP', '1'))
      db.close()
      await expect(openSqlite({ folder: folder.path })).rejects.toMatchObject({
        name: 'SchemaMismatch',
        message: expect.stringContaining('9999 future') as unknown,
      })
      return
    }
    const fresh = await freshPostgresUrl()
    await (await openPostgres({ url: fresh })).close()
    const writer = new pg.Client({ connectionString: fresh })
    await writer.connect()
    await writer.query(insert)
    await writer.end()
    await expect(openPostgres({ url: fresh })).rejects.toMatchObject({ name: 'SchemaMismatch' })
  })
})
