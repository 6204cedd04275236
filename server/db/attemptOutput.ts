/** What attempts leave beside their results: their logs, and their template fields as they were rendered. */
import type { LogTime } from './logTimes.ts'
import type { LogRecord, RenderedRecord } from './records.ts'

interface LogKey {
  task_instance_id: number
  attempt: number
}
export interface LogAppend extends LogKey {
  offset: number
  bytes: Uint8Array
  times?: readonly LogTime[]
}
export interface LogWhole extends LogKey {
  bytes: Uint8Array
  truncated: boolean
  times?: readonly LogTime[]
}

/** Logs of attempts: append-only bytes. SQLite keeps files in the data folder; PostgreSQL keeps chunks in the database. */
export interface LogStore {
  /**
   * Appends at `offset`; bytes before the stored size are ignored (a repeat), a gap is an error. Returns the new size. `times` are marks
   * within these bytes, oldest first; those of bytes that are stored already are ignored too.
   */
  logAppend(p: LogAppend): Promise<number>
  logFinish(p: { task_instance_id: number; attempt: number; truncated: boolean }): Promise<void>
  /** A log that is whole and short, in one write: the same as logAppend at 0 and logFinish. A repeat changes nothing. */
  logWhole(p: LogWhole): Promise<void>
  logStat(p: { task_instance_id: number; attempt: number }): Promise<LogRecord | null>
  logRead(p: { task_instance_id: number; attempt: number; offset: number; limit: number }): Promise<Uint8Array>
  /** When the bytes from `from` up to `to` came: the last mark at or before `from`, and all that follow below `to`. */
  logTimes(p: { task_instance_id: number; attempt: number; from: number; to: number }): Promise<LogTime[]>
  logDelete(p: { task_instance_ids: number[] }): Promise<void>
}

/** What attempts tell of themselves beside their reports; like a log it is no state of the engine. */
export interface RenderedStore {
  renderedGet(p: { task_instance_id: number; attempt: number }): Promise<RenderedRecord | null>
  /** A repeat overwrites; of attempts whose rows are deleted nothing is kept. */
  renderedPut(p: { rows: RenderedRecord[] }): Promise<void>
}
