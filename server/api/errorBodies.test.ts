import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '#contract/errors.ts'
import { StoreUnavailable } from '#db/store.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

interface Body {
  code: keyof typeof ERRORS
  message: string
  details: { errors: { field: string; message: string }[] } | null
  request_id: string
}

describe('error bodies', () => {
  it.each([
    [
      'malformed JSON',
      { method: 'POST', url: '/api/dags/etl/trigger', payload: '{"conf":', headers: { 'content-type': 'application/json' } },
      'invalid_request',
      /not valid JSON/,
    ],
    [
      'a form instead of JSON',
      { method: 'POST', url: '/api/dags/etl/trigger', payload: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      'invalid_request',
      /application\/json/,
    ],
    [
      'plain text instead of JSON',
      { method: 'POST', url: '/api/dags/etl/trigger', payload: '{}', headers: { 'content-type': 'text/plain' } },
      'invalid_request',
      /application\/json/,
    ],
    [
      'an unknown field',
      { method: 'POST', url: '/api/dags/etl/trigger', payload: { config: {} } },
      'invalid_request',
      /body\.config is not a known field/,
    ],
    ['an unknown query field', { method: 'GET', url: '/api/dags?limti=3' }, 'invalid_request', /querystring\.limti is not a known field/],
    [
      'a wrong type in the body',
      { method: 'POST', url: '/api/dags/etl/trigger', payload: { note: 3 } },
      'invalid_request',
      /body\.note must be string/,
    ],
    ['a wrong type in the query', { method: 'GET', url: '/api/dags?limit=many' }, 'invalid_request', /querystring\.limit must be integer/],
    ['a limit above the largest', { method: 'GET', url: '/api/dags?limit=501' }, 'invalid_request', /querystring\.limit must be <= 500/],
    ['a missing field', { method: 'POST', url: '/api/pools', payload: { name: 'p' } }, 'invalid_request', /body\.slots is required/],
    [
      'a word outside of the list',
      { method: 'GET', url: '/api/dags/etl/runs?state=done' },
      'invalid_request',
      /must be one of queued, running, success, failed/,
    ],
    [
      'a body where none belongs',
      { method: 'PATCH', url: '/api/dags/etl/pause', payload: { force: true } },
      'invalid_request',
      /takes no body/,
    ],
    [
      'a poisoned prototype',
      { method: 'POST', url: '/api/dags/etl/trigger', payload: '{"__proto__":{"x":1}}', headers: { 'content-type': 'application/json' } },
      'invalid_request',
      /JSON/,
    ],
    ['a path that is not UTF-8', { method: 'GET', url: '/api/dags/%FF' }, 'invalid_request', /./],
    [
      'a date that does not exist',
      { method: 'GET', url: '/api/dags/etl/runs?logical_date_from=2026-13-01T00:00:00Z' },
      'invalid_request',
      /logical_date_from/,
    ],
    ['an unknown path', { method: 'GET', url: '/api/dag' }, 'not_found', /openapi/],
    ['an unknown method', { method: 'PUT', url: '/api/dags' }, 'not_found', /PUT/],
    ['an unknown DAG', { method: 'GET', url: '/api/dags/nothing' }, 'not_found', /DAG "nothing"/],
    ['an unknown run', { method: 'GET', url: '/api/dags/etl/runs/nothing' }, 'not_found', /run "nothing"/],
  ] as const)('answer %s with a code and a sentence', async (_, request, code, message) => {
    const headers = { host: 'localhost:3000', authorization: `Bearer ${api.keys.ada}`, ...('headers' in request ? request.headers : {}) }
    const response = await api.app.inject({ ...request, headers })
    const body = response.json<Body>()
    expect({ status: response.statusCode, code: body.code }).toEqual({ status: ERRORS[code].status, code })
    expect(body.message).toMatch(message)
    expect(Object.keys(body).sort()).toEqual(['code', 'details', 'message', 'request_id'])
    expect(body.request_id).toBe(response.headers['x-request-id'])
    expect(response.body).not.toMatch(/node_modules|\.ts:|SELECT|at .*\(/)
  })

  it('refuse a body above 2 MiB', async () => {
    const response = await api.call({
      method: 'POST',
      url: '/api/dags/etl/trigger',
      as: 'ada',
      body: { note: 'x'.repeat(2 * 1024 * 1024) },
    })
    expect([response.statusCode, response.json<Body>().code]).toEqual([413, 'too_large'])
  })

  it('take over a request id that is safe, and replace any other', async () => {
    const given = await api.call({ url: '/api/health', headers: { 'x-request-id': 'build-17.3' } })
    const forged = await api.call({ url: '/api/health', headers: { 'x-request-id': 'a\u0020b"<script>' } })
    expect(given.headers['x-request-id']).toBe('build-17.3')
    expect(forged.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('failures inside', () => {
  it('become internal, and only the log knows more', async () => {
    const broken = await startTestApi({
      change: ({ leader }) => ({
        leader: {
          ...leader,
          counts: () => {
            throw new TypeError('SELECT secret FROM /etc/passwd')
          },
        },
      }),
    })
    const response = await broken.call({ url: '/api/swarm/status', as: 'vera' })
    expect([response.statusCode, response.json<Body>().code]).toEqual([500, 'internal'])
    expect(response.body).not.toContain('passwd')
    const logged = broken.log.find((entry) => entry['msg'] === 'request failed')
    expect(logged?.['request_id']).toBe(response.json<Body>().request_id)
    expect(JSON.stringify(logged)).toContain('passwd')
    await broken.close()
  })

  it('become 503 with Retry-After while the database is away, for the session check too', async () => {
    const away = async (): Promise<never> => {
      throw new StoreUnavailable('connection refused at 10.0.0.1')
    }
    const broken = await startTestApi({ change: ({ store }) => ({ store: { ...store, poolList: away, ping: away } }) })
    const response = await broken.call({ url: '/api/pools', as: 'vera' })
    expect([response.statusCode, response.json<Body>().code, response.headers['retry-after']]).toEqual([503, 'database_unavailable', '2'])
    expect(response.body).not.toContain('10.0.0.1')
    const health = await broken.call({ url: '/api/health' })
    expect([health.statusCode, health.json<{ status: string; database: string }>()]).toMatchObject([
      200,
      { status: 'degraded', database: 'down' },
    ])
    expect((await broken.call({ url: '/api/ready' })).statusCode).toBe(503)
    await broken.close()
  })
})
