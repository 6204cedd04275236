/** Wire shapes of what the pages of a DAG and a run tell over time: attempts, calendar, durations, version changes, a backfill's runs. */
import { Type, type Static } from 'typebox'
import { BackfillInterval } from './dagRun.ts'
import { ATTEMPT_STATES, DAG_RUN_STATES, RUN_TYPES } from './states.ts'
import { Enum, Instant, Json, Nullable, Page, Strict } from './schema.ts'
import { LedgerEntry } from './taskInstance.ts'

/** A stretch of time that one attempt took. */
export const AttemptSpan = Strict({
  task_id: Type.String(),
  map_index: Type.Integer({ description: '-1 unless the task is mapped' }),
  attempt: Type.Integer(),
  state: Enum(ATTEMPT_STATES),
  queued_time: Instant,
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
})
export type AttemptSpan = Static<typeof AttemptSpan>

/** Largest page: a run of 5,000 tasks that were all tried three times. About 2 MB. */
export const ATTEMPT_SPANS_MAX = 10_000
/** A year and a month of days, so that a year can be shown with whole weeks. */
export const CALENDAR_DAYS_MAX = 400
/** A month of hours. */
export const CALENDAR_HOUR_DAYS_MAX = 31

export const CALENDAR_UNITS = ['day', 'hour'] as const

export const CalendarCell = Strict({
  start: Instant,
  end: Instant,
  counts: Type.Record(Type.String(), Type.Integer(), { description: 'runs by state, by their logical date' }),
  planned: Type.Integer({ description: 'runs that the schedule will still create' }),
  first_date: Nullable(Instant, { description: 'first logical date that the schedule has in this cell' }),
  expected: Type.Integer({ description: 'dates of the schedule in this cell that lie in the past, with a run or without one' }),
})
export type CalendarCell = Static<typeof CalendarCell>

export const Calendar = Strict({
  dag_id: Type.String(),
  timezone: Type.String({ description: 'zone whose days and hours these are' }),
  unit: Enum(CALENDAR_UNITS),
  is_paused: Type.Boolean({ description: 'what is planned starts only when the DAG is unpaused' }),
  now: Instant,
  cells: Type.Array(
    Strict({ ...CalendarCell.properties, date: Type.String({ description: 'day in that zone, 2026-11-23' }), hour: Type.Integer() }),
  ),
  planned_until: Nullable(Instant, {
    description: 'the schedule has more dates than are worked out at once; nothing is planned after this',
  }),
})
export type Calendar = Static<typeof Calendar>

export const RunDuration = Strict({
  run_id: Type.String(),
  run_type: Enum(RUN_TYPES),
  state: Enum(DAG_RUN_STATES),
  logical_date: Nullable(Instant),
  queued_time: Instant,
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
})
export type RunDuration = Static<typeof RunDuration>

export const Durations = Strict({
  dag_id: Type.String(),
  runs: Type.Array(RunDuration, { description: 'newest runs, oldest first' }),
  tasks: Type.Array(
    Strict({
      task_id: Type.String(),
      mean_ms: Type.Number(),
      points: Type.Array(Nullable(Type.Number()), { description: 'longest instance of the task in each run, in milliseconds' }),
    }),
    { description: 'tasks that take longest on average, slowest first' },
  ),
  ranked_runs: Type.Integer({ description: 'how many of the newest runs decided which tasks are slowest' }),
})
export type Durations = Static<typeof Durations>

/** One field that differs. Long values are cut. */
export const FieldChange = Strict({ field: Type.String(), before: Json, after: Json })
export type FieldChange = Static<typeof FieldChange>

export const VersionChanges = Strict({
  dag_id: Type.String(),
  version: Type.Integer(),
  compared_with: Nullable(Type.Integer({ description: 'null: it is the first version that is kept' })),
  source_changed: Type.Boolean(),
  dag_fields: Type.Array(FieldChange),
  tasks_added: Type.Array(Type.String()),
  tasks_removed: Type.Array(Type.String()),
  tasks_changed: Type.Array(Strict({ task_id: Type.String(), fields: Type.Array(FieldChange) })),
  edges_added: Type.Array(Type.Tuple([Type.String(), Type.String()])),
  edges_removed: Type.Array(Type.Tuple([Type.String(), Type.String()])),
  truncated: Type.Boolean({ description: 'a list had more than 500 entries and was cut' }),
})
export type VersionChanges = Static<typeof VersionChanges>

/** Runs that are pinned to a version. */
export const VersionRuns = Strict({
  version: Type.Integer(),
  runs: Type.Integer(),
  first_run_id: Nullable(Type.String()),
  last_run_id: Nullable(Type.String()),
})
export type VersionRuns = Static<typeof VersionRuns>

/** One interval of a stored backfill and what became of it. */
export const BackfillRun = Strict({
  ordinal: Type.Integer(),
  logical_date: Instant,
  data_interval_start: Instant,
  data_interval_end: Instant,
  action: BackfillInterval.properties.action,
  run_id: Type.String(),
  state: Nullable(Enum(DAG_RUN_STATES), { description: 'null: not started yet, or skipped' }),
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
})
export type BackfillRun = Static<typeof BackfillRun>

/** Whose doing an entry of the audit log is. */
export const AUDIT_ORIGINS = ['people', 'engine'] as const

/** A page of the audit log. It may hold fewer entries than asked for, even none, and still go on: see `next_cursor`. */
export const AuditPage = Strict({
  data: Page(LedgerEntry).properties.data,
  next_cursor: Nullable(Type.String()),
  searched_until: Nullable(Instant, { description: 'how far back this page looked; null: to the beginning' }),
})
export type AuditPage = Static<typeof AuditPage>
