/** The event stream over real sockets. */
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LiveBeat, LiveEvent } from '#contract/events.ts'
import { cookieOf, ORIGIN, PASSWORD, startTestApi, type TestApi } from '#testkit/apiServer.ts'

let api: TestApi
let port: number
const streams: Stream[] = []
const HEARTBEAT = 100
beforeEach(async () => {
  api = await startTestApi({ options: { event_stream: { clients_max: 12, user_clients_max: 8, heartbeat_ms: HEARTBEAT } } })
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  port = (api.app.server.address() as AddressInfo).port
})
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.socket.destroy()
  await api.close()
})

interface Stream {
  socket: Socket
  text: string
  closed: boolean
}
/** A raw client, so that a test can stop reading. */
async function openStream(p: { headers?: Record<string, string>; url?: string } = {}): Promise<Stream> {
  const socket = connect(port, '127.0.0.1')
  const stream: Stream = { socket, text: '', closed: false }
  streams.push(stream)
  socket.on('data', (chunk) => (stream.text += chunk.toString()))
  socket.on('close', () => (stream.closed = true))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const headers = { Host: 'localhost:3000', Authorization: api.keys.vera, ...p.headers }
  socket.write(
    `GET ${p.url ?? '/api/events'} HTTP/1.1\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`,
  )
  await until(() => stream.text.includes('retry: 1000') || stream.text.includes('"code"'))
  return stream
}
async function until(condition: () => boolean, ms = 5000): Promise<void> {
  const end = Date.now() + ms
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited too long')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
/** Events of about `bytes` each, numbered. */
const fill = (from: number, count: number, bytes: number): LiveEvent[] =>
  Array.from({ length: count }, (_, i) => ({ type: 'worker', worker_id: `${from + i}-${'x'.repeat(bytes)}`, status: 'active' }))
const eventsOf = (stream: Stream): LiveEvent[] =>
  [...stream.text.matchAll(/^id: .*\ndata: (.*)$/gm)].map((match) => JSON.parse(match[1]!) as LiveEvent)
const beatsOf = (stream: Stream): LiveBeat[] =>
  [...stream.text.matchAll(/^event: beat\ndata: (.*)$/gm)].map((match) => JSON.parse(match[1]!) as LiveBeat)
const lastId = (stream: Stream): string => [...stream.text.matchAll(/^id: (\d+)$/gm)].at(-1)![1]!
const dag = (dag_id: string): LiveEvent => ({ type: 'dag', dag_id })

describe('the event stream', () => {
  it('sends what the engine commits', async () => {
    const stream = await openStream()
    expect(stream.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(stream.text.toLowerCase()).toContain('content-type: text/event-stream')
    await api.call({ method: 'POST', url: '/api/dags/etl/trigger', as: 'otto', body: { run_id: 'r1' } })
    await until(() => eventsOf(stream).some((event) => event.type === 'dag_run' && event.run_id === 'r1'))
  })
  it('resumes after the last id, and says reset when that is too old', async () => {
    const first = await openStream()
    api.services.events.publish([dag('a')])
    await until(() => eventsOf(first).length === 1)
    const id = lastId(first)
    first.socket.destroy()
    api.services.events.publish([dag('b'), dag('c')])
    await until(() => api.services.events.newest() === Number(id) + 2)
    const second = await openStream({ headers: { 'Last-Event-ID': id } })
    await until(() => eventsOf(second).length === 2)
    expect(eventsOf(second)).toEqual([dag('b'), dag('c')])
    for (const old of ['17', 'nonsense', String(Number(id) + 1_000_000)]) {
      const stream = await openStream({ headers: { 'Last-Event-ID': old } })
      await until(() => eventsOf(stream).length === 1)
      expect(eventsOf(stream)).toEqual([{ type: 'reset' }])
      expect(lastId(stream)).toBe(String(api.services.events.newest()))
    }
  })
  it('starts after the position that who-am-I answered with, and goes on from there when a browser reconnects', async () => {
    // What the test before has published may still be on its way.
    const before = await openStream()
    api.services.events.publish([dag('before')])
    await until(() => JSON.stringify(eventsOf(before)).includes('"before"'))
    const { events_id } = (await api.call({ url: '/api/me', as: 'vera' })).json<{ events_id: number }>()
    api.services.events.publish([dag('a')])
    await until(() => api.services.events.newest() === events_id + 1)
    const url = `/api/events?after=${events_id}`
    const stream = await openStream({ url })
    await until(() => eventsOf(stream).length === 1)
    expect(eventsOf(stream)).toEqual([dag('a')])
    api.services.events.publish([dag('b')])
    await until(() => eventsOf(stream).length === 2)
    const again = await openStream({ url, headers: { 'Last-Event-ID': String(events_id + 1) } })
    await until(() => eventsOf(again).length === 1)
    expect(eventsOf(again)).toEqual([dag('b')])
  })
  it('tells a client that has seen nothing yet where it stands', async () => {
    const stream = await openStream()
    await until(() => /^id: \d+$/m.test(stream.text))
    expect(lastId(stream)).toBe(String(api.services.events.newest()))
  })
  it('sends only one DAG on request', async () => {
    const stream = await openStream({ url: '/api/events?dag_id=b' })
    api.services.events.publish([dag('a'), dag('b'), { type: 'worker', worker_id: 'w', status: 'active' }])
    await until(() => eventsOf(stream).length === 2)
    expect(eventsOf(stream)).toEqual([dag('b'), { type: 'worker', worker_id: 'w', status: 'active' }])
  })
  it('shows at the opening and then again and again that it lives, and tells its time', async () => {
    const stream = await openStream()
    await until(() => beatsOf(stream).length >= 3)
    const times = beatsOf(stream).map(({ server_time }) => Date.parse(server_time))
    expect(times.every((time, i) => time >= (times[i - 1] ?? 0))).toBe(true)
    // No position of its own: who resumes goes on after the last event.
    expect(stream.text).not.toMatch(/id: .*\nevent: beat|event: beat\ndata: .*\nid: /)
  })
  it('queues at most one batch for a client that does not read, and cuts it off in the end', async () => {
    const served: Socket[] = []
    api.app.server.on('connection', (socket: Socket) => served.push(socket))
    const stream = await openStream()
    stream.socket.pause()
    let queued = 0
    // 48 MB in batches of 400 kB.
    for (let batch = 0; batch < 120 && !served[0]!.destroyed; batch += 1) {
      api.services.events.publish(fill(batch * 200, 200, 2000))
      await pause(52)
      queued = Math.max(queued, served[0]!.writableLength)
    }
    expect(served.length).toBe(1)
    expect(served[0]!.destroyed).toBe(true)
    expect(queued).toBeGreaterThan(0)
    expect(queued).toBeLessThan(1024 * 1024)
  }, 20_000)
  it('lets a slow client catch up from the ring without a gap', async () => {
    const slow = await startTestApi({ options: { event_stream: { heartbeat_ms: 60_000 } } })
    await slow.app.listen({ host: '127.0.0.1', port: 0 })
    port = (slow.app.server.address() as AddressInfo).port
    const stream = await openStream({ headers: { Authorization: slow.keys.vera } })
    stream.socket.pause()
    for (let batch = 0; batch < 10; batch += 1) {
      slow.services.events.publish(fill(batch * 500, 500, 4000))
      await pause(60)
    }
    const seen = (): number[] => eventsOf(stream).map((event) => (event.type === 'worker' ? Number(event.worker_id.split('-')[0]) : -1))
    expect(seen().length).toBeLessThan(5000)
    stream.socket.resume()
    await until(() => stream.text.includes(`id: ${slow.services.events.newest()}\n`))
    await until(() => seen().length === 5000)
    expect(seen()).toEqual(Array.from({ length: 5000 }, (_, i) => i))
    await slow.close()
  }, 20_000)
  it('is cut when the session ends', async () => {
    const cookie = cookieOf(
      await api.call({ method: 'POST', url: '/api/login', body: { username: 'vera', password: PASSWORD }, headers: { origin: ORIGIN } }),
    )
    const socket = connect(port, '127.0.0.1')
    const stream: Stream = { socket, text: '', closed: false }
    streams.push(stream)
    socket.on('data', (chunk) => (stream.text += chunk.toString()))
    socket.on('close', () => (stream.closed = true))
    socket.write(`GET /api/events HTTP/1.1\r\nHost: localhost:3000\r\nCookie: ${cookie}\r\n\r\n`)
    await until(() => stream.text.includes('retry: 1000'))
    await pause(3 * HEARTBEAT)
    expect(stream.text).not.toMatch(/\r\n0\r\n\r\n$/)
    await api.call({ method: 'POST', url: '/api/logout', cookie, headers: { origin: ORIGIN } })
    await until(() => /\r\n0\r\n\r\n$/.test(stream.text))
  })
  it('leaves streams for others when one user has many open', async () => {
    for (let i = 0; i < 8; i += 1) await openStream()
    const refused = await openStream()
    expect(refused.text).toMatch(/^HTTP\/1\.1 429 /)
    expect(refused.text).toContain('has 8 event streams open')
    expect((await openStream({ headers: { Authorization: api.keys.otto } })).text).toMatch(/^HTTP\/1\.1 200 /)
    streams[0]!.socket.destroy()
    await until(() => streams[0]!.closed)
    let again = await openStream()
    // The server hears of the end a moment later.
    while (!again.text.includes(' 200 ')) again = await openStream()
  })
  it('is for a limited number of clients and for nobody unknown', async () => {
    for (let i = 0; i < 12; i += 1) await openStream({ headers: { Authorization: i % 2 === 0 ? api.keys.vera : api.keys.otto } })
    const refused = await openStream()
    expect(refused.text).toMatch(/^HTTP\/1\.1 429 /)
    expect(refused.text).toContain('rate_limited')
    streams[0]!.socket.destroy()
    await pause(50)
    expect((await openStream()).text).toMatch(/^HTTP\/1\.1 200 /)
    expect((await openStream({ headers: { Authorization: 'vx_nobody' } })).text).toMatch(/^HTTP\/1\.1 401 /)
  })
  it('does not hold up the end of the server', async () => {
    const stream = await openStream()
    const start = Date.now()
    await api.app.close()
    await until(() => stream.closed)
    expect(Date.now() - start).toBeLessThan(1000)
  })
})
