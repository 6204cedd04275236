/** Databases for tests: a temporary folder for SQLite, a fresh database for PostgreSQL. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import type {} from './postgresBroker.ts'

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'vortex-test-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** URL of a fresh, empty PostgreSQL database of this run's server. */
export function freshPostgresUrl(): Promise<string> {
  const port = inject('postgresBrokerPort')
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('utf8')
    socket.on('error', reject)
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('end', () => {
      const { url, error } = JSON.parse(text) as { url?: string; error?: string }
      if (url === undefined) reject(new Error(`no PostgreSQL for this test: ${error ?? 'no answer'}`))
      else resolve(url)
    })
  })
}
