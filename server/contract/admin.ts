/** Wire shapes of pools, variables, secrets, users, workers and the server itself. */
import { Type, type Static } from 'typebox'
import { ROLES, TASK_INSTANCE_STATES, WORKER_STATES } from './states.ts'
import { Enum, Instant, Json, Name, Nullable, Strict } from './schema.ts'

export const Pool = Strict({
  name: Type.String(),
  slots: Type.Integer({ description: '-1 = unlimited' }),
  description: Type.String(),
  include_deferred: Type.Boolean(),
  occupied_slots: Type.Integer(),
  running_slots: Type.Integer(),
  queued_slots: Type.Integer(),
  waiting: Type.Integer({ description: 'task instances that wait for a slot' }),
})
export type Pool = Static<typeof Pool>
export const PoolBody = Strict({
  slots: Type.Integer({ minimum: -1, maximum: 1_000_000 }),
  description: Type.Optional(Type.String({ maxLength: 2000, default: '' })),
  include_deferred: Type.Optional(Type.Boolean({ default: false })),
})

export const Variable = Strict({
  key: Type.String(),
  value: Nullable(Type.String(), { description: 'null if the name marks it as sensitive' }),
  description: Type.String(),
  updated_at: Instant,
})
export type Variable = Static<typeof Variable>
export const VariableBody = Strict({
  value: Type.String({ maxLength: 1_048_576 }),
  description: Type.Optional(Type.String({ maxLength: 2000, description: 'Without it that of the present variable is kept.' })),
  if_absent: Type.Optional(
    Type.Boolean({ default: false, description: 'Only where the key is free; one that exists is a conflict instead of being replaced.' }),
  ),
})

/** Variables at once, as a file of Airflow holds them: `{key: value}`; a value that is no text is stored as its JSON. */
export const VariableImportBody = Strict({
  variables: Type.Record(Type.String({ minLength: 1, maxLength: 250 }), Json, { maxProperties: 1000 }),
  on_existing: Type.Optional(Enum(['overwrite', 'skip', 'fail'] as const, { default: 'overwrite' })),
  dry_run: Type.Optional(Type.Boolean({ default: false, description: 'tell what would be done and change nothing' })),
})
export const VariableImported = Strict({
  dry_run: Type.Boolean(),
  created: Type.Array(Type.String()),
  overwritten: Type.Array(Type.String()),
  skipped: Type.Array(Type.String()),
})
export type VariableImported = Static<typeof VariableImported>
export const VariableUses = Strict({
  files: Type.Array(Strict({ file: Type.String(), dag_ids: Type.Array(Type.String()) }), {
    description: 'DAG files that asked for it when they were last read; what tasks ask for as they run is not known',
  }),
})
export type VariableUses = Static<typeof VariableUses>

export const Secret = Strict({ key: Type.String(), created_at: Instant, updated_at: Instant })
export type Secret = Static<typeof Secret>
export const SecretBody = Strict({
  key: Name,
  value: Type.String({ minLength: 1, maxLength: 65_536 }),
  if_absent: Type.Optional(
    Type.Boolean({ default: false, description: 'Only where the key is free; one that exists is a conflict instead of being replaced.' }),
  ),
})

export const User = Strict({ username: Type.String(), role: Enum(ROLES), created_at: Instant, last_login_at: Nullable(Instant) })
export type User = Static<typeof User>
export const UserBody = Strict({
  username: Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9_.@-]+$' }),
  password: Type.String({ minLength: 12, maxLength: 1000 }),
  role: Enum(ROLES),
})
export const ApiKey = Strict({
  id: Type.Integer(),
  username: Type.String(),
  name: Type.String(),
  prefix: Type.String({ description: 'first characters, to recognise it by' }),
  created_at: Instant,
  expires_at: Nullable(Instant),
  last_used_at: Nullable(Instant),
})
export type ApiKey = Static<typeof ApiKey>

export const Me = Strict({ username: Type.String(), role: Enum(ROLES) })
export type Me = Static<typeof Me>
export const SignedIn = Strict({
  ...Me.properties,
  events_id: Type.Integer({
    description: 'id of the newest live event; a stream opened with ?after= it misses nothing that happens after this answer',
  }),
})
export type SignedIn = Static<typeof SignedIn>

export const Worker = Strict({
  worker_id: Type.String(),
  hostname: Type.String(),
  status: Enum(WORKER_STATES),
  capacity: Type.Integer(),
  active_tasks: Type.Integer(),
  queues: Type.Array(Type.String()),
  labels: Type.Array(Type.String()),
  version: Type.String(),
  last_heartbeat: Instant,
  connected_at: Instant,
})
export type Worker = Static<typeof Worker>

export const Health = Strict({
  status: Enum(['ok', 'degraded'] as const),
  version: Type.String(),
  database: Enum(['ok', 'down'] as const),
  database_problem: Type.Union([Type.String(), Type.Null()], {
    description: 'why it is down and how to mend that, if the database says so',
  }),
  /** leader: this controller schedules; standby: another one does. */
  scheduler: Enum(['leader', 'standby', 'starting'] as const),
  /** Of whichever controller leads; null = none does, or it is not known. */
  leader_address: Nullable(Type.String(), { description: "the leading controller's API" }),
  leader_epoch: Nullable(Type.Integer(), { description: 'grows by one with each change of the leader' }),
  workers: Type.Integer(),
  /** How far the DAG folder is read. preparing: the Python environment is being found or made; failed: it cannot be. */
  dag_files: Strict({ state: Enum(['preparing', 'failed', 'reading', 'ready'] as const), waiting: Type.Integer() }),
  /** Measured once an hour; null = not yet. */
  storage: Strict({
    database_bytes: Nullable(Type.Integer()),
    log_bytes: Nullable(Type.Integer({ description: 'log files; on PostgreSQL the part of the database that holds logs' })),
    measured_at: Nullable(Instant),
    retention_days: Type.Integer({ description: 'finished runs go after so many days; 0 = never' }),
  }),
  uptime_ms: Type.Integer(),
})
export type Health = Static<typeof Health>

export const SwarmStatus = Strict({
  enabled: Type.Boolean(),
  active_workers: Type.Integer(),
  queue_depth: Type.Integer({ description: 'task instances that could run if there were capacity' }),
  running: Type.Integer(),
  parallelism: Type.Integer(),
})

/** A task instance that a worker runs, or that uses or awaits the slots of a pool. */
export const LiveTask = Strict({
  dag_id: Type.String(),
  run_id: Type.String(),
  task_id: Type.String(),
  map_index: Type.Integer(),
  try_number: Type.Integer(),
  state: Enum(TASK_INSTANCE_STATES),
  pool: Type.String(),
  pool_slots: Type.Integer(),
  queue: Type.String(),
  priority_weight: Type.Integer(),
  worker_id: Nullable(Type.String()),
  since: Nullable(Instant, { description: 'when it started, or became ready to run' }),
})
export type LiveTask = Static<typeof LiveTask>
/** Those that run come first, then by priority. */
export const LiveTasks = Strict({ data: Type.Array(LiveTask), total: Type.Integer() })
export type LiveTasks = Static<typeof LiveTasks>

/** What runs where, for the system page; what health and the swarm's status tell is not repeated. */
export const SystemInfo = Strict({
  node_version: Type.String(),
  platform: Type.String(),
  database: Type.String({ description: 'SQLite or PostgreSQL' }),
  started_at: Instant,
  memory_bytes: Type.Integer({ description: 'resident memory of this controller' }),
  events: Strict({
    clients: Type.Integer({ description: 'open streams of live events at this controller' }),
    newest_id: Type.Integer({ description: 'grows by one with each event' }),
  }),
  import_errors: Type.Integer(),
  dags: Type.Integer(),
})
export type SystemInfo = Static<typeof SystemInfo>
