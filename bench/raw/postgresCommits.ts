/**
 * The floor for engine commits on PostgreSQL: the life of commits.ts in batches, each state change one UPDATE and one INSERT
 * from arrays in one transaction, one connection, nothing around it.
 */
import pg from 'pg'

export async function rawPostgresLives(p: { url: string; lives: number; per_commit: number }): Promise<number> {
  const client = new pg.Client({ connectionString: p.url })
  await client.connect()
  try {
    await client.query(`
      CREATE TABLE task (id bigint PRIMARY KEY, run bigint NOT NULL, name text NOT NULL, state text NOT NULL, try int NOT NULL, worker text, at bigint);
      CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at bigint NOT NULL, task bigint NOT NULL, state text NOT NULL, cause text NOT NULL)`)
    await client.query("INSERT INTO task SELECT n, 1, 'task_' || n, 'scheduled', 0, NULL, NULL FROM generate_series(1, $1::bigint) n", [
      p.lives,
    ])
    const step = async (ids: number[], from: string, to: string): Promise<void> => {
      await client.query('BEGIN')
      await client.query({
        name: 'update',
        text: "UPDATE task SET state = $2, at = id, worker = 'worker-1' WHERE id = ANY($1::bigint[]) AND state = $3",
        values: [ids, to, from],
      })
      await client.query({
        name: 'event',
        text: "INSERT INTO event (at, task, state, cause) SELECT n, n, $2, 'worker_report' FROM unnest($1::bigint[]) n",
        values: [ids, to],
      })
      await client.query('COMMIT')
    }
    const began = performance.now()
    for (let first = 1; first <= p.lives; first += p.per_commit) {
      const ids = Array.from({ length: Math.min(p.per_commit, p.lives - first + 1) }, (_, i) => first + i)
      await step(ids, 'scheduled', 'queued')
      await step(ids, 'queued', 'running')
      await step(ids, 'running', 'success')
    }
    return (p.lives / (performance.now() - began)) * 1000
  } finally {
    await client.end()
  }
}
