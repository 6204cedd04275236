/**
 * Instants and durations as people read them. Three modes everywhere: the DAG's zone, the browser's, UTC; the zone is always
 * printed, so that a time can be copied into a message and still be understood. Pure: the current time is passed in.
 */
export const TIME_MODES = ['dag', 'local', 'utc'] as const
export type TimeMode = (typeof TIME_MODES)[number]

const formatters = new Map<string, Intl.DateTimeFormat | null>()

/** null if the browser does not know the zone. Fixed offsets such as `+05:30` are known. */
function formatter(zone: string): Intl.DateTimeFormat | null {
  let known = formatters.get(zone)
  if (known === undefined) {
    try {
      known = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        timeZoneName: 'short',
      })
    } catch {
      known = null
    }
    formatters.set(zone, known)
  }
  return known
}

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

export function zoneFor(mode: TimeMode, dagZone: string | null): string {
  if (mode === 'utc') return 'UTC'
  if (mode === 'local') return localZone()
  return dagZone ?? 'UTC'
}

export interface TimeParts {
  date: string
  time: string
  zone: string
}

/** `2026-11-23`, `09:00:00`, `UTC`. An instant that cannot be read comes back as it is. */
export function timeParts(iso: string, zone: string): TimeParts {
  const at = new Date(iso)
  const format = formatter(zone) ?? formatter('UTC')
  if (Number.isNaN(at.getTime()) || !format) return { date: iso, time: '', zone: '' }
  const parts: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(at)) parts[type] = value
  return {
    date: `${parts['year']}-${parts['month']}-${parts['day']}`,
    time: `${parts['hour']}:${parts['minute']}:${parts['second']}`,
    zone: parts['timeZoneName'] ?? zone,
  }
}

export function formatInstant(iso: string, zone: string): string {
  const parts = timeParts(iso, zone)
  return `${parts.date} ${parts.time} ${parts.zone}`.trim()
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** `in 3 hours`, `2 minutes ago`. */
export function formatRelative(iso: string, now: number): string {
  const difference = Date.parse(iso) - now
  if (Number.isNaN(difference)) return iso
  const [unit, size] = UNITS.find(([, ms]) => Math.abs(difference) >= ms) ?? ['second', 1000]
  return relative.format(Math.trunc(difference / size), unit)
}

/** `85 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `4 d 3 h`: never more than two units. */
export function formatDuration(ms: number): string {
  if (ms < 1) return '0 s'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`
}

/** Elapsed time of something that may still go on; null before its start. */
export function elapsed(start: string | null, end: string | null, now: number): number | null {
  if (start === null) return null
  return (end === null ? now : Date.parse(end)) - Date.parse(start)
}
