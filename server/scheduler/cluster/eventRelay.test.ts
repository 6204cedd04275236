import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '#contract/events.ts'
import type { Bus } from '#db/cluster.ts'
import { StoreUnavailable } from '#db/store.ts'
import { createLiveEvents, type LiveEvents } from '#runtime/liveEvents.ts'
import { createFakeClock } from '#testkit/fakeClock.ts'
import { EventRelay } from './eventRelay.ts'

/** Controllers in one process, whose messages a test may lose. */
class Wire {
  readonly clock = createFakeClock(1_700_000_000_000)
  readonly #listeners: ((message: string) => void)[] = []
  isDown = false
  isLossy = false

  controller(clock = this.clock): { events: LiveEvents; relay: EventRelay; frames: string[]; reconnect: () => void } {
    const connected: (() => void)[] = []
    const bus: Bus = {
      send: ({ messages }) => {
        if (this.isDown) return Promise.reject(new StoreUnavailable('cut'))
        if (!this.isLossy) for (const message of messages) for (const listener of this.#listeners) listener(message)
        return Promise.resolve()
      },
      listen: (_, onMessage) => void this.#listeners.push(onMessage),
      onConnected: (callback) => void connected.push(callback),
      start: () => undefined,
      close: () => Promise.resolve(),
    }
    const events = createLiveEvents({ clock })
    const frames: string[] = []
    events.subscribe({ dag_id: null, onBatch: (batch) => void frames.push(batch.frames) })
    return { events, relay: new EventRelay({ events, bus, clock }), frames, reconnect: () => connected.forEach((callback) => callback()) }
  }

  async pass(ms = 60): Promise<void> {
    for (let i = 0; i < 5; i++) await Promise.resolve()
    this.clock.advance(ms)
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
}
const dag = (dag_id: string): LiveEvent => ({ type: 'dag', dag_id })
const words = (frames: string[]): string[] =>
  [...frames.join('').matchAll(/"type":"(reset)"|"dag_id":"(\w+)"/g)].map((match) => match[1] ?? match[2] ?? '')

async function pair() {
  const wire = new Wire()
  const a = wire.controller()
  const b = wire.controller()
  a.relay.setListeners(1)
  b.relay.setListeners(1)
  a.relay.setEpoch(1)
  await wire.pass()
  for (const { frames } of [a, b]) frames.splice(0)
  return { wire, a, b }
}

describe('live events of several controllers', () => {
  it('have the same ids and frames everywhere, and a page resumes at another one', async () => {
    const { wire, a, b } = await pair()
    a.relay.publish([dag('one'), dag('two')])
    await wire.pass()
    const seen = a.events.newest()
    a.relay.publish([dag('three')])
    await wire.pass()
    expect(b.frames.join('')).toBe(a.frames.join(''))
    expect(b.events.newest()).toBe(a.events.newest())
    expect(b.events.since({ id: seen, dag_id: null, max_bytes: 1e6 })).toEqual(a.events.since({ id: seen, dag_id: null, max_bytes: 1e6 }))
    expect(words([b.events.since({ id: seen, dag_id: null, max_bytes: 1e6 })?.frames ?? ''])).toEqual(['three'])
  })
  it('come from the leader alone', async () => {
    const { wire, a, b } = await pair()
    b.relay.publish([dag('mine')])
    await wire.pass()
    expect([...words(a.frames), ...words(b.frames)]).toEqual([])
  })
  it('say reset where a batch was missed, and resuming before it says so too', async () => {
    const { wire, a, b } = await pair()
    const before = b.events.newest()
    wire.isLossy = true
    a.relay.publish([dag('lost')])
    await wire.pass()
    wire.isLossy = false
    a.relay.publish([dag('next')])
    await wire.pass()
    expect(words(b.frames)).toEqual(['reset', 'next'])
    expect(words(a.frames)).toEqual(['lost', 'next'])
    expect(b.events.since({ id: before, dag_id: null, max_bytes: 1e6 })).toBeNull()
    expect(b.events.newest()).toBe(a.events.newest())
  })
  it('say reset when a message could not be sent and nothing follows', async () => {
    const { wire, a, b } = await pair()
    wire.isDown = true
    a.relay.publish([dag('lost')])
    await wire.pass()
    wire.isDown = false
    await wire.pass(600)
    expect(words(b.frames)).toEqual(['reset'])
    a.relay.publish([dag('next')])
    await wire.pass()
    expect(words(b.frames)).toEqual(['reset', 'next'])
  })
  it('say reset when the connection of a standby was away', async () => {
    const { b } = await pair()
    b.reconnect()
    expect(words(b.frames)).toEqual(['reset'])
  })
  it('begin anew with a term, and what a replaced leader still sends is dropped', async () => {
    const { wire, a, b } = await pair()
    const old = a.events.newest()
    // A is frozen and does not know.
    b.relay.setEpoch(2)
    await wire.pass()
    expect(words(b.frames)).toEqual(['reset'])
    expect(b.events.newest()).toBeGreaterThan(old)
    a.frames.splice(0)
    const third = wire.controller()
    a.relay.publish([dag('late')])
    b.relay.publish([dag('right')])
    await wire.pass()
    expect(words(b.frames)).toEqual(['reset', 'right'])
    expect(words(third.frames).at(-1)).toBe('right')
    a.relay.setEpoch(null)
    b.relay.publish([dag('after')])
    await wire.pass()
    expect(words(a.frames).at(-1)).toBe('after')
    expect(a.events.newest()).toBe(b.events.newest())
  })
  it('travel in pieces, and not at all when there are more than anybody keeps', async () => {
    const { wire, a, b } = await pair()
    a.relay.publish(Array.from({ length: 1200 }, (_, i) => dag(`d${i}`)))
    await wire.pass()
    expect(words(b.frames).length).toBe(1200)
    expect(b.events.newest()).toBe(a.events.newest())
    b.frames.splice(0)
    a.relay.publish(Array.from({ length: 10_001 }, (_, i) => dag(`e${i}`)))
    await wire.pass()
    expect(words(b.frames)).toEqual(['reset'])
    expect(b.events.newest()).toBe(a.events.newest())
  })
})
