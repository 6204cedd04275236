import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEventConnection, SILENT_MS, type EventConnection, type EventPorts } from './eventConnection.ts'

/** Time that stands still until it is moved, and streams that say only what a test has them say. */
class Hand {
  now = Date.parse('2026-11-23T09:00:00.000Z')
  timers: { at: number; action: () => void }[] = []
  opened: Stream[] = []
  ports: EventPorts = {
    open: (url) => {
      const stream = new Stream(url)
      this.opened.push(stream)
      return stream as unknown as EventSource
    },
    now: () => this.now,
    after: (ms, action) => {
      const timer = { at: this.now + ms, action }
      this.timers.push(timer)
      return () => {
        this.timers = this.timers.filter((each) => each !== timer)
      }
    },
  }
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.timers = this.timers.filter((each) => each !== next)
      this.now = next.at
      next.action()
    }
    this.now = end
  }
  get stream(): Stream {
    return this.opened.at(-1)!
  }
}
class Stream extends EventTarget {
  readonly CLOSED = 2
  readyState = 1
  onopen: (() => void) | undefined
  onmessage: ((message: MessageEvent<string>) => void) | undefined
  onerror: (() => void) | undefined
  readonly url: string
  constructor(url: string) {
    super()
    this.url = url
  }
  close(): void {
    this.readyState = 2
  }
  say(id: number): void {
    this.onmessage?.(new MessageEvent('message', { data: '{"type":"reset"}', lastEventId: String(id) }))
  }
  beat(server_time: string): void {
    this.dispatchEvent(new MessageEvent('beat', { data: JSON.stringify({ server_time }) }))
  }
}

let hand: Hand
let told: string[]
let connection: EventConnection
beforeEach(() => {
  hand = new Hand()
  told = []
  connection = openEventConnection(
    7,
    {
      onOpen: () => told.push('open'),
      onEvent: ({ id }) => told.push(`event ${id}`),
      onBeat: (ahead) => told.push(`ahead ${ahead}`),
      onBroken: (by) => told.push(by),
    },
    hand.ports,
  )
})
afterEach(() => {
  connection.close()
  expect(hand.timers, 'no timer outlives the connection').toEqual([])
})

test('a stream that falls silent is given up and opened anew after the last event seen', () => {
  hand.stream.onopen?.()
  hand.pass(20_000)
  hand.stream.say(11)
  hand.pass(SILENT_MS - 1)
  expect(told).toEqual(['open', 'event 11'])
  expect(hand.opened.length).toBe(1)
  hand.pass(1)
  expect(told).toEqual(['open', 'event 11', 'silent'])
  expect(hand.opened.map(({ url, readyState }) => [url, readyState])).toEqual([
    ['/api/events?after=7', 2],
    ['/api/events?after=11', 1],
  ])
  hand.stream.onopen?.()
  expect(told.at(-1)).toBe('open')
})

test('one that never opens is tried again as well', () => {
  hand.pass(2 * SILENT_MS)
  expect(told).toEqual(['silent', 'silent'])
  expect(hand.opened.length).toBe(3)
})

test('beats alone keep it for hours, and tell the time of the server', () => {
  hand.stream.onopen?.()
  for (let i = 0; i < 1000; i += 1) {
    hand.pass(15_000)
    hand.stream.beat(new Date(hand.now + 300_000).toISOString())
  }
  expect(hand.opened.length).toBe(1)
  expect([...new Set(told)]).toEqual(['open', 'ahead 300000'])
})

test('a refusal waits its time, not the time of silence', () => {
  hand.stream.readyState = 2
  hand.stream.onerror?.()
  expect(told).toEqual(['refused'])
  hand.pass(999)
  expect(hand.opened.length).toBe(1)
  hand.pass(1)
  expect(hand.opened.length).toBe(2)
  hand.stream.readyState = 2
  hand.stream.onerror?.()
  connection.nudge()
  expect(hand.opened.length).toBe(3)
})
