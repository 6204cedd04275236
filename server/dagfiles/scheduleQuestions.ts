/** What timetable classes of authors ask while their DAG file is parsed: the newest run of the DAG, and what Airflow's own timetables plan. */
import { Value } from 'typebox/value'
import { TimetableSpec } from '#contract/dagSpec.ts'
import type { ReadStore } from '#db/store.ts'
import { compileTimetable, type PlannedRun } from '#domain/schedule/timetable.ts'

type Params = Record<string, unknown>

/** The answers by method; null = there is none. They reject with words for the author. */
export function scheduleQuestions({
  store,
}: {
  store: Pick<ReadStore, 'dagGet'>
}): Record<string, (params: Params) => Promise<object | null>> {
  return {
    async 'schedule.last'(params) {
      const dag = await store.dagGet({ dag_id: String(params['dag_id']) })
      const date = dag?.last_scheduled_logical_date ?? null
      if (dag === null || date === null) return null
      const start = dag.last_scheduled_interval_start ?? date
      return { start, end: dag.last_scheduled_interval_end ?? start }
    },
    async 'timetable.next'(params) {
      const run = compileTimetable(specOf(params)).next({
        last: runOf(params['last']),
        restriction: { earliest: momentOf(params['earliest']), latest: momentOf(params['latest']), catchup: params['catchup'] === true },
        now: momentOf(params['now']) ?? 0,
      })
      return run === null ? null : { ...run.interval, run_after: run.run_after }
    },
    async 'timetable.manual'(params) {
      return compileTimetable(specOf(params)).manual({ at: momentOf(params['at']) ?? 0 })
    },
  }
}

/** Authors' code writes it. */
function specOf(params: Params): TimetableSpec {
  const spec = params['spec']
  if (!Value.Check(TimetableSpec, spec)) throw new RangeError('This is no timetable of Airflow.')
  return spec
}

function momentOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A run is as old as the end of its interval. */
function runOf(value: unknown): PlannedRun | null {
  if (!Array.isArray(value)) return null
  const [start, end] = value.map(momentOf)
  return start == null || end == null ? null : { logical_date: start, interval: { start, end }, run_after: end }
}
