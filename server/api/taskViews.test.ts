/** What the pages of runs and task instances read and write beside the objects, on the real engine and SQLite. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskInstanceRecord } from '#db/records.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { median } from './routes/taskViews.ts'

let api: TestApi
let instance: TaskInstanceRecord
const BASE = '/api/dags/etl/runs/base'
beforeAll(async () => {
  api = await startTestApi()
  for (const run_id of ['before', 'base', 'after']) await call('POST', '/api/dags/etl/trigger', { run_id })
  const run = (await api.store.dagRunGet({ dag_id: 'etl', run_id: 'base' }))!
  instance = (await api.store.taskInstanceGet({ dag_run_id: run.id, task_id: 'extract', map_index: -1 }))!
})
afterAll(() => api.close())

const call = async (method: 'GET' | 'POST' | 'PUT', url: string, body?: object, as: 'vera' | 'otto' = 'otto') => {
  const answer = await api.call({ method, url, as, ...(body ? { body } : {}) })
  return { status: answer.statusCode, ...answer.json<Record<string, unknown>>() } as Record<string, unknown> & { status: number }
}

describe('a log', () => {
  it('has an index and is searched', async () => {
    const text = Array.from({ length: 50 }, (_, at) => (at === 30 ? 'ERROR the needle' : `line ${at}`)).join('\n')
    const bytes = Buffer.from(`${text}\n`)
    await api.store.logWhole({ task_instance_id: instance.id, attempt: 1, bytes, truncated: false })
    const log = `${BASE}/tasks/extract/logs`
    expect(await call('GET', `${log}/index?attempt=1`)).toMatchObject({
      status: 200,
      lines: 50,
      starts: [0],
      first_lines: [0],
      complete: true,
    })
    expect(await call('GET', `${log}/search?attempt=1&q=NEEDLE`)).toMatchObject({ matches: [{ line: 30, text: 'ERROR the needle' }] })
    expect(await call('GET', `${log}/search?attempt=1&level=error`, undefined, 'vera')).toMatchObject({ matches: [{ line: 30 }] })
    expect((await call('GET', `${log}/search?attempt=1`)).status).toBe(400)
  })
})

describe('a note', () => {
  it('is written on a run and on a task instance, and told in the ledger', async () => {
    expect(await call('PUT', `${BASE}/note`, { note: 'look at *this*' })).toMatchObject({ status: 200, note: 'look at *this*' })
    expect(await call('PUT', `${BASE}/tasks/extract/note`, { note: 'flaky' })).toMatchObject({ note: 'flaky' })
    expect(await call('GET', `${BASE}/tasks/extract`)).toMatchObject({ note: 'flaky' })
    const events = (await call('GET', `${BASE}/events?run_only=true`))['data'] as object[]
    expect(events[0]).toMatchObject({ kind: 'dag_run.note', actor: 'otto', message: 'look at *this*' })
    const ofTask = (await call('GET', `${BASE}/events?task_id=extract`))['data'] as object[]
    expect(ofTask[0]).toMatchObject({ kind: 'task_instance.note', message: 'flaky' })
  })
  it('of blanks is none', async () => {
    expect(await call('PUT', `${BASE}/note`, { note: '  ' })).toMatchObject({ note: null })
  })
  it('is for Operators, and has a limit', async () => {
    expect((await call('PUT', `${BASE}/note`, { note: 'x' }, 'vera')).status).toBe(403)
    expect((await call('PUT', `${BASE}/note`, { note: 'x'.repeat(1001) })).status).toBe(400)
  })
})

describe('marking several', () => {
  const mark = (body: object, as: 'vera' | 'otto' = 'otto') => call('POST', `${BASE}/mark-tasks`, body, as)
  const named = (answer: Record<string, unknown>) =>
    (answer['task_instances'] as { run_id: string; task_id: string }[]).map(({ run_id, task_id }) => `${run_id} ${task_id}`)

  it('says first what would change', async () => {
    const all = await mark({ task_ids: ['extract'], state: 'success', include_downstream: true, include_past: true, dry_run: true })
    expect(named(all).filter((name) => name.startsWith('base'))).toContain('base extract')
    expect(named(all).length).toBeGreaterThan(named(await mark({ task_ids: ['extract'], state: 'success', dry_run: true })).length)
    expect(await call('GET', `${BASE}/tasks/extract`)).toMatchObject({ state: instance.state })
  })
  it('marks what it said', async () => {
    const wish = { task_ids: ['extract'], state: 'skipped', include_past: true }
    const said = named(await mark({ ...wish, dry_run: true }))
    expect(said.some((name) => name.startsWith('before'))).toBe(true)
    expect(named(await mark(wish))).toEqual(said)
    expect(await call('GET', `${BASE}/tasks/extract`)).toMatchObject({ state: 'skipped', state_reason: 'marked skipped by otto' })
    expect(named(await mark({ ...wish, dry_run: true }))).toEqual([])
  })
  it('refuses an unknown task, and Viewers', async () => {
    expect((await mark({ task_ids: ['nobody'], state: 'success' })).status).toBe(404)
    expect((await mark({ task_ids: ['extract'], state: 'success' }, 'vera')).status).toBe(403)
  })
})

describe('a run among others', () => {
  it('names the runs beside it', async () => {
    expect(await call('GET', `${BASE}/context`)).toMatchObject({
      previous: { run_id: 'before' },
      next: { run_id: 'after' },
      // Its first task was marked, so the run before it has ended.
      median_runs: 1,
    })
  })
  it('has a median', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, null])
  })
})

describe('rendered fields', () => {
  it('stand beside the raw ones', async () => {
    const url = `${BASE}/tasks/extract/rendered?attempt=1`
    expect(await call('GET', url)).toMatchObject({ status: 200, is_rendered: false })
  })
})
