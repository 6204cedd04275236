import { QueryClient, QueryObserver, type InfiniteData } from '@tanstack/react-query'
import { describe, expect, it, vi } from 'vitest'
import type { Dag } from '#contract/dag.ts'
import type { DagRun } from '#contract/dagRun.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { applyEvents, withRun } from './applyEvent.ts'
import { queryKeys } from './queryKeys.ts'

const run = { dag_id: 'etl', run_id: 'r1' }
const task = (task_id: string, state: string): TaskInstance =>
  ({ ...run, task_id, map_index: -1, state, try_number: 1, start_time: null, end_time: null }) as unknown as TaskInstance
const taskEvent = (task_id: string, state: 'running' | 'success', change = {}): LiveEvent => ({
  type: 'task_instance',
  ...run,
  task_id,
  map_index: -1,
  state,
  try_number: 1,
  start_time: '2026-11-23T09:00:00.000Z',
  end_time: null,
  ...change,
})
const runEvent = (
  run_id: string,
  state: 'queued' | 'running' | 'success',
  end_time: string | null = null,
): LiveEvent & { type: 'dag_run' } => ({
  type: 'dag_run',
  dag_id: 'etl',
  run_id,
  run_type: 'manual',
  state,
  logical_date: null,
  run_after: '2026-11-23T09:00:00.000Z',
  start_time: '2026-11-23T09:00:00.000Z',
  end_time,
  task_counts: { running: 1 },
})
const DAY_ONE = Date.parse('2026-11-01T00:00:00.000Z')
const dag = (recent: [string, 'running' | 'success'][]): Dag =>
  ({
    id: 'etl',
    active_runs: recent.filter(([, state]) => state === 'running').length,
    run_counts: { queued: 0, running: 0, success: 0, failed: 0, ...countsOf(recent.map(([, state]) => state)) },
    last_run: null,
    last_run_state: null,
    recent_runs: recent.map(([run_id, state], at) => ({
      run_id,
      state,
      start_time: null,
      run_after: new Date(DAY_ONE + at).toISOString(),
    })),
  }) as unknown as Dag
const countsOf = (states: string[]) =>
  Object.fromEntries([...Map.groupBy(states, (state) => state)].map(([state, all]) => [state, all.length]))
const list = <T>(...data: T[]): InfiniteData<{ data: T[]; total: number }> => ({ pages: [{ data, total: data.length }], pageParams: [0] })
const marked = (stale: { keys: Map<string, unknown> }) => [...stale.keys.values()]
/** Each task event changes what workers and pools hold. */
const LOAD = [queryKeys.workers, queryKeys.pools]

describe('live events', () => {
  it('change the tasks that they name and leave the others as they are', () => {
    const client = new QueryClient()
    const [a, b] = [task('a', 'queued'), task('b', 'queued')]
    client.setQueryData(queryKeys.taskInstances(run), { data: [a, b], total: 2 })
    const stale = applyEvents(client, [taskEvent('a', 'running'), taskEvent('a', 'success', { end_time: '2026-11-23T09:00:02.500Z' })])
    const page = client.getQueryData<{ data: TaskInstance[] }>(queryKeys.taskInstances(run))
    expect(page?.data[0]).toMatchObject({ state: 'success', duration_ms: 2500 })
    expect(page?.data[1]).toBe(b)
    expect(marked(stale)).toEqual(LOAD)
  })
  it('ask for the task list again when a task is not in it', () => {
    const client = new QueryClient()
    client.setQueryData(queryKeys.taskInstances(run), { data: [task('a', 'queued')], total: 1 })
    expect(marked(applyEvents(client, [taskEvent('new', 'running')]))).toEqual([...LOAD, queryKeys.taskInstances(run)])
  })
  it('ask for what an open task shows beyond its state', () => {
    const client = new QueryClient()
    const ref = { ...run, task_id: 'a', map_index: -1 }
    client.setQueryData(queryKeys.taskDetail(ref), task('a', 'queued'))
    const stale = applyEvents(client, [taskEvent('a', 'running')])
    expect(client.getQueryData<TaskInstance>(queryKeys.taskDetail(ref))?.state).toBe('running')
    expect(marked(stale)).toEqual([...LOAD, queryKeys.taskDetail(ref), queryKeys.attempts(ref), queryKeys.why(ref)])
  })
  it('write a run into its detail, its lists and its bar', () => {
    const client = new QueryClient()
    client.setQueryData(queryKeys.runDetail(run), { ...run, state: 'queued' } as DagRun)
    client.setQueryData(queryKeys.runList('etl', {}), list({ ...run, state: 'queued' } as DagRun))
    const other = { ...dag([]), id: 'other' }
    client.setQueryData(queryKeys.dagList({}), list(dag([['r1', 'running']]), other))
    const stale = applyEvents(client, [runEvent('r1', 'success', '2026-11-23T09:01:00.000Z')])
    expect(client.getQueryData<DagRun>(queryKeys.runDetail(run))?.state).toBe('success')
    expect(client.getQueryData<InfiniteData<{ data: DagRun[] }>>(queryKeys.runList('etl', {}))?.pages[0]?.data[0]?.state).toBe('success')
    const rows = client.getQueryData<InfiniteData<{ data: Dag[] }>>(queryKeys.dagList({}))?.pages[0]?.data
    expect(rows?.[0]).toMatchObject({ active_runs: 0, last_run_state: 'success', run_counts: { running: 0, success: 1 } })
    expect(rows?.[1]).toBe(other)
    expect(marked(stale)).toEqual([queryKeys.runDetail(run), queryKeys.runEvents(run), queryKeys.history('etl')])
  })
  it('write a run into the head of its DAG page', () => {
    const client = new QueryClient()
    client.setQueryData(queryKeys.dagDetail('etl'), dag([['r1', 'running']]))
    applyEvents(client, [runEvent('r1', 'success')])
    expect(client.getQueryData<Dag>(queryKeys.dagDetail('etl'))).toMatchObject({ last_run_state: 'success', active_runs: 0 })
  })
  it('ask for the run lists when the run is new', () => {
    const client = new QueryClient()
    const all = queryKeys.runList('etl', {})
    const running = queryKeys.runList('etl', { state: 'running' })
    client.setQueryData(all, list({ ...run, state: 'running' } as DagRun))
    client.setQueryData(running, list({ ...run, state: 'running' } as DagRun))
    expect(marked(applyEvents(client, [runEvent('r9', 'queued')]))).toEqual([all, running, queryKeys.history('etl')])
    // It leaves the list of running ones, and only the server knows what takes its place.
    expect(marked(applyEvents(client, [runEvent(run.run_id, 'success')]))).toEqual([running, queryKeys.history('etl')])
  })
  it('add a bar for a new run and keep fourteen', () => {
    const full = dag(Array.from({ length: 14 }, (_, at) => [`r${at}`, 'success']))
    const after = withRun(full, runEvent('new', 'running'))
    expect(after.recent_runs).toHaveLength(14)
    expect(after.recent_runs.at(-1)?.run_id).toBe('new')
    expect(after.active_runs).toBe(1)
    expect(after.run_counts).toEqual({ queued: 0, running: 1, success: 14, failed: 0 })
    expect(withRun(after, runEvent('new', 'success')).active_runs).toBe(0)
  })
  it('add the bar of a backfilled run at its place among the days', () => {
    const backfilled = { ...runEvent('back', 'running'), run_after: '2026-10-31T00:00:00.000Z' }
    const before = dag([
      ['r0', 'success'],
      ['r1', 'success'],
    ])
    const after = withRun(before, backfilled)
    expect(after.recent_runs.map(({ run_id }) => run_id)).toEqual(['back', 'r0', 'r1'])
    expect(after.last_run_state).toBe('success')
  })
  it('pass the size of a log on, ask again for deleted runs, and ask for everything after a reset', () => {
    const client = new QueryClient()
    const attempt = { ...run, task_id: 'a', map_index: -1, attempt: 2 }
    client.setQueryData(queryKeys.runDetail(run), run)
    client.setQueryData(queryKeys.logSignal(attempt), null)
    const closed = { ...attempt, attempt: 1 }
    const stale = applyEvents(client, [
      { type: 'log', ...closed, size: 7, complete: false },
      { type: 'log', ...attempt, size: 120, complete: true },
      { type: 'log', ...attempt, size: 140, complete: true },
    ])
    expect(stale.all).toBe(false)
    expect(client.getQueryData(queryKeys.logSignal(attempt))).toEqual({ size: 140, complete: true })
    expect(client.getQueryState(queryKeys.logSignal(closed))).toBeUndefined()
    const after = applyEvents(client, [{ type: 'dag_run_deleted', ...run }, { type: 'reset' }])
    expect(client.getQueryData(queryKeys.runDetail(run))).toBeUndefined()
    expect(after.all).toBe(true)
  })
  it('have a page of a deleted run ask again, and take the run from the lists at once', async () => {
    const client = new QueryClient({ defaultOptions: { queries: { networkMode: 'always', retry: false } } })
    let isThere = true
    const read = () => (isThere ? Promise.resolve({ ...run, state: 'success' }) : Promise.reject(new Error('no such run')))
    const observer = new QueryObserver(client, { queryKey: queryKeys.runDetail(run), queryFn: read })
    const stop = observer.subscribe(() => undefined)
    await vi.waitFor(() => {
      expect(observer.getCurrentResult().isSuccess).toBe(true)
    })
    const other = { dag_id: 'etl', run_id: 'r2' } as DagRun
    client.setQueryData(queryKeys.runList('etl', {}), list(run as DagRun, other))
    isThere = false
    applyEvents(client, [{ type: 'dag_run_deleted', ...run }])
    expect(client.getQueryData<InfiniteData<{ data: DagRun[] }>>(queryKeys.runList('etl', {}))?.pages[0]?.data).toEqual([other])
    await vi.waitFor(() => {
      expect(observer.getCurrentResult()).toMatchObject({ data: undefined, isError: true })
    })
    stop()
  })
  it('leave a list of tasks alone that has none of theirs', () => {
    const client = new QueryClient()
    const page = { data: [task('a', 'queued')], total: 1 }
    client.setQueryData(queryKeys.taskInstances(run), page)
    applyEvents(client, [taskEvent('new', 'running')])
    expect(client.getQueryData(queryKeys.taskInstances(run))).toBe(page)
  })
  it('mark the page of a long list on which a run comes or goes', () => {
    const client = new QueryClient()
    const day = (run_id: string, date: number, state = 'success') =>
      ({ ...run, run_id, state, run_after: new Date(DAY_ONE + date * 86_400_000).toISOString() }) as unknown as DagRun
    const page = (...data: DagRun[]) => ({ data, total: 6, next: null, read_at: 7 })
    const pages = {
      pages: [page(day('r9', 9), day('r8', 8)), page(day('r6', 6), day('r5', 5)), page(day('r2', 2))],
      pageParams: [0, 'a', 'b'],
    }
    client.setQueryData(queryKeys.runList('etl', {}), pages)
    applyEvents(client, [{ ...runEvent('again', 'running'), run_after: new Date(DAY_ONE + 5.5 * 86_400_000).toISOString() }])
    const readAt = () => client.getQueryData<typeof pages>(queryKeys.runList('etl', {}))?.pages.map(({ read_at }) => read_at)
    expect(readAt()).toEqual([7, 0, 7])
    // Not as far down as was read: nothing of it can be seen.
    applyEvents(client, [{ ...runEvent('old', 'running'), run_after: new Date(DAY_ONE).toISOString() }])
    expect(readAt()).toEqual([7, 0, 7])
  })
  it('ignore a kind that a newer server may send', () => {
    expect(applyEvents(new QueryClient(), [{ type: 'asset' } as unknown as LiveEvent])).toEqual({ all: false, keys: new Map() })
  })
})
