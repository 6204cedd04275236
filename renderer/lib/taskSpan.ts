/** From when to when a task instance took its time. One that waits goes on: its last attempt ended, the task did not. */
import type { TaskInstanceState } from '#contract/states.ts'

interface Timed {
  state: TaskInstanceState
  start_time: string | null
  end_time: string | null
  waiting_since?: string | null
}

/** The attempt of these is over, and another goes on with the same try. */
export const isWaiting = (state: TaskInstanceState): boolean => state === 'deferred' || state === 'up_for_reschedule'

export function spanOf({ state, start_time, end_time, waiting_since }: Timed): { start: string | null; end: string | null } {
  if (!isWaiting(state)) return { start: start_time, end: end_time }
  // A deferred task waits from its own start, a rescheduled one from its first poke.
  return { start: (state === 'up_for_reschedule' ? waiting_since : null) ?? start_time, end: null }
}
