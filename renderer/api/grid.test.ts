import { QueryClient } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '#contract/events.ts'
import type { Grid, GridRow, GridRun } from '#contract/grid.ts'
import { decodeDuration, encodeDuration, stateByte, stateOfByte } from '#contract/gridCells.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import { applyEvents } from './applyEvent.ts'
import { taskIndex, unpackGrid, withTaskEvents, type GridPage, type GridPages } from './grid.ts'
import { queryKeys } from './queryKeys.ts'

const AT = '2026-11-23T09:00:00.000Z'
const base64 = ({ buffer }: Uint8Array | Uint16Array) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
const row = (id: string, operator: string | null = 'BashOperator'): GridRow => ({
  id,
  label: id,
  parent: null,
  operator,
  is_removed: false,
})
const gridRun = (run_id: string, states: (TaskInstanceState | null)[], change: Partial<GridRun> = {}): GridRun => ({
  run_id,
  run_type: 'manual',
  state: 'running',
  logical_date: null,
  run_after: AT,
  start_time: AT,
  end_time: null,
  version: 1,
  task_counts: {},
  states: base64(Uint8Array.from(states, (state) => (state === null ? 0 : stateByte(state)))),
  tries: base64(new Uint8Array(states.length).fill(1)),
  durations: base64(Uint16Array.from(states, () => encodeDuration(1500))),
  begun: [],
  mapped: [],
  ...change,
})
const answer = (rows_id: string, rows: GridRow[] | null, ...runs: GridRun[]): Grid => ({
  dag_id: 'etl',
  rows_id,
  rows,
  runs,
  next_cursor: null,
})
const pages = (...list: GridPage[]): GridPages => ({ pages: list, pageParams: list.map(() => null) })
const task = (run_id: string, task_id: string, state: TaskInstanceState, change = {}): Extract<LiveEvent, { type: 'task_instance' }> => ({
  type: 'task_instance',
  dag_id: 'etl',
  run_id,
  task_id,
  map_index: -1,
  state,
  try_number: 1,
  start_time: AT,
  end_time: null,
  ...change,
})
const runEvent = (run_id: string, change = {}): LiveEvent => ({
  type: 'dag_run',
  dag_id: 'etl',
  run_id,
  run_type: 'manual',
  state: 'success',
  logical_date: null,
  run_after: '2026-11-23T09:00:00.000Z',
  start_time: AT,
  end_time: '2026-11-23T09:01:00.000Z',
  task_counts: { success: 2 },
  ...change,
})

describe('the answer of the grid', () => {
  it('is unpacked into a byte per cell, tries, durations, starts and map indexes', () => {
    const run = gridRun('r1', ['success', null, 'running'], {
      begun: [[2, AT]],
      mapped: [[0, base64(Uint8Array.of(stateByte('success'), stateByte('success')))]],
    })
    const page = unpackGrid(answer('unpacked', [row('a'), row('g', null), row('b')], run))
    const [unpacked] = page.runs
    expect([...(unpacked?.states ?? [])].map(stateOfByte)).toEqual(['success', null, 'running'])
    expect([...(unpacked?.durations ?? [])].map(decodeDuration)).toEqual([1500, 1500, 1500])
    expect(unpacked?.begun.get(2)).toBe(Date.parse(AT))
    expect(unpacked?.mapped.get(0)).toHaveLength(2)
    expect([...taskIndex(page.rows)]).toEqual([
      ['a', 0],
      ['b', 2],
    ])
  })
  it('may leave out rows that came before', () => {
    const first = unpackGrid(answer('kept', [row('a')], gridRun('r1', ['success'])))
    expect(unpackGrid(answer('kept', null, gridRun('r0', ['failed']))).rows).toBe(first.rows)
    expect(() => unpackGrid(answer('never seen', null))).toThrow('without its rows')
  })
})

describe('live events in the grid', () => {
  const rows = [row('a'), row('b'), row('m')]
  const key = queryKeys.grid('etl', {}, 25)
  const client = (filter = {}) => {
    const made = new QueryClient()
    const page = unpackGrid(
      answer('live', rows, gridRun('r2', ['queued', 'none', 'none']), gridRun('r1', ['success', 'success', 'success'])),
    )
    made.setQueryData(queryKeys.grid('etl', filter, 25), pages(page))
    return made
  }
  const grid = (from: QueryClient) => from.getQueryData<GridPages>(key)?.pages[0]
  const marked = (stale: { keys: Map<string, unknown> }) => [...stale.keys.values()]

  it('change the cells that they name; other runs and the rows keep their identity', () => {
    const queries = client()
    const before = grid(queries)
    applyEvents(queries, [
      task('r2', 'a', 'success', { end_time: '2026-11-23T09:00:02.500Z' }),
      task('r2', 'b', 'running', { try_number: 3 }),
    ])
    const after = grid(queries)
    const [run] = after?.runs ?? []
    expect([...(run?.states ?? [])].map(stateOfByte)).toEqual(['success', 'running', 'none'])
    expect(decodeDuration(run?.durations[0] ?? 0)).toBe(2500)
    expect([run?.tries[1], run?.begun.get(1), run?.begun.has(0)]).toEqual([3, Date.parse(AT), false])
    expect(after?.runs[1]).toBe(before?.runs[1])
    expect(after?.rows).toBe(before?.rows)
    expect([...(before?.runs[0]?.states ?? [])].map(stateOfByte)).toEqual(['queued', 'none', 'none'])
  })
  it('keep every instance of a mapped task and show the most telling', () => {
    const page = unpackGrid(answer('mapped', rows, gridRun('r2', ['none', 'none', 'none'])))
    const [first, second] = [task('r2', 'm', 'failed', { map_index: 1 }), task('r2', 'm', 'success', { map_index: 0, end_time: AT })]
    const after = withTaskEvents(pages(page), 'r2', [first, second])?.data.pages[0]?.runs[0]
    expect(stateOfByte(after?.states[2] ?? 0)).toBe('failed')
    expect([...(after?.mapped.get(2) ?? [])].map(stateOfByte)).toEqual(['success', 'failed'])
    expect(page.runs[0]?.mapped.size).toBe(0)
  })
  it('write the state, the times and the counts of a run', () => {
    const queries = client()
    expect(marked(applyEvents(queries, [runEvent('r2')]))).not.toContainEqual(key)
    expect(grid(queries)?.runs[0]).toMatchObject({ state: 'success', end_time: '2026-11-23T09:01:00.000Z', task_counts: { success: 2 } })
  })
  it('ask for the grid again when a run or a task is not in it, unless its filter leaves it out', () => {
    expect(marked(applyEvents(client(), [runEvent('r9')]))).toContainEqual(key)
    expect(marked(applyEvents(client(), [task('r2', 'new', 'queued')]))).toContainEqual(queryKeys.grids('etl'))
    expect(marked(applyEvents(client(), [task('r9', 'a', 'queued')]))).not.toContainEqual(queryKeys.grids('etl'))
    const failed = queryKeys.grid('etl', { state: 'failed' }, 25)
    expect(marked(applyEvents(client({ state: 'failed' }), [runEvent('r9')]))).not.toContainEqual(failed)
    expect(marked(applyEvents(client({ state: 'failed' }), [runEvent('r9', { state: 'failed' })]))).toContainEqual(failed)
  })
  it('take a deleted run away', () => {
    const queries = client()
    applyEvents(queries, [{ type: 'dag_run_deleted', dag_id: 'etl', run_id: 'r2' }])
    expect(grid(queries)?.runs.map(({ run_id }) => run_id)).toEqual(['r1'])
  })
})
