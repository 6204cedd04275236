/**
 * Time zones as offset tables. Intl is slow (microseconds for each formatted instant), so the changes of a zone are found
 * once per stretch of about 13 months and kept; a lookup is then a few comparisons.
 *
 * Local times that a clock shows twice mean their second instance, and local times that a clock skips keep the offset from
 * before the change (02:30 becomes 03:30): that is what Airflow does (`fold=1`).
 */
import { DAY_MS, MINUTE_MS, SECOND_MS } from './civil.ts'

/** A change of a zone's offset: `before` holds up to `at`, `after` from `at` on. Offsets are milliseconds east of UTC. */
export interface Transition {
  at: number
  before: number
  after: number
}

export interface Zone {
  name: string
  /** Milliseconds that the wall clock is ahead of UTC. */
  offsetAt(utc: number): number
  toLocal(utc: number): number
  toUtc(local: number): number
  /** Changes with from < at <= to, in order. */
  transitions(p: { from: number; to: number }): Transition[]
}

const CHUNK_MS = 2 ** 35
/** Morocco's shortest stretch between two changes is about 30 days; a week finds every change of the zones in use. */
const PROBE_MS = 7 * DAY_MS
/** Enough chunks for 70 years of each of a hundred zones is never needed: a zone keeps 64, about 70 years. */
const MAX_CHUNKS = 64

interface Chunk {
  first: number
  transitions: Transition[]
}

class FixedZone implements Zone {
  readonly name: string
  readonly #offset: number
  constructor(name: string, offset: number) {
    this.name = name
    this.#offset = offset
  }
  offsetAt(): number {
    return this.#offset
  }
  toLocal(utc: number): number {
    return utc + this.#offset
  }
  toUtc(local: number): number {
    return local - this.#offset
  }
  transitions(): Transition[] {
    return []
  }
}

class NamedZone implements Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #chunks = new Map<number, Chunk>()
  #lastIndex = Number.NaN
  #lastChunk: Chunk = { first: 0, transitions: [] }

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name
    this.#format = format
  }

  offsetAt(utc: number): number {
    const chunk = this.#chunk(Math.floor(utc / CHUNK_MS))
    let offset = chunk.first
    for (const transition of chunk.transitions) {
      if (transition.at > utc) break
      offset = transition.after
    }
    return offset
  }

  toLocal(utc: number): number {
    return utc + this.offsetAt(utc)
  }

  toUtc(local: number): number {
    // No offset is larger than a day, so the instant lies within a day of `local` read as UTC.
    const earliest = this.offsetAt(local - DAY_MS)
    if (earliest === this.offsetAt(local + DAY_MS)) return local - earliest
    let skipped = earliest
    let offset = earliest
    for (const { at, before, after } of this.transitions({ from: local - DAY_MS, to: local + DAY_MS })) {
      if (at + Math.max(before, after) <= local) skipped = after
      if (at + Math.min(before, after) <= local) offset = after
    }
    // Within a gap the two readings differ and the later offset is the larger one: keep the offset from before the change.
    return local - (offset > skipped ? skipped : offset)
  }

  transitions({ from, to }: { from: number; to: number }): Transition[] {
    const found: Transition[] = []
    for (let index = Math.floor(from / CHUNK_MS); index <= Math.floor(to / CHUNK_MS); index++) {
      for (const transition of this.#chunk(index).transitions) if (transition.at > from && transition.at <= to) found.push(transition)
    }
    return found
  }

  #chunk(index: number): Chunk {
    if (index === this.#lastIndex) return this.#lastChunk
    let chunk = this.#chunks.get(index)
    if (!chunk) {
      chunk = this.#readChunk(index)
      if (this.#chunks.size >= MAX_CHUNKS) this.#chunks.clear()
      this.#chunks.set(index, chunk)
    }
    this.#lastIndex = index
    this.#lastChunk = chunk
    return chunk
  }

  #readChunk(index: number): Chunk {
    const start = index * CHUNK_MS
    const end = start + CHUNK_MS
    const first = this.#readOffset(start - 1)
    const transitions: Transition[] = []
    let low = start - 1
    let before = first
    while (low < end - 1) {
      const high = Math.min(low + PROBE_MS, end - 1)
      const after = this.#readOffset(high)
      if (after !== before) transitions.push({ at: this.#locate(low, high, before), before, after })
      low = high
      before = after
    }
    return { first, transitions }
  }

  /** First instant in (low, high] at which the offset is no longer `before`. Zones change on whole seconds. */
  #locate(low: number, high: number, before: number): number {
    let a = Math.floor(low / SECOND_MS)
    let b = Math.ceil(high / SECOND_MS)
    while (b - a > 1) {
      const middle = Math.floor((a + b) / 2)
      if (this.#readOffset(middle * SECOND_MS) === before) a = middle
      else b = middle
    }
    return b * SECOND_MS
  }

  #readOffset(utc: number): number {
    const whole = Math.floor(utc / SECOND_MS) * SECOND_MS
    const parts = new Map(this.#format.formatToParts(whole).map((part) => [part.type, part.value]))
    const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
    const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
    return Date.UTC(year, number('month') - 1, number('day'), number('hour'), number('minute'), number('second')) - whole
  }
}

const zones = new Map<string, Zone>()
/** There are about 600 zone names; more keys than that can only be fixed offsets. */
const MAX_ZONES = 1_000

/** The zone of an IANA name or of a fixed offset such as `+05:30`. Throws if there is no such zone. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  const zone = makeZone(name)
  if (zones.size >= MAX_ZONES) zones.clear()
  zones.set(name, zone)
  return zone
}

function makeZone(name: string): Zone {
  if (/^(utc|gmt|z)$/i.test(name)) return new FixedZone('UTC', 0)
  const fixed = /^(?:UTC|GMT)?([+-])(\d{1,2}):?([0-5]\d)(?::?([0-5]\d))?$/.exec(name)
  if (fixed) {
    const size = (Number(fixed[2]) * 60 + Number(fixed[3])) * MINUTE_MS + Number(fixed[4] ?? 0) * SECOND_MS
    if (size >= DAY_MS) throw new RangeError(`The time zone offset ${name} is a day or more; it must be less than 24:00.`)
    return new FixedZone(name, fixed[1] === '-' ? -size : size)
  }
  const fields = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  } as const
  try {
    return new NamedZone(name, new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', ...fields }))
  } catch (cause) {
    throw new RangeError(`There is no time zone "${name}". Use an IANA name such as Europe/Berlin, or an offset such as +05:30.`, { cause })
  }
}
