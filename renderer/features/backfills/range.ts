/** The two ends of a backfill as fields hold them: wall clock times of the DAG's zone, both ends included. Pure. */
import { addDays, instantIn } from '../../lib/zonedTime.ts'

export interface RangeFields {
  from: string
  to: string
}

/** From what a link says: `2026-11-23` is a whole day, `2026-11-23T05:00` a whole hour. Without one: the last seven days before `today`. */
export function rangeFields(search: { from?: string | undefined; to?: string | undefined }, today: string): RangeFields {
  const from = search.from ?? addDays(today, -7)
  const to = search.to ?? search.from ?? addDays(today, -1)
  return {
    from: from.length === 10 ? `${from}T00:00` : from,
    to: to.length === 10 ? `${to}T23:59:59` : `${to.slice(0, 13)}:59:59`,
  }
}

export type ReadRange = { start_date: string; end_date: string } | { problem: 'missing' | 'order' }

export function readRange({ from, to }: RangeFields, zone: string): ReadRange {
  const [start_date, end_date] = [instantIn(from, zone), instantIn(to, zone)]
  if (start_date === null || end_date === null) return { problem: 'missing' }
  return start_date > end_date ? { problem: 'order' } : { start_date, end_date }
}

/** What is left at the pace so far; null before the first run has ended. */
export function timeLeft(p: { created_at: string; runs_total: number; runs_finished: number }, now: number): number | null {
  const elapsed = now - Date.parse(p.created_at)
  if (p.runs_finished === 0 || elapsed <= 0) return null
  return (elapsed / p.runs_finished) * Math.max(0, p.runs_total - p.runs_finished)
}
