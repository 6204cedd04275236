/**
 * Reads cron expressions in croniter's dialect, which is the one that Airflow has: 5 fields, an optional 6th for seconds and
 * 7th for years, names, lists, ranges with steps (also ones that wrap, such as `fri-mon`), `L`, `15W`, `mon#2`, `L5`, `?`.
 *
 * No cron library of npm agrees with croniter on wrapping ranges with steps, on what counts as `*` for the
 * day-of-month-or-day-of-week rule, or on `#` beside a day of month, so the few rules are here and are compared with Airflow
 * itself (airflowTimetables.test.ts).
 */

/** What one field allows. `any`: it restricts nothing; `starred`: it was reduced to exactly `*`. */
export interface CronField {
  any: boolean
  starred: boolean
  values: readonly number[]
}

export type Nth = number | 'last'

export interface CronFields {
  minute: CronField
  hour: CronField
  day: CronField & { last: boolean; nearestWeekday: number | null }
  month: CronField
  weekday: CronField
  /** Weekday -> which of them in a month; empty unless `#` or `L5` is used. */
  nth: ReadonlyMap<number, ReadonlySet<Nth>>
  /** null: the expression has no seconds field and fires at second 0. */
  second: CronField | null
  year: CronField | null
}

interface FieldRule {
  name: string
  min: number
  max: number
  /** Number of values that makes a field equal to `*`. Croniter counts seven weekdays and 130 years. */
  all: number
  names: ReadonlyMap<string, number>
}

const NO_NAMES: ReadonlyMap<string, number> = new Map()
const MONTHS = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, index) => [name, index + 1]),
)
const WEEKDAYS = new Map(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((name, index) => [name, index]))
const RULES = {
  minute: { name: 'minute', min: 0, max: 59, all: 60, names: NO_NAMES },
  hour: { name: 'hour', min: 0, max: 23, all: 24, names: NO_NAMES },
  day: { name: 'day of month', min: 1, max: 31, all: 31, names: NO_NAMES },
  month: { name: 'month', min: 1, max: 12, all: 12, names: MONTHS },
  weekday: { name: 'day of week', min: 0, max: 6, all: 7, names: WEEKDAYS },
  second: { name: 'second', min: 0, max: 59, all: 60, names: NO_NAMES },
  year: { name: 'year', min: 1970, max: 2099, all: 130, names: NO_NAMES },
} as const satisfies Record<string, FieldRule>

/** Airflow's own presets, in lower case only. */
const AIRFLOW_PRESETS = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@quarterly', '0 0 1 */3 *'],
  ['@yearly', '0 0 1 1 *'],
])
/** Croniter's, in any case; it has no @quarterly. */
const CRONITER_ALIASES = new Map([...AIRFLOW_PRESETS, ['@midnight', '0 0 * * *'], ['@annually', '0 0 1 1 *']])
CRONITER_ALIASES.delete('@quarterly')
/** Longer than any expression that makes sense (every value of every field listed is about 900 characters). */
const MAX_LENGTH = 1_000

/** The expression behind an Airflow preset, or the expression itself. */
export function expandPreset(expression: string): string {
  return AIRFLOW_PRESETS.get(expression) ?? expression
}

/** What is wrong with an expression; `field` says where, if it is one field's fault, counted from 0 in `index`. */
export class CronError extends SyntaxError {
  readonly field: { name: string; index: number; min: number; max: number } | null
  constructor(message: string, field: CronError['field']) {
    super(message)
    this.name = 'CronError'
    this.field = field
  }
}
const FIELD_ORDER = ['minute', 'hour', 'day', 'month', 'weekday', 'second', 'year'] as const

/** Reads an expression. Throws a CronError that names the field and what is wrong with it. */
export function parseCron(expression: string): CronFields {
  const refuse = (why: string, rule: FieldRule | null = null): never => {
    const index = FIELD_ORDER.findIndex((name) => RULES[name] === rule)
    const field = rule === null ? null : { name: rule.name, index, min: rule.min, max: rule.max }
    throw new CronError(`The cron expression "${expression.slice(0, 200)}" is not valid: ${why}.`, field)
  }
  if (expression.length > MAX_LENGTH) refuse(`it is longer than ${MAX_LENGTH} characters`)
  const lower = expression.toLowerCase()
  const expanded = CRONITER_ALIASES.get(lower) ?? lower
  const parts = expanded.split(/[ \t\n\r\f\v]+/).filter((part) => part !== '')
  if (parts.length < 5 || parts.length > 7) refuse(`it has ${parts.length} fields; 5, 6 (seconds last) or 7 (year last) are needed`)
  const [minute = '', hour = '', day = '', month = '', weekday = '', second, year] = parts
  const nth = new Map<number, Set<Nth>>()
  const read = (rule: FieldRule, text: string): FieldValues => {
    try {
      return readField(rule, text, nth)
    } catch (error) {
      if (error instanceof FieldError) return refuse(`${error.message} in the ${rule.name} field "${text}"`, rule)
      throw error
    }
  }
  const minutes = toField(RULES.minute, read(RULES.minute, minute), true)
  const hours = toField(RULES.hour, read(RULES.hour, hour), true)
  const dayValues = read(RULES.day, day)
  // A field that lists every day is `*` only if the other day field has a star, else `1-31 * mon` would not mean "or".
  const days = toField(RULES.day, dayValues, weekday.includes('*'))
  const months = toField(RULES.month, read(RULES.month, month), true)
  const weekdayValues = read(RULES.weekday, weekday)
  const weekdays = toField(RULES.weekday, weekdayValues, day.includes('*'))
  if (nth.size > 0 && weekdays.values.length !== 7 && weekdays.values.some((value) => !nth.has(value))) {
    refuse('plain days of week and ones with # or L cannot be mixed')
  }
  return {
    minute: minutes,
    hour: hours,
    day: { ...days, last: dayValues.last, nearestWeekday: dayValues.nearestWeekday },
    month: months,
    weekday: weekdays,
    nth,
    second: second === undefined ? null : toField(RULES.second, read(RULES.second, second), true),
    year: year === undefined ? null : toField(RULES.year, read(RULES.year, year), true),
  }
}

class FieldError extends Error {}

interface FieldValues {
  star: boolean
  last: boolean
  nearestWeekday: number | null
  values: Set<number>
}

function toField(rule: FieldRule, { star, last, values }: FieldValues, mayBecomeStar: boolean): CronField {
  const size = values.size + (star ? 1 : 0) + (last ? 1 : 0)
  const starred = (star && size === 1) || (size === rule.all && mayBecomeStar)
  return { any: star || starred, starred, values: [...values].sort((a, b) => a - b) }
}

function readField(rule: FieldRule, text: string, nth: Map<number, Set<Nth>>): FieldValues {
  const found: FieldValues = { star: false, last: false, nearestWeekday: null, values: new Set() }
  if (text.includes('?')) {
    if (text !== '?') throw new FieldError('"?" must stand alone')
    if (rule !== RULES.day && rule !== RULES.weekday) throw new FieldError('"?" is allowed in the day fields only, not')
    return { ...found, star: true }
  }
  if (/^[hr](\(\d+-\d+\))?(\/\d+)?$/.test(text)) throw new FieldError('"H" and "R" (hashed and random values) are not supported')
  const items = text.split(',')
  for (const item of items) {
    if (rule === RULES.weekday && readNth(item, found, nth)) continue
    const nearest = rule === RULES.day ? /^(?:(\d+)w|w(\d+))$/.exec(item) : null
    if (nearest) {
      const day = readNumber(rule, nearest[1] ?? nearest[2] ?? '')
      if (items.length > 1) throw new FieldError('"W" stands with a single day only')
      found.nearestWeekday = day
      found.values.add(day)
      continue
    }
    if (item === '*') found.star = true
    else if (item === 'l' && rule === RULES.day) found.last = true
    else for (const value of readItem(rule, item)) found.values.add(value)
  }
  return found
}

/** Reads `mon#2`, `mon-fri#1` or `l5` into `nth`; false if the item is of another form. */
function readNth(item: string, found: FieldValues, nth: Map<number, Set<Nth>>): boolean {
  const match = /^(?:([a-z]{3}-[a-z]{3}|\w+)#|l)(\d+)$/.exec(item)
  if (!match) return false
  const which: Nth = match[1] === undefined ? 'last' : Number(match[2])
  if (which !== 'last' && (which < 1 || which > 5)) throw new FieldError(`"#${which}" is not 1 to 5`)
  for (const value of readItem(RULES.weekday, match[1] ?? match[2] ?? '')) {
    found.values.add(value)
    nth.set(value, (nth.get(value) ?? new Set<Nth>()).add(which))
  }
  return true
}

/** Values of a number, a name, `a-b`, `a-b/step`, `*` + `/step` or `a/step`. */
function readItem(rule: FieldRule, item: string): number[] {
  const starStep = item.replace(/^\*(\/.+)$/, `${rule.min}-${rule.max}$1`)
  const range = /^([^-]+)-([^-/]+)(?:\/(\d+))?$/.exec(starStep)
  if (range) return readRange(rule, { low: range[1] ?? '', high: range[2] ?? '', step: range[3] ?? '1' })
  const open = /^([^-/]+)\/(\d+)$/.exec(item)
  if (!open) return [readNumber(rule, item)]
  const low = readNumber(rule, open[1] ?? '')
  const step = readStep(open[2] ?? '')
  if (low === rule.max) return [low]
  return readRange(rule, { low: String(low), high: String(rule.max), step: String(step) })
}

function readRange(rule: FieldRule, range: { low: string; high: string; step: string }): number[] {
  const step = readStep(range.step)
  let low = readNumber(rule, range.low)
  let high = readNumber(rule, rule === RULES.day && range.high === 'l' ? '31' : range.high)
  if (low === high) {
    low = rule.min
    high = rule.max
  }
  const values: number[] = []
  const push = (from: number, to: number): void => {
    for (let value = from; value <= to; value += step) values.push(value)
  }
  if (low <= high) {
    push(low, high)
    return values
  }
  // The range wraps: from `low` to the end of the field, then from its start to `high`. The step goes on over the seam only
  // if the last value of the first part is so near the end that croniter counts it as passed.
  push(low, rule.max)
  const last = values.at(-1) ?? rule.max
  const size = rule.max - rule.min + 1
  const passed = rule.max - last
  const skip = last - rule.min + step > size && passed < step ? step - passed : 0
  push(rule.min + skip, high)
  return values
}

function readStep(text: string): number {
  const step = Number(text)
  if (step === 0) throw new FieldError('a step of 0 is not possible')
  return step
}

/** A number or name. `7` is Sunday, as is `0`. */
function readNumber(rule: FieldRule, text: string): number {
  const named = rule.names.get(text)
  if (named !== undefined) return named
  if (!/^\d+$/.test(text)) throw new FieldError(`"${text}" is not a number${rule.names.size > 0 ? ' or a name' : ''}`)
  const value = rule === RULES.weekday && Number(text) === 7 ? 0 : Number(text)
  if (value < rule.min || value > rule.max) throw new FieldError(`${text} is not within ${rule.min} to ${rule.max}`)
  return value
}
