/** Decides whether a database file is whole enough to work with. A damaged file is never replaced by an empty one. */
import { existsSync, statSync } from 'node:fs'
import type { FolderLock } from './folderLock.ts'
import type { SqliteConnection } from './connection.ts'

/** For everybody who asks for the health: without paths. */
export const DAMAGE_ADVICE =
  'the database file is damaged, so nothing is saved any more; stop the server and put a backup in its place (the server log says how)'

/** The database file is damaged; the message names it and says how to restore. */
export class DatabaseCorrupt extends Error {
  constructor(file: string, detail: string, options?: { cause?: unknown }) {
    super(
      `${file} is damaged (${detail}). Nothing is written to it any more. Stop VORTEX, move the file and its -wal and -shm files aside, and put a backup in their place; ` +
        `without a backup, "sqlite3 ${file} .recover" rescues what can be read`,
      options,
    )
    this.name = 'DatabaseCorrupt'
  }
}

/** Files up to this size are checked at every start: about 0.1 s. */
const ALWAYS_CHECK_BYTES = 64 * 1024 * 1024

/** A missing file is a first start, unless its write-ahead log is still there: then somebody lost the file itself. */
export function requireWholeFile(file: string): void {
  const empty = !existsSync(file) || statSync(file).size === 0
  if (empty && existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0) {
    throw new DatabaseCorrupt(file, 'it is missing or empty, while its write-ahead log is there')
  }
}

/**
 * Before the start. After a clean stop or a mere kill a large file is not read through, for SQLite's log makes both safe: a process
 * beside the server does that (checkProcess.ts). After a power cut (another boot) it always is.
 */
export function checkIntegrity(db: SqliteConnection, file: string, lock: FolderLock): void {
  const mustCheck = !lock.closedCleanly && !lock.sameBoot
  if (mustCheck || !mustCheckLater(file)) requireWholePages(db, file)
}

/** Too large to be checked at every start. */
export function mustCheckLater(file: string): boolean {
  return statSync(file).size > ALWAYS_CHECK_BYTES
}

/**
 * Every page of every table and index: their form and their order, not the contents of a text. About 1 s for each GB that the
 * system has in its cache.
 */
export function requireWholePages(db: SqliteConnection, file: string): void {
  const rows = db.handle.pragma('quick_check(3)') as { quick_check: string }[]
  const problems = rows.map((row) => row.quick_check).filter((text) => text !== 'ok')
  if (problems.length > 0) throw new DatabaseCorrupt(file, problems.join('; ').slice(0, 300))
}

export function isCorruption(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code !== undefined && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
}
