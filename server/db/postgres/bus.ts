/**
 * Messages between controllers by LISTEN and NOTIFY, on a connection of its own.
 *
 * States: idle -> connecting -> connected -> connecting ...; closed. A look at the connection every 2 s finds a cut cable within 5 s.
 * A payload has less than 8,000 bytes, so messages travel in pieces; all pieces of one `send` are one transaction, and PostgreSQL
 * delivers a transaction's notifications together. Each piece begins with its number, since equal payloads of one transaction are
 * delivered once only, and `=` (a whole message or its last piece) or `+` (more follows).
 */
import { createHash } from 'node:crypto'
import pg from 'pg'
import type { Clock, Timer } from '#runtime/clock.ts'
import { BUS_MESSAGE_MAX, type Bus, type BusAddress } from '../cluster.ts'
import { StoreUnavailable } from '../store.ts'
import { clientConfig, endOf, unavailableOnTrouble } from './connection.ts'

/** UTF-16 units per piece: at most three bytes each, and the prefix. */
const PIECE_UNITS = 2_600
const LOOK_MS = 2_000
const ANSWER_MS = 3_000
const RECONNECT_MS = 250

export class PostgresBus implements Bus {
  readonly #url: string
  readonly #clock: Clock
  readonly #listeners = new Map<string, { onMessage: (message: string) => void; parts: string }>()
  readonly #onConnected: (() => void)[] = []
  #client: pg.Client | null = null
  #state: 'idle' | 'running' | 'closed' = 'idle'
  #timer: Timer | null = null

  constructor(p: { url: string; clock: Clock }) {
    this.#url = p.url
    this.#clock = p.clock
  }

  listen(from: BusAddress, onMessage: (message: string) => void): void {
    this.#listeners.set(channelOf(from), { onMessage, parts: '' })
  }

  onConnected(callback: () => void): void {
    this.#onConnected.push(callback)
  }

  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'running'
    void this.#connect()
  }

  async send(p: { to: BusAddress; messages: readonly string[] }): Promise<void> {
    const client = this.#client
    if (client === null) throw new StoreUnavailable('PostgreSQL: no connection for messages between controllers')
    const pieces = p.messages.flatMap(piecesOf).map((piece, i) => `${i}${piece}`)
    await unavailableOnTrouble(() =>
      client.query('SELECT pg_notify($1, piece) FROM unnest($2::text[]) WITH ORDINALITY AS t(piece, n) ORDER BY n', [
        channelOf(p.to),
        pieces,
      ]),
    )
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    this.#timer?.cancel()
    const client = this.#client
    this.#client = null
    if (client !== null) await endOf(client)
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      ...clientConfig(this.#url),
      application_name: 'vortex messages',
      pipeline: true,
      statement_timeout: ANSWER_MS,
      query_timeout: ANSWER_MS,
    })
    let isLost = false
    const lost = (): void => {
      if (isLost) return
      isLost = true
      if (this.#client === client) this.#client = null
      void endOf(client)
      if (this.#state !== 'running') return
      this.#timer?.cancel()
      this.#timer = this.#clock.after(RECONNECT_MS, () => void this.#connect())
    }
    client.on('error', lost)
    client.on('end', lost)
    client.on('notification', ({ channel, payload }) => this.#receive(channel, payload ?? ''))
    try {
      await client.connect()
      for (const [channel, listener] of this.#listeners) {
        listener.parts = ''
        await client.query(`LISTEN ${channel}`)
      }
    } catch {
      return lost()
    }
    if (this.#isClosed()) return lost()
    this.#client = client
    this.#lookLater(client, lost)
    for (const callback of this.#onConnected) callback()
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #lookLater(client: pg.Client, lost: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.after(LOOK_MS, () => {
      client.query('SELECT 1').then(
        () => {
          if (this.#client === client) this.#lookLater(client, lost)
        },
        () => lost(),
      )
    })
  }

  #receive(channel: string, payload: string): void {
    const listener = this.#listeners.get(channel)
    if (listener === undefined) return
    const mark = payload.search(/[=+]/)
    listener.parts += payload.slice(mark + 1)
    if (payload[mark] === '+' && listener.parts.length <= BUS_MESSAGE_MAX) return
    const message = listener.parts
    listener.parts = ''
    listener.onMessage(message)
  }
}

/** PostgreSQL cuts names at 63 bytes, so a controller's is hashed. */
function channelOf(address: BusAddress): string {
  if ('topic' in address) return `vortex_${address.topic}`
  return `vortex_to_${createHash('sha256').update(address.holder).digest('hex').slice(0, 24)}`
}

function piecesOf(message: string): string[] {
  if (message.length > BUS_MESSAGE_MAX) throw new RangeError(`a message of ${message.length} characters is too long for the bus`)
  const pieces: string[] = []
  let at = 0
  do {
    let end = Math.min(message.length, at + PIECE_UNITS)
    // A pair of surrogates stays together.
    if (end < message.length && /[\ud800-\udbff]/.test(message[end - 1] ?? '')) end += 1
    pieces.push(`${end === message.length ? '=' : '+'}${message.slice(at, end)}`)
    at = end
  } while (at < message.length)
  return pieces
}
