/** What pages read: one options object per question, for useQuery, useInfiniteQuery and the router's loaders alike. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Dag } from '#contract/dag.ts'
import type { DagRun } from '#contract/dagRun.ts'
import type { DagRunState, RunType } from '#contract/states.ts'
import { serverNow } from '../lib/serverClock.ts'
import { api } from './client.ts'
import { livePages } from './livePages.ts'
import { queryKeys, type AttemptRef, type DagFilter, type RunFilter, type RunRef, type TaskRef } from './queryKeys.ts'

/** Rows of one page of a list: two screens of rows, so that a scroll of one screen never waits. */
const PAGE_ROWS = 100
/** The contract's largest page of task instances; a run with more shows this many and says so. */
export const TASK_INSTANCES_MAX = 10_000

export const meQuery = queryOptions({ queryKey: queryKeys.me, queryFn: ({ signal }) => api.me({ signal }), staleTime: 60_000 })

/** Asked each second while the server still reads its DAG files: no event tells how far it is. */
export const readingQuery = queryOptions({
  queryKey: queryKeys.health,
  queryFn: ({ signal }) => api.health({ signal }),
  refetchInterval: (query) => (query.state.data?.dag_files.state === 'ready' ? false : 1000),
})

/** How many there are; the drawer reads them by pages. */
export const importErrorsQuery = queryOptions({
  queryKey: queryKeys.importErrors,
  queryFn: ({ signal }) => api.listImportErrors({ signal, query: { limit: 1 } }),
})

export const dagListQuery = (filter: DagFilter) =>
  infiniteQueryOptions({
    queryKey: queryKeys.dagList(filter),
    ...livePages<Dag>({
      queryKey: queryKeys.dagList(filter),
      idOf: (dag) => dag.id,
      limit: PAGE_ROWS,
      byOffset: filter.sort !== undefined || filter.descending === true,
      read: ({ limit, at }, signal) => {
        const { last_run_state: state, ...rest } = filter
        return api.listDags({ signal, query: definedOnly({ ...rest, last_run_state: state as DagRunState | undefined, limit, ...at }) })
      },
    }),
  })

export const dagQuery = (dagId: string) =>
  queryOptions({ queryKey: queryKeys.dagDetail(dagId), queryFn: ({ signal }) => api.getDag({ signal, params: { dag_id: dagId } }) })

/** A version's graph never changes, so a numbered version stays in the cache; null follows the newest one. */
export const dagTasksQuery = (dagId: string, version: number | null) =>
  queryOptions({
    queryKey: queryKeys.dagTasks(dagId, version),
    queryFn: ({ signal }) => api.getDagTasks({ signal, params: { dag_id: dagId }, query: version === null ? {} : { version } }),
    // The newest one is read again when an event says that there is another.
    ...(version === null ? {} : { staleTime: Infinity }),
  })

export const dagSourceQuery = (dagId: string, version: number | null) =>
  queryOptions({
    queryKey: queryKeys.dagSource(dagId, version),
    queryFn: ({ signal }) =>
      version === null
        ? api.getDagSource({ signal, params: { dag_id: dagId } })
        : api.getVersionSource({ signal, params: { dag_id: dagId, version } }),
    staleTime: version === null ? 0 : Infinity,
  })

export const dagVersionsQuery = (dagId: string) =>
  queryOptions({
    queryKey: queryKeys.dagVersions(dagId),
    queryFn: ({ signal }) => api.listVersions({ signal, params: { dag_id: dagId }, query: { limit: 100 } }),
  })

export const runListQuery = (dagId: string, filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: queryKeys.runList(dagId, filter),
    ...livePages<DagRun>({
      queryKey: queryKeys.runList(dagId, filter),
      idOf: (run) => String(run.id),
      limit: PAGE_ROWS,
      read: ({ limit, at }, signal) =>
        api.listRuns({
          signal,
          params: { dag_id: dagId },
          query: definedOnly({
            state: filter.state as DagRunState | undefined,
            run_type: filter.run_type as RunType | undefined,
            ended_from: filter.since_ms === undefined ? filter.ended_from : new Date(serverNow() - filter.since_ms).toISOString(),
            ended_to: filter.ended_to,
            logical_date_from: filter.logical_date_from,
            logical_date_to: filter.logical_date_to,
            limit,
            ...at,
          }),
        }),
    }),
  })

export const runQuery = (run: RunRef) =>
  queryOptions({
    queryKey: queryKeys.runDetail(run),
    queryFn: ({ signal }) => api.getRun({ signal, params: { dag_id: run.dag_id, run_id: run.run_id } }),
  })

export const taskInstancesQuery = (run: RunRef) =>
  queryOptions({
    queryKey: queryKeys.taskInstances(run),
    queryFn: ({ signal }) =>
      api.listTaskInstances({ signal, params: { dag_id: run.dag_id, run_id: run.run_id }, query: { limit: TASK_INSTANCES_MAX } }),
  })

const taskInput = (task: TaskRef) => ({
  params: { dag_id: task.dag_id, run_id: task.run_id, task_id: task.task_id },
  query: { map_index: task.map_index },
})

export const taskQuery = (task: TaskRef) =>
  queryOptions({ queryKey: queryKeys.taskDetail(task), queryFn: ({ signal }) => api.getTaskInstance({ ...taskInput(task), signal }) })

export const attemptsQuery = (task: TaskRef) =>
  queryOptions({ queryKey: queryKeys.attempts(task), queryFn: ({ signal }) => api.listAttempts({ ...taskInput(task), signal }) })

export const whyQuery = (task: TaskRef) =>
  queryOptions({ queryKey: queryKeys.why(task), queryFn: ({ signal }) => api.whyNotRunning({ ...taskInput(task), signal }) })

export const xcomsQuery = (task: TaskRef) =>
  queryOptions({ queryKey: queryKeys.xcoms(task), queryFn: ({ signal }) => api.listXcoms({ ...taskInput(task), signal }) })

export const xcomValueQuery = (task: TaskRef, key: string) => {
  const input = taskInput(task)
  return queryOptions({
    queryKey: queryKeys.xcomValue(task, key),
    queryFn: ({ signal }) => api.getXcom({ signal, params: { ...input.params, key }, query: input.query }),
  })
}

export interface LogSignal {
  size: number
  complete: boolean
}
/** Holds what `log` events said; `enabled: false` because only events write it. */
export const logSignalQuery = (attempt: AttemptRef) =>
  queryOptions<LogSignal | null>({
    queryKey: queryKeys.logSignal(attempt),
    queryFn: () => null,
    enabled: false,
    initialData: null,
    staleTime: Infinity,
  })

/** A piece of a log, not kept in the cache: the log view holds its own lines. */
export const readLog = (attempt: AttemptRef, offset: number, limit: number) => {
  const input = taskInput(attempt)
  return api.getLog({ params: input.params, query: { ...input.query, attempt: attempt.attempt, offset, limit } })
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }
/** Drops undefined fields, which the contract's exact optional types do not admit. */
function definedOnly<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<Defined<T>>
}
