/**
 * The live-event stream for the terminal: opens, reads, and opens again after a break, going on after the last event seen.
 * A gap that the server cannot fill arrives as `reset`, so the reader always knows when to read everything again.
 */
import { createParser } from 'eventsource-parser'
import { VortexError, type ErrorCode } from '#contract/errors.ts'
import type { LiveEvent } from '#contract/events.ts'
import { BEAT_EVENT } from '#contract/eventStream.ts'
import { EVENTS_PATH } from '#contract/routes.ts'
import type { Connection } from '../connection.ts'
import { CliError, EXIT } from '../exit.ts'

/** Waits between attempts to reconnect; a restarted server is back within a second or two. */
const RETRY_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const
/** The server sends a beat every 15 s; after three missing ones the connection is dead, whatever TCP says. */
const SILENCE_MS = 45_000
/** Longest time without a server before the follower gives up. */
const GIVE_UP_MS = 120_000

export interface StreamHandlers {
  /** The stream is open (again): read the state, because events before this moment may be missing. */
  onOpen(): void
  onEvent(event: LiveEvent): void
  onBreak(): void
}

/** Reads events until the signal aborts. Throws CliError or VortexError when the stream is refused or stays away. */
export async function readEvents(connection: Connection, dagId: string, handlers: StreamHandlers, signal: AbortSignal): Promise<void> {
  let lastId = ''
  let failures = 0
  let lostAt = Date.now()
  while (!signal.aborted) {
    try {
      const response = await openStream(connection, dagId, lastId, signal)
      failures = 0
      handlers.onOpen()
      await pump(
        response,
        (id, event) => {
          lastId = id
          handlers.onEvent(event)
        },
        signal,
      )
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof VortexError && error.code !== 'database_unavailable' && error.code !== 'rate_limited') throw error
      if (failures > 0 && Date.now() - lostAt > GIVE_UP_MS) throw error
    }
    if (signal.aborted) return
    if (failures === 0) {
      lostAt = Date.now()
      handlers.onBreak()
    }
    await sleep(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5_000, signal)
    failures += 1
  }
}

async function openStream(connection: Connection, dagId: string, lastId: string, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: 'text/event-stream', ...(lastId === '' ? {} : { 'last-event-id': lastId }) }
  const response = await connection.open(`${EVENTS_PATH}?dag_id=${encodeURIComponent(dagId)}`, { headers, signal })
  if (response.status === 200) return response
  const body = (await response.json().catch(() => null)) as { code?: ErrorCode; message?: string } | null
  throw new VortexError(body?.code ?? 'internal', body?.message ?? `The server refused the event stream with status ${response.status}.`)
}

async function pump(response: Response, onEvent: (id: string, event: LiveEvent) => void, signal: AbortSignal): Promise<void> {
  if (response.body === null) throw new CliError(EXIT.unreachable, 'The server sent an empty event stream.')
  const parser = createParser({
    onEvent(message) {
      if (message.event !== BEAT_EVENT) onEvent(message.id ?? '', JSON.parse(message.data) as LiveEvent)
    },
  })
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const cancel = (): void => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', cancel, { once: true })
  try {
    for (;;) {
      const silence = setTimeout(cancel, SILENCE_MS)
      const { done, value } = await reader.read().finally(() => clearTimeout(silence))
      if (done) return
      parser.feed(value)
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
