/** A schedule in words. The text that the author wrote stays beside it; words are only help. */
import cronstrue from 'cronstrue'
import { strings } from '../strings.ts'

const PRESETS: Record<string, string> = {
  '@once': strings.schedule.once,
  '@continuous': strings.schedule.continuous,
  '@hourly': strings.schedule.hourly,
  '@daily': strings.schedule.daily,
  '@weekly': strings.schedule.weekly,
  '@monthly': strings.schedule.monthly,
  '@quarterly': strings.schedule.quarterly,
  '@yearly': strings.schedule.yearly,
  '@annually': strings.schedule.yearly,
}
/** How Python prints a timedelta: `1 day, 0:30:00`. */
const DELTA = /^(?:(\d+) days?,? ?)?(?:(\d+):(\d\d):(\d\d)(?:\.\d+)?)?$/

export function scheduleWords(schedule: string | null): string {
  if (schedule === null || schedule === '' || schedule === '@none') return strings.schedule.none
  const preset = PRESETS[schedule]
  if (preset !== undefined) return preset
  const delta = DELTA.exec(schedule)
  if (delta) return deltaWords(delta)
  if (!/^[\d*,/\-?LW#A-Za-z ]+$/.test(schedule)) return schedule
  try {
    const words = cronstrue.toString(schedule, { use24HourTimeFormat: true })
    return /^At \d\d:\d\d$/.test(words) ? strings.schedule.every(`day ${words.toLowerCase()}`) : words
  } catch {
    return schedule
  }
}

/** With the zone that its clock times are in; `Every 10 minutes` needs none. */
export function scheduleInZone(schedule: string | null, zone: string): string {
  const words = scheduleWords(schedule)
  return hasClockTime(words) ? `${words} (${zone})` : words
}
export const hasClockTime = (words: string): boolean => /\d\d:\d\d/.test(words)

function deltaWords(delta: RegExpExecArray): string {
  const [days, hours, minutes, seconds] = delta.slice(1).map((part) => Number(part ?? 0))
  const parts = [
    [days, strings.units.day],
    [hours, strings.units.hour],
    [minutes, strings.units.minute],
    [seconds, strings.units.second],
  ] as const
  const present = parts.flatMap(([count, unit]) => (count ? [{ count, unit }] : []))
  const [only] = present
  if (present.length === 1 && only?.count === 1) return strings.schedule.every(only.unit)
  return strings.schedule.every(present.map(({ count, unit }) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' '))
}
