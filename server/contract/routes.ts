/**
 * The operation table: one entry per operation. Fastify's validation, the handlers' types, the OpenAPI document, the policy
 * and the typed client of renderer, CLI and tests all come from it. Routes and field names of the seed keep their names.
 *
 * `role` is the weakest role that may call it (null = no sign-in needed).
 */
import { Type, type Static, type TSchema } from 'typebox'
import { ApiKey, Health, Me, Pool, PoolBody, Secret, SecretBody, SwarmStatus, User, UserBody, Variable, VariableBody, Worker } from './admin.ts'
import { Dag, DagDetail, DagSource, DagTasks, DagVersion, ImportError, NextRun } from './dag.ts'
import { Affected, Backfill, BackfillBody, BackfillInterval, ClearBody, DagRun, RunId, TriggerBody } from './dagRun.ts'
import { Attempt, LedgerEntry, LogPage, TaskInstance, Why, XComEntry, XComValue } from './taskInstance.ts'
import { DAG_RUN_STATES, ROLES, RUN_TYPES, TASK_INSTANCE_STATES, type Role } from './states.ts'
import { Enum, Instant, Key, Name, Nullable, Page, Strict, pageQuery } from './schema.ts'

export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  role: Role | null
  summary: string
  tag: string
  params?: TSchema
  query?: TSchema
  body?: TSchema
  ok: TSchema
}

const Message = Strict({ message: Type.String() })
const DagParams = Strict({ dag_id: Key })
const RunParams = Strict({ dag_id: Key, run_id: RunId })
const TaskParams = Strict({ dag_id: Key, run_id: RunId, task_id: Key })
const mapIndex = { map_index: Type.Optional(Type.Integer({ minimum: -1, default: -1 })) }

export const routes = {
  // --- sign-in -------------------------------------------------------------------------------------------------------
  login: {
    method: 'POST', path: '/api/login', role: null, tag: 'session',
    summary: 'Signs in with a password; sets the session cookie. With issue_api_key, also makes an API key and shows it once.',
    body: Strict({ username: Type.String({ maxLength: 100 }), password: Type.String({ maxLength: 1000 }), issue_api_key: Type.Optional(Type.Boolean({ default: false })) }),
    ok: Strict({ username: Type.String(), role: Enum(ROLES), api_key: Nullable(Type.String()) }),
  },
  loginWithLink: {
    method: 'POST', path: '/api/login/link', role: null, tag: 'session',
    summary: 'Signs in with the token of a one-time sign-in link.',
    body: Strict({ token: Type.String({ minLength: 20, maxLength: 200 }) }),
    ok: Me,
  },
  logout: { method: 'POST', path: '/api/logout', role: 'Viewer', tag: 'session', summary: 'Ends the session at once.', ok: Message },
  me: { method: 'GET', path: '/api/me', role: 'Viewer', tag: 'session', summary: 'Who is signed in.', ok: Me },
  changePassword: {
    method: 'POST', path: '/api/me/password', role: 'Viewer', tag: 'session', summary: 'Changes the own password and ends all other sessions.',
    body: Strict({ old_password: Nullable(Type.String({ maxLength: 1000 })), new_password: Type.String({ minLength: 12, maxLength: 1000 }) }), ok: Message,
  },
  // --- server --------------------------------------------------------------------------------------------------------
  health: { method: 'GET', path: '/api/health', role: null, tag: 'server', summary: 'Always 200 while the process lives; the body tells what is degraded.', ok: Health },
  ready: { method: 'GET', path: '/api/ready', role: null, tag: 'server', summary: '200 when requests can be served, else 503.', ok: Health },
  // --- DAGs ----------------------------------------------------------------------------------------------------------
  listDags: {
    method: 'GET', path: '/api/dags', role: 'Viewer', tag: 'dags', summary: 'DAGs, ordered by id.',
    query: Strict({
      ...pageQuery,
      search: Type.Optional(Type.String({ maxLength: 200, description: 'part of the id, name or description' })),
      tag: Type.Optional(Type.String({ maxLength: 200 })),
      owner: Type.Optional(Type.String({ maxLength: 200 })),
      paused: Type.Optional(Type.Boolean()),
      last_run_state: Type.Optional(Enum(DAG_RUN_STATES)),
      include_stale: Type.Optional(Type.Boolean({ default: false })),
    }),
    ok: Page(Dag),
  },
  getDag: { method: 'GET', path: '/api/dags/:dag_id', role: 'Viewer', tag: 'dags', summary: 'One DAG.', params: DagParams, ok: DagDetail },
  deleteDag: { method: 'DELETE', path: '/api/dags/:dag_id', role: 'Operator', tag: 'dags', summary: 'Deletes a DAG with its whole history. Refused while a run is active. If its file still defines it, it comes back without history.', params: DagParams, ok: Message },
  getDagTasks: {
    method: 'GET', path: '/api/dags/:dag_id/tasks', role: 'Viewer', tag: 'dags', summary: 'Tasks, dependencies and task groups of a version (default: the newest).',
    params: DagParams, query: Strict({ version: Type.Optional(Type.Integer({ minimum: 1 })) }), ok: DagTasks,
  },
  getDagSource: { method: 'GET', path: '/api/dags/:dag_id/source', role: 'Viewer', tag: 'dags', summary: 'Source of the newest version.', params: DagParams, ok: DagSource },
  pauseDag: { method: 'PATCH', path: '/api/dags/:dag_id/pause', role: 'Operator', tag: 'dags', summary: 'No new scheduled runs; running tasks go on, no new task starts.', params: DagParams, ok: Message },
  unpauseDag: { method: 'PATCH', path: '/api/dags/:dag_id/unpause', role: 'Operator', tag: 'dags', summary: 'Lets scheduled runs and tasks start again.', params: DagParams, ok: Message },
  triggerDag: { method: 'POST', path: '/api/dags/:dag_id/trigger', role: 'Operator', tag: 'dags', summary: 'Starts a manual run. Safe to repeat with the same run_id: the second call answers conflict.', params: DagParams, body: TriggerBody, ok: DagRun },
  retryDag: { method: 'POST', path: '/api/dags/:dag_id/retry', role: 'Operator', tag: 'dags', summary: 'Runs the failed tasks of the newest run again, with everything downstream of them.', params: DagParams, ok: Message },
  nextRuns: {
    method: 'GET', path: '/api/dags/:dag_id/next-runs', role: 'Viewer', tag: 'dags', summary: 'The next scheduled runs, by the code that creates them.',
    params: DagParams, query: Strict({ count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })) }), ok: Strict({ data: Type.Array(NextRun) }),
  },
  listVersions: { method: 'GET', path: '/api/dags/:dag_id/versions', role: 'Viewer', tag: 'versions', summary: 'Versions, newest first.', params: DagParams, query: Strict(pageQuery), ok: Strict({ dag_id: Type.String(), versions: Type.Array(DagVersion), total: Type.Integer() }) },
  getVersionSource: { method: 'GET', path: '/api/dags/:dag_id/versions/:version/source', role: 'Viewer', tag: 'versions', summary: 'Source of one version.', params: Strict({ dag_id: Key, version: Type.Integer({ minimum: 1 }) }), ok: DagSource },
  listImportErrors: { method: 'GET', path: '/api/import-errors', role: 'Viewer', tag: 'dags', summary: 'DAG files that fail to load.', query: Strict(pageQuery), ok: Page(ImportError) },
  // --- backfills -----------------------------------------------------------------------------------------------------
  createBackfill: {
    method: 'POST', path: '/api/dags/:dag_id/backfill', role: 'Operator', tag: 'backfills', summary: 'Runs a DAG over a past range. A dry run lists exactly the runs that would start.',
    params: DagParams, body: BackfillBody, ok: Strict({ message: Type.String(), backfill: Nullable(Backfill), intervals: Type.Array(BackfillInterval), intervals_queued: Type.Integer() }),
  },
  listBackfills: { method: 'GET', path: '/api/dags/:dag_id/backfills', role: 'Viewer', tag: 'backfills', summary: 'Backfills of a DAG, newest first.', params: DagParams, query: Strict(pageQuery), ok: Page(Backfill) },
  backfillProgress: { method: 'GET', path: '/api/dags/:dag_id/backfill/progress', role: 'Viewer', tag: 'backfills', summary: 'Progress of the newest backfill.', params: DagParams, ok: Strict({ dag_id: Type.String(), progress: Type.Number(), backfill: Nullable(Backfill) }) },
  setBackfillState: {
    method: 'POST', path: '/api/dags/:dag_id/backfills/:backfill_id/:action', role: 'Operator', tag: 'backfills', summary: 'Pauses, resumes or cancels a backfill.',
    params: Strict({ dag_id: Key, backfill_id: Type.Integer(), action: Enum(['pause', 'resume', 'cancel'] as const) }), ok: Backfill,
  },
  // --- runs ----------------------------------------------------------------------------------------------------------
  listRuns: {
    method: 'GET', path: '/api/dags/:dag_id/runs', role: 'Viewer', tag: 'runs', summary: 'Runs of a DAG, newest first. `~` as DAG id lists the runs of all DAGs.',
    params: DagParams,
    query: Strict({ ...pageQuery, state: Type.Optional(Enum(DAG_RUN_STATES)), run_type: Type.Optional(Enum(RUN_TYPES)), logical_date_from: Type.Optional(Instant), logical_date_to: Type.Optional(Instant) }),
    ok: Page(DagRun),
  },
  getRun: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id', role: 'Viewer', tag: 'runs', summary: 'One run.', params: RunParams, ok: DagRun },
  deleteRun: { method: 'DELETE', path: '/api/dags/:dag_id/runs/:run_id', role: 'Operator', tag: 'runs', summary: 'Deletes a finished run with its task instances, logs and XComs.', params: RunParams, ok: Message },
  cancelRun: { method: 'POST', path: '/api/dags/:dag_id/runs/:run_id/cancel', role: 'Operator', tag: 'runs', summary: 'Ends a run: running tasks are killed with their whole process trees, others are skipped, the run fails.', params: RunParams, ok: DagRun },
  clearRun: { method: 'POST', path: '/api/dags/:dag_id/runs/:run_id/clear', role: 'Operator', tag: 'runs', summary: 'Resets task instances so that they run again as new attempts.', params: RunParams, body: ClearBody, ok: Affected },
  retryRun: { method: 'POST', path: '/api/dags/:dag_id/runs/:run_id/retry', role: 'Operator', tag: 'runs', summary: 'Clears the failed task instances and everything downstream of them.', params: RunParams, ok: Affected },
  markRun: { method: 'POST', path: '/api/dags/:dag_id/runs/:run_id/mark', role: 'Operator', tag: 'runs', summary: 'Sets a run and its unfinished task instances to success or failed.', params: RunParams, body: Strict({ state: Enum(['success', 'failed'] as const) }), ok: DagRun },
  runXcoms: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/xcom', role: 'Viewer', tag: 'xcom', summary: 'XComs of a run, without their values.', params: RunParams, query: Strict(pageQuery), ok: Page(XComEntry) },
  runEvents: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/events', role: 'Viewer', tag: 'runs', summary: 'Everything that happened to a run and its task instances, with causes.', params: RunParams, query: Strict(pageQuery), ok: Page(LedgerEntry) },
  // --- task instances ------------------------------------------------------------------------------------------------
  listTaskInstances: {
    method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/tasks', role: 'Viewer', tag: 'tasks', summary: 'Task instances of a run, in the order of the graph.',
    params: RunParams, query: Strict({ ...pageQuery, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 500 })), state: Type.Optional(Enum(TASK_INSTANCE_STATES)) }), ok: Page(TaskInstance),
  },
  getTaskInstance: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id', role: 'Viewer', tag: 'tasks', summary: 'One task instance.', params: TaskParams, query: Strict(mapIndex), ok: TaskInstance },
  clearTaskInstance: { method: 'POST', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/clear', role: 'Operator', tag: 'tasks', summary: 'Clears one task instance, as clearRun with its task id.', params: TaskParams, body: ClearBody, ok: Affected },
  markTaskInstance: {
    method: 'POST', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/mark', role: 'Operator', tag: 'tasks', summary: 'Sets a task instance to success, failed or skipped; a running attempt is killed.',
    params: TaskParams, body: Strict({ state: Enum(['success', 'failed', 'skipped'] as const), map_index: Type.Optional(Type.Integer({ minimum: -1, default: -1 })) }), ok: TaskInstance,
  },
  listAttempts: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/attempts', role: 'Viewer', tag: 'tasks', summary: 'Attempts, oldest first.', params: TaskParams, query: Strict(mapIndex), ok: Strict({ data: Type.Array(Attempt) }) },
  getLog: {
    method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/logs', role: 'Viewer', tag: 'tasks', summary: 'A piece of an attempt\'s log. Without `attempt`: the newest. A negative offset counts from the end.',
    params: TaskParams, query: Strict({ ...mapIndex, attempt: Type.Optional(Type.Integer({ minimum: 1 })), offset: Type.Optional(Type.Integer({ default: 0 })), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_194_304, default: 1_048_576, description: 'bytes' })) }), ok: LogPage,
  },
  whyNotRunning: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/why', role: 'Viewer', tag: 'tasks', summary: 'What holds a task instance back, each reason with a link.', params: TaskParams, query: Strict(mapIndex), ok: Why },
  getXcom: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/xcom/:key', role: 'Viewer', tag: 'xcom', summary: 'One XCom with its value.', params: Strict({ dag_id: Key, run_id: RunId, task_id: Key, key: Name }), query: Strict(mapIndex), ok: XComValue },
  listXcoms: { method: 'GET', path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/xcom', role: 'Viewer', tag: 'xcom', summary: 'XComs that a task instance pushed, without their values.', params: TaskParams, query: Strict(mapIndex), ok: Strict({ data: Type.Array(XComEntry) }) },
  taskEvents: { method: 'GET', path: '/api/task-instances/:dag_id/:ti_id/events', role: 'Viewer', tag: 'tasks', summary: 'State changes of a task instance, with causes.', params: Strict({ dag_id: Key, ti_id: Type.Integer() }), ok: Strict({ data: Type.Array(LedgerEntry) }) },
  getLogById: { method: 'GET', path: '/api/tasks/:id/logs', role: 'Viewer', tag: 'tasks', summary: 'The end of the newest log of a task instance, at most 1 MiB. Both streams are merged into stdout.', params: Strict({ id: Type.Integer() }), ok: Strict({ stdout: Type.String(), stderr: Type.String() }) },
  // --- pools, variables, secrets, users ---------------------------------------------------------------------------------
  listPools: { method: 'GET', path: '/api/pools', role: 'Viewer', tag: 'pools', summary: 'All pools.', ok: Strict({ pools: Type.Array(Pool) }) },
  createPool: { method: 'POST', path: '/api/pools', role: 'Operator', tag: 'pools', summary: 'Makes a pool.', body: Strict({ name: Name, ...PoolBody.properties }), ok: Pool },
  getPool: { method: 'GET', path: '/api/pools/:name', role: 'Viewer', tag: 'pools', summary: 'One pool.', params: Strict({ name: Name }), ok: Pool },
  updatePool: { method: 'PUT', path: '/api/pools/:name', role: 'Operator', tag: 'pools', summary: 'Changes a pool.', params: Strict({ name: Name }), body: PoolBody, ok: Pool },
  deletePool: { method: 'DELETE', path: '/api/pools/:name', role: 'Operator', tag: 'pools', summary: 'Deletes a pool; default_pool stays.', params: Strict({ name: Name }), ok: Message },
  listVariables: { method: 'GET', path: '/api/variables', role: 'Operator', tag: 'variables', summary: 'Variables, ordered by key.', query: Strict({ ...pageQuery, search: Type.Optional(Type.String({ maxLength: 200 })) }), ok: Page(Variable) },
  setVariable: { method: 'PUT', path: '/api/variables/:key', role: 'Operator', tag: 'variables', summary: 'Sets a variable.', params: Strict({ key: Name }), body: VariableBody, ok: Variable },
  getVariable: { method: 'GET', path: '/api/variables/:key', role: 'Operator', tag: 'variables', summary: 'One variable.', params: Strict({ key: Name }), ok: Variable },
  deleteVariable: { method: 'DELETE', path: '/api/variables/:key', role: 'Operator', tag: 'variables', summary: 'Deletes a variable.', params: Strict({ key: Name }), ok: Message },
  listSecrets: { method: 'GET', path: '/api/secrets', role: 'Admin', tag: 'secrets', summary: 'Names of the secrets; values are never returned.', ok: Strict({ secrets: Type.Array(Secret) }) },
  setSecret: { method: 'POST', path: '/api/secrets', role: 'Admin', tag: 'secrets', summary: 'Sets a secret.', body: SecretBody, ok: Message },
  deleteSecret: { method: 'DELETE', path: '/api/secrets/:key', role: 'Admin', tag: 'secrets', summary: 'Deletes a secret.', params: Strict({ key: Name }), ok: Message },
  listUsers: { method: 'GET', path: '/api/users', role: 'Admin', tag: 'users', summary: 'All users.', ok: Type.Array(User) },
  createUser: { method: 'POST', path: '/api/users', role: 'Admin', tag: 'users', summary: 'Makes a user.', body: UserBody, ok: User },
  updateUser: { method: 'PATCH', path: '/api/users/:username', role: 'Admin', tag: 'users', summary: 'Changes role or password; ends the user\'s sessions.', params: Strict({ username: Name }), body: Strict({ role: Type.Optional(Enum(ROLES)), password: Type.Optional(Type.String({ minLength: 12, maxLength: 1000 })) }), ok: User },
  deleteUser: { method: 'DELETE', path: '/api/users/:username', role: 'Admin', tag: 'users', summary: 'Deletes a user, its sessions and API keys. The last Admin stays.', params: Strict({ username: Name }), ok: Message },
  listApiKeys: { method: 'GET', path: '/api/api-keys', role: 'Viewer', tag: 'users', summary: 'Own API keys; an Admin sees all.', ok: Strict({ data: Type.Array(ApiKey) }) },
  createApiKey: { method: 'POST', path: '/api/api-keys', role: 'Viewer', tag: 'users', summary: 'Makes an API key for the caller and shows it once.', body: Strict({ name: Name, expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })) }), ok: Strict({ ...ApiKey.properties, api_key: Type.String() }) },
  deleteApiKey: { method: 'DELETE', path: '/api/api-keys/:id', role: 'Viewer', tag: 'users', summary: 'Revokes an API key at once.', params: Strict({ id: Type.Integer() }), ok: Message },
  // --- swarm ------------------------------------------------------------------------------------------------------------
  swarmStatus: { method: 'GET', path: '/api/swarm/status', role: 'Viewer', tag: 'swarm', summary: 'Workers, queue and running counts.', ok: SwarmStatus },
  listWorkers: { method: 'GET', path: '/api/swarm/workers', role: 'Viewer', tag: 'swarm', summary: 'Workers.', query: Strict(pageQuery), ok: Page(Worker) },
  drainWorker: { method: 'POST', path: '/api/swarm/workers/:worker_id/drain', role: 'Operator', tag: 'swarm', summary: 'The worker takes no new tasks, finishes what runs, then stops.', params: Strict({ worker_id: Name }), ok: Message },
  deleteWorker: { method: 'DELETE', path: '/api/swarm/workers/:worker_id', role: 'Admin', tag: 'swarm', summary: 'Forgets an offline worker.', params: Strict({ worker_id: Name }), ok: Message },
} as const satisfies Record<string, Operation>

export type Routes = typeof routes
export type OperationId = keyof Routes

type Part<R, K extends string> = R extends { [P in K]: infer S extends TSchema } ? Static<S> : undefined
/** What a handler receives and a client sends; parts that the entry does not have are undefined. */
export interface Input<Id extends OperationId> {
  params: Part<Routes[Id], 'params'>
  query: Part<Routes[Id], 'query'>
  body: Part<Routes[Id], 'body'>
}
/** What a handler returns and a client receives. */
export type Output<Id extends OperationId> = Static<Routes[Id]['ok']>

/** Path of the live-event stream; it is not in the table because its answer never ends. */
export const EVENTS_PATH = '/api/events'
