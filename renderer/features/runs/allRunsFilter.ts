/** The state of the list of all runs in the URL as the API's filter. */
import type { RunFilter } from '../../api/queryKeys.ts'
import type { AllRunsSearch, RunsSince } from '../../search.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SINCE_MS: Record<RunsSince, number> = { '1h': HOUR_MS, '24h': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS }
const FILTERS = ['state', 'type', 'dag', 'since', 'from', 'to'] as const satisfies readonly (keyof AllRunsSearch)[]

/** The filters that are set. What else the address holds, as of the trigger dialog, is none. */
export const filtersIn = (search: AllRunsSearch): (keyof AllRunsSearch)[] => FILTERS.filter((name) => search[name] !== undefined)

/** Days are this browser's, or UTC's: runs of many DAGs have no zone in common. The last day counts whole. */
export function runFilterOf(search: AllRunsSearch, isLocal: boolean): RunFilter {
  const startOf = (day: string) => new Date(`${day}T00:00:00${isLocal ? '' : 'Z'}`)
  // Not 24 hours on: where the clock is changed a day has 23 or 25.
  const dayAfter = (day: string) => new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
  return {
    state: search.state,
    run_type: search.type,
    since_ms: search.since === undefined ? undefined : SINCE_MS[search.since],
    ended_from: search.from === undefined ? undefined : startOf(search.from).toISOString(),
    ended_to: search.to === undefined ? undefined : new Date(startOf(dayAfter(search.to)).getTime() - 1).toISOString(),
  }
}
