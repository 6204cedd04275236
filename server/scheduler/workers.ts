/**
 * Workers and their reports. A report is accepted only from the attempt that is alive: same task instance, same attempt
 * number, same lease token. Anything else is stale and changes nothing.
 *
 * Leases: a worker's attempts are lost when it has given no sign of life for lease + margin by this controller's monotonic
 * clock. The worker's own deadline is earlier and counts from when it sent its last answered heartbeat, so its processes are
 * gone before they could run a second time elsewhere (docs/decisions/0003-leases.md).
 */
import { VortexError } from '#contract/errors.ts'
import { notBeyondCalendar } from '#domain/retry.ts'
import { dispatchKey } from './keys.ts'
import type { Engine } from './engine.ts'
import { recordOutlets } from './assets.ts'
import { callbackEnded, callbackLost } from './dagCallbacks.ts'
import { continued, defer, deferralProblem, triggerEnded } from './deferral.ts'
import { releaseLive } from './dispatch.ts'
import { errandOf, sendErrandsAgain, takeHeldErrand, unplace } from './errands.ts'
import { fail, makeReady, skipFor, transition } from './instances.ts'
import { WorkerEntry, type Errand, type Instance, type LiveAttempt } from './model.ts'
import type { AttemptRef, AttemptReport, EndReport, WorkerHello, XComPut } from './ports.ts'

/** Drained workers are gone within hours, and a worker's id is never used again: so many are enough to know those that come back. */
const DRAINED_MAX = 1000

/** A worker says hello, for the first time or again. Returns held attempts that are not its to hold. */
export function workerConnected(e: Engine, hello: WorkerHello, monotonic: number): AttemptRef[] {
  const known = e.workers.get(hello.worker_id)
  const worker = known ?? new WorkerEntry(hello, monotonic, e.now)
  worker.hello = hello
  worker.last_heard = monotonic
  worker.last_heartbeat_at = e.now
  worker.is_connected = true
  worker.is_greeted = true
  e.workers.set(hello.worker_id, worker)
  if (hello.draining || e.drained.has(hello.worker_id)) worker.is_draining = true
  // It was asked on a session that broke before it heard of it.
  if (worker.is_draining && !hello.draining) e.pending.effects.push(() => e.dependencies.workers.drain({ worker_id: hello.worker_id }))
  const held = new Set(hello.held.map(dispatchKey))
  sendErrandsAgain(e, worker, new Set(hello.held.map(({ lease_token }) => lease_token)))
  for (const live of worker.attempts) {
    // Sent, but it never arrived: send it again. One that is not sent yet goes to this session by itself.
    if (live.isSent && !live.isKilled && !held.has(dispatchKey(live.ref))) e.assign(live)
  }
  const unknown: AttemptRef[] = []
  for (const ref of hello.held) {
    if (takeHeldErrand(e, worker, ref.lease_token)) continue
    const live = e.live.get(ref.task_instance_id)
    if (
      live === undefined ||
      live.worker_id !== hello.worker_id ||
      live.ref.lease_token !== ref.lease_token ||
      live.ref.attempt !== ref.attempt
    )
      unknown.push(ref)
    else if (live.isKilled) e.kill(live, 'killed') // the first request may have been lost with the old session
  }
  worker.dying.clear()
  for (const ref of unknown) worker.dying.set(ref.task_instance_id, ref)
  // A killed attempt that the worker does not hold any more is gone. One that is not sent yet is going there, and its kill after it.
  for (const live of [...worker.attempts]) if (live.isKilled && live.isSent && !held.has(dispatchKey(live.ref))) attemptGone(e, live)
  e.publish({ type: 'worker', worker_id: hello.worker_id, status: worker.is_draining ? 'draining' : 'active' })
  return unknown
}

/** What nobody knows may be of a DAG that is being read again: the worker must say it once more, when that is done. */
export function refuseWhileReloading(e: Engine, refs: readonly AttemptRef[]): void {
  if (e.reloading.size > 0 && refs.some((ref) => !e.live.has(ref.task_instance_id) && errandOf(e, ref.lease_token) === undefined))
    throw new VortexError('conflict', `DAG "${[...e.reloading.keys()][0] ?? ''}" is being read again. Try again.`)
}

/** Nothing more goes to this worker. It keeps that in mind itself, and says so in its hellos: the next leader need not be told. */
export function drainWorker(e: Engine, p: { worker_id: string; actor: string }): void {
  const worker = e.workers.get(p.worker_id)
  if (worker === undefined) throw new VortexError('not_found', `There is no worker "${p.worker_id}".`)
  if (worker.is_draining) return
  worker.is_draining = true
  e.drained.add(p.worker_id)
  for (const oldest of e.drained) if (e.drained.size > DRAINED_MAX) e.drained.delete(oldest)
  e.ledger({
    kind: 'worker.drained',
    cause: 'user',
    actor: p.actor,
    message: p.worker_id,
  })
  e.pending.effects.push(() => e.dependencies.workers.drain({ worker_id: p.worker_id }))
  e.publish({ type: 'worker', worker_id: p.worker_id, status: 'draining' })
}

export function workerReport(e: Engine, worker_id: string, report: AttemptReport): void {
  const errand = errandOf(e, report.ref.lease_token)
  if (errand !== undefined) return errandReport(e, errand, worker_id, report)
  if (report.type === 'ended') e.workers.get(worker_id)?.dying.delete(report.ref.task_instance_id)
  const live = e.live.get(report.ref.task_instance_id)
  if (
    live === undefined ||
    live.worker_id !== worker_id ||
    live.ref.attempt !== report.ref.attempt ||
    live.ref.lease_token !== report.ref.lease_token
  )
    return
  if (report.type === 'started') attemptStarted(e, live, report)
  else if (report.type === 'xcom') putXComs(e, live.instance, report.xcoms)
  else attemptEnded(e, live, report)
}

/** Whichever worker it comes from: what an errand found out is true. */
function errandReport(e: Engine, errand: Errand, worker_id: string, report: AttemptReport): void {
  if (report.type !== 'ended') return
  e.pending.touch(errand.instance.run.record.dag_id)
  if (report.outcome === 'killed') {
    // By an older word of ours, or because the worker ends: it is still wanted.
    if (errand.ref.lease_token === report.ref.lease_token) unplace(e, errand)
  } else if (errand.kind === 'trigger') triggerEnded(e, errand, worker_id, report)
  else callbackEnded(e, errand, worker_id, report)
}

function attemptStarted(e: Engine, live: LiveAttempt, report: Extract<AttemptReport, { type: 'started' }>): void {
  if (live.state === 'running') return
  live.state = 'running'
  live.started_at = report.at
  const { instance } = live
  if (live.isKilled) return
  e.pending.changeAttempt(live.ref, { state: 'running', start_time: report.at, pid: report.pid, hostname: report.hostname })
  if (instance.record.state === 'queued')
    transition(e, instance, 'running', { cause: 'worker_report', actor: live.worker_id }, { start_time: report.at })
}

function putXComs(e: Engine, instance: Instance, xcoms: XComPut[]): void {
  if (instance.live?.isKilled === true) return
  e.pending.touch(instance.run.record.dag_id)
  for (const { key, value_json, map_length } of xcoms) {
    if (map_length !== undefined) e.pending.changeInstance(instance.record, { map_length })
    e.pending.putXCom({
      dag_run_id: instance.run.record.id,
      task_id: instance.record.task_id,
      map_index: instance.record.map_index,
      key,
      value: value_json,
      size: Buffer.byteLength(value_json),
      timestamp: e.now,
    })
  }
}

const ATTEMPT_STATE_OF = {
  success: 'success',
  failed: 'failed',
  failed_final: 'failed',
  skipped: 'skipped',
  rescheduled: 'rescheduled',
  deferred: 'deferred',
  killed: 'killed',
} as const

function attemptEnded(e: Engine, live: LiveAttempt, report: EndReport): void {
  const { instance } = live
  e.pending.touch(instance.run.record.dag_id)
  const worker = e.workers.get(live.worker_id)
  if (worker !== undefined && live.started_at !== null)
    worker.typical_run_ms = 0.8 * worker.typical_run_ms + 0.2 * Math.max(0, report.at - live.started_at)
  const facts = { exit_code: report.exit_code, signal: report.signal === '' ? null : report.signal, max_rss_bytes: report.max_rss_bytes }
  if (live.isKilled) {
    // Of a run that was deleted meanwhile there is no row left.
    if (!instance.run.isDeleted) e.pending.changeAttempt(live.ref, { ...facts, end_time: report.at })
    attemptGone(e, live)
    return
  }
  e.pending.changeAttempt(live.ref, {
    ...facts,
    state: ATTEMPT_STATE_OF[report.outcome],
    end_time: report.at,
    reason: report.reason === '' ? null : report.reason,
  })
  if (report.outcome !== 'failed' && report.outcome !== 'failed_final') putXComs(e, instance, report.xcoms)
  releaseLive(e, live)
  applyOutcome(e, instance, live, report)
}

function applyOutcome(e: Engine, instance: Instance, live: LiveAttempt, report: EndReport): void {
  const cause = { cause: 'worker_report', actor: live.worker_id, message: report.reason === '' ? null : report.reason }
  const { rendered_map_index } = report
  const label = rendered_map_index === undefined ? {} : { rendered_map_index }
  const ended = { end_time: report.at, lease_token: null, next_try_at: null, state_reason: cause.message, ...label }
  switch (report.outcome) {
    case 'success':
      skipChosen(e, instance, report.skip_task_ids)
      recordOutlets(e, instance, report)
      transition(e, instance, 'success', cause, ended)
      return
    case 'skipped':
      transition(e, instance, 'skipped', cause, ended)
      return
    case 'rescheduled': {
      const due = notBeyondCalendar(report.reschedule_at ?? e.now)
      const waiting_since = instance.record.waiting_since ?? live.started_at ?? report.at
      transition(e, instance, 'up_for_reschedule', cause, { ...ended, next_try_at: due, waiting_since, ...continued(instance) })
      e.setTimer({ at: due, kind: 'instance', dag_id: instance.run.record.dag_id, id: instance.record.id })
      return
    }
    case 'deferred': {
      const { deferral_json: body, at } = report
      const problem = deferralProblem(body)
      if (body === null || problem !== null)
        fail(e, instance, { cause: 'deferral', actor: live.worker_id, retryable: false, reason: problem ?? '', at })
      else
        defer(e, instance, {
          body,
          timeout_at: report.deferral_timeout_at ?? null,
          started_at: live.started_at ?? at,
          at,
          by: live.worker_id,
        })
      return
    }
    default:
      fail(e, instance, {
        cause: report.reason_code === '' ? 'worker_report' : report.reason_code,
        actor: live.worker_id,
        retryable: report.outcome === 'failed' || report.outcome === 'killed',
        reason: report.reason,
        at: report.at,
      })
  }
}

/** A branch or short circuit names the task instances that it skips. */
function skipChosen(e: Engine, instance: Instance, task_ids: string[]): void {
  const { run } = instance
  for (const task_id of task_ids) {
    const task = run.graph.index.get(task_id)
    if (task === undefined) continue
    for (const other of run.byTask[task] ?? []) {
      // A mapped branch decides for its own index, and for nothing that has none (Airflow).
      if (instance.record.map_index >= 0 && other.record.map_index !== instance.record.map_index) continue
      if (other.live !== null || !['none', 'scheduled', 'up_for_retry'].includes(other.record.state)) continue
      skipFor(e, other, instance)
    }
  }
}

/** A killed attempt's processes are gone. A cleared task instance may now run again. */
export function attemptGone(e: Engine, live: LiveAttempt): void {
  const { instance } = live
  e.pending.touch(instance.run.record.dag_id)
  releaseLive(e, live)
  if (instance.record.state === 'restarting') {
    transition(
      e,
      instance,
      'none',
      { cause: 'cleared', actor: 'scheduler' },
      { start_time: null, end_time: null, lease_token: null, worker_id: null },
    )
    e.dirty.push(instance)
    return
  }
  for (const task of instance.run.graph.setups.all_teardowns) e.dirty.push(...(instance.run.byTask[task] ?? []))
  if (
    instance.record.lease_token === live.ref.lease_token &&
    e.runs.get(instance.run.record.id) === instance.run &&
    !instance.run.isDeleted
  ) {
    e.pending.changeInstance(instance.record, { lease_token: null })
  }
}

/** Attempts given back unstarted: they are queued again elsewhere and the try does not count. */
export function workerReleased(e: Engine, worker_id: string, refs: AttemptRef[]): void {
  for (const ref of refs) {
    const errand = errandOf(e, ref.lease_token)
    if (errand?.worker_id === worker_id && errand.ref.lease_token === ref.lease_token) unplace(e, errand)
    const live = e.live.get(ref.task_instance_id)
    if (live === undefined || live.worker_id !== worker_id || live.ref.lease_token !== ref.lease_token) continue
    if (live.isKilled) {
      attemptGone(e, live)
      continue
    }
    const { instance } = live
    e.pending.changeAttempt(live.ref, { state: 'killed', end_time: e.now, reason: 'given back unstarted' })
    releaseLive(e, live)
    transition(
      e,
      instance,
      'scheduled',
      { cause: 'released', actor: worker_id },
      { scheduled_time: e.now, lease_token: null, worker_id: null, ...continued(instance) },
    )
    makeReady(e, instance)
  }
}

/** Declares workers lost whose lease has ended and hands their attempts on. Returns when to look again, or null. */
export function checkLeases(e: Engine, monotonic: number): number | null {
  const limit = e.settings.lease_ms + e.settings.lease_margin_ms
  let next: number | null = null
  if (e.isYoung && monotonic >= e.began + limit) e.isYoung = false
  for (const worker of [...e.workers.values()]) {
    const due = worker.last_heard + limit
    if (due > monotonic) next = Math.min(next ?? Infinity, due)
    else workerLost(e, worker)
  }
  return next
}

function workerLost(e: Engine, worker: WorkerEntry): void {
  const { worker_id } = worker.hello
  e.workers.delete(worker_id)
  e.ledger({
    kind: 'worker.lost',
    cause: 'lease_ended',
    actor: 'scheduler',
    message: worker_id,
  })
  for (const live of worker.attempts) {
    const { instance } = live
    if (live.isKilled) {
      attemptGone(e, live)
      continue
    }
    const reason = `its worker ${worker_id} was lost; the outcome of attempt ${live.ref.attempt} is unknown`
    e.pending.changeAttempt(live.ref, { state: 'lost', end_time: e.now, reason })
    releaseLive(e, live)
    fail(e, instance, { cause: 'lease_ended', actor: 'scheduler', retryable: true, reason, at: e.now, immediately: true })
  }
  for (const errand of [...worker.errands.trigger]) unplace(e, errand)
  for (const errand of [...worker.errands.dag_callback]) callbackLost(e, errand)
  e.publish({ type: 'worker', worker_id, status: 'offline' })
  // Its stream may have outlived its lease (a process that was stopped). Only a hello makes it a worker again.
  e.pending.effects.push(() => {
    if (!e.workers.has(worker_id)) e.dependencies.workers.disconnect({ worker_id })
  })
}
