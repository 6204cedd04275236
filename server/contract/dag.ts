/** Wire shapes of DAGs, their tasks, versions and import errors. */
import { Type, type Static } from 'typebox'
import { AssetSchedule } from './asset.ts'
import { ParamSpec, TaskGroupSpec, TimetableSpec } from './dagSpec.ts'
import { DAG_RUN_STATES, TRIGGER_RULES, WEIGHT_RULES, type DagRunState } from './states.ts'
import { Enum, Instant, Json, Nullable, Strict } from './schema.ts'

/** One bar of a DAG's recent history. */
export const RunBar = Strict({
  run_id: Type.String(),
  state: Enum(DAG_RUN_STATES),
  run_type: Type.String(),
  logical_date: Nullable(Instant),
  run_after: Instant,
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
})

export const Dag = Strict({
  id: Type.String({ description: 'DAG id' }),
  dag_display_name: Nullable(Type.String()),
  description: Nullable(Type.String()),
  owner: Type.String(),
  tags: Type.Array(Type.String()),
  file: Type.String({ description: 'path of the DAG file, relative to the DAG folder' }),
  created_at: Instant,
  updated_at: Instant,
  schedule_interval: Nullable(Type.String(), { description: 'the schedule as written; null = none' }),
  asset_schedule: Nullable(AssetSchedule, { description: 'null = its schedule waits for no asset' }),
  timezone: Type.String(),
  is_paused: Type.Boolean(),
  is_stale: Type.Boolean({ description: 'its file is gone or no longer defines it; history is kept' }),
  is_dynamic: Type.Boolean({ description: 'its file defines more than one DAG' }),
  has_import_error: Type.Boolean({ description: 'its file fails to load now; the last good version stays in force' }),
  catchup: Type.Boolean(),
  max_active_runs: Type.Integer(),
  max_active_tasks: Type.Integer(),
  version: Type.Integer({ description: 'number of the newest version' }),
  task_count: Type.Integer(),
  last_run: Nullable(Instant, { description: 'start time of the newest run' }),
  last_run_state: Nullable(Enum(DAG_RUN_STATES)),
  next_run: Nullable(Instant, { description: 'when the next scheduled run is due' }),
  next_logical_date: Nullable(Instant),
  active_runs: Type.Integer(),
  run_counts: Strict(Object.fromEntries(DAG_RUN_STATES.map((state) => [state, Type.Integer()])) as Record<DagRunState, Type.TInteger>, {
    description: 'all runs ever, by state',
  }),
  is_favourite: Type.Boolean({ description: 'of whoever asks' }),
  recent_runs: Type.Array(RunBar, { description: 'up to 14 newest runs, oldest first' }),
})
export type Dag = Static<typeof Dag>

const importFailure = {
  file: Type.String(),
  kind: Type.String(),
  message: Type.String(),
  traceback: Type.String(),
  line: Nullable(Type.Integer()),
}

export const DagDetail = Strict({
  ...Dag.properties,
  doc_md: Nullable(Type.String()),
  dialect: Enum(['2', '3'] as const),
  start_date: Nullable(Instant),
  end_date: Nullable(Instant),
  /** Of a computed one its lists of runs are left out: schedule previews, calendars and backfills give what they hold. */
  timetable: TimetableSpec,
  dagrun_timeout_ms: Nullable(Type.Integer()),
  max_consecutive_failed_dag_runs: Type.Integer({ description: 'the DAG is paused after so many failed runs in a row; 0 = never' }),
  fail_fast: Type.Boolean(),
  params: Type.Record(Type.String(), ParamSpec),
  callbacks: Type.Array(Type.String()),
  notices: Type.Array(Type.String()),
  import_error: Nullable(Strict(importFailure), { description: 'why its file fails to load now' }),
})
export type DagDetail = Static<typeof DagDetail>

export const Task = Strict({
  id: Type.String(),
  name: Type.String(),
  operator: Type.String(),
  /** Seed name of the kind of work: bash, python, empty. */
  task_type: Type.String(),
  command: Type.String({ description: 'bash command, or empty' }),
  config: Type.Record(Type.String(), Json, { description: 'template fields, unrendered' }),
  max_retries: Type.Integer(),
  retry_delay_secs: Type.Number(),
  pool: Type.String(),
  pool_slots: Type.Integer(),
  queue: Type.String(),
  task_group: Nullable(Type.String()),
  execution_timeout: Nullable(Type.Number({ description: 'seconds' })),
  trigger_rule: Enum(TRIGGER_RULES),
  priority_weight: Type.Integer({ description: 'effective, by the weight rule' }),
  weight_rule: Enum(WEIGHT_RULES),
  depends_on_past: Type.Boolean(),
  owner: Type.String(),
  doc_md: Nullable(Type.String()),
  ui_color: Type.String(),
  is_setup: Type.Boolean(),
  is_teardown: Type.Boolean(),
  stub_package: Nullable(Type.String()),
  is_mapped: Type.Boolean({ description: 'it has an instance for each map index, by itself or with its task group' }),
})
export type Task = Static<typeof Task>

export const DagTasks = Strict({
  dag_id: Type.String(),
  dag: Dag,
  version: Type.Integer(),
  tasks: Type.Array(Task),
  /** [upstream, downstream] */
  dependencies: Type.Array(Type.Tuple([Type.String(), Type.String()])),
  /** Labels of the same edges, in the same order; null = none. */
  dependency_labels: Type.Array(Nullable(Type.String())),
  task_groups: Type.Array(TaskGroupSpec),
})
export type DagTasks = Static<typeof DagTasks>

export const DagVersion = Strict({
  id: Type.Integer(),
  dag_id: Type.String(),
  version: Type.Integer(),
  file_path: Type.String(),
  hash: Type.String(),
  created_at: Instant,
})
export type DagVersion = Static<typeof DagVersion>

export const DagSource = Strict({
  dag_id: Type.String(),
  version: Type.Integer(),
  source: Type.String(),
  file_path: Type.String(),
})
export type DagSource = Static<typeof DagSource>

export const ImportError = Strict({
  ...importFailure,
  at: Instant,
  dag_ids: Type.Array(Type.String(), { description: 'DAGs whose last good version stays in force' }),
})
export type ImportError = Static<typeof ImportError>

export const NextRun = Strict({
  run_after: Instant,
  logical_date: Instant,
  data_interval_start: Instant,
  data_interval_end: Instant,
})
export type NextRun = Static<typeof NextRun>
