/** Live events written into the timeline's rows. Pure; applyEvent.ts calls it. */
import type { InfiniteData } from '@tanstack/react-query'
import type { LiveEvent } from '#contract/events.ts'
import type { Timeline, TimelineBar, TimelineRow } from '#contract/overview.ts'

type DagRunEvent = Extract<LiveEvent, { type: 'dag_run' }>
export type TimelinePages = InfiniteData<Timeline>

/** The pages with a run as an event tells it, or null: the rows do not tell how, so they must be read again. */
export function withTimelineRun(pages: TimelinePages, event: DagRunEvent, now: string): TimelinePages | null {
  const [first] = pages.pages
  if (!first || isOutside(first, event)) return pages
  const at = pages.pages.findIndex((page) => page.data.some((row) => row.dag_id === event.dag_id))
  const page = pages.pages[at]
  const row = page?.data.find(({ dag_id }) => dag_id === event.dag_id)
  if (!page || !row || row.blocks.length > 0) return null
  const bars = withBar(row.bars, event, now)
  if (bars === row.bars) return pages
  const data = page.data.map((each): TimelineRow => (each === row ? { ...row, bars } : each))
  return { ...pages, pages: pages.pages.with(at, { ...page, data }) }
}

function isOutside(window: Timeline, event: DagRunEvent): boolean {
  const ended = event.end_time !== null && event.end_time < window.from
  return ended || (event.start_time !== null && event.start_time >= window.to)
}

function withBar(bars: TimelineBar[], event: DagRunEvent, now: string): TimelineBar[] {
  const at = bars.findIndex(({ run_id }) => run_id === event.run_id)
  const before = bars[at]
  const { run_id, state, start_time, end_time } = event
  if (before?.state === state && before.start_time === start_time && before.end_time === end_time) return bars
  const bar: TimelineBar = { run_id, state, start_time, end_time, queued_time: before?.queued_time ?? start_time ?? now }
  return before ? bars.with(at, bar) : [...bars, bar]
}
