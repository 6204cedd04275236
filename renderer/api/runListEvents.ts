/** Live events of runs -> the lists of runs: written into the rows that are there; where a row comes or goes, that page is read again. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { DagRun } from '#contract/dagRun.ts'
import type { LiveEvent } from '#contract/events.ts'
import { outdatePages, type ListPage, type PageList } from './livePages.ts'
import { ALL_DAGS, queryKeys, type RunFilter } from './queryKeys.ts'

type DagRunEvent = Extract<LiveEvent, { type: 'dag_run' }>
type Mark = (key: QueryKey) => void

/** The lists of the DAG and those over all DAGs, which are mostly not open. */
const listsWith = (client: QueryClient, dagId: string) =>
  [dagId, ALL_DAGS].flatMap((id) => client.getQueryCache().findAll({ queryKey: queryKeys.runLists(id) })).map(({ queryKey }) => queryKey)

/** Each list for itself: another one, with another filter, may have the run. */
export function applyRunToLists(client: QueryClient, event: DagRunEvent, mark: Mark): void {
  const patch = { state: event.state, start_time: event.start_time, end_time: event.end_time, task_counts: event.task_counts }
  const isIt = (run: DagRun) => run.run_id === event.run_id && run.dag_id === event.dag_id
  for (const queryKey of listsWith(client, event.dag_id)) {
    const before = client
      .getQueryData<PageList<DagRun>>(queryKey)
      ?.pages.flatMap(({ data }) => data)
      .find(isIt)
    if (before) client.setQueryData<PageList<DagRun>>(queryKey, (list) => withRow(list, isIt, (run) => ({ ...run, ...patch })))
    // A filter by state may let it go.
    const isFiltered = (queryKey[2] as RunFilter | undefined)?.state !== undefined
    if (before && !(isFiltered && before.state !== event.state)) continue
    mark(queryKey)
    outdatePages<DagRun>(client, queryKey, before ? ({ data }) => data.some(isIt) : placeOf(event.run_after))
  }
}

/** The page on which a run that is due then would stand: newest first. */
function placeOf(runAfter: string) {
  const reaches = (page: ListPage<DagRun> | undefined): boolean => {
    const last = page?.data.at(-1)
    return last !== undefined && Date.parse(last.run_after) <= Date.parse(runAfter)
  }
  return (page: ListPage<DagRun>, index: number, pages: ListPage<DagRun>[]): boolean => reaches(page) && !reaches(pages[index - 1])
}

export function dropRunFromLists(client: QueryClient, run: { dag_id: string; run_id: string }, mark: Mark): void {
  for (const queryKey of listsWith(client, run.dag_id)) {
    client.setQueryData<PageList<DagRun>>(
      queryKey,
      (list) =>
        list && {
          ...list,
          pages: list.pages.map((page) => {
            const data = page.data.filter((each) => each.run_id !== run.run_id || each.dag_id !== run.dag_id)
            return data.length === page.data.length ? page : { ...page, data }
          }),
        },
    )
    mark(queryKey)
  }
}

/** A list with a changed row; the list itself if it has no such row, and the same pages but the one that has it. */
export function withRow<T>(list: PageList<T> | undefined, matches: (row: T) => boolean, change: (row: T) => T): PageList<T> | undefined {
  if (!list?.pages.some((page) => page.data.some(matches))) return list
  return {
    ...list,
    pages: list.pages.map((page) =>
      page.data.some(matches) ? { ...page, data: page.data.map((row) => (matches(row) ? change(row) : row)) } : page,
    ),
  }
}
