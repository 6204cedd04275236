/** TLS as libpq's connection parameters ask for it, which is how connections have it in their extra. */
import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import { FailTask, type Connection } from '../api/index.ts'

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

export interface Tls {
  options: ConnectionOptions | false
  /** Where the server has no TLS, without it: libpq's `prefer`, the default. */
  mayDoWithout: boolean
}

/** sslmode, sslrootcert (a file, or `system`), sslcert, sslkey, sslpassword. */
export async function tlsOf(connection: Connection): Promise<Tls> {
  const text = (name: string): string | undefined => {
    const value = connection.extra[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const mode = text('sslmode') ?? 'prefer'
  if (!(MODES as readonly string[]).includes(mode)) {
    throw new FailTask(`Connection ${connection.conn_id}: sslmode in its extra is ${JSON.stringify(mode)}; it may be ${MODES.join(', ')}.`)
  }
  const isSocket = connection.host?.startsWith('/') ?? false
  if (mode === 'disable' || isSocket) return { options: false, mayDoWithout: false }
  const file = async (name: string): Promise<Buffer | undefined> => {
    const path = text(name)
    return path === undefined || path === 'system' ? undefined : await readPart(path, name, connection.conn_id)
  }
  const [ca, cert, key] = await Promise.all([file('sslrootcert'), file('sslcert'), file('sslkey')])
  const passphrase = text('sslpassword')
  // As libpq does: a root certificate is there to be checked against.
  const isChecked = mode.startsWith('verify-') || (mode === 'require' && ca !== undefined)
  const options: ConnectionOptions = {
    rejectUnauthorized: isChecked,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  }
  return { options, mayDoWithout: mode === 'prefer' || mode === 'allow' }
}

async function readPart(path: string, name: string, conn_id: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new Error(`Connection ${conn_id}: ${name} in its extra names a file that cannot be read on this worker`, { cause })
  }
}
