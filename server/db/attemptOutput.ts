/** What attempts leave beside their results: their logs, and their template fields as they were rendered. */
import type { LogRecord, RenderedRecord } from './records.ts'

/** Logs of attempts: append-only bytes. SQLite keeps files in the data folder; PostgreSQL keeps chunks in the database. */
export interface LogStore {
  /** Appends at `offset`; bytes before the stored size are ignored (a repeat), a gap is an error. Returns the new size. */
  logAppend(p: { task_instance_id: number; attempt: number; offset: number; bytes: Uint8Array }): Promise<number>
  logFinish(p: { task_instance_id: number; attempt: number; truncated: boolean }): Promise<void>
  /** A log that is whole and short, in one write: the same as logAppend at 0 and logFinish. A repeat changes nothing. */
  logWhole(p: { task_instance_id: number; attempt: number; bytes: Uint8Array; truncated: boolean }): Promise<void>
  logStat(p: { task_instance_id: number; attempt: number }): Promise<LogRecord | null>
  logRead(p: { task_instance_id: number; attempt: number; offset: number; limit: number }): Promise<Uint8Array>
  logDelete(p: { task_instance_ids: number[] }): Promise<void>
}

/** What attempts tell of themselves beside their reports; like a log it is no state of the engine. */
export interface RenderedStore {
  renderedGet(p: { task_instance_id: number; attempt: number }): Promise<RenderedRecord | null>
  /** A repeat overwrites; of attempts whose rows are deleted nothing is kept. */
  renderedPut(p: { rows: RenderedRecord[] }): Promise<void>
}
