/**
 * Live events: facts already committed, sent to clients over `GET /api/events` (server-sent events).
 * `id` grows with each event; a client resumes with Last-Event-ID. `reset` means that events were missed: read again.
 *
 * Beside them the server sends a beat, at the opening and every 15 s: a named event without an id (`event: beat`, data LiveBeat). A
 * client that hears nothing for 45 s holds a dead connection, whatever TCP says, and opens another one.
 */
import { Type, type Static } from 'typebox'
import { DAG_RUN_STATES, RUN_TYPES, TASK_INSTANCE_STATES, WORKER_STATES } from './states.ts'
import { Enum, Instant, Nullable, Strict } from './schema.ts'

export const LiveEvent = Type.Union([
  Strict({
    type: Type.Literal('dag_run'),
    dag_id: Type.String(),
    run_id: Type.String(),
    run_type: Enum(RUN_TYPES),
    state: Enum(DAG_RUN_STATES),
    logical_date: Nullable(Instant),
    run_after: Instant,
    start_time: Nullable(Instant),
    end_time: Nullable(Instant),
    task_counts: Type.Record(Type.String(), Type.Integer()),
  }),
  Strict({ type: Type.Literal('dag_run_deleted'), dag_id: Type.String(), run_id: Type.String() }),
  Strict({
    type: Type.Literal('task_instance'),
    dag_id: Type.String(),
    run_id: Type.String(),
    task_id: Type.String(),
    map_index: Type.Integer(),
    state: Enum(TASK_INSTANCE_STATES),
    try_number: Type.Integer(),
    /** When it became runnable, and when it was handed to a worker. */
    scheduled_time: Type.Optional(Nullable(Instant)),
    queued_time: Type.Optional(Nullable(Instant)),
    start_time: Nullable(Instant),
    end_time: Nullable(Instant),
  }),
  /** Something of the DAG changed: version, pause, schedule, next run, deletion. Read it again. */
  Strict({ type: Type.Literal('dag'), dag_id: Type.String() }),
  /** An asset was updated; the newest event of it, where several came at once. */
  Strict({ type: Type.Literal('asset_event'), id: Type.Integer(), uri: Type.String(), at: Instant }),
  /** A file of the DAG folder came, went or changed. */
  Strict({ type: Type.Literal('dag_file'), file: Type.String() }),
  Strict({ type: Type.Literal('import_errors'), count: Type.Integer() }),
  /** The log of an attempt grew or ended. */
  Strict({
    type: Type.Literal('log'),
    dag_id: Type.String(),
    run_id: Type.String(),
    task_id: Type.String(),
    map_index: Type.Integer(),
    attempt: Type.Integer(),
    size: Type.Integer(),
    complete: Type.Boolean(),
  }),
  Strict({ type: Type.Literal('worker'), worker_id: Type.String(), status: Enum(WORKER_STATES) }),
  Strict({ type: Type.Literal('reset') }),
])
export type LiveEvent = Static<typeof LiveEvent>

export const LiveBeat = Strict({ server_time: Instant })
export type LiveBeat = Static<typeof LiveBeat>
