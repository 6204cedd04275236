/**
 * The state of each view as it stands in the URL. A validator reads what anybody may have typed: an unknown value is dropped,
 * never an error. Optional fields are absent by default, so that a plain view has a plain address.
 */
import { LOG_LEVELS, type LogLevel } from '#contract/logLines.ts'
import {
  DAG_RUN_STATES,
  RUN_TYPES,
  TASK_INSTANCE_STATES,
  type DagRunState,
  type RunType,
  type TaskInstanceState,
} from '#contract/states.ts'
import { day, flag, instant, integer, oneOf, present, text, type Raw } from './search/values.ts'

/** On every page: the DAG that the trigger dialog is open for (`*` = still to be chosen), and the run whose conf it begins with. */
export interface AppSearch {
  trigger?: string
  conf_of?: string
  /** Its logical date. */
  logical_date?: string
}
export const appSearch = (raw: Raw): AppSearch =>
  present<Required<AppSearch>>({ trigger: text(raw['trigger']), conf_of: text(raw['conf_of']), logical_date: text(raw['logical_date']) })

export interface SignInSearch {
  next?: string
}
export const signInSearch = (raw: Raw): SignInSearch => present({ next: text(raw['next']) })

export const TIMELINE_HOURS = [1, 6, 12, 24] as const
export type TimelineHours = (typeof TIMELINE_HOURS)[number]
export interface HomeSearch {
  /** Width of the timeline; absent = 6. */
  hours?: TimelineHours
  /** Start of its window; absent = it follows the present. */
  at?: string
  /** DAGs whose names hold this. */
  q?: string
  fav?: boolean
}
export const homeSearch = (raw: Raw): HomeSearch =>
  present<Required<HomeSearch>>({
    hours: TIMELINE_HOURS.find((hours) => hours === raw['hours']),
    at: instant(raw['at']),
    q: text(raw['q']),
    fav: flag(raw['fav']),
  })

export interface DagsSearch {
  search?: string
  /** One, or several that a DAG must all have. */
  tag?: string | string[]
  owner?: string
  paused?: boolean
  state?: DagRunState
  fav?: boolean
  /** Only DAGs whose files fail to load. */
  broken?: boolean
  /** Absent = by id. */
  sort?: 'next_run' | 'last_run'
  desc?: boolean
  /** The drawer of import errors is open. */
  errors?: boolean
}
export const dagsSearch = (raw: Raw): DagsSearch =>
  present<Required<DagsSearch>>({
    search: text(raw['search']),
    tag: texts(raw['tag']),
    owner: text(raw['owner']),
    paused: flag(raw['paused']),
    state: oneOf(DAG_RUN_STATES, raw['state']),
    fav: flag(raw['fav']),
    broken: flag(raw['broken']),
    sort: oneOf(['next_run', 'last_run'] as const, raw['sort']),
    desc: flag(raw['desc']),
    errors: flag(raw['errors']),
  })
/** One text stays a text, so that the plain address stays plain. */
const texts = (value: unknown): string | string[] | undefined => {
  if (!Array.isArray(value)) return text(value)
  const all = [...new Set(value.map(text).filter((each) => each !== undefined))]
  return all.length > 1 ? all : all[0]
}

export const TASK_TABS = ['log', 'attempts', 'rendered', 'xcom', 'instances', 'why', 'details'] as const
export type TaskTab = (typeof TASK_TABS)[number]

/** What of one task instance is shown. */
export interface TaskSearch {
  map?: number
  attempt?: number
  tab?: TaskTab
  /** Lines of the log that are picked, from 1: `120` or `120-130`. */
  line?: string
  /** Least level of the log's lines. */
  level?: LogLevel
  /** What is looked for in the log. */
  logq?: string
  /** Among the instances of a mapped task. */
  istate?: TaskInstanceState
}
export type TaskChange = { [K in keyof TaskSearch]?: TaskSearch[K] | undefined }

/** The task panel beside a graph or a list. */
export interface TaskPanelSearch extends TaskSearch {
  task?: string
}
/** What the URL holds of a task: taken out when the panel closes. */
export const NO_TASK = {
  task: undefined,
  map: undefined,
  attempt: undefined,
  tab: undefined,
  line: undefined,
  level: undefined,
  logq: undefined,
  istate: undefined,
} as const satisfies { [K in keyof Required<TaskPanelSearch>]: undefined }
const LINES = /^\d{1,10}(-\d{1,10})?$/
export const taskPanel = (raw: Raw) => ({
  task: text(raw['task']),
  map: integer(raw['map']),
  attempt: integer(raw['attempt']),
  tab: oneOf(TASK_TABS, raw['tab']),
  line: LINES.test(String(raw['line'])) ? String(raw['line']) : undefined,
  level: oneOf(LOG_LEVELS, raw['level']),
  logq: text(raw['logq']),
  istate: oneOf(TASK_INSTANCE_STATES, raw['istate']),
})

export interface GraphSearch extends TaskPanelSearch {
  /** Unfolded groups, joined by commas; `*` = all. */
  open?: string
  /** Absent = by the width of the window. */
  dir?: 'TB' | 'LR' | 'BT' | 'RL'
  find?: string
}
const graph = (raw: Raw) => ({
  open: text(raw['open']),
  dir: oneOf(['TB', 'LR', 'BT', 'RL'] as const, raw['dir']),
  find: text(raw['find']),
})

/** Part of a view's state that is to change; undefined takes it out of the URL. */
export type PanelChange = { [K in keyof TaskPanelSearch]?: TaskPanelSearch[K] | undefined }
export type GraphChange = { [K in keyof GraphSearch]?: GraphSearch[K] | undefined }

/** A Gantt chart: what is unfolded is shared with the graph. */
export interface GanttSearch extends TaskPanelSearch {
  open?: string
  /** Idle time is shown at its length. */
  idle?: boolean
  /** false: the critical path is not marked. */
  path?: boolean
  /** Visible part of the axis, see useView.ts. */
  span?: string
}
const gantt = (raw: Raw) => ({
  open: text(raw['open']),
  idle: raw['idle'] === true ? true : undefined,
  path: raw['path'] === false ? false : undefined,
  span: text(raw['span']),
})
export type GanttChange = { [K in keyof GanttSearch]?: GanttSearch[K] | undefined }

export interface DagGanttSearch extends GanttSearch {
  /** The run that is shown; absent = the newest. */
  run?: string
}
export const dagGanttSearch = (raw: Raw): DagGanttSearch =>
  present<Required<DagGanttSearch>>({ ...gantt(raw), ...taskPanel(raw), run: text(raw['run']) })

export interface CalendarSearch {
  /** Shows the year or month that this day is in; absent = today. */
  at?: string
  view?: 'month' | 'hours'
}
export const calendarSearch = (raw: Raw): CalendarSearch =>
  present<Required<CalendarSearch>>({ at: day(raw['at']), view: oneOf(['month', 'hours'] as const, raw['view']) })

export const DURATION_RUNS = [30, 60, 120, 200] as const
export interface DurationsSearch {
  runs?: number
  /** Tasks whose lines are hidden, joined by commas. */
  hide?: string
}
export const durationsSearch = (raw: Raw): DurationsSearch =>
  present<Required<DurationsSearch>>({ runs: DURATION_RUNS.find((runs) => runs === raw['runs']), hide: text(raw['hide']) })

export interface BackfillsSearch {
  /** The backfill whose runs are shown. */
  id?: number
  /** The dialog is open. */
  create?: boolean
  /** It would run failed dates again. */
  again?: boolean
  /** First and last day of a new backfill, in the DAG's zone. */
  from?: string
  to?: string
}
export const backfillsSearch = (raw: Raw): BackfillsSearch =>
  present<Required<BackfillsSearch>>({
    id: integer(raw['id']),
    create: raw['create'] === true ? true : undefined,
    again: raw['again'] === true ? true : undefined,
    from: text(raw['from']),
    to: text(raw['to']),
  })

export interface VersionsSearch {
  /** The version whose changes are shown, and the one that it is compared with (absent = the one before). */
  version?: number
  with?: number
}
export const versionsSearch = (raw: Raw): VersionsSearch =>
  present<Required<VersionsSearch>>({ version: integer(raw['version']), with: integer(raw['with']) })

export interface AuditSearch {
  /** Absent = what people did. */
  origin?: 'engine' | 'all'
  kind?: string
  actor?: string
}
export const auditSearch = (raw: Raw): AuditSearch =>
  present<Required<AuditSearch>>({
    origin: oneOf(['engine', 'all'] as const, raw['origin']),
    kind: text(raw['kind']),
    actor: text(raw['actor']),
  })

export interface DagGraphSearch extends GraphSearch {
  /** The run whose states are shown; absent = the newest. */
  run?: string
}
export const dagGraphSearch = (raw: Raw): DagGraphSearch =>
  present<Required<DagGraphSearch>>({ ...graph(raw), ...taskPanel(raw), run: text(raw['run']) })

export interface DagTasksSearch extends TaskPanelSearch {
  q?: string
}
export const dagTasksSearch = (raw: Raw): DagTasksSearch => present<Required<DagTasksSearch>>({ ...taskPanel(raw), q: text(raw['q']) })

export interface RunsSearch {
  state?: DagRunState
  type?: RunType
}
export interface DagRunsSearch extends RunsSearch {
  /** The run that is unfolded in the list. */
  open?: string
  /** Logical dates, both ends included. */
  date_from?: string
  date_to?: string
}
export const runsSearch = (raw: Raw): DagRunsSearch =>
  present<Required<DagRunsSearch>>({
    state: oneOf(DAG_RUN_STATES, raw['state']),
    type: oneOf(RUN_TYPES, raw['type']),
    date_from: instant(raw['date_from']),
    date_to: instant(raw['date_to']),
    open: text(raw['open']),
  })

/** `ask`: id of the connection whose API key is asked for; `refused`: because the server refused it. */
export interface ConnectionsSearch {
  ask?: string
  refused?: boolean
}
export const connectionsSearch = (raw: Raw): ConnectionsSearch =>
  present<Required<ConnectionsSearch>>({ ask: text(raw['ask']), refused: flag(raw['refused']) })

export const RUNS_SINCE = ['1h', '24h', '7d', '30d'] as const
export type RunsSince = (typeof RUNS_SINCE)[number]
/** Runs of all DAGs. */
export interface AllRunsSearch extends RunsSearch {
  dag?: string
  /** Ended within this time from now, or goes on ... */
  since?: RunsSince
  /** ... or between these days (`2026-11-23`, both included), as the time mode sees them. */
  from?: string
  to?: string
}
export const allRunsSearch = (raw: Raw): AllRunsSearch =>
  present<Required<AllRunsSearch>>({
    state: oneOf(DAG_RUN_STATES, raw['state']),
    type: oneOf(RUN_TYPES, raw['type']),
    dag: text(raw['dag']),
    since: oneOf(RUNS_SINCE, raw['since']),
    from: day(raw['from']),
    to: day(raw['to']),
  })

/** The editor of a DAG file. */
export interface EditorSearch {
  /** The graph beside the text; absent = by the width of the window. */
  side?: 'graph' | 'none'
  /** The version that the text is compared with. */
  compare?: number
}
export type EditorChange = { [K in keyof EditorSearch]?: EditorSearch[K] | undefined }
const editor = (raw: Raw) => ({ side: oneOf(['graph', 'none'] as const, raw['side']), compare: integer(raw['compare']) })

export interface CodeSearch extends EditorSearch {
  /** The version that is read instead of the file. */
  version?: number
}
export const codeSearch = (raw: Raw): CodeSearch => present<Required<CodeSearch>>({ ...editor(raw), version: integer(raw['version']) })

export interface AssetsSearch {
  search?: string
  /** The asset that is shown; absent = the list. URIs hold what a path may not. */
  uri?: string
}
export const assetsSearch = (raw: Raw): AssetsSearch =>
  present<Required<AssetsSearch>>({ search: text(raw['search']), uri: text(raw['uri']) })

export interface FilesSearch {
  search?: string
}
export const filesSearch = (raw: Raw): FilesSearch => present<Required<FilesSearch>>({ search: text(raw['search']) })

export interface FileSearch extends EditorSearch {
  /** What a file that does not exist yet begins with. */
  template?: string
}
export const fileSearch = (raw: Raw): FileSearch => present<Required<FileSearch>>({ ...editor(raw), template: text(raw['template']) })

export const RUN_VIEWS = ['graph', 'gantt', 'tasks', 'compare', 'events', 'code', 'details'] as const
export type RunView = (typeof RUN_VIEWS)[number]
export interface RunSearch extends GraphSearch, GanttSearch {
  view?: RunView
  state?: TaskInstanceState
  q?: string
  /** Which events: those of the run itself, or changes to a state; of one task. */
  event?: 'run' | TaskInstanceState
  etask?: string
  /** The run that it is compared with; absent = the one before. */
  with?: string
}
export const runSearch = (raw: Raw): RunSearch =>
  present<Required<RunSearch>>({
    ...graph(raw),
    ...gantt(raw),
    ...taskPanel(raw),
    view: oneOf(RUN_VIEWS, raw['view']),
    state: oneOf(TASK_INSTANCE_STATES, raw['state']),
    q: text(raw['q']),
    event: oneOf(['run', ...TASK_INSTANCE_STATES] as const, raw['event']),
    etask: text(raw['etask']),
    with: text(raw['with']),
  })

export const taskSearch = (raw: Raw): TaskSearch => {
  const { task: _, ...rest } = taskPanel(raw)
  return present<Required<TaskSearch>>(rest)
}

/** A schedule that is looked at; what is absent comes from the DAG, if there is one. */
export interface SchedulesSearch {
  dag?: string
  schedule?: string
  zone?: string
  start?: string
  end?: string
  catchup?: boolean
  rules?: '2' | '3'
  max?: number
}
/** An emptied field means none, where the DAG has one. */
const emptiable = (value: unknown): string | undefined => (value === '' ? '' : text(value))
export const schedulesSearch = (raw: Raw): SchedulesSearch =>
  present<Required<SchedulesSearch>>({
    dag: text(raw['dag']),
    schedule: emptiable(raw['schedule']),
    zone: text(raw['zone']),
    start: emptiable(raw['start']),
    end: emptiable(raw['end']),
    catchup: flag(raw['catchup']),
    rules: oneOf(['2', '3'] as const, text(raw['rules'])),
    max: integer(raw['max']),
  })

export interface AdminSearch {
  search?: string
  /** The row that is open: a worker, a pool, a variable. */
  open?: string
}
export const adminSearch = (raw: Raw): AdminSearch =>
  present<Required<AdminSearch>>({ search: text(raw['search']), open: text(raw['open']) })
