/** What lists of DAGs and runs can be asked for. */
import type { DagRunState, RunType } from '#contract/states.ts'

/** Every field that is given must hold. */
export interface DagFilter {
  /** Part of the id, display name or description. */
  search?: string
  /** All of them. */
  tags?: string[]
  owner?: string
  paused?: boolean
  last_run_state?: DagRunState
  /** Whether its file fails to load now. */
  import_errors?: boolean
  /** Favourites of this user. */
  favourite_of?: string
  dag_ids?: string[]
  include_stale: boolean
}
export type DagSort = 'id' | 'next_run' | 'last_run'
export type RunStateCounts = Record<DagRunState, number>

export interface RunFilter {
  dag_id: string | null
  state?: DagRunState
  run_type?: RunType
  logical_date_from?: number
  logical_date_to?: number
  /** Ended between these; without an end, runs that go on count too. */
  ended_from?: number
  ended_to?: number
}
