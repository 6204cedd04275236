/**
 * Deferred task instances: what they wait for is an errand, and its event lets a worker go on with the method that the task named
 * (Airflow authoring-and-scheduling/deferring; the table of states is in docs/decisions/0008-waiting-without-slots.md).
 *
 * Invariant: a deferred instance of a running run has exactly one errand, and no other instance has one.
 */
import { notBeyondCalendar } from '#domain/retry.ts'
import type { Engine } from './engine.ts'
import { addErrand, endWait } from './errands.ts'
import { makeReady, transition } from './instances.ts'
import { poolLimit } from './limits.ts'
import { Errand, type Instance } from './model.ts'
import type { EndReport } from './ports.ts'

/** What a row of a task instance may hold of its wait. */
const CHARS_MAX = 1024 * 1024

/** Why a deferral cannot be stored, or null. */
export function deferralProblem(body: string | null): string | null {
  if (body === null) return 'it deferred itself without saying what it waits for: give controller and worker the same version'
  if (body.length <= CHARS_MAX) return null
  return `its trigger and the arguments of its method have ${body.length} characters as JSON; the limit is ${CHARS_MAX}. Keep large data in a file or an object store.`
}

/** The attempt has ended, and its slots are free. */
export function defer(
  e: Engine,
  instance: Instance,
  p: { body: string; timeout_at: number | null; started_at: number; at: number; by: string },
): void {
  const { execution_timeout_ms } = instance.spec
  const try_started_at = instance.record.deferral?.try_started_at ?? p.started_at
  // `execution_timeout` bounds a try with all its waits (Airflow core-concepts/tasks#timeouts).
  const bounds = [p.timeout_at ?? Infinity, execution_timeout_ms === null ? Infinity : try_started_at + execution_timeout_ms]
  const earliest = Math.min(...bounds)
  const timeout_at = earliest === Infinity ? null : notBeyondCalendar(earliest)
  transition(
    e,
    instance,
    'deferred',
    { cause: 'worker_report', actor: p.by, message: 'it waits for its trigger' },
    {
      deferral: { token: e.dependencies.newToken(), body: p.body, try_started_at, timeout_at, event: null, output: '' },
      end_time: p.at,
      lease_token: null,
      next_try_at: timeout_at,
      state_reason: null,
    },
  )
  if (timeout_at !== null) e.setTimer({ at: timeout_at, kind: 'instance', dag_id: instance.run.record.dag_id, id: instance.record.id })
  startTrigger(e, instance, { isRestored: false })
}

/** For an instance that was deferred just now, and for those that a restart finds. */
export function startTrigger(e: Engine, instance: Instance, p: { isRestored: boolean }): void {
  const { record } = instance
  const { deferral } = record
  if (record.state !== 'deferred' || deferral === null || e.errands.has(deferral.token)) return
  const limit = poolLimit(e, record.pool)
  const held = e.pools.get(record.pool)?.record.include_deferred === true ? [{ limit, slots: record.pool_slots }] : []
  limit.used += held.length === 0 ? 0 : record.pool_slots
  addErrand(e, new Errand('trigger', deferral.token, instance, { held, isRestored: p.isRestored }))
}

export function triggerEnded(e: Engine, errand: Errand, worker_id: string, report: EndReport): void {
  const failed = report.reason === '' ? 'it ended without an event' : report.reason
  const event = report.outcome === 'success' ? report.deferral_json : null
  const isTooLarge = event !== null && event.length > CHARS_MAX
  goOn(e, errand.instance, {
    event: isTooLarge
      ? JSON.stringify({ failed: `its event has ${event.length} characters as JSON; the limit is ${CHARS_MAX}` })
      : (event ?? JSON.stringify({ failed })),
    output: report.output ?? '',
    by: worker_id,
    why: event === null || isTooLarge ? 'its trigger failed' : 'its trigger had an event',
  })
}

export function deferralTimedOut(e: Engine, instance: Instance): void {
  goOn(e, instance, { event: JSON.stringify({ timeout: true }), output: '', by: null, why: 'its deferral timed out' })
}

function goOn(e: Engine, instance: Instance, p: { event: string; output: string; by: string | null; why: string }): void {
  const { record } = instance
  const { deferral } = record
  if (record.state !== 'deferred' || deferral === null) return
  endWait(e, instance, p.by)
  transition(
    e,
    instance,
    'scheduled',
    { cause: 'trigger', actor: p.by ?? 'scheduler', message: p.why },
    {
      deferral: { ...deferral, event: p.event, output: p.output },
      scheduled_time: e.now,
      queued_time: null,
      next_try_at: null,
      worker_id: null,
      ...continued(instance),
    },
  )
  makeReady(e, instance)
}

/** The next attempt begins no try: the retries that are left stay. */
export function continued({ record }: Instance): { max_tries: number; continuations: number } {
  return { max_tries: record.max_tries + 1, continuations: record.continuations + 1 }
}
