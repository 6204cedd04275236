/** What the charts of durations draw: a row per run, a series per task, and which values stand out. Pure. */
import type { Durations, RunDuration } from '#contract/insights.ts'

export interface RunPoint {
  run: RunDuration
  queued_ms: number
  /** Up to now while it runs. */
  ran_ms: number
}

/** Runs that have started, oldest first. */
export function runPoints(durations: Durations, now: number): RunPoint[] {
  return durations.runs.flatMap((run) => {
    if (run.start_time === null) return []
    const start = Date.parse(run.start_time)
    const end = run.end_time === null ? Math.max(now, start) : Date.parse(run.end_time)
    return [{ run, queued_ms: Math.max(0, start - Date.parse(run.queued_time)), ran_ms: end - start }]
  })
}

/** Fewer values tell nothing about what is usual. */
const OUTLIER_LEAST = 5
/** Tukey's fence. */
const FENCE = 1.5
/** What stands out by less than a quarter of the usual is noise. */
const NOISE = 0.25

/** Places of the values that are far beyond the usual ones, above or below. */
export function outliers(points: readonly (number | null)[]): Set<number> {
  const values = points.filter((point) => point !== null).toSorted((a, b) => a - b)
  if (values.length < OUTLIER_LEAST) return new Set()
  const [low, median, high] = [quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)]
  const reach = Math.max((high - low) * FENCE, median * NOISE)
  return new Set(points.flatMap((point, index) => (point !== null && (point > high + reach || point < low - reach) ? [index] : [])))
}

/** Of sorted values, between two of them by their distance. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0]
  return below + (above - below) * (place - Math.floor(place))
}

/** `hide` of the URL: tasks whose lines are hidden. Task ids hold no comma. */
export const hiddenTasks = (hide: string | undefined): ReadonlySet<string> => new Set(hide === undefined ? [] : hide.split(','))

export function toggleTask(hidden: ReadonlySet<string>, task: string): string | undefined {
  const next = new Set(hidden)
  if (!next.delete(task)) next.add(task)
  return next.size === 0 ? undefined : [...next].join(',')
}
