/** Dates of the runs around a run, for templates. */
import type { DagRunRecord } from '#db/records.ts'
import type { EngineService } from './engineService.ts'
import type { DagEntry } from './model.ts'
import type { AssignedAttempt } from './ports.ts'

/** Dates of the neighbouring scheduled runs, for 2.x templates (`prev_ds`, `next_execution_date` ...); see airflow-compat. */
export function createTemplateDates({ service }: { service: EngineService }): (attempt: AssignedAttempt) => NeighbourDates {
  const byRun = new WeakMap<DagEntry, Map<number, NeighbourDates>>()
  return ({ run }) => {
    const dag = service.engine?.dags.get(run.dag_id)
    const date = run.logical_date
    const none = { ...NO_NEIGHBOURS, prev_logical_date: date, next_logical_date: date }
    if (dag === undefined || date === null || run.run_type === 'manual') return none
    let known = byRun.get(dag)
    if (known === undefined) byRun.set(dag, (known = new Map<number, NeighbourDates>()))
    let dates = known.get(run.id)
    if (dates === undefined) {
      if (known.size > 1000) known.clear()
      dates = { ...NO_NEIGHBOURS, ...neighbours(dag, run, date) }
      known.set(run.id, dates)
    }
    return dates
  }
}

interface NeighbourDates {
  prev_success_interval_start: number | null
  prev_success_interval_end: number | null
  prev_success_start: number | null
  prev_success_end: number | null
  prev_logical_date: number | null
  next_logical_date: number | null
}
const NO_NEIGHBOURS = {
  prev_success_interval_start: null,
  prev_success_interval_end: null,
  prev_success_start: null,
  prev_success_end: null,
  prev_logical_date: null,
  next_logical_date: null,
}
/** How far back the point before is looked for: a yearly schedule has one within this time. */
const LOOK_BACK_MS = 400 * 86_400_000

function neighbours(dag: DagEntry, run: DagRunRecord, date: number): Pick<NeighbourDates, 'prev_logical_date' | 'next_logical_date'> {
  const restriction = { earliest: null, latest: null, catchup: true }
  const interval = { start: run.data_interval_start ?? date, end: run.data_interval_end ?? date }
  const next = dag.timetable.next({ last: { logical_date: date, interval, run_after: run.run_after }, restriction, now: run.run_after })
  const step = Math.max(60_000, (next?.logical_date ?? date + 86_400_000) - date)
  // Widening windows: most schedules have their previous point one step back.
  for (let back = 2 * step; ; back *= 4) {
    let previous: number | null = null
    for (const slot of dag.timetable.between({ from: date - Math.min(back, LOOK_BACK_MS), to: date - 1, restriction }))
      previous = slot.logical_date
    if (previous !== null || back >= LOOK_BACK_MS) return { prev_logical_date: previous, next_logical_date: next?.logical_date ?? null }
  }
}
