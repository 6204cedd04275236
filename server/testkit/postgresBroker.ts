/**
 * Vitest's global setup: one PostgreSQL for a whole run, started when the first test file asks for a database and stopped at the
 * end. Test files run in processes of their own, so they ask over a loopback socket; each answer is the URL of a fresh, empty database.
 * `VORTEX_TEST_DATABASE_URL` names a server to use instead (its user must be allowed to create databases).
 */
import { createServer, type Socket } from 'node:net'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startTemporaryPostgres, type TemporaryPostgres } from './temporaryPostgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresBrokerPort: number
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = process.env['VORTEX_TEST_DATABASE_URL']
  const prefix = `vortex_test_${process.pid}`
  let server: Promise<TemporaryPostgres> | null = null
  let made = 0
  const freshDatabase = async (): Promise<string> => {
    const name = `${prefix}_${++made}`
    if (own !== undefined) return createOn(own, name)
    server ??= startTemporaryPostgres({ durable: false })
    await (await server).createDatabase(name)
    return (await server).url(name)
  }
  const answer = (socket: Socket): void => {
    socket.on('error', () => undefined)
    freshDatabase().then(
      (url) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ error: (error as Error).message })),
    )
  }
  const broker = createServer(answer)
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve))
  const address = broker.address()
  if (address === null || typeof address === 'string') throw new Error('the broker has no port')
  project.provide('postgresBrokerPort', address.port)
  return async () => {
    broker.close()
    if (own !== undefined) for (let i = 1; i <= made; i++) await runOn(own, `DROP DATABASE IF EXISTS ${prefix}_${i} WITH (FORCE)`)
    await (await server)?.destroy()
  }
}

async function createOn(url: string, name: string): Promise<string> {
  await runOn(url, `CREATE DATABASE ${name}`)
  const fresh = new URL(url)
  fresh.pathname = `/${name}`
  return fresh.href
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
