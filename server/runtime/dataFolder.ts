/** The data folder, and the token in it that workers and controllers share. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ADDRESS_FILE, type ServerAddress } from '#contract/supervision.ts'
import { ConfigError } from './config.ts'

const REASONS: Readonly<Record<string, string>> = {
  EROFS: 'its file system is read-only',
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  ENOSPC: 'the disk is full',
  ENOENT: 'there can be no folder in that place',
  ENOTDIR: 'it is a file, or lies in one',
  EEXIST: 'it is a file, or lies in one',
}

/** Made if it is missing. Asked at once whether it can be written: the database would only say that it cannot be opened. */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder)
    // With the slash a file is refused as well.
    await access(join(folder, '/'), constants.W_OK)
  } catch (cause) {
    const why = REASONS[(cause as NodeJS.ErrnoException).code ?? '']
    if (why === undefined) throw cause
    throw new ConfigError(
      `The data folder ${folder} cannot be written: ${why}. Mend that, or choose another one with --data-folder (or VORTEX_HOME).`,
      { cause },
    )
  }
}

/** One by one: in /proc and the like Node's own recursive mkdir never returns. */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (found !== null) break
    missing.unshift(path)
  }
  for (const path of missing) {
    await mkdir(path, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
      // Another one may have been faster.
      if (error.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error
    })
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

/** Says where this server answers, to programs of the same user (the desktop app). The returned function takes it back. */
export async function publishAddress(folder: string, url: string): Promise<() => Promise<void>> {
  const path = join(folder, ADDRESS_FILE)
  const text = JSON.stringify({ url, pid: process.pid } satisfies ServerAddress)
  await writeFile(`${path}.${process.pid}`, text, { mode: 0o600 })
  await rename(`${path}.${process.pid}`, path)
  return async () => {
    // Two servers on PostgreSQL may share a folder: only what is ours goes.
    if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true })
  }
}
