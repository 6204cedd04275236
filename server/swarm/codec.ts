/** Wire messages to the engine's words and back. The maps do not compile when either list grows alone. */
import type { AttemptRef, AttemptReport, WorkerHello, XComPut } from '#scheduler/ports.ts'
import {
  type AttemptRef as WireRef,
  type Ended,
  type Hello,
  Outcome,
  type RenderedField,
  type Report,
} from './gen/vortex/swarm/v1/swarm.ts'
import { assetEventsFromWire } from './assetEvents.ts'
import { CAPACITY_MAX, HELD_MAX } from './limits.ts'

type EndOutcome = Extract<AttemptReport, { type: 'ended' }>['outcome']

const OUTCOME_TO_WIRE = {
  success: Outcome.OUTCOME_SUCCESS,
  failed: Outcome.OUTCOME_FAILED,
  failed_final: Outcome.OUTCOME_FAILED_FINAL,
  skipped: Outcome.OUTCOME_SKIPPED,
  rescheduled: Outcome.OUTCOME_RESCHEDULED,
  deferred: Outcome.OUTCOME_DEFERRED,
  killed: Outcome.OUTCOME_KILLED,
} as const satisfies Record<EndOutcome, Outcome>

const OUTCOME_FROM_WIRE: Record<Outcome, EndOutcome | null> = {
  [Outcome.OUTCOME_UNSPECIFIED]: null,
  [Outcome.OUTCOME_SUCCESS]: 'success',
  [Outcome.OUTCOME_FAILED]: 'failed',
  [Outcome.OUTCOME_FAILED_FINAL]: 'failed_final',
  [Outcome.OUTCOME_SKIPPED]: 'skipped',
  [Outcome.OUTCOME_RESCHEDULED]: 'rescheduled',
  [Outcome.OUTCOME_DEFERRED]: 'deferred',
  [Outcome.OUTCOME_KILLED]: 'killed',
  [Outcome.UNRECOGNIZED]: null,
}

export function outcomeToWire(outcome: EndOutcome): Outcome {
  return OUTCOME_TO_WIRE[outcome]
}

/** The same attempt has the same key; another lease of it has not. */
export function refKey(ref: AttemptRef): string {
  return `${ref.task_instance_id}/${ref.attempt}/${ref.lease_token}`
}

/** A frame that breaks the protocol. The stream ends; the message names the field. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

export function refFromWire(ref: WireRef | undefined): AttemptRef {
  if (ref === undefined || ref.task_instance_id === 0 || ref.attempt === 0 || ref.lease_token === '')
    throw new ProtocolError('an attempt without its ref')
  return { task_instance_id: ref.task_instance_id, attempt: ref.attempt, lease_token: ref.lease_token }
}

/** Bytes that rendered fields take on the wire, nearly. */
export function renderedBytes(fields: readonly RenderedField[]): number {
  let bytes = 0
  for (const { name, value } of fields) bytes += name.length + Buffer.byteLength(value) + 16
  return bytes
}

/** `now` is the controller's clock; the worker's clock is used for ages only. Rendered fields are no report to the engine. */
export function reportFromWire(report: Report, now: number): AttemptReport | null {
  const ref = refFromWire(report.ref)
  const body = report.body
  switch (body?.$case) {
    case 'started':
      return { type: 'started', ref, at: now - body.value.age_ms, pid: body.value.pid, hostname: body.value.hostname }
    case 'xcom':
      return { type: 'xcom', ref, xcoms: body.value.xcoms }
    case 'rendered':
      return null
    case 'ended':
      return endedFromWire(ref, body.value, now)
    case undefined:
      throw new ProtocolError('a report without a body; the worker is newer than this controller')
  }
}

/** As much as a worker may send of what an errand printed. */
const OUTPUT_CHARS_MAX = 64 * 1024

function endedFromWire(ref: AttemptRef, ended: Ended, now: number): AttemptReport {
  const told = OUTCOME_FROM_WIRE[ended.outcome] ?? null
  const assets = assetEventsFromWire(ended.asset_events_json)
  const problem =
    told === null
      ? {
          reason: `the worker reported outcome ${ended.outcome}, which this controller does not know: update the controller`,
          reason_code: 'unknown_outcome',
        }
      : assets.problem === null
        ? null
        : { reason: assets.problem, reason_code: 'asset_events' }
  return {
    type: 'ended',
    ref,
    at: now - ended.age_ms,
    outcome: problem === null && told !== null ? told : 'failed',
    exit_code: ended.exit_code,
    signal: ended.signal,
    reason: problem?.reason ?? ended.reason,
    reason_code: problem?.reason_code ?? ended.reason_code,
    xcoms: ended.xcoms,
    skip_task_ids: ended.skip_task_ids,
    reschedule_at: ended.reschedule_at_ms === 0 ? null : ended.reschedule_at_ms,
    deferral_json: ended.deferral_json === '' ? null : ended.deferral_json,
    ...(ended.deferral_timeout_ms === 0 ? {} : { deferral_timeout_at: now - ended.age_ms + ended.deferral_timeout_ms }),
    ...(ended.output === '' ? {} : { output: ended.output.slice(-OUTPUT_CHARS_MAX) }),
    ...(assets.events.length === 0 ? {} : { asset_events: assets.events }),
    max_rss_bytes: ended.max_rss_bytes === 0 ? null : ended.max_rss_bytes,
    log_truncated: ended.log_truncated,
    ...(ended.rendered_map_index === '' ? {} : { rendered_map_index: ended.rendered_map_index }),
  }
}

/** An attempt that no worker process ran: told to the engine in the words of a worker. */
export function endedUnstarted(
  ref: AttemptRef,
  p: { at: number; outcome: EndOutcome; reason: string; reason_code: string },
): AttemptReport {
  return {
    type: 'ended',
    ref,
    ...p,
    exit_code: -1,
    signal: '',
    xcoms: [],
    skip_task_ids: [],
    reschedule_at: null,
    deferral_json: null,
    max_rss_bytes: null,
    log_truncated: false,
  }
}

const WORKER_ID = /^[A-Za-z0-9._-]{1,128}$/

export function helloFromWire(hello: Hello): WorkerHello {
  if (!WORKER_ID.test(hello.worker_id)) throw new ProtocolError('worker_id must have 1 to 128 letters, digits, dots, dashes or underscores')
  if (hello.capacity < 1 || hello.capacity > CAPACITY_MAX)
    throw new ProtocolError(`capacity must be from 1 to ${CAPACITY_MAX}, not ${hello.capacity}`)
  if (hello.hostname.length > 255 || hello.version.length > 64) throw new ProtocolError('hostname or version is too long')
  for (const list of [hello.queues, hello.labels]) {
    if (list.length > 100 || list.some((word) => word === '' || word.length > 250))
      throw new ProtocolError('at most 100 queues and labels of 1 to 250 characters')
  }
  if (hello.held.length > HELD_MAX || hello.open_logs.length > HELD_MAX) throw new ProtocolError(`at most ${HELD_MAX} held attempts`)
  return {
    worker_id: hello.worker_id,
    hostname: hello.hostname,
    capacity: hello.capacity,
    queues: hello.queues,
    labels: hello.labels,
    version: hello.version,
    local: hello.local,
    draining: hello.draining,
    held: hello.held.map(refFromWire),
  }
}

/** Bytes that XComs take on the wire, nearly. */
export function xcomBytes(xcoms: readonly XComPut[]): number {
  let bytes = 0
  for (const { key, value_json } of xcoms) bytes += key.length + Buffer.byteLength(value_json) + 16
  return bytes
}
