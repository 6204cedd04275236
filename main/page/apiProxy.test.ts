import { describe, expect, it } from 'vitest'
import { NoUpstream } from '../server/upstream.ts'
import { proxyToServer, type ProxyOptions } from './apiProxy.ts'

interface Sent {
  url: string
  init: RequestInit
}

function proxy(change: Partial<ProxyOptions> & { answer?: () => Response | Promise<Response> } = {}) {
  const sent: Sent[] = []
  const told: string[] = []
  const { answer = () => Response.json({ ok: true }), ...more } = change
  const options: ProxyOptions = {
    upstream: () => Promise.resolve({ url: 'http://127.0.0.1:4000', key: 'the-key' }),
    fetch: (url, init) => {
      sent.push({ url: url as string, init: init ?? {} })
      return Promise.resolve(answer())
    },
    refusal: () => Promise.resolve(null),
    onRefused: (key) => told.push(`refused ${key}`),
    onUnreachable: () => told.push('unreachable'),
    ...more,
  }
  return { sent, told, ask: (request: Request, path = '/api/dags') => proxyToServer(request, path, options) }
}
const request = (init?: RequestInit): Request => new Request('http://page/api/dags', init)

describe('requests of the page', () => {
  it('go on with the key, and with nothing else that the page could smuggle', async () => {
    const { ask, sent } = proxy()
    const headers = {
      authorization: 'Bearer stolen',
      cookie: 'a=b',
      origin: 'http://evil',
      'x-forwarded-for': '1',
      accept: 'application/json',
    }
    await ask(request({ method: 'POST', headers, body: '{}' }))
    expect(sent[0]?.url).toBe('http://127.0.0.1:4000/api/dags')
    expect(sent[0]?.init).toMatchObject({ method: 'POST', credentials: 'omit', redirect: 'error' })
    expect(Object.keys(sent[0]?.init.headers ?? {}).sort()).toEqual(['accept', 'authorization', 'content-type'])
    expect((sent[0]?.init.headers as Record<string, string>)['authorization']).toBe('Bearer the-key')
  })

  it('get the answer without what concerns the key', async () => {
    const { ask } = proxy({ answer: () => new Response('{}', { headers: { 'set-cookie': 'a=b', server: 'x', etag: '"1"' } }) })
    const answer = await ask(request())
    expect([...answer.headers.keys()].sort()).toEqual(['content-type', 'etag'])
  })

  it('are ended at the server when the page ends them', async () => {
    const { ask, sent } = proxy({ answer: () => new Response(new ReadableStream()) })
    const answer = await ask(request(), '/api/events')
    expect(sent[0]?.init.signal?.aborted).toBe(false)
    await answer.body?.cancel()
    expect(sent[0]?.init.signal?.aborted).toBe(true)
  })

  it('are answered in words when there is no server', async () => {
    const starting = proxy({ upstream: () => Promise.reject(new NoUpstream('The local server is still starting.')) })
    const answer = await starting.ask(request())
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ message: 'The local server is still starting.' })
    const gone = proxy({ fetch: () => Promise.reject(new TypeError('fetch failed')) })
    expect((await gone.ask(request())).status).toBe(503)
    expect(gone.told).toEqual(['unreachable'])
  })

  it('tell when the key is refused', async () => {
    const { ask, told } = proxy({ answer: () => Response.json({ code: 'unauthorized' }, { status: 401 }) })
    expect((await ask(request())).status).toBe(401)
    expect(told).toEqual(['refused the-key'])
  })

  it('keep the key when somebody else than the controller asks for a sign-in', async () => {
    const portals = [
      () => new Response('<h1>Sign in to the Wi-Fi</h1>', { status: 401, headers: { 'content-type': 'text/html' } }),
      () => Response.json({ error: 'login required' }, { status: 401 }),
    ]
    for (const answer of portals) {
      const { ask, told } = proxy({ answer })
      const got = await ask(request())
      expect(got.status).toBe(503)
      expect(await got.json()).toMatchObject({ message: expect.stringContaining('a proxy or the portal') })
      expect(told).toEqual([])
    }
  })

  it('are not sent when the connection refuses changes', async () => {
    const { ask, sent } = proxy({ refusal: ({ method, path }) => Promise.resolve(`No ${method} ${path}.`) })
    const answer = await ask(request({ method: 'POST', body: '{}' }), '/api/dags/etl/trigger')
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 'forbidden', message: 'No POST /api/dags/etl/trigger.' })
    expect(sent).toEqual([])
    expect((await ask(request())).status).toBe(200)
  })
})
