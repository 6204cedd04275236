/**
 * Compares the timetables with recordings of Airflow itself (bench/airflow/record_timetables.py): 249 expressions in 12 time
 * zones over five years each, both families, and 6,000 random questions. A difference prints the command that shows
 * Airflow's list for that month.
 *
 * Differences on purpose; each is checked to be of its kind:
 * - `stall`: with hour `*` and a clock that goes back by half an hour, or hour `*` beside a restricted day or month and any
 *   change of the clock, Airflow's data-interval timetable stops for good (3.3 raises "did not advance", 2.10 offers the same
 *   run for ever). VORTEX goes on.
 * - `assertion`: for the same reason, and for hours or days, an assertion of Airflow fails ("next schedule shouldn't be
 *   earlier"). VORTEX plans the run that the points give.
 * - `ended`: without an earlier or later point (a year field, 30 February) Airflow raises at every pass of its scheduler.
 *   VORTEX starts such a schedule with its first point, and plans nothing after the last.
 * - Where 2.10 and 3.3 differ, VORTEX follows 3.3, whose changes are repairs: see the last test of the questions.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { TimetableSpec } from '#contract/dagSpec.ts'
import type { RunType } from '#contract/states.ts'
import { compileTimetable, formatRunId, type PlannedRun, type Timetable } from './timetable.ts'
import { compileCron } from './cron.ts'
import { zoneOf } from './zone.ts'

interface Pair {
  kind: 'dense' | 'whole'
  period: number
  hashes: string
  near: number[][]
  stalls: number[]
}
type RecordedSpec = { type: string; zone: string; year: number; dates_s?: number[] } & Record<string, unknown>
interface Question {
  now: number
  earliest: number | null
  latest: number | null
  last: [number, number] | null
  catchup: boolean
}
type Answer = { error: string } | { next: [number, number, number] | null; manual: [number, number] } | null
type Asked = [RecordedSpec, Question, Answer]
interface Recording {
  versions: { airflow: string }
  years: number
  edge_runs: number
  zones: { name: string; year: number; changes: number[] }[]
  expressions: string[]
  pairs: Record<string, Pair>
  questions: Asked[]
  run_ids: [RunType, number, string][]
  other: {
    versions: { airflow: string }
    pairs_compared: number
    pairs: Record<string, Pair>
    questions: Record<string, Asked>
    compared: number
    run_ids: [RunType, number, string][]
  }
}

const recording = JSON.parse(gunzipSync(readFileSync(new URL('airflow-timetables.json.gz', import.meta.url))).toString()) as Recording
const year = (number: number): number => Date.UTC(number, 0, 1) / 1000
const monthStart = (first: number, index: number): number => Date.UTC(first, index, 1) / 1000

/** (interval start, run_after) of the runs whose run_after is before stop, in seconds. */
function walk(timetable: Timetable, p: { start: number; stop: number; limit?: number; stalls?: Set<number> }): [number, number][] {
  const runs: [number, number][] = []
  let last: PlannedRun | null = null
  while (runs.length < (p.limit ?? Infinity)) {
    last = timetable.next({ last, restriction: { earliest: last === null ? p.start * 1000 : null, latest: null, catchup: true }, now: 0 })
    if (last === null || last.run_after / 1000 >= p.stop) break
    runs.push([last.interval.start / 1000, last.run_after / 1000])
    if (p.stalls?.has(last.run_after / 1000)) break
  }
  return runs
}

function hashTimes(times: Iterable<number>): number {
  let value = 17
  for (const time of times) value = (Math.imul(value, 31) + time) | 0
  return value >>> 0
}

function families(cron: string, timezone: string): { byInterval: Timetable; byTrigger: Timetable } {
  return {
    byInterval: compileTimetable({ type: 'cron_data_interval', cron, timezone }),
    byTrigger: compileTimetable({ type: 'cron_trigger', crons: [cron], timezone, interval_ms: 0, run_immediately: false }),
  }
}

interface Segment {
  what: string
  hash: number
}

/** The hashes of a pair in the order of the recording, each with words for what it covers. */
function segments(cron: string, zone: Recording['zones'][number], pair: Pair): Segment[] {
  const { byInterval, byTrigger } = families(cron, zone.name)
  const stalls = new Set(pair.stalls)
  const months = Array.from({ length: recording.years * 12 + 1 }, (_, index) => monthStart(zone.year, index))
  const name = (start: number): string => new Date(start * 1000).toISOString().slice(0, 7)
  if (pair.kind === 'dense') {
    const edge = recording.edge_runs
    const windows = [
      ...months.slice(0, -1).map((start) => ({ start, stop: 2 ** 40, limit: edge })),
      ...zone.changes.map((change) => ({ start: change - edge * pair.period, stop: 2 ** 40, limit: 2 * edge })),
    ]
    return [
      ...windows.map((window) => ({
        what: `trigger ${name(window.start)}`,
        hash: hashTimes(walk(byTrigger, window).map((run) => run[1])),
      })),
      ...windows.map((window) => ({
        what: `interval ${name(window.start)}`,
        hash: hashTimes(walk(byInterval, { ...window, stalls }).flat()),
      })),
    ]
  }
  const range = { start: months[0]!, stop: months.at(-1)! }
  const runs = walk(byTrigger, range).map((run) => run[1])
  const covered = walk(byInterval, { ...range, stalls })
  const years = Array.from({ length: recording.years + 1 }, (_, index) => year(zone.year + index))
  const within = (low: number, high: number) => (time: number) => low <= time && time < high
  return [
    ...months
      .slice(0, -1)
      .map((low, index) => ({ what: `trigger ${name(low)}`, hash: hashTimes(runs.filter(within(low, months[index + 1]!))) })),
    ...years.slice(0, -1).map((low, index) => ({
      what: `interval ${name(low)}`,
      hash: hashTimes(covered.filter((run) => within(low, years[index + 1]!)(run[1])).flat()),
    })),
  ]
}

/** Airflow's runs around each change of the clock against ours: the readable part of a difference. */
function compareNear(cron: string, zone: Recording['zones'][number], pair: Pair): string[] {
  const { byTrigger } = families(cron, zone.name)
  const reach = pair.period < 6 * 3600 ? 6 * 3600 : 40 * 3600
  return zone.changes.flatMap((change, index) => {
    let time = 0
    const theirs = (pair.near[index] ?? []).map((delta) => (time += delta))
    const ours = walk(byTrigger, { start: change - reach, stop: change + reach + 1 }).map((run) => run[1])
    const show = (times: number[]): string => times.map((at) => new Date(at * 1000).toISOString().slice(0, 16)).join(' ')
    return String(ours) === String(theirs) ? [] : [`${cron} ${zone.name}: Airflow ${show(theirs)}, VORTEX ${show(ours)}`]
  })
}

/** `ended`: an expression with a year whose first point has none before it, so that Airflow raises before the first run. */
function neverBegins(cron: string, { hashes }: Pair): boolean {
  const bytes = Buffer.from(hashes, 'base64')
  const isEmpty = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(index * 4)).every(
    (hash) => hash === hashTimes([]),
  )
  return isEmpty && cron.split(' ').length === 7
}

describe(`cron timetables against Airflow ${recording.versions.airflow} and ${recording.other.versions.airflow}`, () => {
  test('the recording is as large as it claims, and both Airflow versions agree in it', () => {
    expect(recording.expressions.length).toBeGreaterThanOrEqual(200)
    expect(recording.zones).toHaveLength(12)
    expect(recording.years).toBe(5)
    expect(Object.keys(recording.pairs)).toHaveLength(recording.expressions.length * 12)
    expect(recording.other.pairs_compared).toBeGreaterThan(200 * 12)
    expect(Object.keys(recording.other.pairs)).toEqual([])
  })

  test.each(recording.zones)('every run of five years in $name', { timeout: 120_000 }, (zone) => {
    // If this fails, Node's zone tables are not those of the recording (versions.tzdata): record again.
    const known = zoneOf(zone.name).transitions({ from: year(zone.year) * 1000, to: year(zone.year + recording.years) * 1000 })
    expect(known.map(({ at }) => at / 1000)).toEqual(zone.changes)
    const silent: string[] = []
    const differences: string[] = []
    for (const cron of recording.expressions) {
      const pair = recording.pairs[`${cron}|${zone.name}`]!
      if (neverBegins(cron, pair)) {
        silent.push(cron)
        continue
      }
      if (pair.kind === 'whole') differences.push(...compareNear(cron, zone, pair))
      const bytes = Buffer.from(pair.hashes, 'base64')
      const found = segments(cron, zone, pair)
      expect(found.length * 4).toBe(bytes.length)
      found.forEach(({ what, hash }, index) => {
        if (hash !== bytes.readUInt32LE(index * 4))
          differences.push(`${what}: record_timetables.py show "${cron}" ${zone.name} ${what.slice(-7)}`)
      })
    }
    expect(differences).toEqual([])
    for (const cron of silent)
      expect(
        families(cron, zone.name).byTrigger.next({
          last: null,
          restriction: { earliest: year(zone.year) * 1000, latest: null, catchup: true },
          now: 0,
        }),
      ).not.toBeNull()
  })

  test('Airflow stalls only where hour "*" meets a change of the clock, and VORTEX goes on there', () => {
    const stalled = Object.entries(recording.pairs).filter(([, pair]) => pair.stalls.length > 0)
    expect(stalled.length).toBeGreaterThan(0)
    for (const [key, { stalls }] of stalled) {
      const [cron = '', zone = ''] = key.split('|')
      expect(compileCron(cron).coversEveryHour, key).toBe(true)
      expect(recording.zones.find(({ name }) => name === zone)?.changes, key).not.toEqual([])
      const end = stalls[0]! * 1000
      const last: PlannedRun = { logical_date: end - 60_000, interval: { start: end - 60_000, end }, run_after: end }
      const run = families(cron, zone).byInterval.next({ last, restriction: { earliest: null, latest: null, catchup: true }, now: 0 })
      expect(run?.run_after, key).toBeGreaterThan(end)
    }
  })
})

function toSpec({ zone: _zone, year: _year, dates_s: dates, ...spec }: RecordedSpec): TimetableSpec {
  return { ...spec, ...(dates ? { dates: dates.map((at) => new Date(at * 1000).toISOString()) } : {}) } as unknown as TimetableSpec
}

function ask([recorded, question]: Asked): Exclude<Answer, { error: string } | null> {
  const timetable = compileTimetable(toSpec(recorded))
  const ms = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000)
  const now = question.now * 1000
  const interval = question.last && { start: question.last[0] * 1000, end: question.last[1] * 1000 }
  const last = interval && { logical_date: interval.start, interval, run_after: interval.end }
  const restriction = { earliest: ms(question.earliest), latest: ms(question.latest), catchup: question.catchup }
  const run = timetable.next({ last, restriction, now })
  const manual = timetable.manual({ at: now })
  return {
    next: run && [run.interval.start / 1000, run.interval.end / 1000, run.run_after / 1000],
    manual: [manual.start / 1000, manual.end / 1000],
  }
}

describe('random questions', () => {
  test('have the answers of Airflow 3.3', () => {
    const differences: unknown[] = []
    const failed: Asked[] = []
    for (const asked of recording.questions) {
      const [spec, question, theirs] = asked
      if (theirs === null) continue
      if ('error' in theirs) failed.push(asked)
      else if (JSON.stringify(ask(asked)) !== JSON.stringify(theirs)) differences.push({ spec, question, theirs, ours: ask(asked) })
    }
    expect(differences).toEqual([])
    // `ended` and `assertion`: the only two kinds of failure of Airflow, both rare.
    for (const asked of failed) {
      expect(asked[2]).toEqual({ error: expect.stringMatching(/^(CroniterBadDateError|AssertionError)$/) })
      expect(() => ask(asked)).not.toThrow()
    }
    expect(failed.length).toBeLessThan(recording.questions.length / 200)
  })
})

/** Why Airflow 2.10 answers differently from 3.3. */
function reasonOf210([spec, { last, earliest, catchup, now }, theirs]: Asked): string | null {
  const next = theirs !== null && 'next' in theirs ? theirs.next : null
  if (earliest === null && ['cron_trigger', 'once', 'continuous'].includes(spec.type))
    return 'a DAG without start date did not run (2.x refuses one with a schedule)'
  if (spec.type === 'delta_data_interval' && spec['months'] !== 0 && !catchup) return 'months were rounded as 30 days'
  if (spec.type.endsWith('data_interval') && last !== null && next !== null && next[0] <= last[0])
    return 'a changed schedule repeated a date that had run already'
  if (spec.type === 'continuous' && last !== null && last[1] > now)
    return 'a last run in the future gave an interval that ends before it starts'
  return null
}

describe('Airflow 2.10', () => {
  test('answers as 3.3 does but for the repairs of 3.x', () => {
    expect(recording.other.compared).toBeGreaterThan(4_000)
    const counts = new Map<string, number>()
    for (const asked of Object.values(recording.other.questions)) {
      const reason = reasonOf210(asked) ?? JSON.stringify(asked)
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
    expect([...counts.keys()].filter((reason) => reason.startsWith('['))).toEqual([])
    expect(counts.size).toBe(4)
  })
})

describe('run ids', () => {
  test.each([
    ['3', recording.run_ids],
    ['2', recording.other.run_ids],
  ] as const)('of dialect %s are those of Airflow', (dialect, ids) => {
    expect(ids.length).toBeGreaterThan(50)
    for (const [runType, at, id] of ids) expect(formatRunId({ run_type: runType, logical_date: at, run_after: at, dialect })).toBe(id)
  })
})
