/** Variables at once, what uses them, the system's facts, and a run for no date. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const importing = (body: object) => api.call({ method: 'POST', url: '/api/variables', as: 'otto', body })

describe('variables at once', () => {
  it('are set, and what is no text is stored as its JSON', async () => {
    await api.call({ method: 'PUT', url: '/api/variables/known', as: 'otto', body: { value: 'old', description: 'why it is there' } })
    const dry = await importing({ variables: { known: 'new', fresh: { a: [1] } }, dry_run: true })
    expect(dry.json()).toEqual({ dry_run: true, created: ['fresh'], overwritten: ['known'], skipped: [] })
    expect((await api.call({ url: '/api/variables/fresh', as: 'otto' })).statusCode).toBe(404)
    expect((await importing({ variables: { known: 'new', fresh: { a: [1] } } })).json()).toMatchObject({ created: ['fresh'] })
    expect((await api.call({ url: '/api/variables/fresh', as: 'otto' })).json()).toMatchObject({ value: '{"a":[1]}' })
    expect((await api.call({ url: '/api/variables/known', as: 'otto' })).json()).toMatchObject({
      value: 'new',
      description: 'why it is there',
    })
  })
  it('come with their descriptions if the file has them', async () => {
    await importing({ variables: { told: { value: { a: 1 }, description: 'of the file' } } })
    expect((await api.call({ url: '/api/variables/told', as: 'otto' })).json()).toMatchObject({
      value: '{"a":1}',
      description: 'of the file',
    })
  })
  it('leave what exists alone if asked to', async () => {
    expect((await importing({ variables: { known: 'x', other: '1' }, on_existing: 'skip' })).json()).toEqual({
      dry_run: false,
      created: ['other'],
      overwritten: [],
      skipped: ['known'],
    })
    const refused = await importing({ variables: { known: 'x', another: '1' }, on_existing: 'fail' })
    expect(refused.statusCode).toBe(409)
    expect((await api.call({ url: '/api/variables/another', as: 'otto' })).statusCode).toBe(404)
  })
  it('are replaced unless only a new one is wanted; a description that is not given stays', async () => {
    const put = (body: object) => api.call({ method: 'PUT', url: '/api/variables/once', as: 'otto', body })
    const value = async () => (await api.call({ url: '/api/variables/once', as: 'otto' })).json() as Record<string, unknown>
    expect((await put({ value: '1', description: 'why', if_absent: true })).statusCode).toBe(200)
    const refused = await put({ value: '2', if_absent: true })
    expect([refused.statusCode, refused.json()]).toMatchObject([409, { code: 'conflict', details: { field: 'key' } }])
    expect(await value()).toMatchObject({ value: '1', description: 'why' })
    expect((await put({ value: '3' })).statusCode).toBe(200)
    expect(await value()).toMatchObject({ value: '3', description: 'why' })
  })
  it('name the DAG files that ask for one', async () => {
    const answer = await api.call({ url: '/api/variables/known/uses', as: 'otto' })
    expect([answer.statusCode, answer.json()]).toEqual([200, { files: [] }])
  })
})

it('replaces a secret unless only a new one is wanted', async () => {
  const post = (body: object) => api.call({ method: 'POST', url: '/api/secrets', as: 'admin', body: { key: 'TOKEN', ...body } })
  expect((await post({ value: 'first', if_absent: true })).statusCode).toBe(200)
  const refused = await post({ value: 'second', if_absent: true })
  expect([refused.statusCode, refused.json()]).toMatchObject([409, { code: 'conflict', details: { field: 'key' } }])
  expect((await post({ value: 'third' })).statusCode).toBe(200)
})

it('tells the versions and how many listen', async () => {
  const answer = await api.call({ url: '/api/system', as: 'vera' })
  expect(answer.json()).toMatchObject({
    node_version: process.version,
    database: 'SQLite',
    import_errors: 0,
    dags: 1,
    events: { clients: 0 },
  })
})

it('triggers a run for no date where the rules are those of Airflow 3, and only there', async () => {
  const run = await api.call({ method: 'POST', url: '/api/dags/etl/trigger', as: 'otto', body: { logical_date: null } })
  expect([run.statusCode, run.json<{ logical_date: unknown; data_interval_start: unknown }>()]).toMatchObject([
    200,
    { logical_date: null, data_interval_start: null, state: 'running' },
  ])
  await api.saveDag(makeDagSpec('two', { dialect: '2' }))
  const refused = await api.call({ method: 'POST', url: '/api/dags/two/trigger', as: 'otto', body: { logical_date: null } })
  expect([refused.statusCode, refused.json<{ details: unknown }>().details]).toEqual([400, { field: 'logical_date' }])
})

it('lists what waits for a pool', async () => {
  await api.call({ method: 'POST', url: '/api/dags/etl/trigger', as: 'otto', body: {} })
  const answer = await api.call({ url: '/api/pools/default_pool/tasks', as: 'vera' })
  expect(answer.statusCode).toBe(200)
  expect(answer.json<{ data: object[]; total: number }>().data[0]).toMatchObject({ dag_id: 'etl', task_id: 'extract', state: 'scheduled' })
})
