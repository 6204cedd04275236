/**
 * Live events of this page: batched per animation frame into applyEvents, and the state that the lamp in the header shows.
 * States: connecting -> connected <-> reconnecting. The connection itself is eventConnection.ts, shared by all tabs.
 */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { LiveEvent } from '#contract/events.ts'
import { applyEvents } from './applyEvent.ts'
import { openEventConnection, type EventHandlers } from './eventConnection.ts'
import EventsWorker from './events.worker.ts?sharedworker'
import type { FromTab, ToTab } from './events.worker.ts'
import { learnServerTime } from '../lib/serverClock.ts'
import { forgetPages } from './livePages.ts'
import { mendLateAnswers } from './lateAnswers.ts'
import { meQuery } from './queries.ts'

export interface LiveState {
  status: 'connecting' | 'connected' | 'reconnecting'
  /** When the status was entered, and when the last event came (ms since the epoch). */
  since: number
  lastEventAt: number | null
  /** The connection was given up because nothing came any more, not even the server's beats. */
  isSilent: boolean
}

/** One key is read again at most this often, however many events ask for it. */
const REREAD_MS = 1000
/** A hidden tab gets no animation frames, also not the one that it asked for before: its events are applied at least this often. */
const HIDDEN_FLUSH_MS = 1000
/** A tab that is frozen applies nothing. To read everything again costs less than so many events. */
const QUEUE_MAX = 10_000

let state: LiveState = { status: 'connecting', since: Date.now(), lastEventAt: null, isSilent: false }
const listeners = new Set<() => void>()

export const liveStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): LiveState => state,
}

function publish(change: Partial<LiveState>): void {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

function setStatus(status: LiveState['status']): void {
  if (status !== state.status) publish({ status, since: Date.now() })
}

/** Opens the connection; the returned function closes it. `onRefused` runs when the server refuses the stream. */
export function connectLiveEvents(client: QueryClient, onRefused: () => void): () => void {
  const reread = rereader(client)
  // Everything else on the page was asked after this answer, so events from there on are all that it can have missed.
  let seen = client.getQueryData(meQuery.queryKey)?.events_id ?? 0
  let queue: LiveEvent[] = []
  let cancelFlush: (() => void) | null = null

  const apply = (events: readonly LiveEvent[]) => {
    const stale = applyEvents(client, events)
    if (stale.all) {
      forgetPages()
      void client.invalidateQueries({ predicate: ({ state }) => state.fetchStatus === 'idle' })
    } else for (const key of stale.keys.values()) reread.ask(key)
  }
  const late = mendLateAnswers(client, apply)
  const take = (events: readonly LiveEvent[]) => {
    late.saw(events)
    apply(events)
  }
  const flush = () => {
    cancelFlush = null
    const batch = queue
    queue = []
    take(batch)
    publish({ lastEventAt: Date.now() })
  }
  const close = openShared(() => seen, {
    onOpen: () => {
      setStatus('connected')
    },
    onMissed: () => {
      take([{ type: 'reset' }])
    },
    onEvent: ({ id, data }) => {
      seen = id
      if (queue.length >= QUEUE_MAX) queue = [{ type: 'reset' }]
      queue.push(JSON.parse(data) as LiveEvent)
      cancelFlush ??= soon(flush)
    },
    onBeat: learnServerTime,
    onBroken: (by) => {
      setStatus('reconnecting')
      publish({ isSilent: by === 'silent' })
      if (by === 'refused') onRefused()
    },
  })
  return () => {
    close()
    late.stop()
    cancelFlush?.()
    reread.stop()
    setStatus('connecting')
  }
}

/** Through the worker that all tabs share; where there is none (Chrome on Android), a connection of this tab. */
function openShared(seen: () => number, handlers: EventHandlers & { onMissed: () => void }): () => void {
  if (typeof SharedWorker === 'undefined') return openEventConnection(seen(), handlers).close
  const { port } = new EventsWorker({ name: 'vortex-events' })
  const say = (word: FromTab) => {
    port.postMessage(word)
  }
  port.onmessage = ({ data }: MessageEvent<ToTab>) => {
    if (data.kind === 'open') handlers.onOpen()
    else if (data.kind === 'missed') handlers.onMissed()
    else if (data.kind === 'broken') handlers.onBroken(data.by)
    else if (data.kind === 'beat') handlers.onBeat(data.ahead)
    else for (const event of data.events) handlers.onEvent(event)
  }
  const enter = () => {
    say({ kind: 'hello', after: seen() })
  }
  // A page that is put aside hears nothing; one that comes back from there goes on after the last event that it saw.
  const leave = () => {
    say({ kind: 'bye' })
  }
  const comeBack = (event: PageTransitionEvent) => {
    if (event.persisted) enter()
  }
  window.addEventListener('pagehide', leave)
  window.addEventListener('pageshow', comeBack)
  enter()
  return () => {
    leave()
    window.removeEventListener('pagehide', leave)
    window.removeEventListener('pageshow', comeBack)
    port.onmessage = null
  }
}

/** Runs `action` at the next animation frame, or after HIDDEN_FLUSH_MS if none comes. */
function soon(action: () => void): () => void {
  const cancel = (): void => {
    clearTimeout(timer)
    cancelAnimationFrame(frame)
  }
  const run = (): void => {
    cancel()
    action()
  }
  const timer = setTimeout(run, HIDDEN_FLUSH_MS)
  const frame = requestAnimationFrame(run)
  return cancel
}

/** Invalidates a key at once, then at most once per REREAD_MS; the last wish is never lost. */
function rereader(client: QueryClient) {
  const waiting = new Map<string, { timer: ReturnType<typeof setTimeout>; again: boolean }>()
  const ask = (key: QueryKey): void => {
    const name = JSON.stringify(key)
    const before = waiting.get(name)
    if (before) {
      before.again = true
      return
    }
    void client.invalidateQueries({ queryKey: key })
    const timer = setTimeout(() => {
      const { again } = waiting.get(name) ?? { again: false }
      waiting.delete(name)
      if (again) ask(key)
    }, REREAD_MS)
    waiting.set(name, { timer, again: false })
  }
  return {
    ask,
    stop: () => {
      for (const { timer } of waiting.values()) clearTimeout(timer)
      waiting.clear()
    },
  }
}
