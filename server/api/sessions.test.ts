import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cookieOf, ORIGIN, PASSWORD, startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { createFakeClock, type FakeClock } from '#testkit/fakeClock.ts'
import { hashToken } from './auth/tokens.ts'

const HOUR = 3_600_000
let api: TestApi
let clock: FakeClock
beforeAll(async () => {
  clock = createFakeClock(Date.now())
  api = await startTestApi({ clock })
})
afterAll(() => api.close())
// Each test meets a throttle that has forgotten the one before.
beforeEach(() => clock.advance(HOUR))

const browser = { origin: ORIGIN }
const signIn = (username = 'vera', password = PASSWORD, more: object = {}) =>
  api.call({ method: 'POST', url: '/api/login', body: { username, password, ...more }, headers: browser })
/** The last use is noted without making the request wait; the writer answers in order. */
const lastUseNoted = () => api.store.ping()
const me = (cookie: string) => api.call({ url: '/api/me', cookie })

describe('a session', () => {
  it('is a cookie that scripts cannot read, other sites do not get, and the database knows by its hash only', async () => {
    const answer = await signIn()
    expect(answer.json()).toEqual({ username: 'vera', role: 'Viewer', api_key: null })
    const header = String(answer.headers['set-cookie'])
    expect(header).toMatch(/^vortex_session_3000=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/)
    const token = cookieOf(answer).split('=')[1]!
    expect(await api.store.sessionGet({ token_hash: token })).toBeNull()
    expect(await api.store.sessionGet({ token_hash: hashToken(token) })).toMatchObject({ username: 'vera' })
    expect((await me(cookieOf(answer))).json()).toMatchObject({ username: 'vera', role: 'Viewer' })
  })
  it('gets a new id with every sign-in, and never the one that was sent', async () => {
    const planted = 'vortex_session_3000=' + 'a'.repeat(43)
    const answer = await api.call({
      method: 'POST',
      url: '/api/login',
      cookie: planted,
      body: { username: 'vera', password: PASSWORD },
      headers: browser,
    })
    expect(cookieOf(answer)).not.toBe(planted)
    expect((await me(planted)).statusCode).toBe(401)
  })
  it('ends 12 hours after its last use', async () => {
    const cookie = cookieOf(await signIn())
    for (let i = 0; i < 3; i += 1) {
      clock.advance(11 * HOUR)
      expect((await me(cookie)).statusCode).toBe(200)
      await lastUseNoted()
    }
    clock.advance(12 * HOUR - 1000)
    expect((await me(cookie)).statusCode).toBe(200)
    clock.advance(12 * HOUR + 61_000)
    expect((await me(cookie)).statusCode).toBe(401)
  })
  it('ends after 30 days in any case', async () => {
    const cookie = cookieOf(await signIn())
    for (let day = 0; day < 59; day += 1) {
      clock.advance(12 * HOUR - 1000)
      expect((await me(cookie)).statusCode).toBe(200)
      await lastUseNoted()
    }
    clock.advance(12 * HOUR)
    expect((await me(cookie)).statusCode).toBe(401)
  })
  it('ends at once when its user signs out', async () => {
    const cookie = cookieOf(await signIn())
    const answer = await api.call({ method: 'POST', url: '/api/logout', cookie, headers: browser })
    expect([answer.statusCode, String(answer.headers['set-cookie'])]).toEqual([
      200,
      expect.stringMatching(/^vortex_session_3000=; .*Expires=Thu, 01 Jan 1970/),
    ])
    expect((await me(cookie)).statusCode).toBe(401)
  })
  it('ends when an Admin changes the role, and with the user', async () => {
    await api.call({ method: 'POST', url: '/api/users', as: 'ada', body: { username: 'temp', password: PASSWORD, role: 'Viewer' } })
    const before = cookieOf(await signIn('temp'))
    await api.call({ method: 'PATCH', url: '/api/users/temp', as: 'ada', body: { role: 'Operator' } })
    expect((await me(before)).statusCode).toBe(401)
    const after = cookieOf(await signIn('temp'))
    expect((await me(after)).json()).toMatchObject({ username: 'temp', role: 'Operator' })
    await api.call({ method: 'DELETE', url: '/api/users/temp', as: 'ada' })
    expect((await me(after)).statusCode).toBe(401)
  })
  it('survives its own password change while all others end', async () => {
    await api.call({ method: 'POST', url: '/api/users', as: 'ada', body: { username: 'pat', password: PASSWORD, role: 'Viewer' } })
    const [mine, other] = [cookieOf(await signIn('pat')), cookieOf(await signIn('pat'))]
    const change = (old_password: string | null) =>
      api.call({
        method: 'POST',
        url: '/api/me/password',
        cookie: mine,
        headers: browser,
        body: { old_password, new_password: 'a brand new password' },
      })
    expect((await change('wrong password')).statusCode).toBe(400)
    expect((await change(null)).statusCode).toBe(400)
    expect((await change(PASSWORD)).statusCode).toBe(200)
    expect([(await me(mine)).statusCode, (await me(other)).statusCode]).toEqual([200, 401])
    expect((await signIn('pat')).statusCode).toBe(401)
    expect((await signIn('pat', 'a brand new password')).statusCode).toBe(200)
  })
})

describe('an API key', () => {
  it('works bare and as Bearer, is shown once, and is known by its hash only', async () => {
    const made = (await api.call({ method: 'POST', url: '/api/api-keys', as: 'vera', body: { name: 'ci', expires_in_days: 1 } })).json<{
      api_key: string
      prefix: string
      id: number
    }>()
    expect(made.api_key).toMatch(/^vx_[\w-]{43}$/)
    expect(made.api_key.startsWith(made.prefix)).toBe(true)
    for (const authorization of [made.api_key, `Bearer ${made.api_key}`, `bearer ${made.api_key}`])
      expect((await api.call({ url: '/api/me', headers: { authorization } })).statusCode).toBe(200)
    expect((await api.call({ url: '/api/api-keys', as: 'vera' })).body).not.toContain(made.api_key)
    clock.advance(25 * HOUR)
    const expired = await api.call({ url: '/api/me', headers: { authorization: made.api_key } })
    const unknown = await api.call({ url: '/api/me', headers: { authorization: 'vx_unknown' } })
    expect([expired.statusCode, expired.json<{ message: string }>().message]).toEqual([401, unknown.json<{ message: string }>().message])
  })
  it('ends at once when it is revoked', async () => {
    const made = (await api.call({ method: 'POST', url: '/api/api-keys', as: 'vera', body: { name: 'ci' } })).json<{
      api_key: string
      id: number
    }>()
    expect((await api.call({ method: 'DELETE', url: `/api/api-keys/${made.id}`, as: 'vera' })).statusCode).toBe(200)
    expect((await api.call({ url: '/api/me', headers: { authorization: made.api_key } })).statusCode).toBe(401)
  })
  it('makes none that outlives it, and sets no first password', async () => {
    const make = async (authorization: string | null, body: object) =>
      await api.call({
        method: 'POST',
        url: '/api/api-keys',
        body: { name: 'ci', ...body },
        ...(authorization === null ? { as: 'vera' as const } : { headers: { authorization } }),
      })
    const week = (await make(null, { expires_in_days: 7 })).json<{ api_key: string }>().api_key
    for (const body of [{}, { expires_in_days: 8 }])
      expect((await make(week, body)).json()).toMatchObject({ code: 'invalid_request', details: { field: 'expires_in_days' } })
    expect((await make(week, { expires_in_days: 6 })).statusCode).toBe(200)
    const endless = (await make(null, {})).json<{ api_key: string }>().api_key
    expect((await make(endless, {})).statusCode).toBe(200)
    await api.store.userUpdate({ username: 'vera', set: { password_hash: null } })
    const setFirst = await api.call({
      method: 'POST',
      url: '/api/me/password',
      headers: { authorization: endless },
      body: { old_password: null, new_password: 'a password of a thief' },
    })
    expect(setFirst.statusCode).toBe(403)
    await api.call({ method: 'PATCH', url: '/api/users/vera', as: 'ada', body: { password: PASSWORD } })
    expect((await signIn()).statusCode).toBe(200)
  })
  it('outlives a new password unless the Admin who sets it revokes the keys', async () => {
    await api.call({ method: 'POST', url: '/api/users', as: 'ada', body: { username: 'lost', password: PASSWORD, role: 'Viewer' } })
    const { api_key } = (await signIn('lost', PASSWORD, { issue_api_key: true })).json<{ api_key: string }>()
    const status = async () => (await api.call({ url: '/api/me', headers: { authorization: api_key } })).statusCode
    const change = (body: object) => api.call({ method: 'PATCH', url: '/api/users/lost', as: 'ada', body })
    await change({ password: 'a brand new password' })
    expect(await status()).toBe(200)
    await change({ password: 'another new password', revoke_api_keys: true })
    expect(await status()).toBe(401)
    expect((await api.store.apiKeyList({ username: 'lost' })).length).toBe(0)
  })
  it('that is wrong is not rescued by a good cookie', async () => {
    const cookie = cookieOf(await signIn())
    expect((await api.call({ url: '/api/me', cookie, headers: { authorization: 'Basic dmVyYTp4' } })).statusCode).toBe(401)
  })
  it('comes with sign-in on request', async () => {
    const { api_key } = (await signIn('vera', PASSWORD, { issue_api_key: true })).json<{ api_key: string }>()
    expect((await api.call({ url: '/api/me', headers: { authorization: api_key } })).json()).toMatchObject({
      username: 'vera',
      role: 'Viewer',
    })
  })
})

describe('a sign-in link', () => {
  const useLink = (token: string) => api.call({ method: 'POST', url: '/api/login/link', body: { token }, headers: browser })
  it('works once', async () => {
    const token = await api.services.accounts.createLoginLink('admin')
    const first = await useLink(token)
    expect([first.statusCode, first.json()]).toEqual([200, { username: 'admin', role: 'Admin' }])
    expect((await me(cookieOf(first))).statusCode).toBe(200)
    expect((await useLink(token)).statusCode).toBe(401)
  })
  it('works for one of two that come at the same time', async () => {
    const token = await api.services.accounts.createLoginLink('admin')
    const answers = await Promise.all([useLink(token), useLink(token), useLink(token)])
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 401, 401])
  })
  it('ends after 15 minutes', async () => {
    const token = await api.services.accounts.createLoginLink('admin')
    clock.advance(15 * 60_000 + 1)
    expect((await useLink(token)).statusCode).toBe(401)
  })
  it('is for users that exist', async () => {
    await expect(api.services.accounts.createLoginLink('nobody')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('guessing', () => {
  it('gets the same answer for an unknown user and for a wrong password', async () => {
    const [unknown, wrong] = [await signIn('nobody', 'guess guess 12'), await signIn('vera', 'guess guess 12')]
    expect([unknown.statusCode, unknown.json<{ message: string }>().message]).toEqual([401, wrong.json<{ message: string }>().message])
  })
  it('is slowed down per account and address, for a minute at most, and a wait mends it', async () => {
    for (let i = 0; i < 5; i += 1) expect((await signIn('ada', 'guess guess 12')).statusCode).toBe(401)
    const held = await signIn('ada')
    expect([held.statusCode, held.json<{ code: string }>().code, held.headers['retry-after']]).toEqual([429, 'rate_limited', '1'])
    for (let i = 0; i < 12; i += 1) {
      clock.advance(60_000)
      expect((await signIn('ada', 'guess guess 12')).statusCode).toBe(401)
    }
    expect(Number((await signIn('ada')).headers['retry-after'])).toBeLessThanOrEqual(60)
    clock.advance(60_000)
    expect((await signIn('ada')).statusCode).toBe(200)
  })
  it('in parallel gets no more tries than one by one', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => signIn('otto', 'guess guess 12')))
    expect(answers.filter((answer) => answer.statusCode === 401).length).toBe(5)
    expect(answers.filter((answer) => answer.statusCode === 429).length).toBe(11)
  })
})

describe('the first start', () => {
  it('keeps a password that somebody chose, and never makes a second admin', async () => {
    expect(await api.services.accounts.ensureAdmin({ password: 'some other password' })).toEqual({
      username: 'admin',
      created: false,
      has_password: true,
    })
    expect((await signIn('admin')).statusCode).toBe(200)
  })
  it('refuses a short password in the environment', async () => {
    await expect(api.services.accounts.ensureAdmin({ password: 'short' })).rejects.toThrow(/VORTEX_ADMIN_PASSWORD/)
  })
  it('leaves a server without default accounts', async () => {
    for (const password of ['admin', 'password', 'vortex', 'changeme', ''])
      expect((await signIn('admin', password)).statusCode).not.toBe(200)
  })
})

describe('the last Admin', () => {
  it('can be neither deleted nor demoted', async () => {
    expect((await api.call({ method: 'DELETE', url: '/api/users/admin', as: 'ada' })).statusCode).toBe(200)
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { role: 'Viewer' }],
    ] as const) {
      const answer = await api.call({ method, url: '/api/users/ada', as: 'ada', ...(body ? { body } : {}) })
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([409, 'invalid_state'])
    }
  })
})
