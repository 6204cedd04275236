/**
 * One EventSource that does not give up. The browser reconnects by itself, with Last-Event-ID, while the stream breaks; if the server
 * refuses (the session ended, a standby answers), EventSource closes, and this opens a new one after 1, 2, 4, 8, then every 15 s.
 *
 * A connection that was cut without a word (a VPN that went, a machine that slept) stays open for the browser. So one on which nothing
 * came for SILENT_MS, where the server's beats come every 15 s, is given up and opened anew.
 *
 * It goes on after the last event seen, and starts after the position that it is given: nothing is missed in between. Where the
 * server cannot reach back so far, it sends `reset`.
 */
import type { LiveBeat } from '#contract/events.ts'
import { BEAT_EVENT, EVENTS_PATH } from '#contract/eventStream.ts'

/** An event as it came, with its id. */
export interface RawEvent {
  id: number
  data: string
}
/** `refused`: the server answered, but not with a stream. `silent`: nothing came for so long that the connection was given up. */
export type BrokenBy = 'refused' | 'cut' | 'silent'
export interface EventHandlers {
  onOpen: () => void
  onEvent: (event: RawEvent) => void
  /** What the server's clock is ahead of this computer's, in ms; told with each beat. */
  onBeat: (ahead: number) => void
  onBroken: (by: BrokenBy) => void
}
export interface EventConnection {
  close: () => void
  /** Tries at once, if it waits to try again. */
  nudge: () => void
}

/** The browser's EventSource and clock; a test gives its own. */
export interface EventPorts {
  open: (url: string) => EventSource
  now: () => number
  after: (ms: number, action: () => void) => () => void
}
const BROWSER: EventPorts = {
  open: (url) => new EventSource(url),
  now: () => Date.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000]
/** Three beats that did not come. */
export const SILENT_MS = 45_000

export function openEventConnection(start: number, handlers: EventHandlers, ports: EventPorts = BROWSER): EventConnection {
  let source: EventSource
  let cancelRetry: (() => void) | undefined
  let cancelWatch: (() => void) | undefined
  let heardAt = 0
  let failures = 0
  let seen = start

  /** One timer a period, not one an event: it looks whether anything came meanwhile. */
  const watch = (ms: number): void => {
    cancelWatch?.()
    cancelWatch = ports.after(ms, () => {
      const left = heardAt + SILENT_MS - ports.now()
      if (left > 0) return watch(left)
      source.close()
      handlers.onBroken('silent')
      open()
    })
  }
  const open = (): void => {
    cancelRetry = undefined
    source = ports.open(`${EVENTS_PATH}?after=${seen}`)
    heardAt = ports.now()
    watch(SILENT_MS)
    source.onopen = () => {
      failures = 0
      heardAt = ports.now()
      handlers.onOpen()
    }
    source.onmessage = (message: MessageEvent<string>) => {
      heardAt = ports.now()
      seen = Number(message.lastEventId)
      handlers.onEvent({ id: seen, data: message.data })
    }
    source.addEventListener(BEAT_EVENT, ({ data }: MessageEvent<string>) => {
      heardAt = ports.now()
      handlers.onBeat(Date.parse((JSON.parse(data) as LiveBeat).server_time) - heardAt)
    })
    source.onerror = () => {
      const refused = source.readyState === source.CLOSED
      handlers.onBroken(refused ? 'refused' : 'cut')
      // The browser tries again by itself, which is a sign of life of this computer, not of the server: it has as long as a new one.
      heardAt = ports.now()
      if (!refused) return
      cancelWatch?.()
      cancelRetry = ports.after(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 15_000, open)
      failures += 1
    }
  }
  open()
  return {
    close: () => {
      source.close()
      cancelRetry?.()
      cancelWatch?.()
    },
    nudge: () => {
      if (cancelRetry === undefined) return
      cancelRetry()
      open()
    },
  }
}
