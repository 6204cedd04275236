import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cookieOf, ORIGIN, PASSWORD, startTestApi, type TestApi } from '#testkit/apiServer.ts'

let api: TestApi
let cookie: string
beforeAll(async () => {
  api = await startTestApi({ options: { allowed_hosts: ['Vortex.example.com'] } })
  cookie = cookieOf(
    await api.call({ method: 'POST', url: '/api/login', body: { username: 'otto', password: PASSWORD }, headers: { origin: ORIGIN } }),
  )
})
afterAll(() => api.close())

describe('the Host header', () => {
  it.each(['localhost', 'localhost:3000', '127.0.0.1:3000', '[::1]:3000', 'vortex.example.com', 'VORTEX.example.com.:8443'])(
    'may be %s',
    async (host) => {
      expect((await api.call({ url: '/api/health', headers: { host } })).statusCode).toBe(200)
    },
  )
  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    '0.0.0.0:3000',
    '192.168.1.7',
    'localhost:3000@evil.example',
    'vortex.example.com.evil.example',
    '[::1',
  ])('may not be %j', async (host) => {
    for (const url of ['/api/health', '/api/dags', '/', '/metrics']) {
      const answer = await api.call({ url, headers: { host }, as: 'ada' })
      expect([url, answer.statusCode]).toEqual([url, 403])
    }
  })
})

describe('a change with a session cookie', () => {
  const pause = (headers: Record<string, string>) => api.call({ method: 'PATCH', url: '/api/dags/etl/pause', cookie, headers })
  it('is taken from our own page', async () => {
    expect((await pause({ origin: ORIGIN })).statusCode).toBe(200)
    expect((await pause({ 'sec-fetch-site': 'same-origin' })).statusCode).toBe(200)
  })
  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://localhost:4000' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['nowhere', {}],
    ['another site by fetch metadata', { 'sec-fetch-site': 'cross-site' }],
    ['a look-alike', { origin: 'http://localhost:3000.evil.example' }],
    ['an extension', { origin: 'chrome-extension://localhost:3000' }],
  ])('is refused from %s', async (_, headers) => {
    const answer = await pause(headers as Record<string, string>)
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'forbidden'])
  })
  it('is not taken as a form', async () => {
    const answer = await api.call({
      method: 'POST',
      url: '/api/dags/etl/trigger',
      cookie,
      headers: { origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from('conf='),
    })
    expect(answer.statusCode).toBe(400)
    const multipart = await api.call({
      method: 'POST',
      url: '/api/dags/etl/trigger',
      cookie,
      headers: { origin: ORIGIN, 'content-type': 'multipart/form-data; boundary=x' },
      body: Buffer.from('--x--'),
    })
    expect(multipart.statusCode).toBe(400)
  })
})

describe('sign-in', () => {
  it('is not forged from another site', async () => {
    const answer = await api.call({
      method: 'POST',
      url: '/api/login',
      body: { username: 'vera', password: PASSWORD },
      headers: { origin: 'https://evil.example' },
    })
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined])
  })
  it('asks for Secure when the page was reached by https', async () => {
    const answer = await api.call({
      method: 'POST',
      url: '/api/login',
      body: { username: 'vera', password: PASSWORD },
      headers: { host: 'vortex.example.com', origin: 'https://vortex.example.com' },
    })
    expect(String(answer.headers['set-cookie'])).toContain('; Secure')
  })
  it('needs no Origin for scripts', async () => {
    expect((await api.call({ method: 'POST', url: '/api/login', body: { username: 'vera', password: PASSWORD } })).statusCode).toBe(200)
  })
})

describe('answers', () => {
  it.each(['/', '/api/health', '/api/nothing', '/api/dags', '/api/dags/%FF'])('of %s carry the safety headers and no CORS', async (url) => {
    const { headers } = await api.call({ url, headers: { origin: ORIGIN } })
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'none'",
    )
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
  it('do not grant a preflight', async () => {
    const answer = await api.call({
      method: 'OPTIONS',
      url: '/api/dags',
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    })
    expect(answer.statusCode).toBe(404)
  })
})
