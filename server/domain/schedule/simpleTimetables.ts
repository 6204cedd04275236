/** Timetables without a period: none, once, continuous, and a list of moments. */
import { planInterval, walk, type PlannedRun, type Timetable } from './plannedRun.ts'

const exact = (at: number): PlannedRun => planInterval({ start: at, end: at })

export const nullTimetable: Timetable = {
  next: () => null,
  manual: ({ at }) => ({ start: at, end: at }),
  between: () => [],
  summary: 'None',
}

export const onceTimetable: Timetable = {
  ...nullTimetable,
  next({ last, restriction, now }) {
    if (last !== null) return null
    const at = restriction.earliest ?? now
    return restriction.latest !== null && at > restriction.latest ? null : exact(at)
  },
  summary: '@once',
}

export const continuousTimetable: Timetable = {
  ...nullTimetable,
  next({ last, restriction, now }) {
    const first = restriction.earliest ?? now
    let start = first
    let end = Math.max(first, now)
    if (last !== null && last.interval.end > now) {
      // The last run is in the future (its start date was): keep its length.
      end = first + (last.interval.end - last.interval.start)
    } else if (last !== null) {
      start = last.interval.end
      end = now
    }
    return restriction.latest !== null && end > restriction.latest ? null : planInterval({ start, end })
  },
  summary: '@continuous',
}

interface Events {
  dates: readonly number[]
  description: string
  restrictToEvents: boolean
}

export function eventsTimetable({ dates, description, restrictToEvents }: Events): Timetable {
  const sorted = [...dates].sort((a, b) => a - b)
  const next: Timetable['next'] = ({ last, restriction, now }) => {
    const earliest = restriction.catchup ? restriction.earliest : Math.max(now, restriction.earliest ?? now)
    const found = sorted.find((date) => (earliest === null || date >= earliest) && (last === null || date > last.interval.end))
    if (found === undefined || (restriction.latest !== null && found > restriction.latest)) return null
    return exact(found)
  }
  return {
    next,
    manual({ at }) {
      const first = sorted[0]
      if (!restrictToEvents || first === undefined) return { start: at, end: at }
      const event = sorted.findLast((date) => date <= at) ?? first
      return { start: event, end: event }
    },
    between: (p) => walk(next, p),
    summary: description === '' ? `${sorted.length} events` : description,
  }
}
