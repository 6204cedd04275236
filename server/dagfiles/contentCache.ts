/** Hashes of file contents, read again only when size, time or inode differ. */
import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import type { Clock } from '#runtime/clock.ts'
import type { FileStat } from './folderIndex.ts'
import { mentionsDag } from './saysDags.ts'

/** A file changed within this time before it was read may change again under the same time stamp: it is not trusted yet. */
const RACY_MS = 50
/** Inputs beyond this are recognised by size and time alone: hashing a gigabyte on each look would take a second. */
const HASHED_BYTES_MAX = 64 * 1024 * 1024
/** Files read at once: libuv has four threads. */
const READS_AT_ONCE = 8
const CACHED_MAX = 200_000

interface Known extends FileStat {
  racy: boolean
  sha256: string
  /** The file speaks of DAGs (saysDags.ts). */
  mentions_dag: boolean
}

export class ContentCache {
  #clock: Clock
  #known = new Map<string, Known>()
  #running = 0
  #waiting: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** null = the file is missing or cannot be read. */
  async look(path: string, stated: FileStat | null = null): Promise<Readonly<Known> | null> {
    const known = this.#known.get(path)
    // Somebody has just stat'ed it: nothing to ask the disk for.
    if (known && stated && !known.racy && isSame(known, stated)) return known
    await this.#enter()
    try {
      return await this.#look(path)
    } finally {
      this.#leave()
    }
  }

  async #look(path: string): Promise<Known | null> {
    const found = await stat(path).catch(() => null)
    if (found === null || !found.isFile()) return null
    const known = this.#known.get(path)
    if (known && !known.racy && isSame(known, { size: found.size, mtime_ms: found.mtimeMs, ino: found.ino })) return known
    const racy = this.#clock.now() - found.mtimeMs < RACY_MS
    const at = { size: found.size, mtime_ms: found.mtimeMs, ino: found.ino, racy }
    if (found.size > HASHED_BYTES_MAX)
      return this.#keep(path, { ...at, sha256: `size ${found.size} time ${found.mtimeMs}`, mentions_dag: false })
    const content = await readFile(path).catch(() => null)
    if (content === null) return null
    return this.#keep(path, { ...at, sha256: createHash('sha256').update(content).digest('hex'), mentions_dag: mentionsDag(path, content) })
  }

  #keep(path: string, known: Known): Known {
    if (this.#known.size >= CACHED_MAX) this.#known.clear()
    this.#known.set(path, known)
    return known
  }

  forget(path: string): void {
    this.#known.delete(path)
  }

  async #enter(): Promise<void> {
    if (this.#running >= READS_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running += 1
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running -= 1
  }
}

function isSame(a: FileStat, b: FileStat): boolean {
  return a.size === b.size && a.mtime_ms === b.mtime_ms && a.ino === b.ino
}

/** What a folder that an import listed looks like: its names. */
export async function listingOf(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => null)
  return names === null
    ? 'missing'
    : createHash('sha256')
        .update(
          names
            .filter((name) => name !== '__pycache__')
            .sort()
            .join('\n'),
        )
        .digest('hex')
}
