/** The end of an attempt in words that the wire takes: whatever a task made of its result, its report can be sent. */
import { outcomeToWire, xcomBytes } from '#swarm/codec.ts'
import type { Ended } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { XCOM_BYTES_MAX } from '#swarm/limits.ts'
import { UNSTARTED_END, type AttemptEnd } from '#worker/runner.ts'
import type { OutputTail } from './outputTail.ts'

/** For people, who read one line; whatever more an exception says stands in the log. */
const REASON_CHARS_MAX = 2_000
const INT32_MAX = 2 ** 31 - 1
const UINT32_MAX = 2 ** 32 - 1

export const TOO_MUCH_XCOM = `The XComs of one task have more than ${XCOM_BYTES_MAX} bytes together, or more of them than the controller takes. Write large data to a file or an object store and leave its address as the XCom.`

export function endedToWire(said: AttemptEnd, p: { log: { size: number; truncated: boolean }; output: OutputTail | null }): Ended {
  const end =
    xcomBytes(said.xcoms) > XCOM_BYTES_MAX ? { ...said, ...failed({ reason: TOO_MUCH_XCOM, reason_code: 'xcom_too_large' }) } : said
  return {
    ...end,
    outcome: outcomeToWire(end.outcome),
    // Numbers of authors: sys.exit(2 ** 40), a date before 1970, a trigger that waits for 50 days. The wire refuses what does not fit.
    exit_code: within(end.exit_code, -INT32_MAX, INT32_MAX),
    reschedule_at_ms: end.reschedule_at_ms === 0 ? 0 : within(end.reschedule_at_ms, 1, Number.MAX_SAFE_INTEGER),
    deferral_timeout_ms: within(end.deferral_timeout_ms, 0, Number.MAX_SAFE_INTEGER),
    max_rss_bytes: within(end.max_rss_bytes, 0, Number.MAX_SAFE_INTEGER),
    reason: clipped(end.reason),
    log_bytes: p.output === null ? Math.max(end.log_bytes, p.log.size) : 0,
    log_truncated: p.output === null && p.log.truncated,
    output: p.output?.text() ?? '',
    age_ms: 0,
    run_ms: within(end.run_ms, 0, UINT32_MAX),
  }
}

/** Instead of an end that the wire does not take. */
export function tooLargeEnd(end: AttemptEnd): AttemptEnd {
  const parts = Object.entries({
    XComs: xcomBytes(end.xcoms),
    'asset events': Buffer.byteLength(end.asset_events_json),
    'tasks to skip': Buffer.byteLength(end.skip_task_ids.join()),
    'what it waits for, or its event': Buffer.byteLength(end.deferral_json),
  })
  const largest = parts.toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? ''
  const sizes = parts.map(([name, bytes]) => `${name} ${bytes}`).join(', ')
  const reason = `Its result is too large for one report to the controller, mostly by its ${largest} (bytes: ${sizes}). Keep large data in a file or an object store.`
  const { outcome } = end
  return {
    ...end,
    ...failed({ reason, reason_code: 'too_large' }),
    ...(outcome === 'killed' || outcome === 'failed_final' ? { outcome } : {}),
  }
}

function failed(p: { reason: string; reason_code: string }): Partial<AttemptEnd> {
  const { outcome, xcoms, skip_task_ids, deferral_json, deferral_timeout_ms, asset_events_json, rendered_map_index } = UNSTARTED_END
  return { outcome, xcoms, skip_task_ids, deferral_json, deferral_timeout_ms, asset_events_json, rendered_map_index, ...p }
}

export function clipped(reason: string): string {
  return reason.length <= REASON_CHARS_MAX ? reason : `${reason.slice(0, REASON_CHARS_MAX - 1)}…`
}

function within(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? least : Math.min(most, Math.max(least, Math.round(value)))
}
