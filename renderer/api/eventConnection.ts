/**
 * One EventSource that does not give up. The browser reconnects by itself, with Last-Event-ID, while the stream breaks; if the server
 * refuses (the session ended, a standby answers), EventSource closes, and this opens a new one after 1, 2, 4, 8, then every 15 s.
 *
 * It goes on after the last event seen, and starts after the position that it is given: nothing is missed in between. Where the
 * server cannot reach back so far, it sends `reset`.
 */
import { EVENTS_PATH } from '#contract/routes.ts'

/** An event as it came, with its id. */
export interface RawEvent {
  id: number
  data: string
}
export interface EventHandlers {
  onOpen: () => void
  onEvent: (event: RawEvent) => void
  /** `refused`: the server answered, but not with a stream. */
  onBroken: (refused: boolean) => void
}
export interface EventConnection {
  close: () => void
  /** Tries at once, if it waits to try again. */
  nudge: () => void
}

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000]

export function openEventConnection(start: number, handlers: EventHandlers): EventConnection {
  let source: EventSource
  let retry: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let seen = start
  const open = () => {
    retry = undefined
    source = new EventSource(`${EVENTS_PATH}?after=${seen}`)
    source.onopen = () => {
      failures = 0
      handlers.onOpen()
    }
    source.onmessage = (message: MessageEvent<string>) => {
      seen = Number(message.lastEventId)
      handlers.onEvent({ id: seen, data: message.data })
    }
    source.onerror = () => {
      const refused = source.readyState === EventSource.CLOSED
      handlers.onBroken(refused)
      if (!refused) return
      retry = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)])
      failures += 1
    }
  }
  open()
  return {
    close: () => {
      source.close()
      clearTimeout(retry)
    },
    nudge: () => {
      if (retry === undefined) return
      clearTimeout(retry)
      open()
    },
  }
}
