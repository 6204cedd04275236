/** Dates of the runs around a run, for templates. */
import type { DagRunRecord } from '#db/records.ts'
import type { ReadStore } from '#db/store.ts'
import type { Engine } from './engine.ts'
import type { DagEntry } from './model.ts'
import type { AssignedAttempt } from './ports.ts'

/** Dates that are kept per DAG; a DAG has few runs at once, and each is asked for by all its tasks. */
const KNOWN_MAX = 1000

/**
 * Dates of the neighbouring scheduled runs, for 2.x templates (`prev_ds`, `next_execution_date` ...), and of the newest earlier
 * successful run (`prev_data_interval_start_success` ...); see airflow-compat. From memory, but for the first question of a DAG since
 * the start and for runs that are older than its newest success: those ask the database.
 */
export function createTemplateDates({ service, store }: TemplateDatesOptions): (attempt: AssignedAttempt) => Dates | Promise<Dates> {
  const byRun = new WeakMap<DagEntry, Map<number, NeighbourDates>>()
  const successes = new WeakMap<DagEntry, { successes: number; byRun: Map<number, DagRunRecord | null> }>()

  function neighboursOf(dag: DagEntry, run: DagRunRecord, date: number): NeighbourDates {
    if (run.run_type === 'manual') return { prev_logical_date: date, next_logical_date: date }
    let known = byRun.get(dag)
    if (known === undefined) byRun.set(dag, (known = new Map<number, NeighbourDates>()))
    let dates = known.get(run.id)
    if (dates === undefined) {
      if (known.size > KNOWN_MAX) known.clear()
      known.set(run.id, (dates = neighbours(dag, run, date)))
    }
    return dates
  }

  /** undefined = only the database knows. */
  function successKnown(dag: DagEntry, run: DagRunRecord, date: number): DagRunRecord | null | undefined {
    const newest = dag.newest_success
    if (newest === null || (newest !== undefined && newest.logical_date !== null && newest.logical_date < date)) return newest
    const kept = successes.get(dag)
    return kept?.successes === dag.successes ? kept.byRun.get(run.id) : undefined
  }

  async function successRead(dag: DagEntry, run: DagRunRecord, date: number): Promise<DagRunRecord | null> {
    const { dag_id } = run
    const at = dag.successes
    if (dag.newest_success === undefined) {
      const newest = await store.dagRunLastSuccess({ dag_id, before_logical_date: null })
      if (dag.successes === at) dag.newest_success = newest
      if (newest === null || (newest.logical_date ?? Infinity) < date) return newest
    }
    const found = await store.dagRunLastSuccess({ dag_id, before_logical_date: date })
    if (dag.successes !== at) return found
    let kept = successes.get(dag)
    if (kept?.successes !== at || kept.byRun.size > KNOWN_MAX) successes.set(dag, (kept = { successes: at, byRun: new Map() }))
    kept.byRun.set(run.id, found)
    return found
  }

  return ({ run }) => {
    const dag = service.engine?.dags.get(run.dag_id)
    const date = run.logical_date
    if (dag === undefined || date === null) return { ...NO_SUCCESS, prev_logical_date: date, next_logical_date: date }
    const near = neighboursOf(dag, run, date)
    const known = successKnown(dag, run, date)
    if (known !== undefined) return { ...near, ...successDates(known) }
    return successRead(dag, run, date).then((success) => ({ ...near, ...successDates(success) }))
  }
}

interface TemplateDatesOptions {
  service: { readonly engine: Engine | null }
  store: Pick<ReadStore, 'dagRunLastSuccess'>
}
type Dates = NeighbourDates & ReturnType<typeof successDates>

function successDates(run: DagRunRecord | null): Record<keyof typeof NO_SUCCESS, number | null> {
  if (run === null) return NO_SUCCESS
  return {
    prev_success_interval_start: run.data_interval_start,
    prev_success_interval_end: run.data_interval_end,
    prev_success_start: run.start_time,
    prev_success_end: run.end_time,
  }
}

interface NeighbourDates {
  prev_logical_date: number | null
  next_logical_date: number | null
}
const NO_SUCCESS = { prev_success_interval_start: null, prev_success_interval_end: null, prev_success_start: null, prev_success_end: null }
/** How far back the point before is looked for: a yearly schedule has one within this time. */
const LOOK_BACK_MS = 400 * 86_400_000

function neighbours(dag: DagEntry, run: DagRunRecord, date: number): NeighbourDates {
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
