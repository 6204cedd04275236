/** Wall clock times of a zone as instants, for fields in which people type a time of the DAG's zone. Pure. */
import { timeParts } from './time.ts'

/**
 * The instant at which the clocks of `zone` show `2026-11-23T09:00`; a day alone means its start. A time that clocks skip becomes the
 * one an hour later; of a time that comes twice the first is meant. null = it is no time.
 */
export function instantIn(local: string, zone: string): string | null {
  const wall = Date.parse(local.length === 10 ? `${local}T00:00Z` : `${local}Z`)
  if (Number.isNaN(wall)) return null
  const offsets = [-DAY_MS, DAY_MS].map((by) => wallOf(wall + by, zone) - (wall + by))
  const found = [...new Set(offsets)].map((offset) => wall - offset).filter((at) => wallOf(at, zone) === wall)
  return new Date(found.length === 0 ? wall - (offsets[0] ?? 0) : Math.min(...found)).toISOString()
}

const DAY_MS = 86_400_000

/** What the clocks show, as if it were UTC. */
function wallOf(at: number, zone: string): number {
  const { date, time } = timeParts(new Date(at).toISOString(), zone)
  return Date.parse(`${date}T${time}Z`) + (at % 1000)
}

/** `2026-11-23` plus days. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}
