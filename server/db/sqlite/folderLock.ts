/**
 * One server per data folder. The lock is the operating system's: a tiny SQLite file of its own (server.lock) held in exclusive
 * mode for as long as the process lives. It ends with the process, however that ends, so nothing stale can ever block a start and
 * no process id has to be trusted. server.json beside it is for people and for the next start: who holds the folder, and
 * whether the last server closed the database properly.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

/** Another server has the folder. */
export class FolderInUse extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FolderInUse'
  }
}

export interface FolderLock {
  /** False after a crash or a power cut. */
  closedCleanly: boolean
  /** True if the machine has not been restarted since the folder was last in use: only a power cut can tear pages. */
  sameBoot: boolean
  /** False when this process had the folder before: its own database thread died and is opened again. */
  newProcess: boolean
  release(p: { clean: boolean }): void
}

interface Holder {
  pid: number
  hostname: string
  started_at: string
  booted_at: number
  clean: boolean
}

/** A server that is just ending gets this long to let go: a restart must not fail for being quick. */
const WAIT_MS = 1_000
/** Two readings of the boot time differ by clock steps; restarts differ by more. */
const SAME_BOOT_TOLERANCE_MS = 10_000

export function lockFolder(folder: string, now: number): FolderLock {
  const infoFile = join(folder, 'server.json')
  const last = readHolder(infoFile)
  const lock = new SqliteDatabase(join(folder, 'server.lock'), { timeout: WAIT_MS })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.pragma('locking_mode = EXCLUSIVE')
    // A write is what takes the exclusive lock; exclusive mode keeps it until the connection closes.
    lock.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER); DELETE FROM holder; COMMIT')
  } catch (error) {
    lock.close()
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY') !== true) throw error
    const holder = readHolder(infoFile)
    const who =
      holder === null ? 'another server' : `the server with pid ${holder.pid} on ${holder.hostname} (started ${holder.started_at})`
    throw new FolderInUse(`${folder} is in use by ${who}: stop it first, or give this server another data folder with --data-folder`)
  }
  const holder: Holder = {
    pid: process.pid,
    hostname: hostname(),
    started_at: new Date(now).toISOString(),
    booted_at: now - uptime() * 1000,
    clean: false,
  }
  writeHolder(infoFile, holder)
  return {
    closedCleanly: last === null || last.clean,
    newProcess: last === null || last.pid !== process.pid,
    sameBoot: last !== null && last.hostname === holder.hostname && Math.abs(last.booted_at - holder.booted_at) < SAME_BOOT_TOLERANCE_MS,
    release({ clean }) {
      try {
        if (clean) writeHolder(infoFile, { ...holder, clean: true })
      } catch {
        // A full disk: the next start takes it for a crash and looks closer, which is all that the mark is for.
      }
      lock.close()
    },
  }
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    // Missing, or torn by a power cut: nobody is known, and `last === null` on an existing database is checked by its caller.
    return null
  }
}

function writeHolder(file: string, holder: Holder): void {
  writeFileSync(`${file}.new`, JSON.stringify(holder))
  renameSync(`${file}.new`, file)
}
