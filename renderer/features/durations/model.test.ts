import { axisDuration, durationTicks } from './chartLook.ts'
import { describe, expect, it } from 'vitest'
import type { Durations } from '#contract/insights.ts'
import { hiddenTasks, outliers, quantile, runPoints, toggleTask } from './model.ts'

describe('durations', () => {
  it('parts what a run waited from what it ran, and goes on to now', () => {
    const run = { run_id: 'r', run_type: 'manual', state: 'running', logical_date: null, queued_time: '1970-01-01T00:00:01.000Z' } as const
    const durations = {
      runs: [
        { ...run, start_time: '1970-01-01T00:00:03.000Z', end_time: '1970-01-01T00:00:07.000Z' },
        { ...run, start_time: '1970-01-01T00:00:04.000Z', end_time: null },
        { ...run, start_time: null, end_time: null },
      ],
    } as unknown as Durations
    expect(runPoints(durations, 10_000).map(({ queued_ms, ran_ms }) => [queued_ms, ran_ms])).toEqual([
      [2000, 4000],
      [3000, 6000],
    ])
  })
  it('marks what is far from the usual, in both directions', () => {
    expect(outliers([100, 102, null, 98, 101, 400, 99, 5])).toEqual(new Set([5, 7]))
    expect(outliers([1000, 1001, 1000, 1000, 1000, 1050])).toEqual(new Set())
    expect(outliers([1, 2, 100])).toEqual(new Set())
  })
  it('finds quantiles between values', () => {
    expect([quantile([1, 2, 3, 4], 0.5), quantile([5], 0.25), quantile([], 0.5)]).toEqual([2.5, 5, 0])
  })
  it('keeps hidden tasks in the URL', () => {
    expect(toggleTask(hiddenTasks(undefined), 'a')).toBe('a')
    expect(toggleTask(hiddenTasks('a,b'), 'a')).toBe('b')
    expect(toggleTask(hiddenTasks('a'), 'a')).toBeUndefined()
  })
})

it('marks an axis by round durations, told shortly', () => {
  expect(durationTicks(23 * 60_000).map(axisDuration)).toEqual(['0', '5 min', '10 min', '15 min', '20 min', '25 min'])
  expect(durationTicks(48_000).map(axisDuration)).toEqual(['0', '10 s', '20 s', '30 s', '40 s', '50 s'])
  expect(durationTicks(0)).toEqual([0, 1])
})
