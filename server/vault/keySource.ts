/** Where the key-encryption key comes from: the environment, or a file that only its owner may read. */
import { randomBytes } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { kekOf, type Kek } from './cipher.ts'

export type KeySource =
  /** VORTEX_KEK: base64 of 32 bytes. */
  | { kind: 'environment'; value: string }
  /** `create`: make it on first use; only for the server that owns its data folder. */
  | { kind: 'file'; path: string; create: boolean }
  | { kind: 'none' }

/** The key cannot be had; the message says where it was sought and how to mend it. */
export class VaultKeyError extends Error {
  override readonly name = 'VaultKeyError'
}

/** The source that the configuration names. Only the server with its own SQLite file makes a key by itself. */
export function keySourceOf(p: { kek: string | null; kekFile: string | null; dataFolder: string; databaseUrl: string | null }): KeySource {
  if (p.kek !== null) return { kind: 'environment', value: p.kek }
  if (p.kekFile !== null) return { kind: 'file', path: p.kekFile, create: false }
  return p.databaseUrl === null ? { kind: 'file', path: join(p.dataFolder, 'vault.key'), create: true } : { kind: 'none' }
}

function decode(text: string, where: string): Kek {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, 'base64')
  if (key.length !== 32 || key.toString('base64').replace(/=+$/, '') !== trimmed.replace(/=+$/, '')) {
    throw new VaultKeyError(`${where} must hold 32 random bytes in base64. Make one with: openssl rand -base64 32`)
  }
  return kekOf(key)
}

/** The key, or null if none is configured or its file may not be created. */
export async function loadKek(source: KeySource, p: { may_create: boolean }): Promise<Kek | null> {
  if (source.kind === 'none') return null
  if (source.kind === 'environment') return decode(source.value, 'VORTEX_KEK')
  const found = await stat(source.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new VaultKeyError(`The vault key file ${source.path} cannot be read (${error.code}).`, { cause: error })
  })
  if (found === null) {
    if (!source.create)
      throw new VaultKeyError(
        `The vault key file ${source.path} does not exist. Restore it, or make a new one with: openssl rand -base64 32`,
      )
    if (!p.may_create)
      throw new VaultKeyError(
        `The vault key file ${source.path} is missing, but the database holds secrets sealed with it. Restore the file from your backup.`,
      )
    return create(source.path)
  }
  // Windows has no such bits; there the folder's access list is the protection.
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new VaultKeyError(`The vault key file ${source.path} may be read by others. Run: chmod 600 ${source.path}`)
  }
  return decode(await readFile(source.path, 'utf8'), `The vault key file ${source.path}`)
}

async function create(path: string): Promise<Kek> {
  const key = randomBytes(32)
  // `wx`: two servers that start at once must not overwrite each other's key.
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new VaultKeyError(`The vault key file ${path} cannot be created (${error.code}).`, { cause: error })
  })
  try {
    await file.writeFile(`${key.toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return kekOf(key)
}
