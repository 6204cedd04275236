/** Wire shapes of DAG runs and backfills. */
import { Type, type Static } from 'typebox'
import { BACKFILL_STATES, DAG_RUN_STATES, REPROCESS_BEHAVIOURS, RUN_TYPES } from './states.ts'
import { Enum, Instant, Json, Key, Nullable, Strict } from './schema.ts'

export const RunId = Type.String({
  minLength: 1,
  maxLength: 250,
  pattern: '^[A-Za-z0-9_.~:+-]+$',
  description: 'run id, unique within its DAG',
})

/** Characters of JSON of a conf in lists of runs: enough to tell runs apart. One run has all of its conf, which may be 1 MiB. */
export const CONF_LISTED_CHARS = 2_048

const Conf = Type.Record(Type.String(), Json)
/** A run as lists have it. */
export const DagRun = Strict({
  id: Type.Integer(),
  dag_id: Type.String(),
  run_id: Type.String(),
  run_type: Enum(RUN_TYPES),
  state: Enum(DAG_RUN_STATES),
  logical_date: Nullable(Instant),
  execution_date: Nullable(Instant, { description: 'older name of logical_date; always equal to it' }),
  data_interval_start: Nullable(Instant),
  data_interval_end: Nullable(Instant),
  run_after: Instant,
  queued_time: Instant,
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
  triggered_by: Type.String({ description: 'user name, or scheduler, backfill' }),
  conf: Nullable(Conf, { description: `null, in lists only = longer than ${CONF_LISTED_CHARS} characters of JSON: read the run itself` }),
  note: Nullable(Type.String()),
  version: Type.Integer({ description: 'number of the DAG version that the run is pinned to' }),
  backfill_id: Nullable(Type.Integer()),
  state_reason: Nullable(
    Type.String({ description: 'why it ended: success, task_failure, all_tasks_deadlocked, timed_out, cancelled, marked' }),
  ),
  task_counts: Type.Record(Type.String(), Type.Integer(), { description: 'task instances by state' }),
})
export type DagRun = Static<typeof DagRun>

/** One run, whole. */
export const DagRunDetail = Strict({ ...DagRun.properties, conf: Conf })
export type DagRunDetail = Static<typeof DagRunDetail>

export const TriggerBody = Strict({
  conf: Type.Optional(Type.Record(Type.String(), Json)),
  logical_date: Type.Optional(Nullable(Instant, { description: 'left out = now; null = none, as Airflow 3 has it' })),
  run_id: Type.Optional(RunId),
  note: Type.Optional(Type.String({ maxLength: 2000 })),
})

/** Which task instances of a run to act on. Empty `task_ids` = all. */
export const ClearBody = Strict({
  task_ids: Type.Optional(Type.Array(Key, { maxItems: 10_000 })),
  map_index: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'only this instance of the one mapped task that `task_ids` names' }),
  ),
  only_failed: Type.Optional(Type.Boolean({ default: false })),
  include_upstream: Type.Optional(Type.Boolean({ default: false })),
  include_downstream: Type.Optional(Type.Boolean({ default: false })),
  include_past: Type.Optional(Type.Boolean({ default: false, description: 'also runs with earlier logical dates' })),
  include_future: Type.Optional(Type.Boolean({ default: false, description: 'also runs with later logical dates' })),
  version: Type.Optional(Enum(['original', 'newest'] as const)),
  dry_run: Type.Optional(Type.Boolean({ default: false, description: 'list what would be cleared and change nothing' })),
  note: Type.Optional(Type.String({ maxLength: 2000 })),
})
export type ClearBody = Static<typeof ClearBody>

const AFFECTED = {
  dry_run: Type.Boolean(),
  task_instances: Type.Array(Strict({ run_id: Type.String(), task_id: Type.String(), map_index: Type.Integer(), state: Type.String() })),
}
export const Affected = Strict(AFFECTED)
export type Affected = Static<typeof Affected>

export const Cleared = Strict({
  ...AFFECTED,
  version: Type.Integer({ description: 'number of the DAG version that the task instances run with' }),
  newest_version: Type.Integer({ description: 'number of the newest version of the DAG; `version: newest` in the body asks for it' }),
})
export type Cleared = Static<typeof Cleared>

export const BackfillBody = Strict({
  start_date: Instant,
  end_date: Instant,
  max_active_runs: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 10 })),
  reprocess: Type.Optional(Enum(REPROCESS_BEHAVIOURS, { default: 'none' })),
  run_backwards: Type.Optional(Type.Boolean({ default: false })),
  conf: Type.Optional(Type.Record(Type.String(), Json)),
  dry_run: Type.Optional(Type.Boolean({ default: false })),
})
export type BackfillBody = Static<typeof BackfillBody>

/** What a backfill does with one interval. */
export const BackfillInterval = Strict({
  logical_date: Instant,
  data_interval_start: Instant,
  data_interval_end: Instant,
  action: Enum(['create', 'reprocess', 'skip'] as const),
  run_id: Type.String(),
  reason: Nullable(Type.String({ description: 'why it is skipped' })),
})
export type BackfillInterval = Static<typeof BackfillInterval>

export const Backfill = Strict({
  id: Type.Integer(),
  dag_id: Type.String(),
  state: Enum(BACKFILL_STATES),
  start_date: Instant,
  end_date: Instant,
  max_active_runs: Type.Integer(),
  reprocess: Enum(REPROCESS_BEHAVIOURS),
  run_backwards: Type.Boolean(),
  created_at: Instant,
  created_by: Type.String(),
  end_time: Nullable(Instant),
  runs_total: Type.Integer(),
  runs_created: Type.Integer(),
  runs_finished: Type.Integer(),
  runs_failed: Type.Integer({ description: 'of the finished ones' }),
  progress: Type.Number({ description: 'finished share of its runs, 0 to 1' }),
})
export type Backfill = Static<typeof Backfill>
