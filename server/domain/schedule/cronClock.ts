/**
 * A cron expression in a time zone, with Airflow's rules for changes of the clock:
 * - an expression whose hour field is `*` steps by elapsed time, so that the hour that comes twice is not lost;
 * - any other keeps its wall-clock time: a time that comes twice means the second one, a time that is skipped moves behind
 *   the gap (02:30 fires at 03:30).
 */
import type { Cron } from './cron.ts'
import type { Zone } from './zone.ts'

/** Points in time of a schedule; null = there is none. All times are milliseconds UTC. */
export interface Points {
  next(at: number): number | null
  previous(at: number): number | null
  /** `at` itself if it is a point, else the one after it. */
  alignToNext(at: number): number | null
  /** `at` itself if it is a point, else the one before it. */
  alignToPrevious(at: number): number | null
}

export function cronPoints(cron: Cron, zone: Zone): Points {
  const toUtc = (at: number, local: number, found: number | null): number | null => {
    if (found === null) return null
    return cron.coversEveryHour ? at + (found - local) : zone.toUtc(found)
  }
  const next = (at: number): number | null => {
    const local = zone.toLocal(at)
    return toUtc(at, local, cron.next(local))
  }
  const previous = (at: number): number | null => {
    const local = zone.toLocal(at)
    return toUtc(at, local, cron.previous(local))
  }
  return {
    next,
    previous,
    alignToNext(at) {
      const after = next(at)
      if (after === null) return null
      return previous(after) === at ? at : after
    },
    alignToPrevious(at) {
      const before = previous(at)
      if (before === null) return null
      return next(before) === at ? at : before
    },
  }
}
