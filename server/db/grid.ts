/** What the grid of a DAG needs: runs without what they were given, and the cells of several runs at once in a compact form. */
import type { GridRow } from '#contract/grid.ts'
import type { DagRunState, RunType } from '#contract/states.ts'
import type { DagRunRecord } from './records.ts'

/** What the cursor of a page of runs holds of its last one: its place in the order of lists. */
export type RunKey = readonly [run_after: number, id: number]
export const runKey = (run: { run_after: number; id: number }): RunKey => [run.run_after, run.id]

export type GridRunRecord = Omit<DagRunRecord, 'conf' | 'note'> & {
  /** Id of its newest entry in the ledger, where each change of state is noted: while it stays, so do the run's cells. */
  last_change: number | null
}

/** Task instances of one run, side by side in the order of its layout. */
export interface RunCells {
  dag_run_id: number
  /** Which of `layouts` names them. */
  layout: number
  /** A byte each (contract/gridCells.ts), as the arrays below. */
  states: Uint8Array
  tries: Uint8Array
  durations: Uint16Array
}

export interface CellsOfRuns {
  /**
   * Names of task instances, one a line: `task_id`, or `task_id<TAB>map_index`. Runs with the same task instances share one, so that
   * it is sent and read once.
   */
  layouts: string[]
  runs: RunCells[]
  /** Those that have begun and not ended. */
  begun: { dag_run_id: number; task_id: string; map_index: number; start_time: number }[]
}

export interface GridRunQuery {
  dag_id: string
  limit: number
  cursor?: string | undefined
  state?: DagRunState
  run_type?: RunType
  logical_date_from?: number
  logical_date_to?: number
}
export interface GridRunPage {
  data: GridRunRecord[]
  next_cursor: string | null
}

export interface GridStore {
  /** Newest first (by when they were due), continued by cursor. */
  gridRunList(p: GridRunQuery): Promise<GridRunPage>
  /** `active` = those of the runs that are not finished. The caller bounds the number of their task instances. */
  gridCells(p: { dag_run_ids: number[]; active: number[] }): Promise<CellsOfRuns>
  /** Rows of these versions, each in the order of its graph. */
  gridVersionRows(p: { ids: number[] }): Promise<{ id: number; version: number; rows: GridRow[] }[]>
}
