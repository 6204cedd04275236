/**
 * The one factory of query keys. A key starts with its noun, then the identity from the widest to the narrowest part, so that
 * a prefix names everything below it.
 */
export interface RunRef {
  dag_id: string
  run_id: string
}
export interface TaskRef extends RunRef {
  task_id: string
  map_index: number
}
export interface AttemptRef extends TaskRef {
  attempt: number
}
/** As a DAG id: the runs of all DAGs. */
export const ALL_DAGS = '~'

export interface DagFilter {
  search?: string | undefined
  tag?: string | string[] | undefined
  owner?: string | undefined
  paused?: boolean | undefined
  last_run_state?: string | undefined
  favourite?: boolean | undefined
  import_errors?: boolean | undefined
  sort?: 'next_run' | 'last_run' | undefined
  descending?: boolean | undefined
}
export interface TimelineFilter {
  from: string
  to: string
  search?: string | undefined
  favourite?: boolean | undefined
}
export interface RunFilter {
  state?: string | undefined
  run_type?: string | undefined
  /** Milliseconds back from the moment of asking. */
  since_ms?: number | undefined
  ended_from?: string | undefined
  ended_to?: string | undefined
  /** Logical dates, both ends included. */
  logical_date_from?: string | undefined
  logical_date_to?: string | undefined
}

export interface GridFilter {
  state?: string | undefined
  run_type?: string | undefined
  /** Instants; both ends included. */
  from?: string | undefined
  to?: string | undefined
}

export interface CalendarRange {
  from: string
  days: number
  unit: 'day' | 'hour'
}
export interface AuditFilter {
  origin?: 'people' | 'engine'
  kind?: string
  actor?: string
}

export const queryKeys = {
  me: ['me'] as const,
  health: ['health'] as const,
  overview: ['overview'] as const,
  timelines: ['timeline'] as const,
  timeline: (filter: TimelineFilter) => ['timeline', filter] as const,
  search: (text: string) => ['search', text] as const,
  views: ['views'] as const,
  dagFacets: ['dag-facets'] as const,
  importErrors: ['import-errors'] as const,
  importErrorList: (search: string) => ['import-errors', search] as const,
  dagLists: ['dag-list'] as const,
  dagList: (filter: DagFilter) => ['dag-list', filter] as const,
  /** Everything read about one DAG but its runs. */
  dag: (dagId: string) => ['dag', dagId] as const,
  dagDetail: (dagId: string) => ['dag', dagId, 'detail'] as const,
  dagTasks: (dagId: string, version: number | null) => ['dag', dagId, 'tasks', version] as const,
  dagSource: (dagId: string, version: number | null) => ['dag', dagId, 'source', version] as const,
  dagVersions: (dagId: string) => ['dag', dagId, 'versions'] as const,
  /** Everything read of the DAG folder. */
  dagFiles: ['dag-files'] as const,
  dagFileLists: ['dag-files', 'list'] as const,
  dagFileList: (search: string) => ['dag-files', 'list', search] as const,
  dagFile: (path: string) => ['dag-files', 'file', path] as const,
  runLists: (dagId: string) => ['run-list', dagId] as const,
  runList: (dagId: string, filter: RunFilter) => ['run-list', dagId, filter] as const,
  /** One run and everything in it. */
  run: (run: RunRef) => ['run', run.dag_id, run.run_id] as const,
  runDetail: (run: RunRef) => ['run', run.dag_id, run.run_id, 'detail'] as const,
  runEvents: (run: RunRef) => ['run', run.dag_id, run.run_id, 'events'] as const,
  taskInstances: (run: RunRef) => ['run', run.dag_id, run.run_id, 'task-instances'] as const,
  runAttempts: (run: RunRef) => ['run', run.dag_id, run.run_id, 'attempts'] as const,
  /** What a DAG's runs sum up to; each change of a run changes it. */
  history: (dagId: string) => ['history', dagId] as const,
  calendar: (dagId: string, range: CalendarRange) => ['history', dagId, 'calendar', range] as const,
  durations: (dagId: string, runs: number) => ['history', dagId, 'durations', runs] as const,
  backfills: (dagId: string) => ['history', dagId, 'backfills'] as const,
  backfillRuns: (dagId: string, id: number) => ['history', dagId, 'backfill-runs', id] as const,
  versionRuns: (dagId: string) => ['history', dagId, 'version-runs'] as const,
  /** What a new backfill would start; asked anew for each range. */
  backfillPlan: (dagId: string, body: object) => ['backfill-plan', dagId, body] as const,
  audit: (dagId: string, filter: AuditFilter) => ['audit', dagId, filter] as const,
  versionChanges: (dagId: string, version: number, compared: number | null) => ['version-changes', dagId, version, compared] as const,
  /** Beside the list of all, which events write into. */
  failedTasks: (run: RunRef, count: number) => ['run', run.dag_id, run.run_id, 'failed-tasks', count] as const,
  /** What clearing would do; not below the run, so that clearing does not ask again. */
  clearPreview: (run: RunRef, choices: object) => ['clear-preview', run.dag_id, run.run_id, choices] as const,
  /** Layout of a graph, worked out in the page. */
  graphLayout: (dagId: string, version: number, open: string, direction: string) =>
    ['graph-layout', dagId, version, open, direction] as const,
  /** One task instance and everything in it. */
  task: (task: TaskRef) => ['run', task.dag_id, task.run_id, 'task', task.task_id, task.map_index] as const,
  taskDetail: (task: TaskRef) => [...queryKeys.task(task), 'detail'] as const,
  attempts: (task: TaskRef) => [...queryKeys.task(task), 'attempts'] as const,
  why: (task: TaskRef) => [...queryKeys.task(task), 'why'] as const,
  xcoms: (task: TaskRef) => [...queryKeys.task(task), 'xcom'] as const,
  xcomValue: (task: TaskRef, key: string) => [...queryKeys.task(task), 'xcom', key] as const,
  /** Size of an attempt's log as live events told it; never fetched. */
  logSignal: (attempt: AttemptRef) => [...queryKeys.task(attempt), 'log', attempt.attempt] as const,
  /** Below the DAG: a changed DAG or an ended run changes them. */
  schedulePreview: (dagId: string | null, choices: object) => ['dag', dagId, 'schedule-preview', choices] as const,
  unpausePreview: (dagId: string) => ['dag', dagId, 'unpause-preview'] as const,
  triggerPreview: (dagId: string, logicalDate: string | null) => ['dag', dagId, 'trigger-preview', logicalDate] as const,
  runConfs: (dagId: string) => ['run-confs', dagId] as const,
  dagIds: (search: string) => ['dag-ids', search] as const,
  /** Grids of a DAG, whatever their filter. */
  grids: (dagId: string) => ['grid', dagId] as const,
  grid: (dagId: string, filter: GridFilter, pageRuns: number) => ['grid', dagId, filter, pageRuns] as const,
  /** Everything read of assets; who uses them changes with DAGs. */
  assets: ['assets'] as const,
  assetLists: ['assets', 'list'] as const,
  assetList: (search: string) => ['assets', 'list', search] as const,
  asset: (uri: string) => ['assets', 'one', uri] as const,
  assetDetail: (uri: string) => ['assets', 'one', uri, 'detail'] as const,
  assetEvents: (uri: string) => ['assets', 'one', uri, 'events'] as const,
  /** Below the DAG: an event that it waits for changes it. */
  assetCondition: (dagId: string) => ['dag', dagId, 'asset-condition'] as const,
  runAssetEvents: (run: RunRef) => ['run', run.dag_id, run.run_id, 'asset-events'] as const,
  workers: ['workers'] as const,
  workerList: ['workers', 'list'] as const,
  swarmStatus: ['workers', 'status'] as const,
  workerTasks: (workerId: string) => ['workers', 'tasks', workerId] as const,
  pools: ['pools'] as const,
  poolList: ['pools', 'list'] as const,
  poolTasks: (name: string) => ['pools', 'tasks', name] as const,
  variables: ['variables'] as const,
  variableList: (search: string) => ['variables', 'list', search] as const,
  variableUses: (key: string) => ['variables', 'uses', key] as const,
  connections: ['connections'] as const,
  connectionList: (search: string) => ['connections', 'list', search] as const,
  secrets: ['secrets'] as const,
  users: ['users'] as const,
  apiKeys: ['api-keys'] as const,
  system: ['system'] as const,
  plugins: ['plugins'] as const,
}
