/** Wire shapes of Home, the timeline, the search and saved views. */
import { Type, type Static } from 'typebox'
import { DAG_RUN_STATES } from './states.ts'
import { Enum, Instant, Nullable, Strict } from './schema.ts'

const RunOfOverview = Strict({
  dag_id: Type.String(),
  run_id: Type.String(),
  run_type: Type.String(),
  state: Enum(DAG_RUN_STATES),
  logical_date: Nullable(Instant),
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
  state_reason: Nullable(Type.String()),
  task_counts: Type.Record(Type.String(), Type.Integer()),
})
export type RunOfOverview = Static<typeof RunOfOverview>

/** The task instance that failed first in a failed run. */
export const FailedTask = Strict({
  task_id: Type.String(),
  map_index: Type.Integer(),
  attempt: Type.Integer(),
  reason: Nullable(Type.String({ description: 'why it failed, in words' })),
})

export const Overview = Strict({
  counts: Strict({
    runs_queued: Type.Integer(),
    runs_running: Type.Integer(),
    runs_failed: Type.Integer({ description: 'that ended in the last 24 hours' }),
    dags: Type.Integer(),
    dags_active: Type.Integer({ description: 'not paused' }),
    import_errors: Type.Integer(),
    tasks_running: Nullable(Type.Integer({ description: 'null = no controller leads' })),
    tasks_waiting: Nullable(Type.Integer({ description: 'could run if there were capacity; null = no controller leads' })),
  }),
  failed_since: Instant,
  running: Type.Array(RunOfOverview, { description: 'newest first' }),
  failed: Type.Array(Strict({ ...RunOfOverview.properties, failed_task: Nullable(FailedTask) }), { description: 'latest end first' }),
  next: Type.Array(
    Strict({
      dag_id: Type.String(),
      dag_display_name: Nullable(Type.String()),
      timezone: Type.String(),
      schedule_interval: Nullable(Type.String()),
      run_after: Instant,
      logical_date: Nullable(Instant),
    }),
    { description: 'soonest first' },
  ),
})
export type Overview = Static<typeof Overview>

/** A run of the timeline. A queued run has no start; it waits since `queued_time`. */
export const TimelineBar = Strict({
  run_id: Type.String(),
  state: Enum(DAG_RUN_STATES),
  queued_time: Instant,
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
})
export type TimelineBar = Static<typeof TimelineBar>

/** Many runs that a picture could not tell apart. */
export const TimelineBlock = Strict({
  state: Enum(DAG_RUN_STATES),
  count: Type.Integer(),
  start_time: Instant,
  end_time: Nullable(Instant, { description: 'null = one of them goes on' }),
})
export type TimelineBlock = Static<typeof TimelineBlock>

export const TimelineRow = Strict({
  dag_id: Type.String(),
  dag_display_name: Nullable(Type.String()),
  timezone: Type.String(),
  is_paused: Type.Boolean(),
  bars: Type.Array(TimelineBar, { description: 'oldest first' }),
  blocks: Type.Array(TimelineBlock, { description: 'instead of bars, where there are too many' }),
  planned: Type.Array(Instant, { description: 'when the next scheduled runs are due, by the code that creates them' }),
})
export type TimelineRow = Static<typeof TimelineRow>

export const Timeline = Strict({
  from: Instant,
  to: Instant,
  data: Type.Array(TimelineRow),
  total: Type.Integer(),
  limit: Type.Integer(),
  offset: Type.Integer(),
})
export type Timeline = Static<typeof Timeline>

export const SearchAnswer = Strict({
  dags: Type.Array(
    Strict({
      dag_id: Type.String(),
      dag_display_name: Nullable(Type.String()),
      description: Nullable(Type.String()),
      is_paused: Type.Boolean(),
    }),
  ),
  tasks: Type.Array(Strict({ dag_id: Type.String(), task_id: Type.String() })),
  assets: Type.Array(Strict({ uri: Type.String(), name: Type.String(), group: Type.String() })),
  runs: Type.Array(Strict({ dag_id: Type.String(), run_id: Type.String(), state: Enum(DAG_RUN_STATES), start_time: Nullable(Instant) })),
})
export type SearchAnswer = Static<typeof SearchAnswer>

/** Pages whose filters can be kept under a name. */
export const VIEW_PAGES = ['dags', 'runs'] as const
export type ViewPage = (typeof VIEW_PAGES)[number]

export const ViewName = Type.String({ minLength: 1, maxLength: 100 })
export const SavedView = Strict({
  page: Enum(VIEW_PAGES),
  name: ViewName,
  search: Type.String({ maxLength: 2000, description: "the page's address behind the question mark" }),
})
export type SavedView = Static<typeof SavedView>
