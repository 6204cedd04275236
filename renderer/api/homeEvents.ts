/** Live events for Home and the lists over all DAGs: written where the event tells enough, marked where only the server knows. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { LiveEvent } from '#contract/events.ts'
import type { Overview } from '#contract/overview.ts'
import { queryKeys } from './queryKeys.ts'
import { withTimelineRun, type TimelinePages } from './timeline.ts'

type DagRunEvent = Extract<LiveEvent, { type: 'dag_run' }>
type Mark = (key: QueryKey) => void

const isRead = (client: QueryClient, queryKey: QueryKey) => client.getQueryCache().findAll({ queryKey }).length > 0

/** A run that only goes on changes a bar and a row; one that begins or ends changes counts and order too. */
export function applyRunToHome(client: QueryClient, event: DagRunEvent, mark: Mark): void {
  const now = new Date().toISOString()
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: queryKeys.timelines })) {
    const pages = client.getQueryData<TimelinePages>(queryKey)
    if (!pages) continue
    const changed = withTimelineRun(pages, event, now)
    if (changed === null) mark(queryKeys.timelines)
    else if (changed !== pages) client.setQueryData(queryKey, changed)
  }
  const overview = client.getQueryData<Overview>(queryKeys.overview)
  if (!overview) return
  const row = overview.running.find((run) => run.dag_id === event.dag_id && run.run_id === event.run_id)
  if (row?.state !== event.state) {
    mark(queryKeys.overview)
    return
  }
  const changed = { ...row, task_counts: event.task_counts, start_time: event.start_time }
  client.setQueryData<Overview>(queryKeys.overview, { ...overview, running: overview.running.map((run) => (run === row ? changed : run)) })
}

/** Something of a DAG changed, or a run is gone: what is due next, and which DAGs there are. */
export function markHome(client: QueryClient, mark: Mark): void {
  for (const key of [queryKeys.overview, queryKeys.timelines, queryKeys.dagFacets]) if (isRead(client, key)) mark(key)
}
