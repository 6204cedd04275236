/** The line to the Python process that started this one: one JSON document a line, both ways, on a socket that is no standard stream. */
import { Socket } from 'node:net'
import { exactJson } from './exactJson.ts'

export type Message = Readonly<Record<string, unknown>>

/** What Python refused, such as a connection that there is not. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class Channel {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #received = ''
  #last = 0

  /** `onMessage` gets what is no answer; `onEnd` is called when the other side is gone. */
  constructor(fd: number, onMessage: (message: Message) => void, onEnd: () => void) {
    this.#socket = new Socket({ fd, readable: true, writable: true })
    this.#socket.setEncoding('utf8')
    this.#socket.on('data', (text: string) => this.#read(text, onMessage))
    this.#socket.on('end', onEnd)
    this.#socket.on('error', onEnd)
  }

  /** Whether the process stays alive for what may still arrive. Off while a plugin works: if it waits for nothing, that shows. */
  listen(isWanted: boolean): void {
    if (isWanted || this.#waiting.size > 0) this.#socket.ref()
    else this.#socket.unref()
  }

  send(message: Message, sent?: () => void): void {
    this.#socket.write(`${JSON.stringify(message)}\n`, sent)
  }

  async request(method: string, params: Message): Promise<unknown> {
    this.#last += 1
    const id = this.#last
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.send({ t: 'request', id, method, params })
    this.#socket.ref()
    try {
      return await answer
    } finally {
      if (this.#waiting.size === 0) this.#socket.unref()
    }
  }

  #read(text: string, onMessage: (message: Message) => void): void {
    const lines = (this.#received + text).split('\n')
    this.#received = lines.pop() ?? ''
    for (const line of lines) {
      const message = exactJson(line) as Message
      if (message['t'] === 'answer') this.#answer(message)
      else onMessage(message)
    }
  }

  #answer(message: Message): void {
    const waiting = this.#waiting.get(Number(message['id']))
    this.#waiting.delete(Number(message['id']))
    if (typeof message['error'] === 'string') waiting?.reject(new RequestRefused(message['error']))
    else waiting?.resolve(message['result'])
  }
}
