/** Looks whether a PostgreSQL server answers, for `vortex doctor`; changes nothing. */
import pg from 'pg'

/** Throws what the driver says if the server does not answer in time. */
export async function probePostgres({
  url,
  timeout_ms,
}: {
  url: string
  timeout_ms: number
}): Promise<{ version: string; version_number: number; now: number; database_bytes: number; log_bytes: number }> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeout_ms, query_timeout: timeout_ms })
  try {
    await client.connect()
    const { rows } = await client.query<{ number: number; version: string; now: Date; size: number; logs: number }>(
      `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version, clock_timestamp() AS now,
         pg_database_size(current_database())::float8 AS size,
         coalesce(pg_total_relation_size(to_regclass('log_chunks')) + pg_total_relation_size(to_regclass('logs')), 0)::float8 AS logs`,
    )
    const [answer] = rows
    if (answer === undefined) throw new Error('the server gave no answer')
    const { version, number, now, size, logs } = answer
    return { version, version_number: number, now: now.getTime(), database_bytes: size - logs, log_bytes: logs }
  } finally {
    await client.end().catch(() => undefined)
  }
}
