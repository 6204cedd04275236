/**
 * The live-event bus: committed facts in, frames of server-sent events out.
 *
 * Invariants
 * - Ids grow by one per event and never repeat, over restarts too: they start at the time of the start in milliseconds
 *   times 1,024, which a bus at 300 tasks/s cannot catch up with. So an id of an earlier process is always "too old".
 *   Of several controllers on one database the leader gives the ids and the others `append` them (scheduler/cluster/eventRelay.ts).
 * - Changes of one object within 50 ms leave as its newest state only. After a quiet time the first change leaves at once.
 * - Each event is serialised once, however many clients there are; a batch is joined once per filter.
 * - Memory is bounded: 10,000 frames, and clients hold no queue of their own: a slow one reads on from the ring.
 *
 * Failure: a client that asks for events that the ring no longer holds is told so (`missed`), and reads everything again.
 */
import type { LiveEvent } from '#contract/events.ts'
import type { Clock } from './clock.ts'
import { EVENTS_COALESCE_MS, EVENTS_KEPT } from './limits.ts'

/** A piece of the stream, ready to be written. */
export interface EventBatch {
  frames: string
  /** Id of the last event that the batch covers (filtered ones included). */
  last_id: number
}
export interface EventSubscriber {
  /** null = all DAGs. Events that belong to no DAG always pass. */
  dag_id: string | null
  /** Called with each new batch; must not throw or wait. */
  onBatch(batch: EventBatch): void
}
export interface LiveEvents {
  publish(events: readonly LiveEvent[]): void
  /** Sees each batch before it is coalesced away; for metrics and caches. */
  observe(observer: (events: readonly LiveEvent[]) => void): void
  subscribe(subscriber: EventSubscriber): { close(): void }
  /** Events after an id, at most `max_bytes` of them; null = the ring no longer reaches back so far. */
  since(p: { id: number; dag_id: string | null; max_bytes: number }): EventBatch | null
  /** Newest id. */
  newest(): number
  /** How many are subscribed. */
  clients(): number
  /** Sees each batch as it is numbered here, to send it to other controllers. */
  onNumbered(observer: (batch: NumberedEvents) => void): void
  /** Takes a batch that another controller numbered. If the one before it was missed, the ring begins anew with it. */
  append(batch: NumberedEvents): void
  /** Forgets the ring and goes on after this id; every client is told to read everything again. */
  restart(id: number): void
  /** Publishes what is pending and stops the timer. */
  close(): void
}

/** Events with consecutive ids from `first_id`. */
export interface NumberedEvents {
  /** Id of the event before the first one. */
  prev_id: number
  first_id: number
  events: LiveEvent[]
}

interface Entry {
  id: number
  dag_id: string | null
  frame: string
}

/** One event as a frame. JSON has no raw line breaks, so one data line is enough. */
export function toFrame(id: number, event: LiveEvent): string {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`
}

/** What makes two events the same object: the later one replaces the earlier. */
function identity(event: LiveEvent): string {
  switch (event.type) {
    case 'dag_run':
    case 'dag_run_deleted':
      return `run\n${event.dag_id}\n${event.run_id}`
    case 'task_instance':
      return `task\n${event.dag_id}\n${event.run_id}\n${event.task_id}\n${event.map_index}`
    case 'log':
      return `log\n${event.dag_id}\n${event.run_id}\n${event.task_id}\n${event.map_index}\n${event.attempt}`
    case 'dag':
      return `dag\n${event.dag_id}`
    case 'asset_event':
      return `asset\n${event.uri}`
    case 'dag_file':
      return `file\n${event.file}`
    case 'worker':
      return `worker\n${event.worker_id}`
    case 'import_errors':
    case 'reset':
      return event.type
  }
}

export function createLiveEvents(options: { clock: Clock; kept?: number; coalesce_ms?: number }): LiveEvents {
  const { clock, kept = EVENTS_KEPT, coalesce_ms = EVENTS_COALESCE_MS } = options
  const ring: (Entry | undefined)[] = new Array<Entry | undefined>(kept)
  let first = Math.floor(clock.now()) * 1024
  let newest = first
  const pending = new Map<string, LiveEvent>()
  const subscribers = new Set<EventSubscriber>()
  const observers: ((events: readonly LiveEvent[]) => void)[] = []
  const numberedObservers: ((batch: NumberedEvents) => void)[] = []
  let timer: { cancel(): void } | null = null
  let flushed_at = -Infinity

  const flush = (): void => {
    timer = null
    flushed_at = clock.monotonic()
    if (pending.size === 0) return
    const events = [...pending.values()]
    pending.clear()
    const prev_id = newest
    add(events)
    for (const observer of numberedObservers) observer({ prev_id, first_id: prev_id + 1, events })
  }

  const add = (events: readonly LiveEvent[]): void => {
    const batch: Entry[] = []
    for (const event of events) {
      newest += 1
      const entry = { id: newest, dag_id: 'dag_id' in event ? event.dag_id : null, frame: toFrame(newest, event) }
      ring[newest % kept] = entry
      batch.push(entry)
    }
    const joined = new Map<string | null, string>()
    for (const subscriber of [...subscribers]) {
      const { dag_id } = subscriber
      let frames = joined.get(dag_id)
      if (frames === undefined) {
        frames = batch
          .filter((entry) => passes(entry, dag_id))
          .map((entry) => entry.frame)
          .join('')
        joined.set(dag_id, frames)
      }
      subscriber.onBatch({ frames, last_id: newest })
    }
  }

  const restart = (id: number): void => {
    ring.fill(undefined)
    first = newest = id
    const frames = toFrame(id, { type: 'reset' })
    for (const subscriber of [...subscribers]) subscriber.onBatch({ frames, last_id: id })
  }

  return {
    publish(events) {
      for (const observer of observers) observer(events)
      for (const event of events) {
        const key = identity(event)
        // Deleted and set again, so that the order of the stream is the order of the newest changes.
        pending.delete(key)
        pending.set(key, event)
      }
      if (timer === null && pending.size > 0) timer = clock.after(Math.max(0, coalesce_ms - (clock.monotonic() - flushed_at)), flush)
    },
    observe: (observer) => void observers.push(observer),
    subscribe(subscriber) {
      subscribers.add(subscriber)
      return { close: () => void subscribers.delete(subscriber) }
    },
    since({ id, dag_id, max_bytes }) {
      const oldest = Math.max(first, newest - kept)
      if (!Number.isSafeInteger(id) || id < oldest || id > newest) return null
      const frames: string[] = []
      let bytes = 0
      let last_id = id
      while (last_id < newest && bytes < max_bytes) {
        last_id += 1
        const entry = ring[last_id % kept]
        if (entry === undefined || entry.id !== last_id) return null
        if (!passes(entry, dag_id)) continue
        frames.push(entry.frame)
        bytes += entry.frame.length
      }
      return { frames: frames.join(''), last_id }
    },
    newest: () => newest,
    clients: () => subscribers.size,
    onNumbered: (observer) => void numberedObservers.push(observer),
    append({ prev_id, first_id, events }) {
      if (events.length === 0 && newest === first_id - 1) return
      if (prev_id !== newest) restart(first_id - 1)
      if (events.length > 0) add(events)
    },
    restart(id) {
      // What was published before belongs before it.
      timer?.cancel()
      flush()
      restart(id)
    },
    close() {
      timer?.cancel()
      flush()
      subscribers.clear()
    },
  }
}

function passes(entry: Entry, dag_id: string | null): boolean {
  return dag_id === null || entry.dag_id === null || entry.dag_id === dag_id
}
