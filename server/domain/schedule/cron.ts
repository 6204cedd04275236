/**
 * Finds the times of a cron expression on a wall clock that knows no time zone (local milliseconds, see civil.ts). The
 * time-zone rules are in cronClock.ts.
 *
 * A search walks days through one bit mask per month and looks hours, minutes and seconds up in tables, so that its cost is
 * that of the months it crosses, not of the minutes.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, civilDate, dayNumber, daysInMonth, weekday } from './civil.ts'
import { expandPreset, parseCron, type CronField, type CronFields, type Nth } from './cronFields.ts'

export interface Cron {
  /** The expression with presets such as `@daily` written out. */
  expression: string
  /** Its hour field is `*`: it follows elapsed time over a change of the clock (Airflow's rule). */
  coversEveryHour: boolean
  /** First time after `local`, or null if there is none within 50 years (such as 30 February). */
  next(local: number): number | null
  /** Last time before `local`, or null. */
  previous(local: number): number | null
}

/** Croniter looks this many years ahead; 29 February on a given weekday comes back within 40. */
const SEARCH_YEARS = 50

/** For each value of a clock field the nearest allowed one at or after it, and at or before it; -1 if there is none. */
interface Ticks {
  atOrAfter: Int8Array
  atOrBefore: Int8Array
  first: number
  last: number
}

function makeTicks(field: CronField | null, size: number): Ticks {
  const allowed = (value: number): boolean => (field === null ? value === 0 : field.any || field.values.includes(value))
  const atOrAfter = new Int8Array(size).fill(-1)
  const atOrBefore = new Int8Array(size).fill(-1)
  for (let value = size - 1; value >= 0; value--) atOrAfter[value] = allowed(value) ? value : (atOrAfter[value + 1] ?? -1)
  for (let value = 0; value < size; value++) atOrBefore[value] = allowed(value) ? value : (atOrBefore[value - 1] ?? -1)
  return { atOrAfter, atOrBefore, first: atOrAfter[0] ?? -1, last: atOrBefore[size - 1] ?? -1 }
}

function bits(values: Iterable<number>): number {
  let mask = 0
  for (const value of values) mask |= 1 << value
  return mask
}

const ALL_DAYS = 0xfffffffe | 0

export function compileCron(expression: string): Cron {
  const text = expandPreset(expression)
  return new CronSearch(text, parseCron(text))
}

class CronSearch implements Cron {
  readonly expression: string
  readonly coversEveryHour: boolean
  readonly #fields: CronFields
  readonly #hours: Ticks
  readonly #minutes: Ticks
  readonly #seconds: Ticks
  /** The smallest step of the expression: it never fires between two of these. */
  readonly #grain: number
  readonly #months: number
  readonly #years: ReadonlySet<number> | null
  #maskMonth = -1
  #mask = 0

  constructor(expression: string, fields: CronFields) {
    this.expression = expression
    this.coversEveryHour = fields.hour.starred
    this.#fields = fields
    this.#hours = makeTicks(fields.hour, 24)
    this.#minutes = makeTicks(fields.minute, 60)
    this.#seconds = makeTicks(fields.second, 60)
    this.#grain = fields.second === null ? MINUTE_MS : SECOND_MS
    this.#months = fields.month.any ? -1 : bits(fields.month.values)
    this.#years = fields.year === null || fields.year.any ? null : new Set(fields.year.values)
  }

  next(local: number): number | null {
    const from = (Math.floor(local / this.#grain) + 1) * this.#grain
    const first = Math.floor(from / DAY_MS)
    const startYear = civilDate(first).year
    let day = first
    for (;;) {
      const { year, month, day: dayOfMonth } = civilDate(day)
      if (year - startYear > SEARCH_YEARS) return null
      const rest = this.#monthMask(year, month) & (-1 << dayOfMonth)
      if (rest === 0) {
        day = month === 12 ? dayNumber({ year: year + 1, month: 1, day: 1 }) : dayNumber({ year, month: month + 1, day: 1 })
        continue
      }
      day += 31 - Math.clz32(rest & -rest) - dayOfMonth
      const time = this.#timeAtOrAfter(day === first ? from - first * DAY_MS : 0)
      if (time >= 0) return day * DAY_MS + time
      day += 1
    }
  }

  previous(local: number): number | null {
    const until = (Math.ceil(local / this.#grain) - 1) * this.#grain
    const first = Math.floor(until / DAY_MS)
    const startYear = civilDate(first).year
    let day = first
    for (;;) {
      const { year, month, day: dayOfMonth } = civilDate(day)
      if (startYear - year > SEARCH_YEARS) return null
      const rest = this.#monthMask(year, month) & (dayOfMonth === 31 ? -1 : (1 << (dayOfMonth + 1)) - 1)
      if (rest === 0) {
        day -= dayOfMonth
        continue
      }
      day += 31 - Math.clz32(rest) - dayOfMonth
      const time = this.#timeAtOrBefore(day === first ? until - first * DAY_MS : DAY_MS - this.#grain)
      if (time >= 0) return day * DAY_MS + time
      day -= 1
    }
  }

  #timeAtOrAfter(time: number): number {
    const hour = Math.floor(time / HOUR_MS)
    const minute = Math.floor(time / MINUTE_MS) % 60
    const second = Math.floor(time / SECOND_MS) % 60
    let h = this.#hours.atOrAfter[hour] ?? -1
    if (h < 0) return -1
    let m = h > hour ? this.#minutes.first : (this.#minutes.atOrAfter[minute] ?? -1)
    let s = this.#seconds.first
    if (h === hour && m === minute) {
      s = this.#seconds.atOrAfter[second] ?? -1
      if (s < 0) {
        m = this.#minutes.atOrAfter[minute + 1] ?? -1
        s = this.#seconds.first
      }
    }
    if (m < 0) {
      h = this.#hours.atOrAfter[hour + 1] ?? -1
      if (h < 0) return -1
      m = this.#minutes.first
    }
    return h * HOUR_MS + m * MINUTE_MS + s * SECOND_MS
  }

  #timeAtOrBefore(time: number): number {
    const hour = Math.floor(time / HOUR_MS)
    const minute = Math.floor(time / MINUTE_MS) % 60
    const second = Math.floor(time / SECOND_MS) % 60
    let h = this.#hours.atOrBefore[hour] ?? -1
    if (h < 0) return -1
    let m = h < hour ? this.#minutes.last : (this.#minutes.atOrBefore[minute] ?? -1)
    let s = this.#seconds.last
    if (h === hour && m === minute) {
      s = this.#seconds.atOrBefore[second] ?? -1
      if (s < 0) {
        m = this.#minutes.atOrBefore[minute - 1] ?? -1
        s = this.#seconds.last
      }
    }
    if (m < 0) {
      h = this.#hours.atOrBefore[hour - 1] ?? -1
      if (h < 0) return -1
      m = this.#minutes.last
    }
    return h * HOUR_MS + m * MINUTE_MS + s * SECOND_MS
  }

  /** The days of a month on which the expression fires, as bits 1 to 31; 0 if it is not a month of the expression. */
  #monthMask(year: number, month: number): number {
    if (this.#maskMonth === year * 12 + month) return this.#mask
    const allowed = (this.#months & (1 << month)) !== 0 && (this.#years === null || this.#years.has(year))
    this.#maskMonth = year * 12 + month
    this.#mask = allowed ? this.#daysOfMonth(year, month) : 0
    return this.#mask
  }

  /**
   * Day of month and day of week: if both are restricted either may match, else both must. `#`, `L5` and `15W` are not part of
   * that choice: croniter applies them on both sides of it.
   */
  #daysOfMonth(year: number, month: number): number {
    const { day, weekday: week, nth } = this.#fields
    const length = daysInMonth(year, month)
    const firstWeekday = weekday(dayNumber({ year, month, day: 1 }))
    const exist = length === 31 ? ALL_DAYS : (1 << (length + 1)) - 2
    const nearest = day.nearestWeekday === null ? null : 1 << nearestWeekday({ day: day.nearestWeekday, length, firstWeekday })
    const plainDays = day.any ? ALL_DAYS : bits(day.values) | (day.last ? 1 << length : 0)
    const nthDays = nth.size === 0 ? null : nthWeekdays(nth, { length, firstWeekday })
    const plainWeek = week.any ? ALL_DAYS : weekdays(bits(week.values), { length, firstWeekday })
    const dayMask = nearest ?? plainDays
    const weekMask = nthDays ?? plainWeek
    if (day.any || week.any) return dayMask & weekMask & exist
    return ((dayMask & (nthDays ?? ALL_DAYS)) | ((nearest ?? ALL_DAYS) & weekMask)) & exist
  }
}

interface MonthShape {
  length: number
  firstWeekday: number
}

function weekdays(allowed: number, { length, firstWeekday }: MonthShape): number {
  let mask = 0
  for (let day = 1; day <= length; day++) if (allowed & (1 << ((firstWeekday + day - 1) % 7))) mask |= 1 << day
  return mask
}

function nthWeekdays(nth: ReadonlyMap<number, ReadonlySet<Nth>>, { length, firstWeekday }: MonthShape): number {
  let mask = 0
  for (const [dayOfWeek, which] of nth) {
    const first = 1 + ((dayOfWeek - firstWeekday + 7) % 7)
    for (const n of which) {
      const day = n === 'last' ? first + 7 * Math.floor((length - first) / 7) : first + 7 * (n - 1)
      if (day <= length) mask |= 1 << day
    }
  }
  return mask
}

/** Monday to Friday nearest to a day, within the same month. */
function nearestWeekday({ day, length, firstWeekday }: MonthShape & { day: number }): number {
  const target = Math.min(day, length)
  const dayOfWeek = (firstWeekday + target - 1) % 7
  if (dayOfWeek === 6) return target > 1 ? target - 1 : target + 2
  if (dayOfWeek === 0) return target < length ? target + 1 : target - 2
  return target
}
