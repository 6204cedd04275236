/** Home, the timeline of all DAGs and the search over everything. */
import { VortexError } from '#contract/errors.ts'
import type { Overview, RunOfOverview, Timeline } from '#contract/overview.ts'
import type { DagRunRecord } from '#db/records.ts'
import { dagFilterOf } from '../dagFilter.ts'
import type { Handlers } from '../handlers.ts'
import { iso, isoOrNull, parseInstant } from '../present/instant.ts'
import type { ApiServices } from '../services.ts'

const DAY_MS = 86_400_000
/** Rows of each part of Home: what fits beside the others; the full lists are one click away. */
const HOME_ROWS = 8
/** The longest window of the timeline; beyond it the calendar of a DAG tells more. */
const WINDOW_MAX_MS = 31 * DAY_MS
/** Bars of one DAG; with more, each would be thinner than what a pointer can hit. */
const BARS_MAX = 150
/** Blocks of one DAG over the window, where there are more runs than bars. */
const BLOCKS = 150
/** Planned runs of one DAG in the window. */
const PLANNED_MAX = 120

export function overviewHandlers({ store, leader, clock }: ApiServices): Pick<Handlers, 'getOverview' | 'getTimeline' | 'search'> {
  /** What only the leader's memory knows is missing while nobody leads; the rest of the answer is not. */
  async function orNull<T>(answer: Promise<T>): Promise<T | null> {
    try {
      return await answer
    } catch (error) {
      if (error instanceof VortexError && error.code === 'not_leader') return null
      throw error
    }
  }
  return {
    async getOverview(): Promise<Overview> {
      const failed_since = clock.now() - DAY_MS
      const [found, tasks] = await Promise.all([store.overviewRead({ failed_since, limit: HOME_ROWS }), orNull(leader.counts())])
      const failedTasks = new Map(found.failed_tasks.map((task) => [task.dag_run_id, task]))
      return {
        counts: {
          runs_queued: found.runs.queued,
          runs_running: found.runs.running,
          runs_failed: found.runs.failed,
          dags: found.dags.total,
          dags_active: found.dags.active,
          import_errors: found.dags.import_errors,
          tasks_running: tasks?.running ?? null,
          tasks_waiting: tasks?.runnable ?? null,
        },
        failed_since: iso(failed_since),
        running: found.running.map(presentRunOfOverview),
        failed: found.failed.map((run) => {
          const task = failedTasks.get(run.id)
          return {
            ...presentRunOfOverview(run),
            failed_task: task
              ? { task_id: task.task_id, map_index: task.map_index, attempt: task.try_number, reason: task.state_reason }
              : null,
          }
        }),
        next: found.next.flatMap((dag) =>
          dag.next_run_after === null
            ? []
            : [
                {
                  dag_id: dag.dag_id,
                  dag_display_name: dag.dag_display_name,
                  timezone: dag.timezone,
                  schedule_interval: dag.schedule,
                  run_after: iso(dag.next_run_after),
                  logical_date: isoOrNull(dag.next_logical_date),
                },
              ],
        ),
      }
    },
    async getTimeline({ query }, { principal }): Promise<Timeline> {
      const [from, to] = [parseInstant(query.from, 'from'), parseInstant(query.to, 'to')]
      if (to <= from || to - from > WINDOW_MAX_MS)
        throw new VortexError('invalid_request', 'The timeline needs a `to` after `from`, at most 31 days later.', { field: 'to' })
      const { limit = 50, offset = 0 } = query
      const now = clock.now()
      const found = await store.timelineRead({
        ...dagFilterOf(query, principal.username),
        from,
        to,
        is_now: from <= now && now < to,
        limit,
        offset,
        runs_max: BARS_MAX,
        block_ms: Math.ceil((to - from) / BLOCKS),
      })
      const dag_ids = found.dags.filter((dag) => !dag.is_paused).map(({ dag_id }) => dag_id)
      const planned = to <= now ? [] : await orNull(leader.plannedRuns({ dag_ids, from: Math.max(from, now), to, max: PLANNED_MAX }))
      const runs = Map.groupBy(found.runs, ({ dag_id }) => dag_id)
      const blocks = Map.groupBy(found.blocks, ({ dag_id }) => dag_id)
      const plans = new Map((planned ?? []).map((plan) => [plan.dag_id, plan.run_after]))
      return {
        from: iso(from),
        to: iso(to),
        data: found.dags.map((dag) => ({
          dag_id: dag.dag_id,
          dag_display_name: dag.dag_display_name,
          timezone: dag.timezone,
          is_paused: dag.is_paused,
          bars: (runs.get(dag.dag_id) ?? []).map((run) => ({
            run_id: run.run_id,
            state: run.state,
            queued_time: iso(run.queued_time),
            start_time: isoOrNull(run.start_time),
            end_time: isoOrNull(run.end_time),
          })),
          blocks: (blocks.get(dag.dag_id) ?? []).map((block) => ({
            state: block.state,
            count: block.n,
            start_time: iso(block.start),
            end_time: isoOrNull(block.end),
          })),
          planned: (plans.get(dag.dag_id) ?? []).map(iso),
        })),
        total: found.total,
        limit,
        offset,
      }
    },
    async search({ query }) {
      const text = query.q.trim()
      if (text === '') return { dags: [], tasks: [], assets: [], runs: [] }
      const limit = query.limit ?? 8
      const [hits, assets] = await Promise.all([store.searchAll({ text, limit }), store.assetList({ search: text, limit, offset: 0 })])
      return {
        dags: hits.dags.map(({ dag_id, dag_display_name, description, is_paused }) => ({
          dag_id,
          dag_display_name,
          description,
          is_paused,
        })),
        tasks: hits.tasks,
        assets: assets.data.map(({ uri, name, asset_group }) => ({ uri, name, group: asset_group })),
        runs: hits.runs.map(({ dag_id, run_id, state, start_time }) => ({ dag_id, run_id, state, start_time: isoOrNull(start_time) })),
      }
    },
  }
}

function presentRunOfOverview(run: DagRunRecord): RunOfOverview {
  return {
    dag_id: run.dag_id,
    run_id: run.run_id,
    run_type: run.run_type,
    state: run.state,
    logical_date: isoOrNull(run.logical_date),
    start_time: isoOrNull(run.start_time),
    end_time: isoOrNull(run.end_time),
    state_reason: run.state_reason,
    task_counts: run.task_counts as Record<string, number>,
  }
}
