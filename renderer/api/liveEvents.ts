/**
 * The live connection: one EventSource for the page, its events batched per animation frame into applyEvents, and the state that
 * the lamp in the header shows.
 *
 * States: connecting -> connected <-> reconnecting. The browser reconnects by itself with Last-Event-ID while the stream breaks;
 * if the server refuses (sign-in ended, standby), EventSource gives up, and this opens a new one after 1, 2, 4, 8, then every 15 s
 * and reads everything again, because events may have been missed.
 */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { EVENTS_PATH } from '#contract/routes.ts'
import type { LiveEvent } from '#contract/events.ts'
import { applyEvents } from './applyEvent.ts'

export interface LiveState {
  status: 'connecting' | 'connected' | 'reconnecting'
  /** When the status was entered, and when the last event came (ms since the epoch). */
  since: number
  lastEventAt: number | null
}

/** One key is read again at most this often, however many events ask for it. */
const REREAD_MS = 1000
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000]
/** A hidden tab gets no animation frames; its events are applied at least this often so that they cannot pile up. */
const HIDDEN_FLUSH_MS = 1000

let state: LiveState = { status: 'connecting', since: Date.now(), lastEventAt: null }
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
  let source: EventSource | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let queue: LiveEvent[] = []
  let cancelFlush: (() => void) | null = null

  const flush = () => {
    cancelFlush = null
    const batch = queue
    queue = []
    const stale = applyEvents(client, batch)
    publish({ lastEventAt: Date.now() })
    if (stale.all) void client.invalidateQueries()
    else for (const key of stale.keys.values()) reread.ask(key)
  }
  const open = () => {
    source = new EventSource(EVENTS_PATH)
    source.onopen = () => {
      if (failures > 0) void client.invalidateQueries()
      failures = 0
      setStatus('connected')
    }
    source.onmessage = (message: MessageEvent<string>) => {
      queue.push(JSON.parse(message.data) as LiveEvent)
      cancelFlush ??= soon(flush)
    }
    source.onerror = () => {
      setStatus('reconnecting')
      if (source?.readyState !== EventSource.CLOSED) return
      onRefused()
      retry = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)])
      failures += 1
    }
  }
  open()
  return () => {
    source?.close()
    clearTimeout(retry)
    cancelFlush?.()
    reread.stop()
    setStatus('connecting')
  }
}

/** Runs `action` at the next animation frame, or within HIDDEN_FLUSH_MS in a hidden tab. */
function soon(action: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(action, HIDDEN_FLUSH_MS)
    return () => {
      clearTimeout(timer)
    }
  }
  const frame = requestAnimationFrame(action)
  return () => {
    cancelAnimationFrame(frame)
  }
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
