/**
 * Timetables of the trigger kind (Airflow 3.x style): a run is created at a point T and covers [T - interval, T], which is
 * empty by default. As in Airflow the logical date is the interval's start, so it equals T only if the interval is empty.
 */
import type { Points } from './cronClock.ts'
import { MINUTE_MS } from './civil.ts'
import { planInterval, walk, type PlannedRun, type Timetable } from './plannedRun.ts'

interface TriggerRules {
  points: Points
  intervalMs: number
  /** The first run of a DAG without a start date. */
  firstRun: (now: number) => number | null
  summary: string
}

function triggerTimetable({ points, intervalMs, firstRun, summary }: TriggerRules): Timetable {
  const pointAfter: (p: Parameters<Timetable['next']>[0]) => number | null = ({ last, restriction, now }) => {
    const { earliest, catchup } = restriction
    if (catchup) {
      if (last !== null) return points.next(last.interval.end)
      return earliest === null ? firstRun(now) : points.alignToNext(earliest)
    }
    const candidates = [points.alignToPrevious(now)]
    if (last !== null) candidates.push(points.next(last.interval.end))
    else if (earliest === null) candidates.push(firstRun(now))
    if (earliest !== null) candidates.push(points.alignToNext(earliest))
    let latest: number | null = null
    for (const candidate of candidates) {
      // No point behind the last run or the start date: the schedule has ended (an expression with a year).
      if (candidate === null) return null
      latest = latest === null ? candidate : Math.max(latest, candidate)
    }
    return latest
  }
  const next: Timetable['next'] = (p) => {
    const at = pointAfter(p)
    if (at === null || (p.restriction.latest !== null && p.restriction.latest < at)) return null
    return planInterval({ start: at - intervalMs, end: at })
  }
  return { next, manual: ({ at }) => ({ start: at - intervalMs, end: at }), between: (p) => walk(next, p), summary }
}

export function deltaTriggerTimetable({ points, intervalMs, summary }: { points: Points; intervalMs: number; summary: string }): Timetable {
  return triggerTimetable({ points, intervalMs, summary, firstRun: (now) => now })
}

/** Without a start date a run that is due for at most a tenth of the gap between runs, or 5 minutes, is still created. */
const LATE_SHARE = 10
const LATE_MS = 5 * MINUTE_MS

interface CronTrigger {
  points: Points
  intervalMs: number
  /** true: take the most recent point; false: only if it is hardly over; a number: only if it is at most that long ago. */
  runImmediately: boolean | number
  summary: string
}

export function cronTriggerTimetable({ points, intervalMs, runImmediately, summary }: CronTrigger): Timetable {
  const firstRun = (now: number): number | null => {
    const past = points.alignToPrevious(now)
    const coming = points.alignToNext(now)
    if (past === null || coming === null) return past ?? coming
    if (runImmediately === true) return past
    const tolerance = runImmediately === false ? Math.max((coming - past) / LATE_SHARE, LATE_MS) : runImmediately
    return now - past <= tolerance ? past : coming
  }
  return triggerTimetable({ points, intervalMs, firstRun, summary })
}

/** One timetable that fires whenever one of several does, once for each moment. */
export function anyOf(timetables: readonly Timetable[]): Timetable {
  const next: Timetable['next'] = (p) => {
    let best: PlannedRun | null = null
    let bestKey = Number.POSITIVE_INFINITY
    for (const timetable of timetables) {
      const run = timetable.next(p)
      if (run === null) continue
      // Without catchup take the newest run that is due, else the one that comes first.
      const key = !p.restriction.catchup && run.logical_date <= p.now ? -run.logical_date : run.logical_date
      if (best === null || key < bestKey) {
        best = run
        bestKey = key
      }
    }
    return best
  }
  return {
    next,
    manual: (p) => timetables.map((timetable) => timetable.manual(p)).reduce((a, b) => (b.start < a.start ? b : a)),
    between: (p) => walk(next, p),
    summary: timetables.map((timetable) => timetable.summary).join(', '),
  }
}
