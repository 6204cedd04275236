/**
 * One live connection for all tabs of this browser. Without it each tab would hold one of the six connections that HTTP/1.1 allows
 * to a host, and the seventh tab would wait for ever. Tabs say `hello` and `bye`; with no tab left the connection is closed.
 */
import { openEventConnection, type EventConnection } from './eventConnection.ts'

export type ToTab = { kind: 'open'; missed: boolean } | { kind: 'events'; data: string[] } | { kind: 'broken'; refused: boolean }
export type FromTab = 'hello' | 'bye'

/** Events are handed on in batches, at most one a frame. */
const BATCH_MS = 16

const ports = new Set<MessagePort>()
let connection: EventConnection | null = null
let isOpen = false
let batch: string[] = []

function tell(message: ToTab): void {
  for (const port of ports) port.postMessage(message)
}

function connect(): EventConnection {
  return openEventConnection({
    onOpen: (missed) => {
      isOpen = true
      tell({ kind: 'open', missed })
    },
    onEvent: (data) => {
      batch.push(data)
      if (batch.length > 1) return
      setTimeout(() => {
        tell({ kind: 'events', data: batch })
        batch = []
      }, BATCH_MS)
    },
    onBroken: (refused) => {
      isOpen = false
      tell({ kind: 'broken', refused })
    },
  })
}

function hear(port: MessagePort, word: FromTab): void {
  if (word === 'bye') {
    ports.delete(port)
    if (ports.size > 0) return
    connection?.close()
    connection = null
    isOpen = false
    return
  }
  ports.add(port)
  if (isOpen) port.postMessage({ kind: 'open', missed: false } satisfies ToTab)
  // A tab that comes may have signed in just now.
  else connection?.nudge()
  connection ??= connect()
}

const scope = self as unknown as { onconnect: (event: MessageEvent) => void }
scope.onconnect = (event) => {
  const [port] = event.ports
  if (port)
    port.onmessage = ({ data }: MessageEvent<FromTab>) => {
      hear(port, data)
    }
}
