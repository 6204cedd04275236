/** What the pages of a run and of a task instance read beside the objects themselves. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { LogLevel } from '#contract/logLines.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import { api } from '../client.ts'
import { TASK_INSTANCES_MAX } from '../queries.ts'
import { queryKeys, type AttemptRef, type RunRef, type TaskRef } from '../queryKeys.ts'

const attemptInput = ({ dag_id, run_id, task_id, map_index, attempt }: AttemptRef) => ({
  params: { dag_id, run_id, task_id },
  query: { map_index, attempt },
})

/** Not kept in the cache, as pieces of logs are not: the log's source holds it. */
export const readLogIndex = (attempt: AttemptRef, from: number) => {
  const input = attemptInput(attempt)
  return api.getLogIndex({ params: input.params, query: { ...input.query, from } })
}

export interface LogSearchFrom {
  offset: number
  line: number
  level_before: LogLevel
}
export const LOG_BEGIN: LogSearchFrom = { offset: 0, line: 0, level_before: 'info' }
export const searchLog = (attempt: AttemptRef, p: { q: string; level: LogLevel; limit: number } & LogSearchFrom) => {
  const input = attemptInput(attempt)
  return api.searchLog({ params: input.params, query: { ...input.query, ...p } })
}

export const renderedQuery = (attempt: AttemptRef) =>
  queryOptions({
    queryKey: [...queryKeys.task(attempt), 'rendered', attempt.attempt] as const,
    queryFn: ({ signal }) => api.getRendered({ ...attemptInput(attempt), signal }),
  })

export const runContextQuery = (run: RunRef) =>
  queryOptions({
    queryKey: [...queryKeys.run(run), 'context'] as const,
    queryFn: ({ signal }) => api.getRunContext({ signal, params: { dag_id: run.dag_id, run_id: run.run_id } }),
  })

const PAGE_ROWS = 100
export interface EventFilter {
  task_id?: string | undefined
  run_only?: boolean | undefined
  to_state?: string | undefined
}
export const runEventPagesQuery = (run: RunRef, { task_id, run_only = false, to_state }: EventFilter) =>
  infiniteQueryOptions({
    queryKey: [...queryKeys.runEvents(run), { task_id, run_only, to_state }] as const,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      api.runEvents({
        signal,
        params: { dag_id: run.dag_id, run_id: run.run_id },
        query: {
          limit: PAGE_ROWS,
          run_only,
          ...(task_id === undefined ? {} : { task_id }),
          ...(to_state === undefined ? {} : { to_state }),
          ...(pageParam === '' ? {} : { cursor: pageParam }),
        },
      }),
    getNextPageParam: (page) => page.next_cursor,
  })

/** Of a run that is larger than one answer: those of one state. No event writes into it. */
const STATE_REREAD_MS = 5000
export const instancesOfStateQuery = (run: RunRef & { end_time: string | null }, state: TaskInstanceState | undefined, isCut: boolean) =>
  queryOptions({
    queryKey: [...queryKeys.run(run), 'of-state', state ?? null] as const,
    queryFn: ({ signal }) =>
      api.listTaskInstances({
        signal,
        params: { dag_id: run.dag_id, run_id: run.run_id },
        query: { limit: TASK_INSTANCES_MAX, ...(state === undefined ? {} : { state }) },
      }),
    enabled: isCut && state !== undefined,
    refetchInterval: run.end_time === null ? STATE_REREAD_MS : false,
  })

/** The instances of one mapped task, by page: there may be ten thousand. */
export const mappedInstancesQuery = (task: TaskRef, state: TaskInstanceState | undefined) =>
  infiniteQueryOptions({
    queryKey: [...queryKeys.run(task), 'mapped', task.task_id, state ?? null] as const,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      api.listTaskInstances({
        signal,
        params: { dag_id: task.dag_id, run_id: task.run_id },
        query: {
          task_id: task.task_id,
          limit: PAGE_ROWS,
          ...(state === undefined ? {} : { state }),
          ...(pageParam === '' ? {} : { cursor: pageParam }),
        },
      }),
    getNextPageParam: (page) => page.next_cursor,
  })
