/** The time that a line shows: the one it begins with, else when it came. Always of the same width. Pure. */
import { timestampOf, writtenInstant } from '#contract/logLines.ts'
import { formatDuration, timeParts } from '../../lib/time.ts'
import { strings } from '../../strings.ts'

export interface LineClock {
  /** That the page shows times in. */
  zone: string
  /** Start of the attempt, in milliseconds since 1970; null = not known. */
  begun: number | null
}
export interface ShownTime {
  /** `09:00:00.123`, or blanks. */
  text: string
  /** The whole instant, and how far the attempt was. */
  title: string
  /** For machines; null = not known. */
  iso: string | null
}

export const TIME_WIDTH = 'HH:mm:ss.SSS'.length
const CLOCK = /\d\d:\d\d:\d\d(?:[.,]\d{1,3})?/

/** `plain`: the line without escape sequences. `at`: when it came. */
export function shownTime(plain: string, at: number | null, clock: LineClock): ShownTime {
  const came = at === null ? null : fineInstant(at, clock.zone)
  const written = writtenInstant(plain)
  const since = at === null || clock.begun === null || at < clock.begun ? [] : [strings.log.sinceStart(formatDuration(at - clock.begun))]
  if (written === null)
    return {
      text: (came?.time ?? '').padEnd(TIME_WIDTH),
      title: [came?.whole ?? '', ...since].join('\n'),
      iso: at === null ? null : new Date(at).toISOString(),
    }
  const own = ownInstant(plain, written.isZoned, at)
  const shown = own === null ? written.text : fineInstant(own, clock.zone).time
  // As exact as it is written.
  const digits = CLOCK.exec(written.text)?.[0].length ?? TIME_WIDTH
  return {
    text: (CLOCK.exec(shown)?.[0] ?? '').slice(0, digits).replace(',', '.').padEnd(TIME_WIDTH),
    title: [strings.log.written(written.text), ...(came === null ? [] : [strings.log.came(came.whole)]), ...since].join('\n'),
    iso: own === null ? null : new Date(own).toISOString(),
  }
}

/** Zones differ from UTC by quarters of an hour, and by 14 hours at most. */
const ZONE_STEP_MS = 15 * 60_000
const ZONE_MOST_MS = 14 * 3_600_000
/** A line may wait so long in a buffer of its task. */
const LATE_MOST_MS = 60_000

/** The instant that a line begins with. Most loggers write no zone: it is the one in which the line was written just before it came. */
function ownInstant(plain: string, isZoned: boolean, came: number | null): number | null {
  const stated = timestampOf(plain)
  if (stated === null || isZoned) return stated
  if (came === null) return null
  const offset = Math.round((stated - came) / ZONE_STEP_MS) * ZONE_STEP_MS
  const isNear = Math.abs(offset) <= ZONE_MOST_MS && Math.abs(stated - offset - came) <= LATE_MOST_MS
  return isNear ? stated - offset : null
}

function fineInstant(at: number, zone: string): { time: string; whole: string } {
  const iso = new Date(at).toISOString()
  const parts = timeParts(iso, zone)
  const time = `${parts.time}.${iso.slice(20, 23)}`
  return { time, whole: `${parts.date} ${time} ${parts.zone}` }
}
