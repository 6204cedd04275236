/**
 * Timetables of the data-interval kind (Airflow 2.x style): a run covers [point, next point), has its start as logical date
 * and is created at its end.
 */
import type { Points } from './cronClock.ts'
import type { Delta } from './delta.ts'
import { planInterval, walk, type Restriction, type Timetable } from './plannedRun.ts'

interface IntervalRules {
  points: Points
  /** Start of the newest interval that is complete at `now`, not before `earliest`: where a DAG without catchup goes on. */
  latestStart: (p: { now: number; earliest: number | null }) => number | null
  manual: Timetable['manual']
  summary: string
}

/**
 * One step gets past the last run after a changed schedule. Where a clock goes back by less than an hour (Lord Howe), the points
 * of an expression such as "every 7 minutes" before and after an instant disagree, and Airflow stalls there for good; a
 * few steps more lead out of that half-hour.
 */
const MAX_REALIGN_STEPS = 100

function intervalTimetable({ points, latestStart, manual, summary }: IntervalRules): Timetable {
  const first = (restriction: Restriction, now: number): number | null => {
    if (!restriction.catchup) return latestStart({ now, earliest: restriction.earliest })
    return restriction.earliest === null ? null : points.alignToNext(restriction.earliest)
  }
  const next: Timetable['next'] = ({ last, restriction, now }) => {
    const earliest = first(restriction, now)
    let start = earliest
    if (last !== null) {
      const aligned = points.alignToPrevious(last.interval.end)
      if (aligned === null) return null
      start = earliest === null ? aligned : Math.max(aligned, earliest)
      // A changed schedule may align to a point that the last run already covers.
      for (let step = 0; start !== null && start <= last.interval.start; step++) {
        if (step === MAX_REALIGN_STEPS) throw new Error(`The timetable ${summary} does not get past its last run.`)
        start = points.next(start)
      }
    }
    if (start === null || (restriction.latest !== null && start > restriction.latest)) return null
    const end = points.next(start)
    return end === null ? null : planInterval({ start, end })
  }
  return { next, manual, between: (p) => walk(next, p), summary }
}

export function cronIntervalTimetable(points: Points, summary: string): Timetable {
  return intervalTimetable({
    points,
    summary,
    latestStart({ now, earliest }) {
      const lastPoint = points.previous(now)
      const nextPoint = lastPoint === null ? null : points.next(lastPoint)
      if (lastPoint === null || nextPoint === null) return null
      // At a point exactly, the interval that ends there is complete.
      const start = nextPoint === now ? lastPoint : points.previous(lastPoint)
      if (start === null || earliest === null) return start
      const aligned = points.alignToNext(earliest)
      return aligned === null ? null : Math.max(start, aligned)
    },
    manual({ at }) {
      const end = points.alignToPrevious(at) ?? at
      return { start: points.previous(end) ?? end, end }
    },
  })
}

export function deltaIntervalTimetable(delta: Delta, summary: string): Timetable {
  return intervalTimetable({
    points: delta,
    summary,
    latestStart({ now, earliest }) {
      const start = delta.previous(delta.floor({ at: now, anchor: earliest ?? now }))
      return earliest === null ? start : Math.max(start, earliest)
    },
    manual: ({ at }) => ({ start: delta.previous(at), end: at }),
  })
}
