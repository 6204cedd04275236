/** Wire shapes of task instances, their attempts, logs, XComs and history. */
import { Type, type Static } from 'typebox'
import { ATTEMPT_STATES, TASK_INSTANCE_STATES } from './states.ts'
import { Enum, Instant, Json, Nullable, Strict } from './schema.ts'

export const TaskInstance = Strict({
  id: Type.Integer(),
  dag_id: Type.String(),
  run_id: Type.String(),
  task_id: Type.String(),
  map_index: Type.Integer({ description: '-1 unless the task is mapped' }),
  rendered_map_index: Nullable(Type.String({ description: 'what stands for the map index, by the map_index_template of the task' })),
  state: Enum(TASK_INSTANCE_STATES),
  try_number: Type.Integer({ description: 'number of the newest attempt; 0 = never tried' }),
  max_tries: Type.Integer({ description: 'attempt number after which a failure is final' }),
  retry_count: Type.Integer(),
  operator: Type.String(),
  logical_date: Nullable(Instant),
  execution_date: Nullable(Instant),
  scheduled_time: Nullable(Instant, { description: 'when it became runnable' }),
  queued_time: Nullable(Instant),
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
  duration_ms: Nullable(Type.Number()),
  next_try_at: Nullable(Instant),
  waiting_since: Nullable(Instant, { description: 'when a sensor in reschedule mode began to wait, over all its pokes' }),
  pool: Type.String(),
  pool_slots: Type.Integer(),
  queue: Type.String(),
  priority_weight: Type.Integer(),
  worker_id: Nullable(Type.String()),
  state_reason: Nullable(Type.String({ description: 'why it is in this state, in words' })),
  note: Nullable(Type.String()),
})
export type TaskInstance = Static<typeof TaskInstance>

export const Attempt = Strict({
  attempt: Type.Integer(),
  state: Enum(ATTEMPT_STATES),
  worker_id: Nullable(Type.String()),
  hostname: Nullable(Type.String()),
  pid: Nullable(Type.Integer()),
  queued_time: Instant,
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
  exit_code: Nullable(Type.Integer()),
  signal: Nullable(Type.String()),
  reason: Nullable(Type.String({ description: 'outcome in words: the exception, out of memory, timed out after 10 s, ...' })),
  max_rss_bytes: Nullable(Type.Integer()),
  log_bytes: Type.Integer(),
  log_truncated: Type.Boolean(),
})
export type Attempt = Static<typeof Attempt>

/** A piece of a log. Offsets are bytes of UTF-8 from the start of the attempt's log. */
export const LogPage = Strict({
  attempt: Type.Integer(),
  offset: Type.Integer(),
  next_offset: Type.Integer(),
  size: Type.Integer({ description: 'bytes stored so far' }),
  complete: Type.Boolean({ description: 'the attempt has ended and its log is whole' }),
  truncated: Type.Boolean({ description: 'output beyond the cap was dropped; the log says where' }),
  text: Type.String(),
  times: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()]), {
    description:
      '`[line, at]`: lines of `text` from this one on (its first is 0, and may have begun before) came at `at`, in milliseconds since ' +
      '1970 by the clock of the worker, to about a tenth of a second. A line in between has the time of the last entry before it. ' +
      'Empty for output of workers that did not tell.',
  }),
})
export type LogPage = Static<typeof LogPage>

export const XComEntry = Strict({
  dag_id: Type.String(),
  run_id: Type.String(),
  task_id: Type.String(),
  map_index: Type.Integer(),
  key: Type.String(),
  size: Type.Integer({ description: 'bytes of its JSON' }),
  timestamp: Instant,
})
export type XComEntry = Static<typeof XComEntry>

export const XComValue = Strict({ ...XComEntry.properties, value: Json })

/** One fact of the cause ledger. */
export const LedgerEntry = Strict({
  id: Type.Integer(),
  at: Instant,
  kind: Type.String({ description: 'dag_run.created, task_instance.state, dag.paused, worker.lost, ...' }),
  dag_id: Nullable(Type.String()),
  run_id: Nullable(Type.String()),
  task_id: Nullable(Type.String()),
  map_index: Nullable(Type.Integer()),
  attempt: Nullable(Type.Integer()),
  from_state: Nullable(Type.String()),
  to_state: Nullable(Type.String()),
  /** Short machine word for the cause: trigger_rule, worker_report, lease_ended, user, timeout, ... */
  cause: Type.String(),
  actor: Type.String({ description: 'user name, worker id, or scheduler' }),
  message: Nullable(Type.String()),
})
export type LedgerEntry = Static<typeof LedgerEntry>

/** One reason that holds a task instance back. */
export const WhyReason = Strict({
  /** Unfinished: run_queued, dag_paused, upstream, past_run, start_date, retry_delay, reschedule, pool_missing, pool_full, pool_too_small, parallelism, max_active_tasks, max_active_tis_per_dag, max_active_tis_per_dagrun, max_active_runs, no_worker, worker_capacity, running. Finished: branch, upstream_state, finished. */
  code: Type.String(),
  message: Type.String(),
  /** Object that the sentence is about, for a link: {task_id}, {pool}, {run_id}, {worker_id}. */
  link: Type.Record(Type.String(), Type.String()),
})
export const Why = Strict({
  state: Enum(TASK_INSTANCE_STATES),
  runnable: Type.Boolean({ description: 'nothing holds it back; it is running or about to' }),
  reasons: Type.Array(WhyReason),
})
export type Why = Static<typeof Why>
