/** The state of a DAG's grid as it stands in the URL. */
import { DAG_RUN_STATES, RUN_TYPES, type DagRunState, type RunType } from '#contract/states.ts'
import { taskPanel, type TaskPanelSearch } from '../search.ts'
import { day, oneOf, present, text, type Raw } from './values.ts'

/** Numbers of runs to choose from; the third is meant when none is said: it fills a wide window. */
export const GRID_RUNS = [10, 25, 50, 100] as const
export interface DagGridSearch extends TaskPanelSearch {
  /** Unfolded groups, joined by commas; `*` = all, `-` = none; absent = all of a small DAG, none of a large one. */
  open?: string
  find?: string
  /** The chosen run; with `task` the chosen cell. */
  run?: string
  runs?: (typeof GRID_RUNS)[number]
  state?: DagRunState
  type?: RunType
  /** Days of the logical date in UTC, both included. */
  from?: string
  to?: string
}
const existingDay = (value: unknown) => {
  const date = day(value)
  return date === undefined || Number.isNaN(Date.parse(date)) ? undefined : date
}
export const dagGridSearch = (raw: Raw): DagGridSearch =>
  present<Required<DagGridSearch>>({
    ...taskPanel(raw),
    open: text(raw['open']),
    find: text(raw['find']),
    run: text(raw['run']),
    runs: GRID_RUNS.find((count) => count === raw['runs']),
    state: oneOf(DAG_RUN_STATES, raw['state']),
    type: oneOf(RUN_TYPES, raw['type']),
    from: existingDay(raw['from']),
    to: existingDay(raw['to']),
  })
export type GridChange = { [K in keyof DagGridSearch]?: DagGridSearch[K] | undefined }
