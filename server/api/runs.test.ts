/** Runs, task instances, logs, pools, variables and secrets through the API, on the real engine and SQLite. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskInstanceRecord } from '#db/records.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'

let api: TestApi
let instance: TaskInstanceRecord
beforeAll(async () => {
  api = await startTestApi()
  await api.saveDag(
    makeDagSpec('typed', { params: { n: { value: 1, has_default: true, description: null, schema: { type: 'integer' } } } }),
  )
  await post('/api/dags/etl/trigger', { run_id: 'base', conf: { a: 1 } })
  const run = (await api.store.dagRunGet({ dag_id: 'etl', run_id: 'base' }))!
  instance = (await api.store.taskInstanceGet({ dag_run_id: run.id, task_id: 'extract', map_index: -1 }))!
})
afterAll(() => api.close())

const post = (url: string, body?: object) => api.call({ method: 'POST', url, as: 'otto', ...(body ? { body } : {}) })
const get = (url: string) => api.call({ url, as: 'vera' })
const outcome = async (answer: ReturnType<typeof post>) => {
  const { statusCode, ...rest } = await answer
  return [statusCode, rest.body === '' ? '' : (JSON.parse((await answer).body) as { code?: string }).code]
}

describe('triggering', () => {
  it('needs no body', async () => {
    const answer = await post('/api/dags/etl/trigger')
    expect([answer.statusCode, answer.json<{ triggered_by: string }>().triggered_by]).toEqual([200, 'otto'])
  })
  it('twice with one run id, or one logical date, is a conflict', async () => {
    expect(await outcome(post('/api/dags/etl/trigger', { run_id: 'base' }))).toEqual([409, 'conflict'])
    expect((await post('/api/dags/etl/trigger', { logical_date: '2026-03-01T00:00:00Z' })).statusCode).toBe(200)
    expect(await outcome(post('/api/dags/etl/trigger', { logical_date: '2026-03-01T00:00:00.000Z' }))).toEqual([409, 'conflict'])
    // Before the year 1 PostgreSQL writes dates in a form of its own.
    expect(await outcome(post('/api/dags/etl/trigger', { logical_date: '0000-06-01T00:00:00Z' }))).toEqual([400, 'invalid_request'])
  })
  it('with a large conf gives it with the run, and not in lists', async () => {
    const conf = { n: 1, tables: Array.from({ length: 500 }, (_, at) => `table_${at}`) }
    await post('/api/dags/typed/trigger', { run_id: 'large', conf })
    await post('/api/dags/typed/trigger', { run_id: 'small', conf: { n: 2 } })
    const { data } = (await get('/api/dags/typed/runs?limit=2')).json<{ data: { run_id: string; conf: unknown }[] }>()
    expect(data.map(({ run_id, conf: listed }) => [run_id, listed])).toEqual([
      ['small', { n: 2 }],
      ['large', null],
    ])
    expect((await get('/api/dags/typed/runs/large')).json<{ conf: unknown }>().conf).toEqual(conf)
  })
  it('refuses a conf that does not fit the params, with a pointer', async () => {
    const answer = await post('/api/dags/typed/trigger', { conf: { n: 'one' } })
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      { code: 'invalid_params', details: { errors: [{ pointer: '/conf/n', message: 'must be integer' }] } },
    ])
    expect((await post('/api/dags/typed/trigger', { conf: { n: 2 } })).statusCode).toBe(200)
  })
  it.each(['../../etc', 'a b', 'a/b', '$(id)', "x'; DROP TABLE dag_run; --", ''])('refuses the run id %j', async (run_id) => {
    expect(await outcome(post('/api/dags/etl/trigger', { run_id }))).toEqual([400, 'invalid_request'])
  })
})

describe('lists', () => {
  it('of runs: one DAG, or all of them as ~', async () => {
    const all = (await get('/api/dags/~/runs')).json<{ data: { dag_id: string }[]; total: number }>()
    const one = (await get('/api/dags/typed/runs')).json<{ data: { dag_id: string }[]; total: number }>()
    expect(new Set(all.data.map((run) => run.dag_id))).toEqual(new Set(['etl', 'typed']))
    expect([one.total, new Set(one.data.map((run) => run.dag_id))]).toEqual([3, new Set(['typed'])])
    expect(all.total).toBeGreaterThan(one.total)
  })
  it('page by cursor without gap or repeat', async () => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { data: { run_id: string }[]; next_cursor: string | null } = (
        await get(`/api/dags/~/runs?limit=1${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
      ).json()
      seen.push(...page.data.map((run) => run.run_id))
      cursor = page.next_cursor
    }
    expect(seen.length).toBe((await get('/api/dags/~/runs')).json<{ total: number }>().total)
    expect(new Set(seen).size).toBe(seen.length)
  })
  it('of DAGs show history, active runs and import errors', async () => {
    const [etl] = (await get('/api/dags?search=etl')).json<{
      data: { active_runs: number; recent_runs: object[]; is_paused: boolean; has_import_error: boolean }[]
    }>().data
    expect(etl).toMatchObject({ is_paused: true, has_import_error: false })
    expect(etl!.active_runs).toBe(etl!.recent_runs.length)
  })
  it.each(['limit=0', 'offset=-1', 'limit=1e9', 'paused=maybe', 'cursor=%00'])('refuse ?%s', async (query) => {
    expect((await get(`/api/dags?${query}`)).statusCode).toBe(400)
  })
})

describe('a task instance', () => {
  const base = '/api/dags/etl/runs/base/tasks'
  it('tells why it does not run', async () => {
    const why = (await get(`${base}/extract/why`)).json<{ runnable: boolean; reasons: { code: string }[] }>()
    expect(why.runnable).toBe(false)
    expect(why.reasons.length).toBeGreaterThan(0)
  })
  it('can be marked, read back with its history, and cleared', async () => {
    const marked = await post(`${base}/load/mark`, { state: 'success' })
    expect([marked.statusCode, marked.json<{ state: string }>().state]).toEqual([200, 'success'])
    const found = (await get(`${base}/load`)).json<{ id: number; state: string }>()
    const events = (await get(`/api/task-instances/etl/${found.id}/events`)).json<{ data: { actor: string; to_state: string }[] }>().data
    expect(events.at(-1)).toMatchObject({ actor: 'otto', to_state: 'success' })
    expect((await get(`/api/task-instances/typed/${found.id}/events`)).statusCode).toBe(404)
    const dry = (await post(`${base}/load/clear`, { dry_run: true })).json<{ task_instances: object[] }>()
    expect(dry.task_instances).toEqual([{ run_id: 'base', task_id: 'load', map_index: -1, state: 'success' }])
  })
  it('that does not exist is not found', async () => {
    expect((await get(`${base}/nothing`)).statusCode).toBe(404)
    expect((await get(`${base}/extract?map_index=3`)).statusCode).toBe(404)
  })
})

describe('a log', () => {
  const TEXT = 'héllo wörld ✓ 😀\n'.repeat(50)
  const url = '/api/dags/etl/runs/base/tasks/extract/logs'
  interface Page {
    text: string
    offset: number
    next_offset: number
    size: number
    complete: boolean
  }
  beforeAll(async () => {
    const bytes = Buffer.from(TEXT)
    const name = { task_instance_id: instance.id, attempt: 1 }
    await api.store.logAppend({ ...name, offset: 0, bytes })
  })
  it.each([1, 2, 3, 5, 7, 64])('read in pieces of %i bytes is whole, and no character is cut', async (limit) => {
    let text = ''
    let offset = 0
    for (let i = 0; i < 3000; i += 1) {
      const page = (await get(`${url}?attempt=1&offset=${offset}&limit=${Math.max(limit, 4)}`)).json<Page>()
      if (page.next_offset === offset) break
      expect(page.text).not.toContain('\ufffd')
      text += page.text
      offset = page.next_offset
    }
    expect(text).toBe(TEXT)
  })
  it('can be read from its end', async () => {
    for (const back of [3, 4, 5, 21]) {
      const page = (await get(`${url}?attempt=1&offset=-${back}`)).json<Page>()
      expect(TEXT.endsWith(page.text)).toBe(true)
      expect(page.text).not.toContain('\ufffd')
      expect([page.next_offset, page.size]).toEqual([Buffer.byteLength(TEXT), Buffer.byteLength(TEXT)])
    }
  })
  it('waits for the rest of a character while the attempt runs, and shows what there is at its end', async () => {
    const name = { task_instance_id: instance.id, attempt: 2 }
    await api.store.logAppend({ ...name, offset: 0, bytes: Buffer.from([0x61, 0xf0, 0x9f]) })
    expect((await get(`${url}?attempt=2`)).json<Page>()).toMatchObject({ text: 'a', next_offset: 1, complete: false })
    await api.store.logFinish({ ...name, truncated: false })
    expect((await get(`${url}?attempt=2`)).json<Page>()).toMatchObject({ text: 'a\ufffd', next_offset: 3, complete: true })
  })
  it('tells when its lines came: of the whole, and of pages that begin and end anywhere', async () => {
    const name = { task_instance_id: instance.id, attempt: 3 }
    const lines = ['first', 'sécond ✓', '', 'fourth', 'fifth']
    const bytes = Buffer.from(lines.join('\n'))
    const begin = (line: number) => Buffer.byteLength(lines.slice(0, line).join('\n')) + (line === 0 ? 0 : 1)
    // Of the third line two marks, of which the later one is of the fourth; the second and the fifth have none of their own.
    const times = [
      [begin(0), 100],
      [begin(2), 200],
      [begin(2) + 1, 300],
    ].map(([offset = 0, at = 0]) => ({ offset, at }))
    await api.store.logAppend({ ...name, offset: 0, bytes, times })
    const timesOf = async (offset: number, limit: number) =>
      (await get(`${url}?attempt=3&offset=${offset}&limit=${limit}`)).json<{ times: [number, number][] }>().times
    expect(await timesOf(0, 1000)).toEqual([
      [0, 100],
      [2, 200],
      [3, 300],
    ])
    expect(await timesOf(begin(1), 1000)).toEqual([
      [0, 100],
      [1, 200],
      [2, 300],
    ])
    expect(await timesOf(begin(3) + 2, 1000)).toEqual([[0, 300]])
    expect(await timesOf(begin(4), 2)).toEqual([[0, 300]])
    // Ends where the third line begins, which is of the next page.
    expect(await timesOf(2, begin(2) - 2)).toEqual([[0, 100]])
    expect(await timesOf(begin(2), 1)).toEqual([[0, 200]])
    expect(await timesOf(-3, 1000)).toEqual([[0, 300]])
    expect(await timesOf(1000, 1000)).toEqual([])
  })
  it('that does not exist is empty', async () => {
    expect((await get(`${url}?attempt=9`)).json<Page>()).toMatchObject({ text: '', size: 0, complete: false, times: [] })
  })
})

describe('pools, variables and secrets', () => {
  it('a pool can be made once, changed and deleted; default_pool stays', async () => {
    expect((await post('/api/pools', { name: 'db', slots: 3 })).json()).toMatchObject({ name: 'db', slots: 3, occupied_slots: 0 })
    expect(await outcome(post('/api/pools', { name: 'db', slots: 3 }))).toEqual([409, 'conflict'])
    expect((await api.call({ method: 'PUT', url: '/api/pools/db', as: 'otto', body: { slots: 5 } })).json()).toMatchObject({ slots: 5 })
    expect((await api.call({ method: 'DELETE', url: '/api/pools/db', as: 'otto' })).statusCode).toBe(200)
    expect(await outcome(api.call({ method: 'DELETE', url: '/api/pools/default_pool', as: 'otto' }))).toEqual([409, 'invalid_state'])
  })
  it('a variable with a sensitive name is written but never shown', async () => {
    await api.call({ method: 'PUT', url: '/api/variables/db_password', as: 'otto', body: { value: 'canary-var' } })
    await api.call({ method: 'PUT', url: '/api/variables/bucket', as: 'otto', body: { value: 'b1' } })
    const list = await api.call({ url: '/api/variables', as: 'ada' })
    expect(list.body).not.toContain('canary-var')
    expect(list.json<{ data: { key: string; value: string | null }[] }>().data).toMatchObject([
      { key: 'bucket', value: 'b1' },
      { key: 'db_password', value: null },
    ])
  })
  it('a secret comes out of nothing but the vault: no answer, no log', async () => {
    await api.call({ method: 'POST', url: '/api/secrets', as: 'ada', body: { key: 'k', value: 'canary-secret' } })
    await api.call({ method: 'POST', url: '/api/secrets', as: 'ada', body: { key: 'k', value: 'canary-secret', extra: 1 } })
    for (const url of ['/api/secrets', '/api/variables', '/metrics', '/api/openapi.json'])
      expect((await api.call({ url, as: 'ada' })).body).not.toContain('canary-secret')
    expect(JSON.stringify(api.log)).not.toContain('canary-secret')
    expect((await api.services.vault.resolve(['k'])).get('k')?.reveal()).toBe('canary-secret')
  })
})

describe('metrics', () => {
  it('are Prometheus text with what was committed and how long requests took', async () => {
    const { body, headers } = await get('/metrics')
    expect(headers['content-type']).toContain('version=0.0.4')
    expect(body).toMatch(/^vortex_leader 1$/m)
    expect(body).toMatch(/^vortex_dag_run_changes_total\{state="queued"\} \d+$|^vortex_dag_run_changes_total\{state="running"\} \d+$/m)
    expect(body).toMatch(
      /^vortex_http_request_duration_seconds_bucket\{method="POST",route="\/api\/dags\/:dag_id\/trigger",status="2xx",le="\+Inf"\} \d+$/m,
    )
    expect(body).not.toMatch(/route="[^"]*base/)
    for (const line of body.trim().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-z_]+(\{[^{}]*(\{[^{}]*\})?[^{}]*\})? [\d.e+-]+)$/)
  })
})

describe('what concerns DAG files', () => {
  it('a Variable set or deleted is told to them, and a deleted DAG that a file still defines is said to come back', async () => {
    const told: string[] = []
    const other = await startTestApi({
      change: ({ dagFiles }) => ({
        dagFiles: {
          ...dagFiles,
          variableChanged: (key) => void told.push(key),
          dagDeleted: (id) => (id === 'etl' ? ['pipelines/etl.py'] : []),
        },
      }),
    })
    try {
      await other.call({ method: 'PUT', url: '/api/variables/region', as: 'admin', body: { value: 'eu' } })
      await other.call({ method: 'DELETE', url: '/api/variables/region', as: 'admin' })
      expect(told).toEqual(['region', 'region'])
      const { message } = (await other.call({ method: 'DELETE', url: '/api/dags/etl', as: 'otto' })).json<{ message: string }>()
      expect(message).toContain('Its file pipelines/etl.py still defines it; it will appear again')
    } finally {
      await other.close()
    }
  })
})
