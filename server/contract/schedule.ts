/** Wire shapes of schedules looked at ahead of time: which runs come, which would start now, what a trigger would make. */
import { Type, type Static } from 'typebox'
import { NextRun } from './dag.ts'
import { Enum, Instant, Nullable, Strict } from './schema.ts'

/** A change of the zone's clock on the local day of a run. Offsets are minutes east of UTC. */
export const ClockChange = Strict({ at: Instant, offset_before: Type.Number(), offset_after: Type.Number() })
export type ClockChange = Static<typeof ClockChange>

export const PreviewedRun = Strict({
  ...NextRun.properties,
  clock_change: Nullable(ClockChange),
  still_running: Type.Integer({ description: 'earlier runs of this list that would still run, at the usual duration' }),
})
export type PreviewedRun = Static<typeof PreviewedRun>

/** What the scheduler would do now. Counting ends at 10,000 due runs. */
const outlook = {
  now: Instant,
  starts: Type.Array(Strict({ ...NextRun.properties, run_id: Type.String() }), {
    description: 'runs that are created at once, oldest first; at most 100 are listed',
  }),
  starts_count: Type.Integer(),
  waiting_count: Type.Integer({ description: 'runs that are due as well and are created one by one as runs end' }),
  has_more: Type.Boolean({ description: 'counting ended early: even more are due' }),
  newest_due: Type.Array(NextRun, { description: 'the newest due runs, newest first; at most 100' }),
  next: Nullable(NextRun, { description: 'the first run that is not due yet' }),
}
export const Outlook = Strict(outlook)
export type Outlook = Static<typeof Outlook>

export const UnpausePreview = Strict({
  dag_id: Type.String(),
  is_paused: Type.Boolean(),
  catchup: Type.Boolean(),
  max_active_runs: Type.Integer(),
  active_runs: Type.Integer({ description: 'runs that count against max_active_runs' }),
  held_runs: Type.Integer({ description: 'scheduled and backfill runs that the pause holds back: they go on' }),
  ...outlook,
})
export type UnpausePreview = Static<typeof UnpausePreview>

const optionalText = Type.Optional(Type.String({ maxLength: 1000 }))
/** What is left out comes from the DAG, if one is named. */
export const SchedulePreviewQuery = Strict({
  schedule: Type.Optional(Type.String({ maxLength: 1000, description: 'cron, preset, timedelta, or empty for none' })),
  timezone: Type.Optional(Type.String({ maxLength: 100 })),
  start_date: Type.Optional(Type.String({ maxLength: 100, description: 'in the zone unless it has an offset; empty = none' })),
  end_date: optionalText,
  catchup: Type.Optional(Type.Boolean()),
  dialect: Type.Optional(Enum(['2', '3'] as const)),
  max_active_runs: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100 })),
})

export const SchedulePreview = Strict({
  summary: Type.String({ description: 'the schedule as the scheduler reads it, presets written out' }),
  schedule: Nullable(Type.String({ description: 'the schedule as written' })),
  kind: Enum(['none', 'once', 'continuous', 'cron', 'delta', 'events', 'computed'] as const, {
    description: "computed: a timetable class of the author's own, whose runs were worked out when the file was parsed",
  }),
  known_until: Nullable(Instant, {
    description: 'of a computed schedule: the last logical date that is worked out so far; later runs will follow. null = no such limit',
  }),
  timezone: Type.String(),
  dialect: Enum(['2', '3'] as const),
  start_date: Nullable(Instant),
  end_date: Nullable(Instant),
  catchup: Type.Boolean(),
  max_active_runs: Type.Integer(),
  runs: Type.Array(PreviewedRun),
  outlook: Outlook,
  with_catchup: Nullable(Strict({ due: Type.Integer(), has_more: Type.Boolean() }), {
    description: 'due runs if catchup were on; null = it is, or there is no start date',
  }),
  durations: Nullable(Strict({ runs: Type.Integer(), median_ms: Type.Integer(), longest_ms: Type.Integer() }), {
    description: "of the DAG's newest successful runs",
  }),
})
export type SchedulePreview = Static<typeof SchedulePreview>

export const TriggerPreview = Strict({
  logical_date: Instant,
  data_interval_start: Instant,
  data_interval_end: Instant,
  run_id: Type.String({ description: 'the run id that would be made' }),
  taken_by: Nullable(Type.String({ description: 'the run that has this logical date already' })),
})
export type TriggerPreview = Static<typeof TriggerPreview>
