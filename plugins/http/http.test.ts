/** HttpOperator and HttpSensor against real servers of HTTP and HTTPS. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Operator, Sensor } from '../api/index.ts'
import { testContext } from '../testing/taskContext.ts'
import { plugin } from './plugin.ts'

const HttpOperator = plugin.operators?.['HttpOperator'] as Operator
const HttpSensor = plugin.sensors?.['HttpSensor'] as Sensor
const CERTIFICATE = join(import.meta.dirname, '../../server/testkit/tls/cert.pem')
const KEY = join(import.meta.dirname, '../../server/testkit/tls/key.pem')
/** As the host fills them in. */
const COMMON = { timeout_seconds: 10, max_response_bytes: 1000, max_redirects: 3, verify_tls: true }
const DEFAULTS = { ...COMMON, response_as: 'text', log_response: false }

let server: Server
let other: Server
let secure: Server
const portOf = (one: Server): number => (one.address() as AddressInfo).port
const at = (path: string, one = server): string => `http://127.0.0.1:${portOf(one)}${path}`
const seen: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string }[] = []
const last = () => seen.at(-1)

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A connection that is kept would not show its certificate again.
  response.setHeader('connection', 'close')
  seen.push({ method: request.method, url: request.url, headers: request.headers, body: await text(request) })
  const [, word = '', rest = ''] = /^\/(\w+)\/?(.*)/.exec(request.url ?? '') ?? []
  if (word === 'status') response.writeHead(Number(rest)).end('what went wrong')
  else if (word === 'redirect')
    response.writeHead(Number(rest.split('/')[0]), { location: decodeURIComponent(rest.split('/')[1] ?? '') }).end()
  else if (word === 'huge') response.end('x'.repeat(5_000))
  else if (word === 'slow') response.write('begins ')
  else if (word === 'cut') response.destroy()
  else if (word === 'job') response.end(JSON.stringify({ jobs: [{ state: rest }] }))
  else response.end('{"ok": true}')
}

beforeAll(async () => {
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response)
  server = createServer(listener)
  other = createServer(listener)
  secure = createTlsServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, listener)
  for (const one of [server, other, secure]) await once(one.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  for (const one of [server, other, secure]) one.close()
})

const send = async (config: object, context = testContext([])): Promise<unknown> =>
  HttpOperator.execute({ ...DEFAULTS, ...config }, context)
const poke = async (config: object): Promise<unknown> =>
  HttpSensor.poke({ ...COMMON, method: 'GET', not_yet_status: 404, ...config }, testContext([]))
const shop = () => ({
  conn_id: 'shop',
  host: '127.0.0.1',
  port: portOf(server),
  login: 'me',
  password: 'pw',
  extra: { 'X-Team': 'data', timeout: 3 },
})

describe('HttpOperator', () => {
  test('data makes it a POST of JSON; without data it is a GET', async () => {
    expect(await send({ url: at('/a'), data: { n: [1, 'ü'] }, headers: { 'X-One': '1' } })).toBe('{"ok": true}')
    expect(last()).toMatchObject({ method: 'POST', body: '{"n":[1,"ü"]}', headers: { 'content-type': 'application/json', 'x-one': '1' } })
    await send({ url: at('/a?b=1'), query: { c: ['x', 'y z'], d: null } })
    expect(last()).toMatchObject({ method: 'GET', url: '/a?b=1&c=x&c=y+z', body: '' })
    await send({ url: at('/a'), method: 'GET', data: { day: '2026-11-24' } })
    expect(last()).toMatchObject({ url: '/a?day=2026-11-24', body: '' })
    await send({ url: at('/a'), method: 'PUT', data: 'as it is' })
    expect(last()).toMatchObject({ method: 'PUT', body: 'as it is' })
  })

  test('a connection gives address, sign-in and headers', async () => {
    await send({ http_conn_id: 'shop', endpoint: 'orders', headers: { 'X-Team': 'mine' } }, testContext([shop()]))
    const authorization = `Basic ${Buffer.from('me:pw').toString('base64')}`
    expect(last()).toMatchObject({ url: '/orders', headers: { authorization, 'x-team': 'mine' } })
    expect(last()?.headers).not.toHaveProperty('timeout')
  })

  test('the answer is text, JSON or nothing', async () => {
    expect(await send({ url: at('/a'), response_as: 'json' })).toEqual({ ok: true })
    expect(await send({ url: at('/a'), response_as: 'none' })).toBeNull()
    await expect(send({ url: at('/status/200'), response_as: 'json' })).rejects.toThrow(/answered with no JSON \(.*: what went wrong$/)
  })

  const FAILURES: [to: () => string, config: object, words: RegExp][] = [
    [() => at('/status/503'), {}, /^GET http:\/\/127\.0\.0\.1:\d+\/status\/503 answered 503 Service Unavailable: what went wrong$/],
    [() => at('/a?token=abc'), { expected_status: 201 }, /\/a answered 200 OK: \{"ok": true\}$/],
    [() => at('/huge'), {}, /answered with more than 1,000 bytes \(max_response_bytes\)/],
    [() => at('/slow'), { timeout_seconds: 0.2 }, /\/slow did not answer within 0\.2 s \(timeout_seconds\)\.$/],
    [() => at('/cut'), {}, /\/cut failed: the connection was cut/],
    [() => 'http://127.0.0.1:9/', {}, /failed: (nothing listens there \(ECONNREFUSED\)|bad port)/],
    [() => 'http://no-such-host.invalid/', {}, /failed: (there is no such host|the name server does not answer)/],
    [() => 'ftp://x/y?z', {}, /"ftp:\/\/x\/y" is no URL of http or https\.$/],
    [() => 'http://me:pw@x/', {}, /^The URL holds a user name or a password\./],
    [() => at(`/redirect/302/${encodeURIComponent(at('/redirect/302/x'))}`), { max_redirects: 1 }, /redirects once more after 1 times/],
    [() => '/orders', { http_conn_id: 'nowhere' }, /nowhere/],
  ]
  test.each(FAILURES)('a failure in words: %o %o', async (to, config, words) => {
    const error: unknown = await send({ url: to(), ...config }).catch((reason: unknown) => reason)
    expect((error as Error).message).toMatch(words)
    expect((error as Error).message).not.toContain('abc')
  })

  test('what signs in stays with its server when another one is redirected to', async () => {
    const target = encodeURIComponent(at('/landed', other))
    await send({ http_conn_id: 'shop', endpoint: `/redirect/307/${target}`, data: { n: 1 } }, testContext([shop()]))
    expect(last()).toMatchObject({ method: 'POST', url: '/landed', body: '{"n":1}' })
    expect(last()?.headers).not.toHaveProperty('authorization')
    expect(last()?.headers).not.toHaveProperty('x-team')
    await send({ url: at(`/redirect/303/${encodeURIComponent('/landed')}`), data: { n: 1 } })
    expect(last()).toMatchObject({ method: 'GET', url: '/landed', body: '' })
  })

  test('a killed task breaks the request off', async () => {
    const kill = new AbortController()
    const sent = send({ url: at('/slow') }, testContext([], kill.signal))
    await expect.poll(() => last()?.url).toBe('/slow')
    kill.abort(new Error('the task was told to end'))
    await expect(sent).rejects.toThrow('the task was told to end')
  })

  test('a certificate that nobody vouches for is refused, unless it is named or asked for', async () => {
    const address = `https://localhost:${portOf(secure)}/a`
    await expect(send({ url: address })).rejects.toThrow(/failed: its certificate .*ca_file/)
    await expect(send({ url: address, ca_file: '/no/such/file' })).rejects.toThrow('The certificate file /no/such/file cannot be read.')
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    try {
      expect(await send({ url: address, verify_tls: false })).toBe('{"ok": true}')
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
    expect(await send({ url: address, ca_file: CERTIFICATE })).toBe('{"ok": true}')
  })
})

describe('HttpSensor', () => {
  test('waits for a status, and for a value in the JSON', async () => {
    expect(await poke({ url: at('/status/404') })).toBe(false)
    expect(await poke({ url: at('/status/202'), expected_status: [200, 202] })).toBe(true)
    await expect(poke({ url: at('/status/500') })).rejects.toThrow('answered 500')
    const condition = { path: 'jobs[0].state', equals: 'done', fails_on: ['failed'] }
    expect(await poke({ url: at('/job/running'), condition })).toEqual({ done: false, value: 'running' })
    expect(await poke({ url: at('/job/done'), condition })).toEqual({ done: true, value: 'done' })
    expect(await poke({ url: at('/job/x'), condition: { path: 'jobs[1].state' } })).toEqual({ done: false, value: undefined })
    expect(await poke({ url: at('/job/x'), condition: { path: 'jobs[0].state', one_of: ['y', 'x'] } })).toMatchObject({ done: true })
    await expect(poke({ url: at('/job/failed'), condition })).rejects.toMatchObject({ name: 'FailTask' })
  })
})
