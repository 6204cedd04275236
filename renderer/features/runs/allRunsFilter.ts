/** The state of the list of all runs in the URL as the API's filter. */
import type { RunFilter } from '../../api/queryKeys.ts'
import type { AllRunsSearch, RunsSince } from '../../search.ts'

const HOUR_MS = 3_600_000
const SINCE_MS: Record<RunsSince, number> = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS, '30d': 30 * 24 * HOUR_MS }
const DAY_MS = 24 * HOUR_MS

/** Days are this browser's, or UTC's: runs of many DAGs have no zone in common. The last day counts whole. */
export function runFilterOf(search: AllRunsSearch, isLocal: boolean): RunFilter {
  const startOf = (day: string) => new Date(`${day}T00:00:00${isLocal ? '' : 'Z'}`)
  return {
    state: search.state,
    run_type: search.type,
    since_ms: search.since === undefined ? undefined : SINCE_MS[search.since],
    ended_from: search.from === undefined ? undefined : startOf(search.from).toISOString(),
    ended_to: search.to === undefined ? undefined : new Date(startOf(search.to).getTime() + DAY_MS - 1).toISOString(),
  }
}
