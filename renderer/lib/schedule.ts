/** A schedule in words. The text that the author wrote stays beside it; words are only help. */
import cronstrue from 'cronstrue'
import type { Dag } from '#contract/dag.ts'
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
/** How a schedule of assets is written: `Asset`, or beside a time `Dataset or 0 8 * * 1`. */
const ASSETS = /^(?:Asset|Dataset)(?: or (.+))?$/

export function scheduleWords(schedule: string | null): string {
  if (schedule === null || schedule === '' || schedule === '@none') return strings.schedule.none
  const preset = PRESETS[schedule]
  if (preset !== undefined) return preset
  const beside = ASSETS.exec(schedule)
  if (beside) return orTime(strings.assets.title, beside[1])
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

type Scheduled = Pick<Dag, 'schedule_interval' | 'asset_schedule'>

/** The schedule of a DAG: of one that waits for assets, which. */
export function dagScheduleWords({ schedule_interval, asset_schedule }: Scheduled): string {
  const beside = ASSETS.exec(schedule_interval ?? '')
  return asset_schedule === null || beside === null ? scheduleWords(schedule_interval) : orTime(asset_schedule.condition, beside[1])
}

function orTime(condition: string, time: string | undefined): string {
  if (time === undefined) return condition
  const words = scheduleWords(time)
  return strings.assets.or(condition, words === time ? words : words.charAt(0).toLowerCase() + words.slice(1))
}

/** How much of what a DAG waits for has come; null = its schedule waits for no asset. */
export function arrivedWords({ asset_schedule }: Pick<Dag, 'asset_schedule'>): string | null {
  if (asset_schedule === null) return null
  const { arrived, wanted } = asset_schedule
  return wanted === 1 && arrived === 0 ? strings.assets.waitsForOne : strings.assets.arrived(arrived, wanted)
}

/** With the zone that its clock times are in; `Every 10 minutes` needs none. */
export function dagScheduleInZone(dag: Scheduled & Pick<Dag, 'timezone'>): string {
  const words = dagScheduleWords(dag)
  return hasClockTime(words) ? `${words} (${dag.timezone})` : words
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
