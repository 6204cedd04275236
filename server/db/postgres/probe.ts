/** Looks whether a PostgreSQL server answers, for `vortex doctor`; changes nothing. */
import pg from 'pg'

/** Throws what the driver says if the server does not answer in time. */
export async function probePostgres({
  url,
  timeout_ms,
}: {
  url: string
  timeout_ms: number
}): Promise<{ version: string; version_number: number; now: number }> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeout_ms, query_timeout: timeout_ms })
  try {
    await client.connect()
    const { rows } = await client.query<{ number: number; version: string; now: Date }>(
      "select current_setting('server_version_num')::int as number, current_setting('server_version') as version, clock_timestamp() as now",
    )
    const [answer] = rows
    if (answer === undefined) throw new Error('the server gave no answer')
    return { version: answer.version, version_number: answer.number, now: answer.now.getTime() }
  } finally {
    await client.end().catch(() => undefined)
  }
}
