/**
 * Live events on every controller: the leader's bus of events gives the ids and sends each batch to the others, which keep it under the
 * same ids. So a page may be attached to any controller, and go on at another one where it was.
 *
 * Invariants
 * - One controller gives ids at a time: what is published without leading is dropped (the leader tells the same facts).
 * - Each batch names the id before it. A mirror that does not have that one has missed something and says `reset` to its pages; so does
 *   everybody when a term begins, since the last events of a leader that died may never have been sent.
 * - A batch of an earlier epoch than one that was seen is dropped.
 */
import type { LiveEvent } from '#contract/events.ts'
import type { Bus } from '#db/cluster.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import { EVENTS_KEPT } from '#runtime/limits.ts'
import type { LiveEvents, NumberedEvents } from '#runtime/liveEvents.ts'
import { EVENTS_PER_MESSAGE, RELAY_RETRY_MS } from './limits.ts'

type Message = NumberedEvents & { epoch: number }

export class EventRelay {
  readonly #events: LiveEvents
  readonly #bus: Bus
  readonly #clock: Clock
  /** Of the term that this controller leads. */
  #epoch: number | null = null
  #newestEpoch = 0
  #hasListeners = false
  #queue: NumberedEvents[] = []
  #isSending = false
  #retry: Timer | null = null

  constructor(p: { events: LiveEvents; bus: Bus; clock: Clock }) {
    this.#events = p.events
    this.#bus = p.bus
    this.#clock = p.clock
    p.events.onNumbered((batch) => this.#send(batch))
    p.bus.listen({ topic: 'events' }, (message) => this.#receive(JSON.parse(message) as Message))
    // Whatever was sent while there was no connection is missed.
    p.bus.onConnected(() => {
      if (this.#epoch === null) this.#events.restart(this.#events.newest())
      else this.#send(gapAfter(this.#events.newest()))
    })
  }

  publish(events: readonly LiveEvent[]): void {
    if (this.#epoch !== null) this.#events.publish(events)
  }

  setEpoch(epoch: number | null): void {
    this.#epoch = epoch
    this.#queue = []
    if (epoch === null) return
    this.#newestEpoch = epoch
    this.#events.restart(Math.max(this.#events.newest() + 1, Math.floor(this.#clock.now()) * 1024))
    this.#send(gapAfter(this.#events.newest()))
  }

  /** Other controllers came or went. One that has just come learns where the stream stands. */
  setListeners(n: number): void {
    this.#hasListeners = n > 0
    if (this.#epoch !== null) this.#send(gapAfter(this.#events.newest()))
  }

  close(): void {
    this.#epoch = null
    this.#retry?.cancel()
  }

  #send(batch: NumberedEvents): void {
    if (this.#epoch === null || !this.#hasListeners) return
    this.#queue.push(batch)
    const waiting = this.#queue.reduce((sum, { events }) => sum + events.length, 0)
    // More than the rings hold: the others read everything again.
    if (waiting > EVENTS_KEPT) this.#queue = [gapAfter(this.#events.newest())]
    if (!this.#isSending && this.#retry === null) void this.#pump()
  }

  async #pump(): Promise<void> {
    this.#isSending = true
    while (this.#epoch !== null && this.#queue.length > 0) {
      const epoch = this.#epoch
      const batches = this.#queue
      this.#queue = []
      try {
        const messages = batches.flatMap(inPieces).map((piece) => JSON.stringify({ epoch, ...piece } satisfies Message))
        await this.#bus.send({ to: { topic: 'events' }, messages })
      } catch {
        // Lost or not, nobody knows: the others begin anew.
        if (this.#epoch === epoch) this.#queue = [gapAfter(this.#events.newest())]
        this.#retry = this.#clock.after(RELAY_RETRY_MS, () => {
          this.#retry = null
          if (!this.#isSending) void this.#pump()
        })
        break
      }
    }
    this.#isSending = false
  }

  #receive({ epoch, ...batch }: Message): void {
    if (epoch < this.#newestEpoch || epoch === this.#epoch) return
    this.#newestEpoch = epoch
    // Replaced, whether this controller knows it already or not.
    this.#epoch = null
    this.#events.append(batch)
  }
}

/** An empty batch after an id that nobody else has: who gets it begins anew there. */
function gapAfter(id: number): NumberedEvents {
  return { prev_id: -1, first_id: id + 1, events: [] }
}

function inPieces({ prev_id, first_id, events }: NumberedEvents): NumberedEvents[] {
  if (events.length <= EVENTS_PER_MESSAGE) return [{ prev_id, first_id, events }]
  const pieces: NumberedEvents[] = []
  for (let i = 0; i < events.length; i += EVENTS_PER_MESSAGE)
    pieces.push({
      prev_id: i === 0 ? prev_id : first_id + i - 1,
      first_id: first_id + i,
      events: events.slice(i, i + EVENTS_PER_MESSAGE),
    })
  return pieces
}
