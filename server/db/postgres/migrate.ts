/** Brings a PostgreSQL database to the newest schema. An advisory lock makes two servers that start at once take turns. */
import pg from 'pg'
import { MIGRATIONS } from '../gen/migrations.ts'
import { pendingMigrations, type AppliedMigration } from '../migrate.ts'
import { clientConfig, unavailableOnTrouble } from './connection.ts'

/** Any number that nothing else uses: 'vortex' in ASCII, cut to 48 bits. */
const ADVISORY_LOCK = 0x766f72746578

/** Returns the numbers applied now. A migration may take long; only its connection has no time limit. */
export function migrate(url: string): Promise<number[]> {
  return unavailableOnTrouble(async () => {
    const client = new pg.Client({
      ...clientConfig(url),
      application_name: 'vortex migrate',
      statement_timeout: 0,
      query_timeout: 0,
      idle_in_transaction_session_timeout: 0,
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK])
      return await applyPending(client)
    } finally {
      await client.end().catch(() => undefined)
    }
  })
}

async function applyPending(client: pg.Client): Promise<number[]> {
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, breaking boolean NOT NULL, applied_at timestamptz NOT NULL)',
  )
  const { rows } = await client.query<AppliedMigration>('SELECT number, name, sha256, breaking FROM schema_migrations ORDER BY number')
  const pending = pendingMigrations(MIGRATIONS.postgres, rows, `database ${client.database ?? ''}`)
  for (const migration of pending) {
    await client.query('BEGIN')
    await client.query(migration.sql)
    await client.query(
      'INSERT INTO schema_migrations (number, name, sha256, breaking, applied_at) VALUES ($1, $2, $3, $4, clock_timestamp())',
      [migration.number, migration.name, migration.sha256, migration.breaking],
    )
    await client.query('COMMIT')
  }
  return pending.map(({ number }) => number)
}
