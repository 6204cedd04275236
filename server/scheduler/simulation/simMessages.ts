/** What goes over the streams of a simulation; one message has what one frame of the swarm may have. */
import type { AssignedAttempt, AttemptRef, AttemptReport, WorkerHello } from '../ports.ts'
import { SIM_START } from './simClock.ts'
import type { ProcessEnd } from './simProcesses.ts'

export interface WorkerMessage {
  hello?: WorkerHello
  heartbeat?: number
  reports?: { seq: number; report: AttemptReport }[]
  released?: AttemptRef[]
  draining?: boolean
}
export interface ControllerMessage {
  refused?: boolean
  welcome?: { unknown: AttemptRef[] }
  beat_ack?: number
  acked?: number
  assign?: AssignedAttempt[]
  kill?: AttemptRef
  drain?: boolean
}

export function endOf(ref: AttemptRef, now: number, { outcome, behaviour }: ProcessEnd): AttemptReport {
  const delay = behaviour?.reschedule_ms ?? null
  const timeout = behaviour?.deferral_timeout_ms ?? null
  return {
    type: 'ended',
    ref,
    at: SIM_START + now,
    outcome,
    exit_code: outcome === 'success' ? 0 : 1,
    signal: '',
    reason: outcome,
    reason_code: outcome === 'failed' ? 'exception' : '',
    // Whoever is mapped over it has none to three instances, another number after a clear.
    xcoms:
      outcome === 'success'
        ? [{ key: 'return_value', value_json: String(ref.attempt), map_length: (ref.task_instance_id + ref.attempt) % 4 }]
        : [],
    skip_task_ids: behaviour?.skip_task_ids ?? [],
    reschedule_at: delay === null ? null : SIM_START + now + delay,
    deferral_json: outcome === 'deferred' ? '{}' : null,
    ...(timeout === null ? {} : { deferral_timeout_at: SIM_START + now + timeout }),
    max_rss_bytes: null,
    log_truncated: false,
  }
}
