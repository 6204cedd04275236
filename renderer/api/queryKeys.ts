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
export interface DagFilter {
  search?: string | undefined
  tag?: string | undefined
  owner?: string | undefined
  paused?: boolean | undefined
  last_run_state?: string | undefined
}
export interface RunFilter {
  state?: string | undefined
  run_type?: string | undefined
}

export const queryKeys = {
  me: ['me'] as const,
  health: ['health'] as const,
  importErrors: ['import-errors'] as const,
  dagLists: ['dag-list'] as const,
  dagList: (filter: DagFilter) => ['dag-list', filter] as const,
  /** Everything read about one DAG but its runs. */
  dag: (dagId: string) => ['dag', dagId] as const,
  dagDetail: (dagId: string) => ['dag', dagId, 'detail'] as const,
  dagTasks: (dagId: string, version: number | null) => ['dag', dagId, 'tasks', version] as const,
  dagSource: (dagId: string, version: number | null) => ['dag', dagId, 'source', version] as const,
  dagVersions: (dagId: string) => ['dag', dagId, 'versions'] as const,
  nextRuns: (dagId: string) => ['dag', dagId, 'next-runs'] as const,
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
  workers: ['workers'] as const,
}
