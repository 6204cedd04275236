import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '#contract/events.ts'
import type { TimelineRow } from '#contract/overview.ts'
import { withTimelineRun, type TimelinePages } from './timeline.ts'

const NOW = '2026-11-23T09:30:00.000Z'
const row = (dag_id: string, change: Partial<TimelineRow> = {}): TimelineRow => ({
  dag_id,
  dag_display_name: null,
  timezone: 'UTC',
  is_paused: false,
  bars: [],
  blocks: [],
  planned: [],
  ...change,
})
const pages = (...data: TimelineRow[]): TimelinePages => ({
  pages: [{ from: '2026-11-23T08:00:00.000Z', to: '2026-11-23T12:00:00.000Z', data, total: data.length, limit: 50, offset: 0 }],
  pageParams: [0],
})
const event = (change: object): Extract<LiveEvent, { type: 'dag_run' }> => ({
  type: 'dag_run',
  dag_id: 'a',
  run_id: 'r1',
  run_type: 'manual',
  state: 'running',
  logical_date: null,
  run_after: '2026-11-23T09:00:00.000Z',
  start_time: '2026-11-23T09:00:00.000Z',
  end_time: null,
  task_counts: {},
  ...change,
})

describe('a run in the timeline', () => {
  it('is added, changed, and leaves other rows as they are', () => {
    const start = pages(row('a'), row('b'))
    const running = withTimelineRun(start, event({}), NOW)
    expect(running?.pages[0]?.data[0]?.bars).toMatchObject([{ run_id: 'r1', state: 'running', end_time: null }])
    expect(running?.pages[0]?.data[1]).toBe(start.pages[0]?.data[1])
    const ended = withTimelineRun(running!, event({ state: 'failed', end_time: '2026-11-23T09:10:00.000Z' }), NOW)
    expect(ended?.pages[0]?.data[0]?.bars).toMatchObject([{ run_id: 'r1', state: 'failed', end_time: '2026-11-23T09:10:00.000Z' }])
    expect(withTimelineRun(ended!, event({ state: 'failed', end_time: '2026-11-23T09:10:00.000Z', task_counts: { failed: 1 } }), NOW)).toBe(
      ended,
    )
  })
  it('waits from now on when it is queued', () => {
    const queued = withTimelineRun(pages(row('a')), event({ state: 'queued', start_time: null }), NOW)
    expect(queued?.pages[0]?.data[0]?.bars[0]).toMatchObject({ state: 'queued', queued_time: NOW, start_time: null })
  })
  it('outside the window changes nothing', () => {
    const start = pages(row('a'))
    expect(withTimelineRun(start, event({ start_time: '2026-11-23T13:00:00.000Z' }), NOW)).toBe(start)
    expect(withTimelineRun(start, event({ end_time: '2026-11-23T07:00:00.000Z' }), NOW)).toBe(start)
  })
  it('of a row that is not here, or that holds blocks, asks for the rows again', () => {
    expect(withTimelineRun(pages(row('b')), event({}), NOW)).toBeNull()
    const block = { state: 'success' as const, count: 200, start_time: NOW, end_time: NOW }
    expect(withTimelineRun(pages(row('a', { blocks: [block] })), event({}), NOW)).toBeNull()
  })
})
