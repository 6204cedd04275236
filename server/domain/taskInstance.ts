/**
 * The transition table of task instances. Every change of `state` goes through `checkTransition`; an edge that is not in the
 * table is a defect of the engine and stops it before anything is committed.
 */
import type { TaskInstanceState } from '#contract/states.ts'

const ANY_END = ['success', 'failed', 'skipped'] as const

/** From each state: the states it may change to, in the normal life or by a person's command (cancel, mark, clear). */
export const TASK_INSTANCE_TRANSITIONS: Record<TaskInstanceState, readonly TaskInstanceState[]> = {
  none: ['scheduled', 'queued', ...ANY_END, 'upstream_failed', 'removed'],
  scheduled: ['queued', 'none', ...ANY_END, 'upstream_failed', 'removed'],
  queued: ['running', 'scheduled', 'up_for_retry', 'up_for_reschedule', 'deferred', 'restarting', ...ANY_END, 'removed'],
  running: ['up_for_retry', 'up_for_reschedule', 'deferred', 'scheduled', 'restarting', ...ANY_END, 'removed'],
  restarting: ['none', ...ANY_END, 'removed'],
  up_for_retry: ['scheduled', 'queued', 'none', ...ANY_END, 'upstream_failed', 'removed'],
  up_for_reschedule: ['scheduled', 'queued', 'none', ...ANY_END, 'upstream_failed', 'removed'],
  deferred: ['scheduled', 'queued', 'none', ...ANY_END, 'upstream_failed', 'removed'],
  success: ['none', 'restarting', 'failed', 'skipped', 'removed'],
  failed: ['none', 'restarting', 'success', 'skipped', 'removed'],
  skipped: ['none', 'restarting', 'success', 'failed', 'removed'],
  upstream_failed: ['none', 'success', 'failed', 'skipped', 'removed'],
  removed: ['none', ...ANY_END],
}

/** Throws if the table has no such edge. */
export function checkTransition(from: TaskInstanceState, to: TaskInstanceState): void {
  if (!TASK_INSTANCE_TRANSITIONS[from].includes(to)) throw new Error(`illegal task instance transition: ${from} -> ${to}`)
}
