import { describe, expect, it } from 'vitest'
import { compareRuns, tookOf, type Compared } from './compareModel.ts'

const task = (task_id: string, state: Compared['state'], seconds: number | null, map_index = -1): Compared => ({
  task_id,
  map_index,
  state,
  try_number: seconds === null ? 0 : 1,
  start_time: '2026-11-23T09:00:00.000Z',
  end_time: new Date(Date.parse('2026-11-23T09:00:00.000Z') + (seconds ?? 0) * 1000).toISOString(),
})

describe('two runs side by side', () => {
  it('show other states first, then other durations by their size, then the rest in the order of the run', () => {
    const rows = compareRuns(
      [task('a', 'success', 10), task('b', 'success', 60), task('c', 'success', 100), task('d', 'failed', 5), task('e', 'success', 7)],
      [task('a', 'success', 11), task('b', 'success', 10), task('c', 'success', 10), task('d', 'success', 5), task('e', 'success', 7)],
    )
    expect(rows.map(({ task_id, differs, slower_ms }) => [task_id, differs, slower_ms])).toEqual([
      ['d', 'state', 0],
      ['c', 'duration', 90_000],
      ['b', 'duration', 50_000],
      ['a', 'no', -1_000],
      ['e', 'no', 0],
    ])
  })

  it('hold tasks and mapped instances that only one of them has', () => {
    const rows = compareRuns(
      [task('a', 'success', 1, 0), task('gone', 'success', 1)],
      [task('a', 'success', 1, 0), task('a', 'success', 1, 1)],
    )
    expect(rows.map(({ key, left, right, differs }) => [key, left !== null, right !== null, differs])).toEqual([
      ['gone -1', true, false, 'state'],
      ['a 1', false, true, 'state'],
      ['a 0', true, true, 'no'],
    ])
  })

  it('take no duration from what never ran', () => {
    expect(tookOf(task('a', 'upstream_failed', null))).toBeNull()
    expect(compareRuns([task('a', 'upstream_failed', null)], [task('a', 'success', 9)])[0]).toMatchObject({
      differs: 'state',
      slower_ms: null,
    })
  })
})
