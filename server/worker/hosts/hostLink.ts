/** One host's connection: says who it is, then frames both ways. Writes of one turn of the event loop leave in one system call. */
import type { Socket } from 'node:net'
import { encodeJson, FrameDecoder } from './frames.ts'

export interface HostMessage {
  t: string
  [field: string]: unknown
}

export interface HostLinkEvents {
  message(message: HostMessage): void
  log(number: number, bytes: Uint8Array): void
  closed(): void
}

export class HostLink {
  readonly socket: Socket
  /** Set by whoever recognised the host's hello. */
  events: HostLinkEvents | null = null
  pid = 0
  start_time = 0
  private corked = false
  private closed = false

  constructor(socket: Socket, onHello: (link: HostLink, hello: HostMessage) => void) {
    this.socket = socket
    const decoder = new FrameDecoder({
      json: (document) => {
        const message = document as HostMessage
        if (this.events !== null) this.events.message(message)
        else onHello(this, message)
      },
      log: (number, bytes) => this.events?.log(number, bytes),
    })
    socket.on('data', (chunk: Buffer) => {
      try {
        decoder.feed(chunk)
      } catch {
        // What a host sends is made by our code alone: a broken frame means a broken host.
        socket.destroy()
      }
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
      this.events?.closed()
    })
  }

  get isOpen(): boolean {
    return !this.closed
  }

  send(message: HostMessage): void {
    if (this.closed) return
    if (!this.corked) {
      this.corked = true
      this.socket.cork()
      queueMicrotask(() => {
        this.corked = false
        this.socket.uncork()
      })
    }
    this.socket.write(encodeJson(message))
  }

  whenClosed(callback: () => void): void {
    if (this.closed) callback()
    else this.socket.once('close', callback)
  }

  close(): void {
    this.socket.destroy()
  }
}
