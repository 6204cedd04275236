/**
 * What retention needs of a database beside the engine's commits: to find what is old, and to remove what the engine does not hold
 * in memory. Removals are atomic each, bounded by their caller, and check under the lock of their writers that nothing has begun to
 * use the rows since they were found: it does not matter who calls them, how often, or where a call is cut off.
 */
import type { DagRunState, RunType } from '#contract/states.ts'

/** A finished run, with what tells whether others still look back at it. */
export interface EndedRun {
  id: number
  dag_id: string
  run_id: string
  run_type: RunType
  state: DagRunState
  logical_date: number | null
  end_time: number
  /** Number of its task instances. */
  task_instances: number
  /** A newer finished run of its DAG; null = it is the newest one. */
  newer_id: number | null
  /** Logical date of the run after it; for a run that is not manual: of the next one that is not manual. Null = none. */
  next_run_date: number | null
  /** Logical date of the next success after it, if it is a success itself. */
  next_success_date: number | null
}

/** Bundles without a DAG version and contents without a bundle. `newest_version`: what newer versions use was not looked at. */
export interface UnusedFiles {
  bundles: string[]
  blobs: string[]
  newest_version: number
}

/** Bytes on the disk of whoever stores them. */
export interface StorageSize {
  database_bytes: number
  /** Logs that are not part of the database's own size. */
  log_bytes: number
}

export interface RetentionStore {
  /** Finished runs that ended before, oldest end first, after the given one. */
  dagRunsEnded(p: { before: number; after: { end_time: number; id: number } | null; limit: number }): Promise<EndedRun[]>
  /** Removes ledger entries of no run, of one DAG at a time and never the newest entry of all. Returns how many. */
  ledgerPrune(p: { before: number; limit: number }): Promise<number>
  /**
   * Looks at the next events of assets after this one and removes those that came before, except the newest of each asset, which pages
   * and tasks that read it still want, and those that a DAG has not run for yet. `next` = where to go on; null = the rest is younger.
   */
  assetEventPrune(p: { before: number; after: number; limit: number }): Promise<{ removed: number; next: number | null }>
  /** Removes one backfill that ended before, with its intervals; never the newest backfill of all. Returns how many. */
  backfillPrune(p: { before: number }): Promise<number>
  /** DAG versions without a run that a newer version had replaced before. */
  dagVersionsUnused(p: { before: number; limit: number }): Promise<number[]>
  /** Removes those of them that are still unused. Returns how many. */
  dagVersionsDelete(p: { ids: number[] }): Promise<number>
  filesUnused(p: { limit: number }): Promise<UnusedFiles>
  /** Removes those of them that are still unused. Returns how many. */
  filesDelete(p: UnusedFiles): Promise<number>
  /** Looks at every log file where logs are files: takes seconds for a hundred thousand of them. */
  storageSize(): Promise<StorageSize>
}
