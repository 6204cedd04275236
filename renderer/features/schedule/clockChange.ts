/** A change of a zone's clock in words: which times of that day are missing or come twice. Pure. */
import type { ClockChange, PreviewedRun } from '#contract/schedule.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'

const MINUTE_MS = 60_000

export interface ClockChangeWords {
  at: string
  /** The local time at which the clock changes, and what it shows then. */
  date: string
  from: string
  to: string
  /** true: times are missing; false: they come twice. */
  isForward: boolean
  /** `1 h`. */
  span: string
  mark: string
  sentence: string
}

const wall = (at: number, offset: number) => new Date(at + offset * MINUTE_MS).toISOString()

export function clockChangeWords({ at, offset_before, offset_after }: ClockChange): ClockChangeWords {
  const moment = Date.parse(at)
  const before = wall(moment, offset_before)
  const after = wall(moment, offset_after)
  const isForward = offset_after > offset_before
  const [date, from, to] = [before.slice(0, 10), before.slice(11, 16), after.slice(11, 16)]
  const minutes = Math.abs(offset_after - offset_before)
  const span = minutes % 60 === 0 ? `${minutes / 60} h` : formatDuration(minutes * MINUTE_MS)
  return {
    at,
    date,
    from,
    to,
    isForward,
    span,
    mark: strings.preview.clockMark(isForward, span),
    sentence: (isForward ? strings.preview.clockForward : strings.preview.clockBack)(date, from, to),
  }
}

/** The changes among these runs, each once. */
export function clockChangesOf(runs: readonly PreviewedRun[]): ClockChangeWords[] {
  const changes = new Map(runs.flatMap(({ clock_change }) => (clock_change === null ? [] : [[clock_change.at, clock_change] as const])))
  return [...changes.values()].map(clockChangeWords)
}
