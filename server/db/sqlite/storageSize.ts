/** What the data folder takes of its disk: the database's files, and the log files one by one, in blocks as `du` counts them. */
import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StorageSize } from '../retention.ts'
import { DATABASE_FILE } from './thread/client.ts'

export async function storageSize(folder: string): Promise<StorageSize> {
  const files = ['', '-wal', '-shm'].map((end) => join(folder, `${DATABASE_FILE}${end}`))
  let database_bytes = 0
  for (const file of files) database_bytes += await bytesOf(file)
  return { database_bytes, log_bytes: await treeBytes(join(folder, 'logs')) }
}

/** One file after the other: it may take a minute, and must not take the threads that write logs. */
async function treeBytes(folder: string): Promise<number> {
  const entries = await opendir(folder).catch(nothingThere)
  if (entries === null) return 0
  let bytes = await bytesOf(folder)
  for await (const entry of entries) {
    const path = join(folder, entry.name)
    bytes += entry.isDirectory() ? await treeBytes(path) : await bytesOf(path)
  }
  return bytes
}

async function bytesOf(path: string): Promise<number> {
  const found = await stat(path).catch(nothingThere)
  if (found === null) return 0
  // Windows does not count blocks.
  return found.blocks === undefined || process.platform === 'win32' ? found.size : found.blocks * 512
}

/** Logs go while they are counted. */
function nothingThere(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
  throw error
}
