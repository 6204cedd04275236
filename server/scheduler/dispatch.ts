/** Gives runnable task instances to workers: every limit at once, best priority first, onto the least loaded worker. */
import type { Engine } from './engine.ts'
import { transition } from './instances.ts'
import { releaseSlots } from './limits.ts'
import { LiveAttempt, type Instance, type WorkerEntry } from './model.ts'
import type { ReadyQueue } from './readyQueues.ts'

/** Attempts that the swarm may hold at once: parallelism, plus what fast workers prefetch. */
function room(e: Engine): number {
  let free = 0
  for (const worker of e.workers.values()) free += Math.max(0, worker.allowance - worker.attempts.size)
  return free
}

export function dispatch(e: Engine): void {
  if (e.ready.size > 0) {
    let free = room(e)
    e.ready.drain({
      hasCapacity: () => free > 0 && e.parallelism.used < e.parallelism.max,
      hasRoom: (worker_queue) => leastLoaded(e, worker_queue) !== null,
      place: ({ record: { id } }, queue) => {
        const instance = e.instances.get(id)
        if (instance === undefined) throw new Error(`task instance ${id} waits, but is not in memory`)
        if (isHeldByPause(instance)) return holdBack(e, instance)
        const worker = leastLoaded(e, queue.worker_queue)
        if (worker === null) return false
        queueOn(e, instance, queue, worker)
        free--
        return true
      },
    })
  }
  for (const instance of e.newlyReady) {
    if (instance.queue === null) continue
    if (instance.record.state === 'none' || instance.record.state === 'up_for_retry' || instance.record.state === 'up_for_reschedule') {
      transition(
        e,
        instance,
        'scheduled',
        { cause: 'runnable', actor: 'scheduler' },
        { scheduled_time: e.now, queued_time: null, next_try_at: null },
      )
    }
  }
  e.newlyReady.length = 0
}

/** A paused DAG starts no new tasks of scheduled and backfill runs; runs that a person started go on. */
function isHeldByPause(instance: Instance): boolean {
  return instance.run.dag.record.is_paused && instance.run.record.run_type !== 'manual'
}

/** It leaves the queues as `scheduled`; unpausing puts it back. */
function holdBack(e: Engine, instance: Instance): boolean {
  if (instance.record.state !== 'scheduled') {
    transition(
      e,
      instance,
      'scheduled',
      { cause: 'runnable', actor: 'scheduler' },
      { scheduled_time: e.now, queued_time: null, next_try_at: null },
    )
  }
  return true
}

function leastLoaded(e: Engine, queue: string): WorkerEntry | null {
  let best: WorkerEntry | null = null
  let bestLoad = Infinity
  for (const worker of e.workers.values()) {
    if (!worker.serves(queue)) continue
    const allowance = worker.allowance
    if (worker.attempts.size >= allowance) continue
    const load = worker.attempts.size / worker.hello.capacity
    if (load < bestLoad) {
      best = worker
      bestLoad = load
    }
  }
  return best
}

function queueOn(e: Engine, instance: Instance, queue: ReadyQueue, worker: WorkerEntry): void {
  const { record, run } = instance
  const attempt = record.try_number + 1
  const lease_token = e.dependencies.newToken()
  const worker_id = worker.hello.worker_id
  const held = [...queue.limits, { limit: e.parallelism, slots: 1 }]
  for (const { limit, slots } of held) limit.used += slots
  const live = new LiveAttempt({ task_instance_id: record.id, attempt, lease_token }, instance, worker_id, held)
  instance.live = live
  e.live.set(record.id, live)
  worker.attempts.add(live)
  // One that goes on after a deferral keeps what it left before.
  if (attempt > 1 && record.deferral === null)
    e.pending.deleteXComs({ dag_run_id: run.record.id, task_id: record.task_id, map_index: record.map_index })
  transition(
    e,
    instance,
    'queued',
    { cause: 'dispatched', actor: 'scheduler', message: worker_id },
    {
      try_number: attempt,
      worker_id,
      lease_token,
      queued_time: e.now,
      scheduled_time: record.scheduled_time ?? e.now,
      start_time: null,
      end_time: null,
      next_try_at: null,
      state_reason: null,
      ...(record.map_length === null ? {} : { map_length: null }),
    },
  )
  e.pending.insertAttempt({
    task_instance_id: record.id,
    attempt,
    state: 'queued',
    lease_token,
    worker_id,
    hostname: worker.hello.hostname,
    pid: null,
    queued_time: e.now,
    start_time: null,
    end_time: null,
    exit_code: null,
    signal: null,
    reason: null,
    max_rss_bytes: null,
  })
  e.assign(live)
}

/** An attempt is over, whatever came of it: its slots are free. */
export function releaseLive(e: Engine, live: LiveAttempt): void {
  forgetLive(e, live)
  releaseSlots(e, live.held)
}

/** Memory lets go of an attempt that may be alive: its slots stay taken. */
export function forgetLive(e: Engine, live: LiveAttempt): void {
  e.live.delete(live.ref.task_instance_id)
  if (live.instance.live === live) live.instance.live = null
  if (!e.runs.has(live.instance.run.record.id)) e.instances.delete(live.ref.task_instance_id)
  e.workers.get(live.worker_id)?.attempts.delete(live)
}
