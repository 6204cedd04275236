/**
 * One step of the engine: `work` decides, then the consequences run out (trigger rules, finished runs, new runs, dispatch). Between
 * two steps every invariant of model.ts holds.
 */
import { dispatch } from './dispatch.ts'
import type { DueTimer, Engine } from './engine.ts'
import { evaluate } from './evaluate.ts'
import { createAssetRuns } from './assets.ts'
import { deferralTimedOut } from './deferral.ts'
import { placeErrands } from './errands.ts'
import { makeReady } from './instances.ts'
import type { Instance } from './model.ts'
import { abortRun, finishRuns, startQueuedRuns } from './runs.ts'
import { createDueRuns } from './schedule.ts'

/** `now` never goes back within the engine. */
export function step<T>(e: Engine, now: number, work: () => T): T {
  e.begin(now)
  const result = work()
  settle(e)
  return result
}

/** Lets due timers fire. Returns when the next one is due, or null. */
export function fireTimers(e: Engine, now: number): number | null {
  e.begin(now)
  for (let timer = e.timers.peek(); timer !== undefined && timer.at <= e.now; timer = e.timers.peek()) {
    e.timers.pop()
    takeTimer(e, timer)
  }
  settle(e)
  return e.timers.peek()?.at ?? null
}

function settle(e: Engine): void {
  do {
    for (let instance = e.dirty.pop(); instance !== undefined; instance = e.dirty.pop()) evaluate(e, instance)
    finishRuns(e)
    createAssetRuns(e)
    startQueuedRuns(e)
  } while (e.dirty.length > 0 || e.maybeFinished.size > 0 || e.dagsWithRoom.size > 0 || e.dagsWithEvents.size > 0)
  dispatch(e)
  placeErrands(e)
  e.emit()
}

/** What it concerned may have left memory since. */
function takeTimer(e: Engine, timer: DueTimer): void {
  if (timer.kind === 'instance') {
    const instance = e.instances.get(timer.id)
    if (instance !== undefined && e.runs.get(instance.run.record.id) === instance.run) wake(e, instance)
  } else if (timer.kind === 'dag') {
    const dag = e.dags.get(timer.dag_id)
    if (dag === undefined) return
    if (dag.timer_at === timer.at) dag.timer_at = null
    createDueRuns(e, dag)
  } else {
    const run = e.runs.get(timer.id)
    const timeout = run?.version.spec.dagrun_timeout_ms ?? null
    if (run?.record.state !== 'running' || timeout === null || (run.record.start_time ?? 0) + timeout > e.now) return
    const cause = { cause: 'timed_out', actor: 'scheduler', message: `dagrun_timeout of ${timeout / 1000} s` }
    abortRun(e, run, cause, { live: 'skipped', teardowns: 'end' })
  }
}

/** A retry delay, a poke interval or the time of a deferral has passed. */
function wake(e: Engine, instance: Instance): void {
  const { record, run } = instance
  if (record.next_try_at === null || record.next_try_at > e.now || run.record.state !== 'running') return
  if (record.state === 'up_for_retry' || record.state === 'up_for_reschedule') makeReady(e, instance)
  else if (record.state === 'deferred') deferralTimedOut(e, instance)
}
