/**
 * The time axis of a Gantt chart. Long stretches in which nothing waited or ran are folded to a narrow band, so that a task cleared
 * days later does not squeeze everything else into a line. Pure.
 *
 * Axis positions are milliseconds of folded time, from 0 to `length`; pixels come from a window onto them.
 */
export interface Stretch {
  from: number
  to: number
}
export interface TimeScale {
  from: number
  to: number
  length: number
  /** Folded stretches, in order. */
  folds: readonly Stretch[]
  /** Position of an instant; instants outside are held at the ends. */
  at: (time: number) => number
  /** The instant at a position. */
  time: (position: number) => number
}

/** A stretch is folded if it is longer than all that happened together takes, and than this. */
const FOLD_LEAST_MS = 60_000
/** Share of the busy time that a folded stretch keeps. */
const FOLD_SHARE = 0.03
/** A run of no length still needs an axis. */
const LEAST_MS = 20

export function makeScale({ from, to, busy, fold }: Stretch & { busy: readonly Stretch[]; fold: boolean }): TimeScale {
  const end = Math.max(to, from + LEAST_MS)
  const gaps = fold ? idleStretches({ from, to: end, busy }) : []
  const active = end - from - gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0)
  const folds = gaps.filter((gap) => gap.to - gap.from > Math.max(FOLD_LEAST_MS, active))
  const busyMs = end - from - folds.reduce((sum, gap) => sum + gap.to - gap.from, 0)
  const stub = Math.max(1, busyMs * FOLD_SHARE)
  const at = (time: number): number => {
    let position = Math.min(Math.max(time, from), end) - from
    for (const gap of folds) {
      if (time <= gap.from) break
      const length = gap.to - gap.from
      const within = Math.min(time, gap.to) - gap.from
      position += (within / length) * stub - within
    }
    return position
  }
  const length = busyMs + folds.length * stub
  const time = (position: number): number => {
    let left = Math.min(Math.max(position, 0), length)
    let start = from
    for (const gap of folds) {
      if (left <= gap.from - start) return start + left
      left -= gap.from - start
      if (left <= stub) return gap.from + (left / stub) * (gap.to - gap.from)
      left -= stub
      start = gap.to
    }
    return start + left
  }
  return { from, to: end, length, folds, at, time }
}

/** The parts of a stretch that no busy one covers. */
export function idleStretches({ from, to, busy }: Stretch & { busy: readonly Stretch[] }): Stretch[] {
  const idle: Stretch[] = []
  let until = from
  for (const stretch of busy.toSorted((a, b) => a.from - b.from)) {
    if (stretch.from > until) idle.push({ from: until, to: Math.min(stretch.from, to) })
    until = Math.max(until, stretch.to)
    if (until >= to) break
  }
  if (until < to) idle.push({ from: until, to })
  return idle
}

/** Stretches joined where they touch or overlap, in order. */
export function joined(stretches: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = []
  for (const stretch of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && stretch.from <= last.to) last.to = Math.max(last.to, stretch.to)
    else result.push({ ...stretch })
  }
  return result
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
]

/** Instants that are round as seen from `origin`, on the visible part of the axis, at least `apart` positions from each other. */
export function ticks(scale: TimeScale, view: Stretch, apart: number, origin = 0): number[] {
  const step = STEPS_MS.find((ms) => ms >= apart) ?? Math.ceil(apart / 604_800_000) * 604_800_000
  const found: number[] = []
  let last = -Infinity
  let time = origin + Math.floor((scale.time(view.from) - origin) / step) * step
  const end = scale.time(view.to)
  while (time <= end) {
    const gap = scale.folds.find((fold) => time > fold.from && time < fold.to)
    if (gap) {
      // On with the first round instant behind what is folded.
      time = origin + Math.ceil((gap.to - origin) / step) * step
      continue
    }
    const position = scale.at(time)
    if (time >= scale.from && position >= view.from && position - last >= apart * 0.999) {
      found.push(time)
      last = position
    }
    time += step
  }
  return found
}

/** A narrower or wider window around `centre`, kept within the axis. */
export function zoomed(scale: Pick<TimeScale, 'length'>, view: Stretch, factor: number, centre: number): Stretch {
  const width = Math.min(scale.length, Math.max(scale.length / 5000, 2, (view.to - view.from) * factor))
  const share = (centre - view.from) / (view.to - view.from)
  return held(scale, { from: centre - share * width, to: centre + (1 - share) * width })
}

/** The window moved back into the axis, its width kept. */
export function held({ length }: Pick<TimeScale, 'length'>, view: Stretch): Stretch {
  const width = Math.min(length, view.to - view.from)
  const from = Math.min(Math.max(0, view.from), length - width)
  return { from, to: from + width }
}
