/**
 * The serialised form of a DAG: what the Python package (and later the DAG factory) produces and the engine compiles.
 * It is data only; nothing in it is executed by the server. Durations are milliseconds, instants are ISO 8601 in UTC.
 */
import { Type, type Static } from 'typebox'
import { TRIGGER_RULES, WEIGHT_RULES } from './states.ts'
import { Enum, Instant, Json, Nullable, Strict } from './schema.ts'

export const DAG_SPEC_FORMAT = 1

/**
 * Every number has a maximum: one that no column holds would be accepted here and refused by the database with each decision about the
 * DAG. The Python package writes these maxima for what an author means as "without end" (serialize_task.py, json_values.py).
 */
const COUNT_MAX = 1_000_000_000
const INT32_MAX = 2_147_483_647
const POOL_SLOTS_MAX = 1_000_000
/** 100 years. */
const DURATION_MAX_MS = 36_525 * 86_400_000
const MONTHS_MAX = 1200

const count = (minimum: number, maximum = COUNT_MAX) => Type.Integer({ minimum, maximum })
const durationMs = (minimum: number) => Type.Integer({ minimum, maximum: DURATION_MAX_MS })
const months = Type.Integer({ minimum: -MONTHS_MAX, maximum: MONTHS_MAX })

/** Milliseconds since 1970 UTC, within what both databases keep. */
const at = Type.Integer({ minimum: -62_135_596_800_000, maximum: 253_402_300_799_999 })
const ComputedRun = Type.Tuple([at, at, at])
/** python/vortex/definitions/computed_schedule.py works out as many. */
const COMPUTED_RUNS_MAX = 500

/** A timetable. `timezone` is an IANA name or a fixed offset such as `+05:30`. */
export const TimetableSpec = Type.Union([
  Strict({ type: Type.Literal('null') }),
  Strict({ type: Type.Literal('once') }),
  Strict({ type: Type.Literal('continuous') }),
  /** 2.x style: a run at T covers [previous point, T) and has its start as logical date. */
  Strict({ type: Type.Literal('cron_data_interval'), cron: Type.String(), timezone: Type.String() }),
  /** 3.x style: a run at T covers [T - interval, T] and has the interval's start as logical date, which is T unless an interval is given. */
  Strict({
    type: Type.Literal('cron_trigger'),
    crons: Type.Array(Type.String(), { minItems: 1 }),
    timezone: Type.String(),
    interval_ms: durationMs(0),
    /** CronTriggerTimetable's run_immediately: true, false, or a tolerance in milliseconds. */
    run_immediately: Type.Union([Type.Boolean(), durationMs(0)]),
  }),
  /** `months` holds calendar months of a relativedelta; both parts are added. */
  Strict({ type: Type.Literal('delta_data_interval'), delta_ms: durationMs(-DURATION_MAX_MS), months, timezone: Type.String() }),
  Strict({
    type: Type.Literal('delta_trigger'),
    delta_ms: durationMs(-DURATION_MAX_MS),
    months,
    timezone: Type.String(),
    interval_ms: durationMs(0),
  }),
  Strict({
    type: Type.Literal('events'),
    dates: Type.Array(Instant),
    description: Type.String(),
    restrict_to_events: Type.Boolean(),
  }),
  /**
   * A timetable class of the author's own, as the runs that it planned when the file was parsed: rows of interval start (which is the
   * logical date), interval end and run_after, in order. `history` comes before `runs` and is there for backfills; `runs` are those that
   * the schedule creates next. Neither they nor computed_at make another version of the DAG (server/db/versionHash.ts).
   */
  Strict({
    type: Type.Literal('computed'),
    summary: Type.String(),
    computed_at: Type.Integer(),
    runs: Type.Array(ComputedRun, { maxItems: COMPUTED_RUNS_MAX }),
    history: Type.Array(ComputedRun, { maxItems: COMPUTED_RUNS_MAX }),
    /** The timetable said that no run follows the last of `runs`. */
    is_complete: Type.Boolean(),
    /** The interval of a run by hand: as far from the moment, that of the newest run before it, or by slots of from, start, end. */
    manual: Type.Union([
      Strict({ type: Type.Literal('offset'), start_ms: Type.Integer(), end_ms: Type.Integer() }),
      Strict({ type: Type.Literal('runs') }),
      Strict({ type: Type.Literal('list'), slots: Type.Array(ComputedRun, { maxItems: 2 * COMPUTED_RUNS_MAX }) }),
    ]),
  }),
])
export type TimetableSpec = Static<typeof TimetableSpec>

/** A trigger-form parameter: default value and JSON Schema (Airflow core-concepts/params). */
export const ParamSpec = Strict({
  value: Json,
  has_default: Type.Boolean(),
  description: Nullable(Type.String()),
  schema: Type.Record(Type.String(), Json),
})

/** A bash command that the worker may start without Python: no templates, no callbacks, no output processor. */
export const PlainBash = Strict({
  command: Type.String(),
  env: Nullable(Type.Record(Type.String(), Type.String())),
  append_env: Type.Boolean(),
  cwd: Nullable(Type.String()),
  skip_on_exit_codes: Type.Array(count(-INT32_MAX, INT32_MAX)),
})

/** So many instances a mapped task may have; Airflow's own limit (core.max_map_length, 1,024) applies to what one task pushes. */
export const MAP_LENGTH_MAX = 100_000

/**
 * How many instances a mapped task, or each task of a mapped group, has: a program for a stack machine, so that it is a flat list. `literal`
 * and `xcom` push a number, the others take `of` numbers from the stack and push one. `xcom`: the items of what the task returned, or
 * as many as its instances returned a value if it is mapped itself (Airflow authoring-and-scheduling/dynamic-task-mapping).
 */
export const MapLengthStep = Type.Union([
  Strict({ step: Type.Literal('literal'), length: count(0) }),
  Strict({ step: Type.Literal('xcom'), task_id: Type.String() }),
  Strict({ step: Enum(['product', 'shortest', 'longest', 'sum'] as const), of: count(1, 1000) }),
])
export type MapLengthStep = Static<typeof MapLengthStep>
const MapLength = Type.Array(MapLengthStep, { minItems: 1, maxItems: 10_000 })

/** An asset, or an alias that stands for assets which are known only when a task has run (Airflow authoring-and-scheduling/assets). */
export const AssetRef = Strict({
  type: Enum(['asset', 'alias'] as const),
  name: Type.String(),
  /** null: an alias, or a reference by name alone. */
  uri: Nullable(Type.String()),
  group: Type.String(),
  extra: Type.Record(Type.String(), Json),
})
export type AssetRef = Static<typeof AssetRef>

/** A condition over assets as a program for a stack machine: `asset` pushes whether it was updated, `all` and `any` take `of` of them. */
export const AssetStep = Type.Union([
  Strict({ step: Type.Literal('asset'), asset: AssetRef }),
  Strict({ step: Enum(['all', 'any'] as const), of: count(1, 10_000) }),
])
export type AssetStep = Static<typeof AssetStep>

export const TaskSpec = Strict({
  task_id: Type.String(),
  task_display_name: Nullable(Type.String()),
  /** Class name shown to people, such as `BashOperator` or `@task`. */
  operator: Type.String(),
  /**
   * `empty`: ended by the engine without a worker. `bash`: see `bash`. `python`: a forked task host runs it.
   */
  kind: Enum(['empty', 'bash', 'python'] as const),
  bash: Nullable(PlainBash),
  /** Id of the innermost task group, or null. */
  group_id: Nullable(Type.String()),
  owner: Type.String(),
  doc_md: Nullable(Type.String()),
  ui_color: Type.String(),
  trigger_rule: Enum(TRIGGER_RULES),
  retries: count(0),
  retry_delay_ms: durationMs(0),
  /** 0 = constant delay; otherwise the factor of each further try. */
  retry_exponential_backoff: Type.Number({ minimum: 0 }),
  max_retry_delay_ms: Nullable(durationMs(0)),
  execution_timeout_ms: Nullable(durationMs(1)),
  depends_on_past: Type.Boolean(),
  ignore_first_depends_on_past: Type.Boolean(),
  wait_for_downstream: Type.Boolean(),
  wait_for_past_depends_before_skipping: Type.Boolean(),
  priority_weight: count(-INT32_MAX, INT32_MAX),
  weight_rule: Enum(WEIGHT_RULES),
  pool: Type.String(),
  pool_slots: count(1, POOL_SLOTS_MAX),
  queue: Type.String(),
  max_active_tis_per_dag: Nullable(count(1)),
  max_active_tis_per_dagrun: Nullable(count(1)),
  start_date: Nullable(Instant),
  end_date: Nullable(Instant),
  do_xcom_push: Type.Boolean(),
  is_setup: Type.Boolean(),
  is_teardown: Type.Boolean(),
  on_failure_fail_dagrun: Type.Boolean(),
  /** Kinds of callbacks that the task declares: execute, success, failure, retry, skipped. */
  callbacks: Type.Array(Type.String()),
  /** Names of vault secrets that an attempt of this task receives, as environment variable -> secret name. */
  secrets: Type.Record(Type.String(), Type.String()),
  /** Template fields with their unrendered values, for display. */
  template_fields: Type.Record(Type.String(), Json),
  /** Package that would be needed to run this operator, if it is a stub. */
  stub_package: Nullable(Type.String()),
  /** Only of a mapped task. */
  map_length: Type.Optional(MapLength),
  /** A success of the task is an event of each. */
  outlets: Type.Optional(Type.Array(AssetRef)),
  /** Whose events the task looks at. */
  inlets: Type.Optional(Type.Array(AssetRef)),
})
export type TaskSpec = Static<typeof TaskSpec>

export const TaskGroupSpec = Strict({
  group_id: Type.String(),
  label: Type.String(),
  parent_id: Nullable(Type.String()),
  tooltip: Type.String(),
  ui_color: Type.String(),
  /** Only of a mapped group: each task in it, nested groups included, has so many instances. */
  map_length: Type.Optional(MapLength),
})

export const DagSpec = Strict({
  format: Type.Literal(DAG_SPEC_FORMAT),
  dag_id: Type.String(),
  dag_display_name: Nullable(Type.String()),
  description: Nullable(Type.String()),
  doc_md: Nullable(Type.String()),
  /** Which Airflow's rules decide where 2.x and 3.x differ. */
  dialect: Enum(['2', '3'] as const),
  /** Path of the DAG file, relative to the DAG folder, with forward slashes. */
  file: Type.String(),
  owner: Type.String(),
  tags: Type.Array(Type.String()),
  timezone: Type.String(),
  start_date: Nullable(Instant),
  end_date: Nullable(Instant),
  timetable: TimetableSpec,
  /** The DAG runs when this holds of the events since its last such run, beside what its timetable says. */
  asset_condition: Type.Optional(Type.Array(AssetStep, { minItems: 1, maxItems: 10_000 })),
  /** The schedule as the author wrote it, for people: `@daily`, `0 3 * * *`, `1 day, 0:00:00`; null = none. */
  schedule: Nullable(Type.String()),
  /** null = not set by the author; VORTEX then starts no back runs and says so. */
  catchup: Nullable(Type.Boolean()),
  max_active_runs: count(1),
  max_active_tasks: count(1),
  dagrun_timeout_ms: Nullable(durationMs(1)),
  max_consecutive_failed_dag_runs: count(0),
  fail_fast: Type.Boolean(),
  is_paused_upon_creation: Nullable(Type.Boolean()),
  params: Type.Record(Type.String(), ParamSpec),
  /** Kinds of DAG callbacks declared: success, failure. */
  callbacks: Type.Array(Type.String()),
  tasks: Type.Array(TaskSpec),
  /** [upstream task id, downstream task id, label or null] */
  edges: Type.Array(Type.Tuple([Type.String(), Type.String(), Nullable(Type.String())])),
  task_groups: Type.Array(TaskGroupSpec),
  /** Things the reader of the DAG page should know: accepted but ignored arguments, stubs, removed keys. */
  notices: Type.Array(Type.String()),
})
export type DagSpec = Static<typeof DagSpec>

/** One file of a bundle: content is addressed by its SHA-256 in lower-case hex. */
export const BundleFile = Strict({ path: Type.String(), sha256: Type.String(), size: Type.Integer() })
export type BundleFile = Static<typeof BundleFile>

/** One thing that is wrong in a file; both numbers count from 1. */
export const Problem = Strict({ line: Type.Integer(), column: Type.Integer(), message: Type.String() })

/** What a parse of one DAG file found. */
export const ParseResult = Strict({
  file: Type.String(),
  dags: Type.Array(DagSpec),
  /** Import error with the author's traceback, or null. */
  error: Nullable(
    Strict({
      /** Short machine word: syntax, import, timeout, memory, exit, output, encoding, cycle, duplicate, crash, invalid. */
      kind: Type.String(),
      message: Type.String(),
      traceback: Type.String(),
      line: Nullable(Type.Integer()),
      /** From 1; told of unsaved text, where an editor shows it. */
      column: Type.Optional(Nullable(Type.Integer())),
      /** All of them, each at its place, where a parser can tell several; of unsaved text only, as the column. */
      problems: Type.Optional(Type.Array(Problem)),
    }),
  ),
  /** Local files whose content is part of this DAG file's versions, the DAG file first. */
  bundle_files: Type.Array(BundleFile),
  /** Everything the parse read beside those: a change of any of them parses the file again. */
  inputs: Strict({
    files: Type.Array(Type.String()),
    variables: Type.Array(Type.String()),
    connections: Type.Array(Type.String()),
    environment: Type.Array(Type.String()),
  }),
  duration_ms: Type.Number(),
  /** null if the interpreter may be forked after the import, else why not (threads, sockets, ...). */
  fork_hazard: Nullable(Type.String()),
})
export type ParseResult = Static<typeof ParseResult>
