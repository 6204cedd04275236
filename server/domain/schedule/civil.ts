/**
 * Proleptic Gregorian calendar on plain numbers. A "local" time is milliseconds since 1970-01-01T00:00 on some wall clock, as
 * if that clock were UTC; no time zone is involved here.
 */
export const SECOND_MS = 1_000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

export interface CivilDate {
  year: number
  /** 1 to 12. */
  month: number
  /** 1 to 31. */
  day: number
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function daysInMonth(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29
  return MONTH_DAYS[month - 1] ?? 31
}

/**
 * Day number (0 = 1970-01-01) of a date. The year is counted from March, so that the leap day is the last of its year;
 * 146,097 days make one 400-year cycle and 719,468 days lie between 0000-03-01 and 1970-01-01.
 */
export function dayNumber({ year, month, day }: CivilDate): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The date of a day number; the inverse of dayNumber. */
export function civilDate(number: number): CivilDate {
  const shifted = number + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** Day of the week of a day number: 0 = Sunday. */
export function weekday(number: number): number {
  return (((number + 4) % 7) + 7) % 7
}

/** Adds calendar months; the day is cut to the length of the month it lands in (31 January + 1 month = 28 or 29 February). */
export function addMonths(local: number, months: number): number {
  if (months === 0) return local
  const number = Math.floor(local / DAY_MS)
  const { year, month, day } = civilDate(number)
  const total = year * 12 + (month - 1) + months
  const target = { year: Math.floor(total / 12), month: (((total % 12) + 12) % 12) + 1 }
  const moved = dayNumber({ ...target, day: Math.min(day, daysInMonth(target.year, target.month)) })
  return moved * DAY_MS + (local - number * DAY_MS)
}
