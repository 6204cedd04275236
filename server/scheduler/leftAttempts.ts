/**
 * Attempts of an earlier term, or of an earlier stay of their run in memory, whose processes may still be alive. They are taken
 * as held by their worker, so that nothing of them starts again before the worker said that they are gone, or its lease ended.
 */
import { LEASED_STATES } from '#contract/states.ts'
import type { Engine } from './engine.ts'
import { limitsOf } from './limits.ts'
import { LiveAttempt, WorkerEntry, type Instance } from './model.ts'

export function restoreAttempt(
  e: Engine,
  instance: Instance,
  p: { attempt: number; lease_token: string; worker_id: string; hostname: string },
): LiveAttempt {
  let worker = e.workers.get(p.worker_id)
  if (worker === undefined) {
    worker = new WorkerEntry(
      {
        worker_id: p.worker_id,
        hostname: p.hostname,
        capacity: 0,
        queues: [],
        labels: [],
        version: '',
        local: false,
        draining: false,
        held: [],
      },
      e.began,
      e.now,
    )
    worker.is_connected = false
    worker.is_greeted = false
    e.workers.set(p.worker_id, worker)
  }
  const held = [...limitsOf(e, instance).limits, { limit: e.parallelism, slots: 1 }]
  for (const { limit, slots } of held) limit.used += slots
  const live = new LiveAttempt(
    { task_instance_id: instance.record.id, attempt: p.attempt, lease_token: p.lease_token },
    instance,
    p.worker_id,
    held,
  )
  live.isSent = true
  instance.live = live
  e.live.set(instance.record.id, live)
  worker.attempts.add(live)
  return live
}

/**
 * A killed attempt keeps its token in the row of its task instance until it is gone. Of an earlier term that is in doubt until its
 * worker says hello (and is told to kill what is unknown), or until every lease of that term has ended; what it named then is dying
 * until it says that it has ended. `isReread`: its DAG was taken
 * out of memory in this term, so it is in doubt however long ago the term began.
 */
export function restoreKilled(e: Engine, instance: Instance, isReread = false): void {
  const { lease_token, worker_id, try_number, state } = instance.record
  if (lease_token === null || worker_id === null || instance.live !== null) return
  if ((LEASED_STATES as readonly string[]).includes(state)) return
  const worker = e.workers.get(worker_id)
  const isDying = worker?.dying.get(instance.record.id)?.lease_token === lease_token
  if (!isReread && !isDying && (!e.isYoung || worker?.is_greeted === true)) return
  restoreAttempt(e, instance, { attempt: try_number, lease_token, worker_id, hostname: '' }).isKilled = true
}
