/** Looking ahead: the runs of a schedule, what unpausing would start, what a trigger would make. */
import { VortexError } from '#contract/errors.ts'
import type { TimetableSpec } from '#contract/dagSpec.ts'
import type { SchedulePreview } from '#contract/schedule.ts'
import type { Input } from '#contract/routes.ts'
import type { DagRecord } from '#db/records.ts'
import { knownSpan } from '#domain/schedule/computedTimetable.ts'
import { CronError } from '#domain/schedule/cronFields.ts'
import { readMoment, readSchedule, ScheduleTextError } from '#domain/schedule/scheduleText.ts'
import { compileTimetable, formatRunId, previewRuns, type PreviewedRun } from '#domain/schedule/timetable.ts'
import type { DagSchedule } from '#scheduler/ports.ts'
import type { DagReader } from '../dagReader.ts'
import type { Handlers } from '../handlers.ts'
import { iso, isoOrNull, parseInstant } from '../present/instant.ts'
import { outlookOf, presentOutlook, presentPlanned } from '../scheduleOutlook.ts'
import type { ApiServices } from '../services.ts'

type ScheduleHandlers = Pick<Handlers, 'previewSchedule' | 'previewUnpause' | 'previewTrigger'>
type Query = Input<'previewSchedule'>['query']

/** Airflow's default. */
const MAX_ACTIVE_RUNS = 16
/** Newest runs whose durations are looked at. */
const DURATIONS_OF = 30
const MINUTE_MS = 60_000

export function scheduleHandlers({ store, leader, clock }: ApiServices, dags: DagReader): ScheduleHandlers {
  async function scheduleOf(dag: DagRecord): Promise<DagSchedule> {
    const schedule = await leader.dagSchedule({ dag_id: dag.dag_id })
    if (schedule === null) throw new VortexError('not_found', `The scheduler does not know the DAG "${dag.dag_id}" yet. Try again.`)
    return schedule
  }
  async function durationsOf(dag: DagRecord): Promise<SchedulePreview['durations']> {
    const { data } = await store.dagRunList({ dag_id: dag.dag_id, state: 'success', limit: DURATIONS_OF, offset: 0 })
    const times = data.flatMap((run) => (run.start_time === null || run.end_time === null ? [] : [run.end_time - run.start_time]))
    if (times.length === 0) return null
    times.sort((a, b) => a - b)
    return { runs: times.length, median_ms: times[Math.floor(times.length / 2)] ?? 0, longest_ms: times.at(-1) ?? 0 }
  }
  return {
    async previewSchedule({ query }, { object: dag }) {
      const [schedule, version, durations] = await Promise.all([
        dag === null ? null : scheduleOf(dag),
        dag === null ? null : dags.version(dag.dag_version_id),
        dag === null ? null : durationsOf(dag),
      ])
      const now = clock.now()
      const planned = readable(() => planOf(query, schedule, version?.spec ?? null))
      const { spec, restriction } = planned
      try {
        const found = await outlookOf(planned, now)
        const upto = { ...planned, last: found.newest[0] ?? planned.last }
        const runs = found.has_more && found.newest.length === 0 ? [] : previewRuns({ ...upto, now, count: query.count ?? 100 })
        const other = { ...planned, restriction: { ...restriction, catchup: true } }
        // A computed list answers for the catchup that the file has.
        const hasAnswer = !restriction.catchup && restriction.earliest !== null && spec.type !== 'computed'
        const missed = hasAnswer ? await outlookOf(other, now) : null
        return {
          summary: compileTimetable(spec).summary,
          schedule: query.schedule ?? version?.spec.schedule ?? null,
          kind: kindOf(spec),
          known_until: isoOrNull(knownSpan(spec)?.until ?? null),
          timezone: planned.timezone,
          dialect: planned.dialect,
          start_date: isoOrNull(restriction.earliest),
          end_date: isoOrNull(restriction.latest),
          catchup: restriction.catchup,
          max_active_runs: planned.max_active_runs,
          runs: presentRuns(runs, durations?.median_ms ?? 0),
          outlook: presentOutlook(found, { ...planned, now }),
          with_catchup: missed === null ? null : { due: missed.due, has_more: missed.has_more },
          durations,
        }
      } catch (error) {
        throw refusalOf(error)
      }
    },
    async previewUnpause(_, { object: dag }) {
      const schedule = await scheduleOf(dag)
      const { is_paused, max_active_runs, active_runs, held_runs, restriction } = schedule
      const now = clock.now()
      const nothing = { starts: [], due: 0, has_more: false, newest: [], next: null }
      const found = schedule.is_stale ? nothing : await outlookOf(schedule, now)
      return {
        dag_id: dag.dag_id,
        is_paused,
        catchup: restriction.catchup,
        max_active_runs,
        active_runs,
        held_runs: is_paused ? held_runs : 0,
        ...presentOutlook(found, { ...schedule, now }),
      }
    },
    async previewTrigger({ query }, { object: dag }) {
      const { spec } = await dags.version(dag.dag_version_id)
      const at = query.logical_date === undefined ? clock.now() : parseInstant(query.logical_date, 'logical_date')
      const { start, end } = compileTimetable(spec.timetable).manual({ at })
      const taken = { dag_id: dag.dag_id, run_type: 'manual' as const, logical_date_from: at, logical_date_to: at, limit: 1, offset: 0 }
      const [same] = query.logical_date === undefined ? [] : (await store.dagRunList(taken)).data
      return {
        logical_date: iso(at),
        data_interval_start: iso(start),
        data_interval_end: iso(end),
        run_id: formatRunId({ run_type: 'manual', logical_date: at, run_after: clock.now(), dialect: spec.dialect }),
        taken_by: same?.run_id ?? null,
      }
    },
  }
}

type Plan = Omit<DagSchedule, 'is_paused' | 'is_stale' | 'held_runs'> & { timezone: string }

/** What the query says, and the DAG where it says nothing. */
function planOf(query: Query, dag: DagSchedule | null, version: { timezone: string; dialect: '2' | '3' } | null): Plan {
  const dialect = query.dialect ?? dag?.dialect ?? '3'
  const known = dag !== null && 'timezone' in dag.spec ? dag.spec.timezone : version?.timezone
  const timezone = query.timezone ?? known ?? 'UTC'
  const spec =
    dag === null || query.schedule !== undefined || query.dialect !== undefined
      ? readSchedule(query.schedule ?? '', { dialect, timezone })
      : withZone(dag.spec, timezone)
  const moment = (field: 'start_date' | 'end_date', fallback: number | null): number | null => {
    const text = query[field]
    if (text === undefined) return fallback
    return text.trim() === '' ? null : readMoment(text, { field, timezone })
  }
  const earliest = moment('start_date', dag?.restriction.earliest ?? null)
  const latest = moment('end_date', dag?.restriction.latest ?? null)
  if (earliest !== null && latest !== null && latest < earliest)
    throw new ScheduleTextError('end_date', 'The end lies before the start.', 'Take an end after the start, or none.')
  return {
    spec,
    timezone,
    dialect,
    restriction: { earliest, latest, catchup: query.catchup ?? dag?.restriction.catchup ?? false },
    last: dag?.last ?? null,
    max_active_runs: query.max_active_runs ?? dag?.max_active_runs ?? MAX_ACTIVE_RUNS,
    active_runs: dag?.active_runs ?? 0,
    run_id_suffix: dag?.run_id_suffix ?? '',
  }
}

function withZone(spec: TimetableSpec, timezone: string): TimetableSpec {
  if (!('timezone' in spec)) return spec
  return spec.timezone === timezone ? spec : { ...spec, timezone }
}

function kindOf(spec: TimetableSpec): SchedulePreview['kind'] {
  if (spec.type === 'null') return 'none'
  if (spec.type === 'once' || spec.type === 'continuous' || spec.type === 'events' || spec.type === 'computed') return spec.type
  return spec.type.startsWith('cron') ? 'cron' : 'delta'
}

function presentRuns(runs: readonly PreviewedRun[], usual_ms: number): SchedulePreview['runs'] {
  let oldest = 0
  return runs.map((run, at) => {
    while (oldest < at && (runs[oldest]?.run_after ?? 0) + usual_ms <= run.run_after) oldest++
    const change = run.clock_change
    return {
      ...presentPlanned(run),
      clock_change:
        change === null ? null : { at: iso(change.at), offset_before: change.before / MINUTE_MS, offset_after: change.after / MINUTE_MS },
      still_running: at - oldest,
    }
  })
}

function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw refusalOf(error)
  }
}

const FIELD_WORDS = 'a list such as 1,5, a range such as 1-5, a step such as */2, or *'
/** What was typed wrong, where, and how to mend it; anything else stays what it is. */
function refusalOf(error: unknown): unknown {
  if (error instanceof ScheduleTextError)
    return new VortexError('invalid_request', error.message, { field: error.field, hint: error.hint }, { cause: error })
  if (error instanceof CronError) {
    const { field } = error
    const hint =
      field === null
        ? 'Write minute, hour, day of month, month and day of week, as in 30 9 * * mon-fri; or a preset such as @daily; or a step such as 6 hours.'
        : `The ${field.name} is ${field.min} to ${field.max}: ${FIELD_WORDS}.`
    return new VortexError(
      'invalid_request',
      error.message,
      { field: 'schedule', part: field === null ? null : field.name, index: field === null ? null : field.index, hint },
      { cause: error },
    )
  }
  if (error instanceof RangeError) return new VortexError('invalid_request', error.message, { field: 'schedule' }, { cause: error })
  return error
}
