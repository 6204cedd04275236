/** Geometry of the timeline: instants to places, marks of the axis, lanes of runs that overlap. Pure. */
import type { TimelineBar } from '#contract/overview.ts'

export const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Where the present stands in a window that follows it: most of the picture is the past, the next runs are seen too. */
const NOW_AT = 0.75
/** Distances between marks of the axis; the first that leaves room for its words is taken. */
const STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE_MS)

export interface Window {
  start: number
  end: number
}

export function windowOf(p: { hours: number; at: number | null; now: number }): Window {
  const span = p.hours * HOUR_MS
  const start = p.at ?? p.now - span * NOW_AT
  return { start, end: start + span }
}

/** The part of time that is asked of the server: whole steps of half a window, so that a moving window asks seldom. */
export function askedRange({ start, end }: Window): { from: string; to: string } {
  const step = (end - start) / 2
  return {
    from: new Date(Math.floor(start / step) * step).toISOString(),
    to: new Date(Math.ceil(end / step) * step).toISOString(),
  }
}

/** Share of the window, 0 to 1 inside it. */
export const place = (at: number, { start, end }: Window): number => (at - start) / (end - start)

/** Instants of the axis, at most `max` of them, on round times of a zone that is `offset` ahead of UTC. */
export function marksOf({ start, end }: Window, max: number, offset: number): number[] {
  const step = STEPS.find((each) => (end - start) / each <= max) ?? 24 * HOUR_MS
  const marks: number[] = []
  for (let at = Math.ceil((start + offset) / step) * step - offset; at < end; at += step) marks.push(at)
  return marks
}

const LANES_MAX = 3
export interface PlacedBar {
  bar: TimelineBar
  start: number
  end: number
  lane: number
}

/** Bars in lanes: a run that begins before another has ended goes below it; beyond LANES_MAX they share the last lane. */
export function lanesOf(bars: readonly TimelineBar[], now: number): { placed: PlacedBar[]; lanes: number } {
  const ends: number[] = []
  const placed = bars
    .map((bar) => {
      const start = Date.parse(bar.start_time ?? bar.queued_time)
      return { bar, start, end: Math.max(start, bar.end_time === null ? now : Date.parse(bar.end_time)) }
    })
    .sort((a, b) => a.start - b.start)
    .map((each) => {
      const free = ends.findIndex((end) => end <= each.start)
      const lane = free >= 0 ? free : Math.min(ends.length, LANES_MAX - 1)
      ends[lane] = Math.max(ends[lane] ?? 0, each.end)
      return { ...each, lane }
    })
  return { placed, lanes: Math.max(1, ends.length) }
}
