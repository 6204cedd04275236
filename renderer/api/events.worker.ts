/**
 * One live connection for all tabs of this browser. Without it each tab would hold one of the six connections that HTTP/1.1 allows
 * to a host, and the seventh tab would wait for ever. A tab says `hello` with the position of its first answer and gets what came
 * after it; with no tab left the connection is closed.
 */
import { openEventConnection, type BrokenBy, type EventConnection, type RawEvent } from './eventConnection.ts'
import { recentEvents, type RecentEvents } from './recentEvents.ts'

/** `missed`: events before this are not all here; read everything again. */
export type ToTab =
  | { kind: 'open' }
  | { kind: 'missed' }
  | { kind: 'events'; events: RawEvent[] }
  | { kind: 'beat'; ahead: number }
  | { kind: 'broken'; by: BrokenBy }
export type FromTab = { kind: 'hello'; after: number } | { kind: 'bye' }

/** Events are handed on in batches, at most one a frame. */
const BATCH_MS = 16

const ports = new Set<MessagePort>()
let connection: EventConnection | null = null
let recent: RecentEvents | null = null
let isOpen = false
/** What the last beat told of the server's clock. */
let ahead: number | null = null
let batch: RawEvent[] = []

function tell(message: ToTab): void {
  for (const port of ports) port.postMessage(message)
}

function flush(): void {
  if (batch.length > 0) tell({ kind: 'events', events: batch })
  batch = []
}

function connect(after: number): EventConnection {
  recent = recentEvents(after)
  return openEventConnection(after, {
    onOpen: () => {
      isOpen = true
      tell({ kind: 'open' })
    },
    onEvent: (event) => {
      recent?.add(event)
      batch.push(event)
      if (batch.length === 1) setTimeout(flush, BATCH_MS)
    },
    onBeat: (now) => {
      ahead = now
      tell({ kind: 'beat', ahead: now })
    },
    onBroken: (by) => {
      isOpen = false
      tell({ kind: 'broken', by })
    },
  })
}

function hear(port: MessagePort, word: FromTab): void {
  if (word.kind === 'bye') {
    ports.delete(port)
    if (ports.size > 0) return
    connection?.close()
    connection = null
    isOpen = false
    return
  }
  // What waits in the batch is among the recent ones, which the new tab gets by itself.
  flush()
  ports.add(port)
  if (connection !== null) {
    const missed = recent?.since(word.after) ?? null
    port.postMessage((missed === null ? { kind: 'missed' } : { kind: 'events', events: missed }) satisfies ToTab)
  }
  if (ahead !== null) port.postMessage({ kind: 'beat', ahead } satisfies ToTab)
  if (isOpen) port.postMessage({ kind: 'open' } satisfies ToTab)
  // A tab that comes may have signed in just now.
  else connection?.nudge()
  connection ??= connect(word.after)
}

const scope = self as unknown as { onconnect: (event: MessageEvent) => void }
scope.onconnect = (event) => {
  const [port] = event.ports
  if (port)
    port.onmessage = ({ data }: MessageEvent<FromTab>) => {
      hear(port, data)
    }
}
