/**
 * Runnable task instances in order of priority, under many limits at once, without ever scanning those that are held back.
 *
 * Task instances that are subject to the same limits share a ReadyQueue, so if its first one is blocked all of it is. A queue
 * is either eligible (in one heap, by the priority of its first item), or parked at the first limit that blocks it. Releasing
 * a slot makes as many parked queues eligible as there are free slots; a queue that turns out to be blocked elsewhere passes
 * the chance on to the next one parked at the same limit. So the cost of a task's end does not depend on how many wait.
 */
import { Heap } from '#domain/heap.ts'
import type { Instance } from './model.ts'

/** A counted limit: a pool, the active tasks of a DAG or run, copies of one task. */
export class Limit {
  /** Machine word of the reason, for "why is it not running": pool_full, max_active_tasks, ... */
  code: string
  readonly name: string
  /** Infinity = no limit. */
  max: number
  used = 0
  readonly parked = new Heap<ReadyQueue>(queueBefore)

  constructor(code: string, name: string, max: number) {
    this.code = code
    this.name = name
    this.max = max
  }
}

export class ReadyQueue {
  readonly key: string
  readonly limits: readonly { limit: Limit; slots: number }[]
  readonly worker_queue: string
  readonly items = new Heap<Instance>(instanceBefore)
  where: 'idle' | 'eligible' | 'parked' | 'moving' = 'idle'

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

/** Higher priority first; then earlier runs; then the order of the graph. */
function instanceBefore(a: Instance, b: Instance): boolean {
  if (a.record.priority_weight !== b.record.priority_weight) return a.record.priority_weight > b.record.priority_weight
  const runA = a.run.record.logical_date ?? a.run.record.run_after
  const runB = b.run.record.logical_date ?? b.run.record.run_after
  if (runA !== runB) return runA < runB
  return a.record.id < b.record.id
}

function queueBefore(a: ReadyQueue, b: ReadyQueue): boolean {
  const first = a.items.peek()
  const other = b.items.peek()
  if (first === undefined) return false
  if (other === undefined) return true
  return instanceBefore(first, other)
}

export class ReadyQueues {
  readonly #queues = new Map<string, ReadyQueue>()
  readonly #eligible = new Heap<ReadyQueue>(queueBefore)
  #size = 0

  /** Number of task instances that wait here. */
  get size(): number {
    return this.#size
  }

  /** Makes the queue for these limits, or returns the one that exists. */
  queueFor(key: string, make: () => ReadyQueue): ReadyQueue {
    let queue = this.#queues.get(key)
    if (queue === undefined) {
      queue = make()
      this.#queues.set(key, queue)
    }
    return queue
  }

  add(queue: ReadyQueue, instance: Instance): void {
    instance.queue = queue
    queue.items.push(instance)
    this.#size++
    if (queue.where === 'idle') this.#makeEligible(queue)
    // A better first item changes the queue's place: push it again and let the stale place find it moved.
    else if (queue.items.peek() === instance && queue.where === 'eligible') this.#eligible.push(queue)
  }

  /** Withdraws a task instance (cleared, marked, cancelled). Its place in the heap is dropped when it comes up. */
  withdraw(instance: Instance): void {
    if (instance.queue === null) return
    instance.queue = null
    this.#size--
  }

  /** Slots of a limit became free, or its maximum grew. */
  released(limit: Limit): void {
    for (let free = limit.max - limit.used; free > 0; free--) {
      const queue = limit.parked.pop()
      if (queue === undefined) return
      this.#makeEligible(queue)
    }
  }

  /**
   * Takes task instances out as long as `place` accepts them. `place` returns null if no worker that serves the queue has
   * room; then the queue is set aside for this pass, and the pass ends when `hasCapacity` says that no worker has any.
   */
  drain(p: { hasCapacity: () => boolean; place: (instance: Instance, queue: ReadyQueue) => boolean }): void {
    const setAside: ReadyQueue[] = []
    const blocked: { queue: ReadyQueue; limit: Limit }[] = []
    while (p.hasCapacity()) {
      const queue = this.#nextEligible()
      if (queue === undefined) break
      const head = this.#dropWithdrawn(queue)
      if (head === undefined) {
        queue.where = 'idle'
        this.#queues.delete(queue.key)
        continue
      }
      const block = queue.blockedBy()
      if (block !== undefined) {
        queue.where = 'moving'
        blocked.push({ queue, limit: block.limit })
        this.#passOn(queue)
        continue
      }
      if (!p.place(head, queue)) {
        queue.where = 'moving'
        setAside.push(queue)
        continue
      }
      queue.items.pop()
      this.withdraw(head)
      queue.where = 'idle'
      if (queue.items.size > 0) this.#makeEligible(queue)
      else this.#queues.delete(queue.key)
    }
    for (const { queue, limit } of blocked) {
      queue.where = 'parked'
      limit.parked.push(queue)
    }
    for (const queue of setAside) this.#makeEligible(queue)
  }

  /** `queue` is blocked: others that wait for its limits get their chance, also for the rest of a limit that is too small for it. */
  #passOn(queue: ReadyQueue): void {
    for (const { limit } of queue.limits) {
      if (limit.used >= limit.max) continue
      const next = limit.parked.pop()
      if (next !== undefined) this.#makeEligible(next)
    }
  }

  #makeEligible(queue: ReadyQueue): void {
    queue.where = 'eligible'
    this.#eligible.push(queue)
  }

  #nextEligible(): ReadyQueue | undefined {
    for (let queue = this.#eligible.pop(); queue !== undefined; queue = this.#eligible.pop()) {
      if (queue.where === 'eligible') {
        queue.where = 'moving'
        return queue
      }
    }
    return undefined
  }

  #dropWithdrawn(queue: ReadyQueue): Instance | undefined {
    for (let head = queue.items.peek(); head !== undefined; head = queue.items.peek()) {
      if (head.queue === queue) return head
      queue.items.pop()
    }
    return undefined
  }
}
