/** Schedules that step by a fixed time, by calendar months, or by both. They are aligned to nothing but their start. */
import { addMonths } from './civil.ts'
import type { Points } from './cronClock.ts'

export interface Delta extends Points {
  next(at: number): number
  previous(at: number): number
  /**
   * The last boundary at or before `at`. Fixed steps count from 1970; months have no fixed length, so they are stepped from
   * `anchor` (the start date) one by one, because 31 January + 1 month + 1 month is 28 March.
   */
  floor(p: { at: number; anchor: number }): number
}

/** Throws unless the step goes forward. */
export function makeDelta({ ms, months }: { ms: number; months: number }): Delta {
  const next = (at: number): number => addMonths(at, months) + ms
  // 28 days is the shortest month: such a step goes forward from every date.
  if (months * 28 * 86_400_000 + ms <= 0 || next(0) <= 0) {
    throw new RangeError(`The schedule's step must be longer than nothing, not ${months} months and ${ms} ms.`)
  }
  return {
    next,
    previous: (at) => addMonths(at, -months) - ms,
    alignToNext: (at) => at,
    alignToPrevious: (at) => at,
    floor({ at, anchor }) {
      if (months === 0) return Math.floor(at / ms) * ms
      let boundary = anchor
      for (let after = next(boundary); after <= at; after = next(boundary)) boundary = after
      return boundary
    },
  }
}
