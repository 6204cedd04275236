/** How a DAG and its runs went over time: attempts of a run, calendar, durations, audit log, version changes, runs of a backfill. */
import { VortexError } from '#contract/errors.ts'
import { ATTEMPT_SPANS_MAX, CALENDAR_HOUR_DAYS_MAX } from '#contract/insights.ts'
import type { DagRecord, DagRunRecord } from '#db/records.ts'
import { calendarCells, planCalendar, type Cell, type Plan } from '#domain/schedule/calendarCells.ts'
import { versionChanges } from '#domain/versionChanges.ts'
import type { DagReader } from '../dagReader.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import { iso, isoOrNull } from '../present/instant.ts'
import { presentLedgerEntry } from '../present/taskInstance.ts'
import type { ApiServices } from '../services.ts'

type InsightHandlers = Pick<
  Handlers,
  'runAttempts' | 'dagCalendar' | 'dagDurations' | 'dagEvents' | 'versionChanges' | 'versionRuns' | 'backfillRuns'
>

/** A year of an hourly schedule; one of every minute is planned for a week. */
const PLANNED_MAX = 10_000
/** Task instances read to find the slowest tasks, and to tell how long those took in each run: some 50 ms and 300 ms of a reader. */
const RANKED_MAX = 50_000
const MEASURED_MAX = 500_000

export function insightHandlers({ store, leader, clock }: ApiServices, dags: DagReader): InsightHandlers {
  async function planOf(dag: DagRecord, cells: Cell[], now: number): Promise<Plan> {
    const schedule = dag.is_stale ? null : await leader.dagSchedule({ dag_id: dag.dag_id })
    if (schedule === null) return { planned: [], expected: [], first: [], planned_until: null }
    const { spec: timetable, last, restriction } = schedule
    const steps = planCalendar({ timetable, last, restriction, now, cells, max: PLANNED_MAX })
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }
  return {
    async runAttempts({ query }, { object: run }) {
      const request = pageOf(query, ATTEMPT_SPANS_MAX)
      return pageWith(await store.attemptSpanList({ ...request, dag_run_id: run.id }), request, (span) => ({
        task_id: span.task_id,
        map_index: span.map_index,
        attempt: span.attempt,
        state: span.state,
        queued_time: iso(span.queued_time),
        start_time: isoOrNull(span.start_time),
        end_time: isoOrNull(span.end_time),
      }))
    },
    async dagCalendar({ query }, { object: dag }) {
      const { from, days, unit = 'day' } = query
      if (unit === 'hour' && days > CALENDAR_HOUR_DAYS_MAX)
        throw new VortexError('invalid_request', `By the hour at most ${CALENDAR_HOUR_DAYS_MAX} days are shown.`, { field: 'days' })
      const cells = cellsOf({ zone: dag.timezone, from, days, unit })
      const now = clock.now()
      const edges = cells.map((cell) => cell.start).concat(cells.at(-1)?.end ?? [])
      const [counted, plan] = await Promise.all([store.dagRunCountsByDate({ dag_id: dag.dag_id, edges }), planOf(dag, cells, now)])
      const counts = cells.map((): Record<string, number> => ({}))
      for (const { bucket, state, n } of counted) {
        const cell = counts[bucket]
        if (cell !== undefined) cell[state] = n
      }
      return {
        dag_id: dag.dag_id,
        timezone: dag.timezone,
        unit,
        is_paused: dag.is_paused,
        now: iso(now),
        cells: cells.map((cell, index) => ({
          ...cell,
          start: iso(cell.start),
          end: iso(cell.end),
          counts: counts[index] ?? {},
          planned: plan.planned[index] ?? 0,
          expected: plan.expected[index] ?? 0,
          first_date: isoOrNull(plan.first[index] ?? null),
        })),
        planned_until: isoOrNull(plan.planned_until),
      }
    },
    async dagDurations({ query }, { object: dag }) {
      const { runs: limit = 60, tasks = 8 } = query
      const newest = (await store.dagRunList({ dag_id: dag.dag_id, limit, offset: 0 })).data
      const ranked = atMost(newest, RANKED_MAX)
      const ranking = tasks === 0 ? [] : await store.taskDurationRanking({ dag_run_ids: ranked.map((run) => run.id), limit: tasks })
      const measured = await store.taskDurationPoints({
        dag_run_ids: atMost(newest, MEASURED_MAX).map((run) => run.id),
        task_ids: ranking.map((task) => task.task_id),
      })
      const runs = newest.toReversed()
      const points = new Map(measured.map((point) => [`${point.dag_run_id} ${point.task_id}`, point.ms]))
      return {
        dag_id: dag.dag_id,
        runs: runs.map((run) => ({
          run_id: run.run_id,
          run_type: run.run_type,
          state: run.state,
          logical_date: isoOrNull(run.logical_date),
          queued_time: iso(run.queued_time),
          start_time: isoOrNull(run.start_time),
          end_time: isoOrNull(run.end_time),
        })),
        tasks: ranking.map(({ task_id, mean_ms }) => ({
          task_id,
          mean_ms,
          points: runs.map((run) => points.get(`${run.id} ${task_id}`) ?? null),
        })),
        ranked_runs: ranked.length,
      }
    },
    async dagEvents({ query }, { object: dag }) {
      const { limit = 100, cursor, origin, kind, actor } = query
      const page = await store.ledgerSearch({ dag_id: dag.dag_id, limit, cursor, origin, kind, actor })
      return { ...page, data: page.data.map(presentLedgerEntry), searched_until: isoOrNull(page.searched_until) }
    },
    async versionChanges({ params, query }, { object: dag }) {
      const { dag_id } = dag
      const after = await dags.versionOf(dag, params.version)
      const before =
        query.with === undefined
          ? params.version === 1
            ? null
            : await store.dagVersionByNumber({ dag_id, version: params.version - 1 })
          : await dags.versionOf(dag, query.with)
      return {
        dag_id,
        version: after.version,
        compared_with: before?.version ?? null,
        source_changed: before !== null && before.bundle_hash !== after.bundle_hash,
        ...versionChanges((before ?? after).spec, after.spec),
      }
    },
    async versionRuns({ query }, { object: dag }) {
      const request = pageOf(query)
      return pageWith(await store.dagVersionRunList({ ...request, dag_id: dag.dag_id }), request, (row) => row)
    },
    async backfillRuns({ params, query }, { object: dag }) {
      const { backfill_id } = params
      const backfill = await store.backfillGet({ id: backfill_id })
      if (backfill?.dag_id !== dag.dag_id) throw new VortexError('not_found', `There is no backfill ${backfill_id} of DAG "${dag.dag_id}".`)
      const request = pageOf(query)
      return pageWith(await store.backfillRunList({ ...request, backfill_id }), request, (row) => ({
        ordinal: row.ordinal,
        logical_date: iso(row.logical_date),
        data_interval_start: iso(row.data_interval_start),
        data_interval_end: iso(row.data_interval_end),
        action: row.action,
        run_id: row.run_id,
        state: row.state,
        start_time: isoOrNull(row.start_time),
        end_time: isoOrNull(row.end_time),
      }))
    },
  }
}

function cellsOf(p: Parameters<typeof calendarCells>[0]): Cell[] {
  try {
    return calendarCells(p)
  } catch (error) {
    throw new VortexError('invalid_request', error instanceof Error ? error.message : String(error), { field: 'from' })
  }
}

/** The newest runs that together have at most so many task instances; at least one. */
function atMost(newest: readonly DagRunRecord[], task_instances: number): DagRunRecord[] {
  let sum = 0
  return newest.filter((run, index) => {
    sum += Object.values(run.task_counts).reduce((total, count) => total + count, 0)
    return index === 0 || sum <= task_instances
  })
}
