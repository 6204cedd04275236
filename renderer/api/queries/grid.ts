/** The grid of a DAG: pages of runs, newest first. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { DagRunState, RunType } from '#contract/states.ts'
import type { GridChange } from '../../search/grid.ts'
import { api } from '../client.ts'
import { isKnownRows, unpackGrid, type GridPages } from '../grid.ts'
import { queryKeys, type GridFilter, type RunRef } from '../queryKeys.ts'

/** Runs of one request: more than a window shows, and painted long before a hundred are there. */
const PAGE_RUNS = 25

/** The grid that a view's address asks for. Days are of UTC, both included. */
export const gridQueryOf = (dagId: string, { state, type, from, to, runs }: GridChange) =>
  gridQuery(
    dagId,
    {
      state,
      run_type: type,
      from: from === undefined ? undefined : `${from}T00:00:00.000Z`,
      to: to === undefined ? undefined : `${to}T23:59:59.999Z`,
    },
    Math.min(runs ?? PAGE_RUNS, PAGE_RUNS),
  )

const gridQuery = (dagId: string, filter: GridFilter, pageRuns: number) => {
  const queryKey = queryKeys.grid(dagId, filter, pageRuns)
  return infiniteQueryOptions({
    queryKey,
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, client, signal }) => {
      const held = client.getQueryData<GridPages>(queryKey)?.pages[0]?.rows_id
      const answer = await api.getGrid({
        signal,
        params: { dag_id: dagId },
        query: {
          limit: pageRuns,
          ...(pageParam === null ? {} : { cursor: pageParam }),
          ...(isKnownRows(held) ? { rows: held } : {}),
          ...(filter.state === undefined ? {} : { state: filter.state as DagRunState }),
          ...(filter.run_type === undefined ? {} : { run_type: filter.run_type as RunType }),
          ...(filter.from === undefined ? {} : { logical_date_from: filter.from }),
          ...(filter.to === undefined ? {} : { logical_date_to: filter.to }),
        },
      })
      return unpackGrid(answer)
    },
    getNextPageParam: (page) => page.next_cursor,
    // Arrays of bytes are compared by nobody; rows keep their identity by their id.
    structuralSharing: false,
  })
}

/** More failures than that are read in the grid itself. */
const FAILED_SHOWN = 20

/** Asked again when their number has changed. */
export const failedTasksQuery = (run: RunRef, count: number) =>
  queryOptions({
    queryKey: queryKeys.failedTasks(run, count),
    queryFn: ({ signal }) =>
      api.listTaskInstances({
        signal,
        params: { dag_id: run.dag_id, run_id: run.run_id },
        query: { state: 'failed', limit: FAILED_SHOWN },
      }),
    enabled: count > 0,
  })
