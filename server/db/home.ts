/** What Home, the timeline, the search and a person's own things (favourites, saved views) read and write. */
import type { DagRunState } from '#contract/states.ts'
import type { DagRecord, DagRunRecord } from './records.ts'
import type { DagFilter } from './filters.ts'

export interface DagCounts {
  /** DAGs whose files define them. */
  total: number
  active: number
  import_errors: number
}

/** The task instance of a failed run that failed first. */
export interface FailedTask {
  dag_run_id: number
  task_id: string
  map_index: number
  try_number: number
  state_reason: string | null
}

export interface Overview {
  dags: DagCounts
  /** Queued and running runs, and runs that failed since the given time. */
  runs: { queued: number; running: number; failed: number }
  /** Newest first. */
  running: DagRunRecord[]
  /** Latest end first. */
  failed: DagRunRecord[]
  /** Of those runs; a run of very many tasks has none here. */
  failed_tasks: FailedTask[]
  /** Soonest first. */
  next: DagRecord[]
}

export type TimelineDag = Pick<DagRecord, 'dag_id' | 'dag_display_name' | 'timezone' | 'is_paused' | 'next_run_after'>
export type TimelineRun = Pick<DagRunRecord, 'dag_id' | 'run_id' | 'state' | 'start_time' | 'end_time' | 'queued_time'>

/** Runs that started within one short part of the window. */
export interface TimelineBlock {
  dag_id: string
  start: number
  /** Latest end; null = one of them goes on. */
  end: number | null
  state: DagRunState
  n: number
}

export interface Timeline {
  dags: TimelineDag[]
  total: number
  /** Oldest first. */
  runs: TimelineRun[]
  /** Of DAGs with more than `runs_max` runs in the window, instead of their runs. */
  blocks: TimelineBlock[]
}

export interface SearchHits {
  dags: DagRecord[]
  tasks: { dag_id: string; task_id: string }[]
  runs: DagRunRecord[]
}

export interface SavedViewRecord {
  username: string
  page: string
  name: string
  search: string
}

export interface HomeStore {
  overviewRead(p: { failed_since: number; limit: number }): Promise<Overview>
  /**
   * Runs of a page of DAGs between two times. DAGs with a run in the window come first, then those whose next run is due in it.
   * `runs_max`: runs of one DAG that are given one by one; more come as blocks of `block_ms`.
   */
  timelineRead(
    p: DagFilter & {
      from: number
      to: number
      /** Whether the window holds the present. */
      is_now: boolean
      limit: number
      offset: number
      runs_max: number
      block_ms: number
    },
  ): Promise<Timeline>
  /** Part of an id or name of a DAG or task; beginning of a run id, or part of the id of a run of late. At most `limit` of each kind. */
  searchAll(p: { text: string; limit: number }): Promise<SearchHits>
  /** Which of these DAGs are favourites of the user. */
  favouriteList(p: { username: string; dag_ids: string[] }): Promise<string[]>
  favouriteSet(p: { username: string; dag_id: string; is_favourite: boolean }): Promise<void>
  savedViewList(p: { username: string }): Promise<SavedViewRecord[]>
  /** Overwrites a view of the same name. False = the page has `max` views of this user already. */
  savedViewPut(p: SavedViewRecord & { max: number }): Promise<boolean>
  savedViewDelete(p: { username: string; page: string; name: string }): Promise<boolean>
}
