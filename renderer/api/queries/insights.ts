/** What pages ask about a DAG and its runs over time. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../client.ts'
import { queryKeys, type AuditFilter, type CalendarRange, type RunRef } from '../queryKeys.ts'

/** Runs and lines in the page of durations: two months of a daily DAG, and as many lines as can be told apart. */
const DURATION_RUNS = 60
const DURATION_TASKS = 8

export const runAttemptsQuery = (run: RunRef) =>
  queryOptions({
    queryKey: queryKeys.runAttempts(run),
    queryFn: ({ signal }) => api.runAttempts({ signal, params: { dag_id: run.dag_id, run_id: run.run_id }, query: {} }),
  })

export const calendarQuery = (dagId: string, range: CalendarRange) =>
  queryOptions({
    queryKey: queryKeys.calendar(dagId, range),
    queryFn: ({ signal }) => api.dagCalendar({ signal, params: { dag_id: dagId }, query: range }),
  })

export const durationsQuery = (dagId: string, runs = DURATION_RUNS) =>
  queryOptions({
    queryKey: queryKeys.durations(dagId, runs),
    queryFn: ({ signal }) => api.dagDurations({ signal, params: { dag_id: dagId }, query: { runs, tasks: DURATION_TASKS } }),
  })

export const auditQuery = (dagId: string, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: queryKeys.audit(dagId, filter),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.dagEvents({
        signal,
        params: { dag_id: dagId },
        query: { limit: 100, ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) },
      }),
    getNextPageParam: (page) => page.next_cursor,
  })

export const backfillsQuery = (dagId: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.backfills(dagId),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.listBackfills({ signal, params: { dag_id: dagId }, query: { limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) } }),
    getNextPageParam: (page) => page.next_cursor,
  })

export const backfillRunsQuery = (dagId: string, id: number) =>
  infiniteQueryOptions({
    queryKey: queryKeys.backfillRuns(dagId, id),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.backfillRuns({
        signal,
        params: { dag_id: dagId, backfill_id: id },
        query: { limit: 200, ...(pageParam === null ? {} : { cursor: pageParam }) },
      }),
    getNextPageParam: (page) => page.next_cursor,
  })

export const versionRunsQuery = (dagId: string) =>
  queryOptions({
    queryKey: queryKeys.versionRuns(dagId),
    queryFn: ({ signal }) => api.versionRuns({ signal, params: { dag_id: dagId }, query: { limit: 100 } }),
  })

/** Two versions never change, so what differs between them does not either. */
export const versionChangesQuery = (dagId: string, version: number, compared: number | null) =>
  queryOptions({
    queryKey: queryKeys.versionChanges(dagId, version, compared),
    queryFn: ({ signal }) =>
      api.versionChanges({ signal, params: { dag_id: dagId, version }, query: compared === null ? {} : { with: compared } }),
    staleTime: Infinity,
  })
