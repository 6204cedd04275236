/**
 * One EventSource that does not give up. The browser reconnects by itself, with Last-Event-ID, while the stream breaks; if the server
 * refuses (the session ended, a standby answers), EventSource closes, and this opens a new one after 1, 2, 4, 8, then every 15 s.
 */
import { EVENTS_PATH } from '#contract/routes.ts'

export interface EventHandlers {
  /** `missed`: events may have been lost before this; read everything again. */
  onOpen: (missed: boolean) => void
  onEvent: (data: string) => void
  /** `refused`: the server answered, but not with a stream. */
  onBroken: (refused: boolean) => void
}
export interface EventConnection {
  close: () => void
  /** Tries at once, if it waits to try again. */
  nudge: () => void
}

const RETRY_MS = [1000, 2000, 4000, 8000, 15_000]

export function openEventConnection(handlers: EventHandlers): EventConnection {
  let source: EventSource
  let retry: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  const open = () => {
    retry = undefined
    source = new EventSource(EVENTS_PATH)
    source.onopen = () => {
      handlers.onOpen(failures > 0)
      failures = 0
    }
    source.onmessage = (message: MessageEvent<string>) => {
      handlers.onEvent(message.data)
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
