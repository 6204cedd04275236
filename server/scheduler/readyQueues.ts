/**
 * Runnable task instances in order of priority, under many limits at once, without ever scanning those that are held back.
 *
 * Task instances that are subject to the same limits share a ReadyQueue, so if its first one is blocked all of it is. A queue
 * is either eligible (in one heap, by the priority of its first item), or parked: at the first limit that blocks it, or at its
 * worker queue while no worker that serves it has room. Releasing a slot makes as many parked queues eligible as there are free
 * slots; a queue that turns out to be blocked elsewhere passes the chance on to the next one parked at the same place. So the cost
 * of a task's end does not depend on how many wait.
 *
 * Heaps hold copies of what decides the order, because rows change while a stale place of theirs is still in a heap. A queue whose
 * first item became better takes a new place, and only its newest place counts. What is stale is dropped when it comes up, or when it
 * is the larger part of its heap: a heap that nothing is taken from (a pool without slots) must not hold every run that waited there.
 */
import { Heap } from '#domain/heap.ts'
import type { DagRunRecord, TaskInstanceRecord } from '#db/records.ts'

/** What waits here: as much of a task instance (model.ts) as its place depends on. */
export interface Runnable {
  readonly record: Pick<
    TaskInstanceRecord,
    'id' | 'state' | 'priority_weight' | 'queued_time' | 'waiting_since' | 'next_try_at' | 'scheduled_time'
  >
  readonly run: { readonly record: Pick<DagRunRecord, 'logical_date' | 'run_after'> }
  /** The ready queue that holds it while it could run, else null. */
  queue: ReadyQueue | null
}

/** A counted limit: a pool, the active tasks of a DAG or run, copies of one task. */
export class Limit {
  /** Machine word of the reason, for "why is it not running": pool_full, max_active_tasks, ... */
  code: string
  readonly name: string
  /** Infinity = no limit. */
  max: number
  used = 0
  readonly parked = new Places()

  constructor(code: string, name: string, max: number) {
    this.code = code
    this.name = name
    this.max = max
  }
}

/** What decides the order; a copy, see above. */
interface Rank {
  readonly priority: number
  readonly queued: number
  readonly run: number
  readonly id: number
}
interface Item extends Rank {
  readonly instance: Runnable
}
/** A queue's place in a heap, by its first item of that moment. */
interface Place extends Rank {
  readonly queue: ReadyQueue
  readonly where: Places
}
/** Heaps up to here are not worth a sweep. */
const STALE_MAX = 32

/** Where queues stand by their first items. */
class Places {
  readonly #heap = new Heap<Place>(ranksBefore)
  /** Queues of which the place that counts is here. */
  #queues = 0

  /** Stale places included. */
  get size(): number {
    return this.#heap.size
  }

  add(queue: ReadyQueue, { priority, queued, run, id }: Rank): void {
    this.#queues++
    queue.place = { queue, where: this, priority, queued, run, id }
    this.#heap.push(queue.place)
  }

  /** The best queue; it has no place any more. */
  take(): ReadyQueue | undefined {
    for (let place = this.#heap.pop(); place !== undefined; place = this.#heap.pop()) {
      if (place.queue.place !== place) continue
      this.#queues--
      place.queue.place = null
      return place.queue
    }
    return undefined
  }

  leave(queue: ReadyQueue): void {
    queue.place = null
    this.#queues--
    if (this.#heap.size > 2 * this.#queues + STALE_MAX) this.#heap.keep((place) => place.queue.place === place)
  }
}

export class ReadyQueue {
  readonly key: string
  readonly limits: readonly { limit: Limit; slots: number }[]
  readonly worker_queue: string
  /** Withdrawn ones included. */
  readonly items = new Heap<Item>(ranksBefore)
  /** Task instances that wait here. */
  waiting = 0
  /** Where it is eligible or parked; null = it is empty, or being looked at. */
  place: Place | null = null

  constructor(key: string, limits: readonly { limit: Limit; slots: number }[], workerQueue: string) {
    this.key = key
    this.limits = limits
    this.worker_queue = workerQueue
  }

  /** The limit that blocks this queue's items now, if any. */
  blockedBy(): { limit: Limit; slots: number } | undefined {
    return this.limits.find(({ limit, slots }) => limit.used + slots > limit.max)
  }
}

/**
 * A poke lets others of its priority go first until it is so late. Ten thousand sensors that are due at once, as after a restart, would
 * hold up a task that began a moment later by minutes.
 */
const POKE_YIELDS_MS = 300_000

/**
 * Higher priority first; then what was queued once and lost its place through no fault of its own (a lost worker, a drain), by the
 * time at which it was queued; then earlier runs; then the order of the graph. A sensor that pokes again counts as a run of the moment at
 * which it was due (and yields): if more pokes are due than can be made, by their runs the last ones would never be.
 */
function ranksBefore(a: Rank, b: Rank): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority
  if (a.queued !== b.queued) return a.queued < b.queued
  if (a.run !== b.run) return a.run < b.run
  return a.id < b.id
}

function rankOf({ record, run }: Runnable): Rank {
  return {
    priority: record.priority_weight,
    // Only a `scheduled` instance that was given back has a time of queueing (dispatch.ts clears that of an earlier try).
    queued: record.state === 'scheduled' && record.queued_time !== null ? record.queued_time : Infinity,
    run: Math.max(run.record.logical_date ?? run.record.run_after, pokesFrom(record)),
    id: record.id,
  }
}

function pokesFrom(record: Runnable['record']): number {
  if (record.waiting_since === null) return -Infinity
  // Read back after a restart it is `scheduled` since it was due.
  const due = record.state === 'up_for_reschedule' ? record.next_try_at : record.state === 'scheduled' ? record.scheduled_time : null
  return due === null ? -Infinity : due + POKE_YIELDS_MS
}

export class ReadyQueues {
  readonly #queues = new Map<string, ReadyQueue>()
  readonly #eligible = new Places()
  /** By worker queue: those that found no worker with room. */
  readonly #unserved = new Map<string, Places>()
  #size = 0

  /** Number of task instances that wait here. */
  get size(): number {
    return this.#size
  }

  /** The queue for these limits. One of an earlier stay of its run in memory counts in limits that nobody else knows: it is replaced. */
  queueFor(key: string, limits: ReadyQueue['limits'], make: () => ReadyQueue): ReadyQueue {
    let queue = this.#queues.get(key)
    if (queue?.limits.every(({ limit }, i) => limit === limits[i]?.limit) !== true) {
      queue = make()
      this.#queues.set(key, queue)
    }
    return queue
  }

  add(queue: ReadyQueue, instance: Runnable): void {
    instance.queue = queue
    queue.waiting++
    const item = { instance, ...rankOf(instance) }
    queue.items.push(item)
    this.#size++
    if (queue.place === null) this.#put(queue, this.#eligible)
    // A better first item: the queue moves forward where it is.
    else if (queue.items.peek() === item) this.#put(queue, queue.place.where)
  }

  /** Withdraws a task instance (cleared, marked, cancelled). */
  withdraw(instance: Runnable): void {
    const { queue } = instance
    if (queue === null) return
    instance.queue = null
    queue.waiting--
    this.#size--
    if (queue.waiting > 0 && queue.items.size <= 2 * queue.waiting + STALE_MAX) return
    queue.items.keep((item) => item.instance.queue === queue)
    const where = queue.place?.where
    if (queue.waiting === 0) this.#forget(queue)
    else if (where !== undefined) this.#put(queue, where)
    // It stood where its withdrawn items belonged, perhaps with a chance that is another one's now.
    if (where === this.#eligible) this.#passOn(queue)
  }

  /** Slots of a limit became free, or its maximum grew. */
  released(limit: Limit): void {
    for (let free = limit.max - limit.used; free > 0 && this.#wake(limit.parked); free--);
  }

  /**
   * Takes task instances out as long as `place` accepts them. `place` returns false if no worker that serves the queue has room
   * (`hasRoom` of its worker queue); the pass ends when `hasCapacity` says that no worker has any.
   */
  drain(p: {
    hasCapacity: () => boolean
    hasRoom: (worker_queue: string) => boolean
    place: (instance: Runnable, queue: ReadyQueue) => boolean
  }): void {
    if (!p.hasCapacity()) return
    for (const [worker_queue, parked] of this.#unserved) if (parked.size > 0 && p.hasRoom(worker_queue)) this.#wake(parked)
    const blocked: { queue: ReadyQueue; at: Places }[] = []
    while (p.hasCapacity()) {
      const queue = this.#eligible.take()
      if (queue === undefined) break
      const first = queue.items.peek()
      const head = this.#dropWithdrawn(queue)
      if (head === undefined) {
        this.#forget(queue)
        this.#passOn(queue)
        continue
      }
      if (head !== first) {
        // It stood where its withdrawn items belonged: those that stand behind it may be better now.
        this.#put(queue, this.#eligible)
        this.#passOn(queue)
        continue
      }
      const block = queue.blockedBy()
      if (block !== undefined) {
        blocked.push({ queue, at: block.limit.parked })
        this.#passOn(queue)
        continue
      }
      if (!p.place(head.instance, queue)) {
        this.#put(queue, this.#unservedOf(queue))
        continue
      }
      // Its instance may have been withdrawn with its new state, and what is withdrawn be swept.
      if (queue.items.peek() === head) queue.items.pop()
      this.withdraw(head.instance)
      if (queue.items.size > 0) this.#put(queue, this.#eligible)
      else this.#forget(queue)
      this.#wake(this.#unserved.get(queue.worker_queue))
    }
    for (const { queue, at } of blocked) this.#put(queue, at)
  }

  /** It is empty; another one may have taken its key. */
  #forget(queue: ReadyQueue): void {
    queue.place?.where.leave(queue)
    if (this.#queues.get(queue.key) === queue) this.#queues.delete(queue.key)
  }

  #unservedOf(queue: ReadyQueue): Places {
    let parked = this.#unserved.get(queue.worker_queue)
    if (parked === undefined) this.#unserved.set(queue.worker_queue, (parked = new Places()))
    return parked
  }

  /** `queue` does not use its chance: others that wait for the same get theirs, also for the rest of a limit that is too small for it. */
  #passOn(queue: ReadyQueue): void {
    for (const { limit } of queue.limits) if (limit.used < limit.max) this.#wake(limit.parked)
    this.#wake(this.#unserved.get(queue.worker_queue))
  }

  /** Gives a queue with items its place, by its first one. */
  #put(queue: ReadyQueue, where: Places): void {
    const first = queue.items.peek()
    if (first === undefined) return
    queue.place?.where.leave(queue)
    where.add(queue, first)
  }

  /** The best queue that is parked there becomes eligible. False = none is. */
  #wake(parked: Places | undefined): boolean {
    const queue = parked?.take()
    if (queue !== undefined) this.#put(queue, this.#eligible)
    return queue !== undefined
  }

  #dropWithdrawn(queue: ReadyQueue): Item | undefined {
    for (let head = queue.items.peek(); head !== undefined; head = queue.items.peek()) {
      if (head.instance.queue === queue) return head
      queue.items.pop()
    }
    return undefined
  }
}
