/** What a timetable plans, and the questions it answers. All times are milliseconds UTC. */

/** Half-open range [start, end) that a run covers. */
export interface DataInterval {
  start: number
  end: number
}

export interface PlannedRun {
  logical_date: number
  interval: DataInterval
  /** The run is not created before this moment. */
  run_after: number
}

/** From the DAG's start_date, end_date and catchup. `latest` bounds the interval's start (data-interval kind) or its end. */
export interface Restriction {
  earliest: number | null
  latest: number | null
  catchup: boolean
}

export interface Timetable {
  /** The run after `last` (the newest automated run, or null), or null = none. `now` is passed in. */
  next(p: { last: PlannedRun | null; restriction: Restriction; now: number }): PlannedRun | null
  /** Data interval of a manual run at `at`. */
  manual(p: { at: number }): DataInterval
  /**
   * All automated runs from `from` to `to`, both included, in order, for backfills; lazily. As in Airflow a timetable without
   * a period (none, once, continuous) has nothing to backfill.
   */
  between(p: { from: number; to: number; restriction: Restriction }): Iterable<PlannedRun>
  summary: string
}

export function planInterval(interval: DataInterval): PlannedRun {
  return { logical_date: interval.start, interval, run_after: interval.end }
}

/** The runs that `next` gives one after the other with catchup; the common form of `between`. */
export function* walk(
  next: Timetable['next'],
  { from, to, restriction }: { from: number; to: number; restriction: Restriction },
): Generator<PlannedRun> {
  const earliest = Math.max(from, restriction.earliest ?? from)
  const latest = Math.min(to, restriction.latest ?? to)
  let last: PlannedRun | null = null
  for (;;) {
    // With catchup the clock has no part in the answer.
    last = next({ last, restriction: { earliest, latest, catchup: true }, now: latest })
    if (last === null) return
    yield last
  }
}
