import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'

let api: TestApi
let changed: string[]
beforeAll(async () => {
  changed = []
  api = await startTestApi({
    change: ({ dagFiles }) => ({ dagFiles: { ...dagFiles, connectionChanged: (conn_id) => changed.push(conn_id) } }),
  })
})
afterAll(() => api.close())

const EXTRA = '{"region": "eu", "api_token": "t0ken-value", "nested": {"private_key": ["k3y-value"]}}'
const whole = {
  conn_type: 'postgres',
  description: 'd',
  host: 'h',
  port: 5432,
  schema: 's',
  login: 'l',
  password: 'hunter22',
  extra: EXTRA,
}
const as = (user: 'vera' | 'otto' | 'ada', method: string, path: string, body?: unknown) =>
  api.call({ method, url: `/api/connections${path}`, as: user, ...(body === undefined ? {} : { body }) })
const stored = (conn_id: string) => api.services.connections.find(conn_id)

describe('connections', () => {
  test('are seen by id and type by an Operator, changed by an Admin, and not there for a Viewer', async () => {
    expect((await as('ada', 'POST', '', { conn_id: 'roles', ...whole })).statusCode).toBe(200)
    const statuses = async (user: 'vera' | 'otto') => [
      (await as(user, 'GET', '')).statusCode,
      (await as(user, 'GET', '/roles')).statusCode,
      (await as(user, 'PUT', '/roles', whole)).statusCode,
      (await as(user, 'POST', '', { conn_id: 'x', ...whole })).statusCode,
      (await as(user, 'POST', '/import', { connections: {} })).statusCode,
      (await as(user, 'DELETE', '/roles')).statusCode,
    ]
    expect(await statuses('vera')).toEqual([403, 403, 403, 403, 403, 403])
    expect(await statuses('otto')).toEqual([200, 403, 403, 403, 403, 403])
    expect((await as('otto', 'GET', '?search=rol')).json<{ data: unknown[] }>().data).toEqual([
      { conn_id: 'roles', conn_type: 'postgres', description: 'd', updated_at: expect.any(String) as string },
    ])
  })

  test('come back without what is secret, from every answer and from the log', async () => {
    const answers = [
      await as('ada', 'POST', '', { conn_id: 'sec/ret', ...whole }),
      await as('ada', 'GET', '/sec%2Fret'),
      await as('ada', 'PUT', '/sec%2Fret', { ...whole, host: 'h2' }),
      await as('ada', 'GET', ''),
    ]
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 200])
    expect(answers[1]?.json()).toMatchObject({
      conn_id: 'sec/ret',
      has_password: true,
      extra: '{"region":"eu","api_token":"***","nested":{"private_key":["***"]}}',
    })
    const everything = answers.map((answer) => answer.body).join('') + JSON.stringify(api.log)
    for (const secret of ['hunter22', 't0ken-value', 'k3y-value']) expect(everything).not.toContain(secret)
    expect(JSON.stringify(await api.store.connectionGet({ conn_id: 'sec/ret' }))).not.toContain('hunter22')
  })

  test('keep password and hidden values through a change that does not give them, and lose them when told to', async () => {
    await as('ada', 'POST', '', { conn_id: 'kept', ...whole })
    const { password: _, ...withoutPassword } = whole
    await as('ada', 'PUT', '/kept', { ...withoutPassword, extra: '{"region":"us","api_token":"***"}' })
    expect(await stored('kept')).toMatchObject({ password: 'hunter22', extra: '{"region":"us","api_token":"t0ken-value"}' })
    await as('ada', 'PUT', '/kept', { conn_type: 'http', password: null, extra: '' })
    expect(await stored('kept')).toEqual({
      ...{ conn_type: 'http', description: '', host: null, port: null, schema: null, login: null },
      ...{ password: null, extra: null },
    })
    expect(changed.filter((id) => id === 'kept')).toHaveLength(3)
  })

  test.each([
    [{ conn_id: 'no spaces', conn_type: 'http' }, 'params.conn_id'],
    [{ conn_id: 'x', conn_type: 'ht tp' }, 'conn_type'],
    [{ conn_id: 'x', conn_type: 'http', port: 70_000 }, 'port'],
    [{ conn_id: 'x', conn_type: 'http', extra: '[1]' }, 'extra'],
    [{ conn_id: 'x', conn_type: 'http', extra: '{"token": "***"}' }, 'extra'],
    [{ conn_id: 'x', conn_type: 'http', passwd: 'y' }, 'passwd'],
  ])('that are wrong are refused: %j', async (body, word) => {
    const answer = await as('ada', 'POST', '', body)
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain(word.split('.').at(-1))
    expect(await stored('x')).toBeNull()
  })

  test('of an id that is taken are a conflict, unknown ones are not found', async () => {
    await as('ada', 'POST', '', { conn_id: 'taken', conn_type: 'http' })
    expect((await as('ada', 'POST', '', { conn_id: 'taken', conn_type: 'ssh' })).statusCode).toBe(409)
    expect([(await as('ada', 'GET', '/nope')).statusCode, (await as('ada', 'DELETE', '/nope')).statusCode]).toEqual([404, 404])
    expect((await as('ada', 'DELETE', '/taken')).statusCode).toBe(200)
    expect(await stored('taken')).toBeNull()
  })
})

describe('a file of connections', () => {
  const file = {
    as_uri: 'postgresql://u:p%40ss@h:1/db?sslmode=require',
    as_object: {
      conn_type: 'aws',
      login: 'AK',
      password: 'sk',
      port: '',
      extra: { region_name: 'eu' },
      description: null,
      conn_id: 'as_object',
    },
  }

  test('is told first, then stored; URIs and the objects of an export alike', async () => {
    const plan = await as('ada', 'POST', '/import', { connections: file, dry_run: true })
    expect(plan.json()).toEqual({ dry_run: true, created: ['as_uri', 'as_object'], overwritten: [], skipped: [] })
    expect(await stored('as_uri')).toBeNull()
    await as('ada', 'POST', '/import', { connections: file })
    expect(await stored('as_uri')).toMatchObject({ conn_type: 'postgres', password: 'p@ss', extra: '{"sslmode":"require"}' })
    expect(await stored('as_object')).toMatchObject({ conn_type: 'aws', login: 'AK', port: null, extra: '{"region_name":"eu"}' })
  })

  test('leaves what is there alone, or is refused, if asked to; without passwords it keeps those of the same host and login', async () => {
    const again = { as_object: { conn_type: 's3', login: 'AK', extra: null } }
    expect((await as('ada', 'POST', '/import', { connections: again, on_existing: 'fail' })).statusCode).toBe(409)
    expect((await as('ada', 'POST', '/import', { connections: again, on_existing: 'skip' })).json()).toMatchObject({
      skipped: ['as_object'],
    })
    expect((await as('ada', 'POST', '/import', { connections: again })).json()).toMatchObject({ overwritten: ['as_object'] })
    expect(await stored('as_object')).toMatchObject({ conn_type: 's3', password: 'sk', extra: null })
    await as('ada', 'POST', '/import', { connections: { as_object: { conn_type: 's3', login: 'AK', host: 'elsewhere.example.com' } } })
    expect(await stored('as_object')).toMatchObject({ host: 'elsewhere.example.com', login: 'AK', password: null })
  })

  test.each([
    { bad: 7 },
    { bad: 'no uri with hunter22' },
    { bad: { conn_type: 'x', port: 'many' } },
    { bad: { conn_type: 'x', colour: 'red' } },
  ])('with one that is wrong stores none, and names it: %j', async (bad) => {
    const answer = await as('ada', 'POST', '/import', { connections: { fine: 'http://h', ...bad } })
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('Connection \\"bad\\"')
    expect(answer.body).not.toContain('hunter22')
    expect(await stored('fine')).toBeNull()
  })
})
