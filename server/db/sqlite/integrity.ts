/** Decides whether a database file is whole enough to work with. A damaged file is never replaced by an empty one. */
import { existsSync, statSync } from 'node:fs'
import type { FolderLock } from './folderLock.ts'
import type { SqliteConnection } from './connection.ts'

/** The database file is damaged; the message names it and says how to restore. */
export class DatabaseCorrupt extends Error {
  constructor(file: string, detail: string, options?: { cause?: unknown }) {
    super(
      `${file} is damaged (${detail}). Nothing was changed. Stop VORTEX, move the file and its -wal and -shm files aside, and put a backup in their place; ` +
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
 * After a clean stop or a mere kill a large file is not read through: SQLite's log makes both safe. After a power cut (another
 * boot) it always is.
 */
export function checkIntegrity(db: SqliteConnection, file: string, lock: FolderLock): void {
  const mustCheck = !lock.closedCleanly && !lock.sameBoot
  if (!mustCheck && statSync(file).size > ALWAYS_CHECK_BYTES) return
  const rows = db.handle.pragma('quick_check(3)') as { quick_check: string }[]
  const problems = rows.map((row) => row.quick_check).filter((text) => text !== 'ok')
  if (problems.length > 0) throw new DatabaseCorrupt(file, problems.join('; ').slice(0, 300))
}

export function isCorruption(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code !== undefined && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
}
