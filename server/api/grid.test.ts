/** The grid through the API, on the real engine and SQLite. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Grid } from '#contract/grid.ts'
import { stateOfByte } from '#contract/gridCells.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'

let api: TestApi
const trigger = (run_id: string, more: object = {}) =>
  api.call({ method: 'POST', url: '/api/dags/cells/trigger', as: 'otto', body: { run_id, ...more } })
const grid = async (query = ''): Promise<Grid> => (await api.call({ url: `/api/dags/cells/grid${query}`, as: 'vera' })).json<Grid>()
/** Saves a version of the DAG with these tasks. */
const save = async (...ids: string[]) => {
  const [model] = makeDagSpec('cells').tasks
  if (model === undefined) throw new Error('the model DAG has no task')
  await api.saveDag(makeDagSpec('cells', { tasks: ids.map((task_id) => ({ ...model, task_id })), edges: [] }))
}
const statesOf = (answer: Grid, run_id: string) => {
  const run = answer.runs.find((each) => each.run_id === run_id)
  const bytes = [...Buffer.from(run?.states ?? '', 'base64')]
  return Object.fromEntries(answer.rows?.map(({ id }, at) => [id, stateOfByte(bytes[at] ?? 0)]) ?? [])
}

beforeAll(async () => {
  api = await startTestApi()
  await save('a', 'b', 'c')
  await trigger('first', { logical_date: '2026-03-01T00:00:00Z' })
  await save('a', 'c', 'd')
  await trigger('second')
  await trigger('third')
  await api.call({
    method: 'POST',
    url: '/api/dags/cells/runs/first/tasks/b/mark',
    as: 'otto',
    body: { state: 'failed' },
  })
})
afterAll(() => api.close())

describe('the grid', () => {
  it('holds the rows of every version involved, those that are gone in their old place and marked', async () => {
    const answer = await grid()
    expect(answer.rows?.map(({ id, is_removed }) => (is_removed ? `(${id})` : id))).toEqual(['a', '(b)', 'c', 'd'])
    expect(answer.runs.map(({ run_id, version }) => [run_id, version])).toEqual([
      ['third', 2],
      ['second', 2],
      ['first', 1],
    ])
    expect(statesOf(answer, 'first')).toMatchObject({ b: 'failed', d: null })
    expect(statesOf(answer, 'second')).toMatchObject({ b: null })
    expect(statesOf(answer, 'second')['d']).not.toBeNull()
  })
  it('keeps the cells of a finished run until something of it changes', async () => {
    await trigger('done')
    const mark = (task_id: string, state: string) =>
      api.call({ method: 'POST', url: `/api/dags/cells/runs/done/tasks/${task_id}/mark`, as: 'otto', body: { state } })
    for (const task_id of ['a', 'c', 'd']) await mark(task_id, 'success')
    const before = await grid('?limit=1')
    expect([before.runs[0]?.run_id, before.runs[0]?.state]).toEqual(['done', 'success'])
    expect(await grid('?limit=1')).toEqual(before)
    // Two changes that leave all counts as they were.
    await mark('a', 'failed')
    const failed = await grid('?limit=1')
    expect(statesOf(failed, 'done')).toMatchObject({ a: 'failed', c: 'success' })
    await mark('c', 'failed')
    await mark('a', 'success')
    expect(statesOf(await grid('?limit=1'), 'done')).toMatchObject({ a: 'success', c: 'failed', d: 'success' })
    await api.call({ method: 'DELETE', url: '/api/dags/cells/runs/done', as: 'otto' })
    expect((await grid('?limit=1')).runs[0]?.run_id).toBe('third')
  })
  it('pages by run, and sends rows only to those who do not have them', async () => {
    const head = await grid('?limit=2')
    expect(head.runs.map(({ run_id }) => run_id)).toEqual(['third', 'second'])
    expect(head.rows?.map(({ id }) => id)).toEqual(['a', 'c', 'd'])
    const same = await grid(`?limit=2&rows=${head.rows_id}`)
    expect([same.rows, same.rows_id]).toEqual([null, head.rows_id])
    const older = await grid(`?limit=2&cursor=${head.next_cursor}&rows=${head.rows_id}`)
    expect(older.runs.map(({ run_id }) => run_id)).toEqual(['first'])
    // An older version comes in: the caller's rows are not enough.
    expect(older.rows?.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd'])
    expect(older.next_cursor).toBeNull()
  })
  it('filters runs by type, state and logical date', async () => {
    const ids = async (query: string) => (await grid(query)).runs.map(({ run_id }) => run_id)
    expect(await ids('?run_type=scheduled')).toEqual([])
    expect(await ids('?logical_date_to=2026-03-02T00:00:00Z')).toEqual(['first'])
    const running = (await grid()).runs.filter(({ state }) => state === 'running').map(({ run_id }) => run_id)
    expect(await ids('?state=running')).toEqual(running)
  })
  it('has an array of each kind as long as the rows, also for a DAG without runs', async () => {
    const answer = await grid()
    for (const run of answer.runs) {
      const lengths = [run.states, run.tries, run.durations].map((text) => Buffer.from(text, 'base64').length)
      expect(lengths).toEqual([4, 4, 8])
    }
    await api.saveDag(makeDagSpec('never_ran'))
    const empty = (await api.call({ url: '/api/dags/never_ran/grid', as: 'vera' })).json<Grid>()
    expect(empty.runs).toEqual([])
    expect(empty.rows?.length).toBeGreaterThan(0)
  })
  it('answers what is not there, and what is not asked well, by name', async () => {
    const status = async (url: string) => (await api.call({ url, as: 'vera' })).json<{ code: string }>().code
    expect(await status('/api/dags/nothing/grid')).toBe('not_found')
    expect(await status('/api/dags/cells/grid?limit=101')).toBe('invalid_request')
    expect(await status('/api/dags/cells/grid?cursor=nonsense')).toBe('invalid_request')
    expect((await api.call({ url: '/api/dags/cells/grid' })).statusCode).toBe(401)
  })
})
