/** What travels between the server's thread and a database thread. Errors cross as plain data. */
import { StoreRefusedData, StoreUnavailable } from '../../store.ts'
import { InvalidCursor } from '../../page.ts'
import { SchemaMismatch } from '../../migrate.ts'
import { FolderInUse } from '../folderLock.ts'
import { DatabaseCorrupt } from '../integrity.ts'
import type { Synchronous } from '../connection.ts'

export interface ThreadOptions {
  role: 'writer' | 'reader'
  folder: string
  synchronous: Synchronous
}

export interface ThreadCall {
  id: number
  method: string
  p: unknown
}

export interface PlainError {
  kind: 'unavailable' | 'cursor' | 'schema' | 'in_use' | 'corrupt' | 'data' | 'other'
  message: string
  code: string | null
  stack: string | null
}

/** `id` 0 answers the opening itself. */
export type ThreadReply = { id: number; ok: true; value: unknown } | { id: number; ok: false; error: PlainError }

/** Passing troubles: the disk is full, a lock lasted too long, the device failed or is read-only for now. */
const UNAVAILABLE = /^SQLITE_(FULL|BUSY|IOERR|CANTOPEN|READONLY|LOCKED|NOMEM)/

/** A value that its column does not take: beyond its range, of another type, too large for a row. */
const REFUSED_DATA = /^SQLITE_(CONSTRAINT_(DATATYPE|CHECK|NOTNULL)|TOOBIG|MISMATCH|RANGE)$/

export function toPlainError(error: unknown): PlainError {
  const { message, code, stack } = error as { message?: string; code?: string; stack?: string }
  const plain = { message: message ?? String(error), code: code ?? null, stack: stack ?? null }
  if (code !== undefined && UNAVAILABLE.test(code)) return { ...plain, kind: 'unavailable' }
  if (code !== undefined && REFUSED_DATA.test(code)) return { ...plain, kind: 'data' }
  if (error instanceof InvalidCursor) return { ...plain, kind: 'cursor' }
  if (error instanceof SchemaMismatch) return { ...plain, kind: 'schema' }
  if (error instanceof FolderInUse) return { ...plain, kind: 'in_use' }
  if (error instanceof DatabaseCorrupt || code?.startsWith('SQLITE_CORRUPT') === true || code === 'SQLITE_NOTADB')
    return { ...plain, kind: 'corrupt' }
  return { ...plain, kind: 'other' }
}

export function fromPlainError(plain: PlainError, file: string): Error {
  const error = Object.assign(new Error(plain.message), { code: plain.code })
  if (plain.stack !== null) error.stack = plain.stack
  if (plain.kind === 'unavailable') return new StoreUnavailable(`${file}: ${explain(plain)}`, { cause: error, reason: explain(plain) })
  if (plain.kind === 'data') return new StoreRefusedData(plain.message, { cause: error })
  if (plain.kind === 'cursor') return new InvalidCursor()
  if (plain.kind === 'schema') return new SchemaMismatch(plain.message)
  if (plain.kind === 'in_use') return new FolderInUse(plain.message)
  if (plain.kind === 'corrupt')
    return plain.message.includes(file)
      ? Object.assign(error, { name: 'DatabaseCorrupt' })
      : new DatabaseCorrupt(file, plain.message, { cause: error })
  return error
}

function explain({ code, message }: PlainError): string {
  if (code === 'SQLITE_FULL') return 'the disk is full; free some space, the server goes on by itself'
  if (code?.startsWith('SQLITE_BUSY') === true) return 'another program holds a lock on the database (a backup, a sqlite3 shell?)'
  if (code?.startsWith('SQLITE_READONLY') === true) return 'the database is read-only; check the permissions of the file and its folder'
  return `${message} (${code ?? 'no code'})`
}
