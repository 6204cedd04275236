/** Home, timeline, search, bulk actions and a person's own things, through the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BulkAnswer } from '#contract/dagList.ts'
import type { Overview, SearchAnswer, Timeline } from '#contract/overview.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'

let api: TestApi
const get = async <T>(url: string, as: 'vera' | 'otto' = 'vera'): Promise<T> => (await api.call({ url, as })).json<T>()
const bulk = async (body: object): Promise<BulkAnswer> =>
  (await api.call({ method: 'POST', url: '/api/bulk/dags', as: 'otto', body })).json<BulkAnswer>()

beforeAll(async () => {
  api = await startTestApi()
  await api.saveDag(
    makeDagSpec('hourly', {
      timetable: { type: 'cron_trigger', crons: ['0 * * * *'], timezone: 'UTC', interval_ms: 0, run_immediately: false },
      is_paused_upon_creation: false,
      tags: ['a', 'b'],
    }),
  )
  await api.saveDag(
    makeDagSpec('needs_param', {
      tags: ['a'],
      params: { day: { value: null, has_default: false, schema: { type: 'string' }, description: null, section: null } as never },
    }),
  )
})
afterAll(() => api.close())

describe('home', () => {
  it('tells what runs and what comes next', async () => {
    await api.call({ method: 'POST', url: '/api/dags/etl/trigger', as: 'otto', body: { run_id: 'home-1' } })
    const home = await get<Overview>('/api/overview')
    expect(home.counts).toMatchObject({ dags: 3, dags_active: 1, import_errors: 0, runs_failed: 0 })
    // The hourly one began with its latest interval.
    expect(home.counts.runs_running + home.counts.runs_queued).toBe(2)
    expect(home.next.map(({ dag_id }) => dag_id)).toEqual(['hourly'])
  })
  it("draws planned runs by the scheduler's own code, and refuses a window that is too long or upside down", async () => {
    const from = new Date(Date.now() - 3_600_000)
    const to = new Date(Date.now() + 5 * 3_600_000)
    const timeline = await get<Timeline>(`/api/timeline?from=${from.toISOString()}&to=${to.toISOString()}&tag=a&tag=b`)
    expect(timeline.data.map(({ dag_id }) => dag_id)).toEqual(['hourly'])
    const planned = timeline.data[0]!.planned.map((at) => Date.parse(at))
    expect(planned).toHaveLength(5)
    expect(planned.every((at) => at % 3_600_000 === 0 && at > Date.now() && at < to.getTime())).toBe(true)
    const next = await get<{ data: { run_after: string }[] }>('/api/dags/hourly/next-runs?count=5')
    expect(timeline.data[0]!.planned).toEqual(next.data.map(({ run_after }) => run_after))
    for (const bad of [`from=${to.toISOString()}&to=${from.toISOString()}`, 'from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z'])
      expect((await api.call({ url: `/api/timeline?${bad}`, as: 'vera' })).statusCode).toBe(400)
  })
  it('finds DAGs, tasks and runs', async () => {
    const found = await get<SearchAnswer>('/api/search?q=home')
    expect(found.runs).toMatchObject([{ dag_id: 'etl', run_id: 'home-1' }])
    const tasks = await get<SearchAnswer>('/api/search?q=EXTR')
    expect(tasks.tasks.map(({ dag_id }) => dag_id)).toEqual(['etl', 'hourly', 'needs_param'])
  })
})

describe('a bulk action', () => {
  it('tells in a dry run what it would do to each DAG, and changes nothing', async () => {
    const answer = await bulk({ action: 'pause', filter: {}, dry_run: true })
    expect(answer).toMatchObject({ dry_run: true, matched: 3, done: 1, unchanged: 2, refused: 0 })
    expect((await get<{ is_paused: boolean }>('/api/dags/hourly')).is_paused).toBe(false)
  })
  it('does what can be done and tells of each DAG that refused', async () => {
    const answer = await bulk({ action: 'trigger', dag_ids: ['etl', 'needs_param', 'absent'] })
    expect(answer).toMatchObject({ done: 1, refused: 2 })
    const of = (dag_id: string) => answer.data.find((item) => item.dag_id === dag_id)
    expect(of('etl')?.run_id).toMatch(/^manual__/)
    expect(of('needs_param')?.message).toContain('/conf/day')
    expect(of('absent')?.message).toBe('There is no such DAG.')
    expect(await bulk({ action: 'pause', filter: { tag: ['a', 'b'] } })).toMatchObject({ matched: 1, done: 1 })
    expect(await bulk({ action: 'unpause', dag_ids: ['hourly'] })).toMatchObject({ done: 1 })
    expect(await bulk({ action: 'clear_failed', dag_ids: ['hourly', 'etl'] })).toMatchObject({ done: 0, unchanged: 2 })
  })
  it('asks which DAGs are meant, and is not for a Viewer', async () => {
    expect((await api.call({ method: 'POST', url: '/api/bulk/dags', as: 'otto', body: { action: 'pause' } })).statusCode).toBe(400)
    expect((await api.call({ method: 'POST', url: '/api/bulk/dags', as: 'vera', body: { action: 'pause', filter: {} } })).statusCode).toBe(
      403,
    )
  })
})

describe('own things', () => {
  it('are favourites, seen by their owner alone', async () => {
    expect((await api.call({ method: 'PUT', url: '/api/me/favourites/etl', as: 'vera' })).statusCode).toBe(200)
    const listed = async (as: 'vera' | 'otto') =>
      (await get<{ data: { id: string; is_favourite: boolean }[] }>('/api/dags?favourite=true', as)).data.map(({ id, is_favourite }) => [
        id,
        is_favourite,
      ])
    expect(await listed('vera')).toEqual([['etl', true]])
    expect(await listed('otto')).toEqual([])
    await api.call({ method: 'DELETE', url: '/api/me/favourites/etl', as: 'vera' })
    expect(await listed('vera')).toEqual([])
  })
  it('are saved views, by name', async () => {
    const save = (name: string, search: string) =>
      api.call({ method: 'PUT', url: '/api/me/views', as: 'vera', body: { page: 'dags', name, search } })
    await save('mine', '?tag=a')
    await save(' mine ', '?tag=b')
    expect(await get('/api/me/views')).toEqual({ data: [{ page: 'dags', name: 'mine', search: '?tag=b' }] })
    expect(await get('/api/me/views', 'otto')).toEqual({ data: [] })
    expect((await save('  ', '')).statusCode).toBe(400)
    expect((await api.call({ method: 'DELETE', url: '/api/me/views/dags/mine', as: 'vera' })).statusCode).toBe(200)
    expect((await api.call({ method: 'DELETE', url: '/api/me/views/dags/mine', as: 'vera' })).statusCode).toBe(404)
  })
})
