/** The data folder, and the token in it that workers and controllers share. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { ConfigError } from './config.ts'

/** Made if it is missing. Asked at once whether it can be written: the database would only say that it cannot be opened. */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
  } catch (cause) {
    const why = { EROFS: 'its file system is read-only', EACCES: 'this user has no permission', ENOSPC: 'the disk is full' }[
      (cause as NodeJS.ErrnoException).code ?? ''
    ]
    if (why === undefined) throw cause
    throw new ConfigError(
      `The data folder ${folder} cannot be written: ${why}. Mend that, or choose another one with --data-folder (or VORTEX_HOME).`,
    )
  }
}

/**
 * A random token in a file that only the owner reads; made on first use, whole or not at all. `given`: the one that several controllers
 * share, from the environment; the local worker finds it in the file.
 */
export async function sharedToken(path: string, given: string | null = null): Promise<string> {
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  if (known.trim() !== '' && (given === null || known.trim() === given.trim())) return known.trim()
  const made = `${path}.${process.pid}`
  await writeFile(made, `${given?.trim() ?? randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  await rename(made, path)
  return await sharedToken(path, given)
}
