/**
 * The policy: per operation, how the object that its path names is loaded and checked. The weakest role that may call it
 * stands in the operation table. The order is fixed in buildApp: role, load, check; only the loaded object is passed on.
 *
 * A missing object and one that the caller may not see answer the same not_found.
 */
import { VortexError } from '#contract/errors.ts'
import type { OperationId } from '#contract/routes.ts'
import { ROLES, type Role } from '#contract/states.ts'
import type {
  ApiKeyRecord,
  ConnectionRecord,
  DagRecord,
  DagRunRecord,
  PoolRecord,
  TaskInstanceRecord,
  UserRecord,
  VariableRecord,
} from '#db/records.ts'
import type { WorkerView } from '#scheduler/ports.ts'
import type { Principal } from './auth/accounts.ts'
import type { ApiServices } from './services.ts'

export interface LoadRequest {
  services: ApiServices
  principal: Principal | null
  params: Record<string, string | number>
  /** -1 unless query or body names one. */
  map_index: number
}
type Loader<T> = (request: LoadRequest) => Promise<T>

/** True if the role includes the other one. */
export function includesRole(role: Role, required: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(required)
}

function found<T>(object: T | null | undefined, what: string): T {
  if (object === null || object === undefined) throw new VortexError('not_found', `There is no ${what}.`)
  return object
}
const text = (params: LoadRequest['params'], name: string): string => String(params[name])

const nothing: Loader<null> = async () => null
const dag: Loader<DagRecord> = async ({ services, params }) =>
  found(await services.store.dagGet({ dag_id: text(params, 'dag_id') }), `DAG "${params['dag_id']}"`)
/** `~` stands for all DAGs: null. */
const dagOrAll: Loader<DagRecord | null> = async (request) => (request.params['dag_id'] === '~' ? null : dag(request))
const run: Loader<DagRunRecord> = async ({ services, params }) =>
  found(
    await services.store.dagRunGet({ dag_id: text(params, 'dag_id'), run_id: text(params, 'run_id') }),
    `run "${params['run_id']}" of DAG "${params['dag_id']}"`,
  )
const taskInstance: Loader<{ run: DagRunRecord; task_instance: TaskInstanceRecord }> = async (request) => {
  const { services, params, map_index } = request
  const owner = await run(request)
  const task_instance = await services.store.taskInstanceGet({ dag_run_id: owner.id, task_id: text(params, 'task_id'), map_index })
  return {
    run: owner,
    task_instance: found(
      task_instance,
      `task "${params['task_id']}"${map_index === -1 ? '' : ` with map index ${map_index}`} in run "${params['run_id']}"`,
    ),
  }
}
const taskInstanceById: Loader<{ run: DagRunRecord; task_instance: TaskInstanceRecord }> = async ({ services, params }) => {
  const id = Number(params['ti_id'] ?? params['id'])
  const row = found(await services.store.taskInstanceById({ id }), `task instance ${id}`)
  // The path may name the DAG as well; another DAG's task instance does not exist under it.
  if (params['dag_id'] !== undefined && params['dag_id'] !== row.run.dag_id) found(null, `task instance ${id} in DAG "${params['dag_id']}"`)
  return row
}
const pool: Loader<PoolRecord> = async ({ services, params }) =>
  found(
    (await services.store.poolList()).find((item) => item.name === params['name']),
    `pool "${params['name']}"`,
  )
const variable: Loader<VariableRecord> = async ({ services, params }) =>
  found(await services.store.variableGet({ key: text(params, 'key') }), `variable "${params['key']}"`)
const connection: Loader<ConnectionRecord> = async ({ services, params }) =>
  found(await services.store.connectionGet({ conn_id: text(params, 'conn_id') }), `connection "${params['conn_id']}"`)
const user: Loader<UserRecord> = async ({ services, params }) =>
  found(await services.store.userGet({ username: text(params, 'username') }), `user "${params['username']}"`)
/** Everybody their own keys, an Admin all. */
const apiKey: Loader<ApiKeyRecord> = async ({ services, params, principal }) => {
  const all = principal?.role === 'Admin'
  const keys = await services.store.apiKeyList({ username: all ? null : (principal?.username ?? '') })
  return found(
    keys.find((key) => key.id === params['id']),
    `API key ${params['id']}`,
  )
}
const worker: Loader<WorkerView> = async ({ services, params }) =>
  found(
    (await services.leader.workers()).find((item) => item.worker_id === params['worker_id']),
    `worker "${params['worker_id']}"`,
  )

export const policy = {
  login: nothing,
  loginWithLink: nothing,
  logout: nothing,
  me: nothing,
  changePassword: nothing,
  health: nothing,
  ready: nothing,
  system: nothing,
  getOverview: nothing,
  getTimeline: nothing,
  search: nothing,
  addFavourite: dag,
  removeFavourite: dag,
  listViews: nothing,
  saveView: nothing,
  deleteView: nothing,
  listDags: nothing,
  dagFacets: nothing,
  bulkDags: nothing,
  getDag: dag,
  deleteDag: dag,
  getDagTasks: dag,
  getDagSource: dag,
  pauseDag: dag,
  unpauseDag: dag,
  triggerDag: dag,
  retryDag: dag,
  nextRuns: dag,
  previewSchedule: dagOrAll,
  previewUnpause: dag,
  previewTrigger: dag,
  listVersions: dag,
  getVersionSource: dag,
  getGrid: dag,
  listImportErrors: nothing,
  listDagFiles: nothing,
  getDagFile: nothing,
  saveDagFile: nothing,
  moveDagFile: nothing,
  deleteDagFile: nothing,
  getDagSchema: nothing,
  previewDagFile: nothing,
  listPlugins: nothing,
  createBackfill: dag,
  listBackfills: dag,
  backfillProgress: dag,
  setBackfillState: dag,
  backfillRuns: dag,
  dagCalendar: dag,
  dagDurations: dag,
  dagEvents: dag,
  versionChanges: dag,
  versionRuns: dag,
  runAttempts: run,
  listAssets: nothing,
  getAsset: nothing,
  listAssetEvents: nothing,
  createAssetEvent: nothing,
  getAssetCondition: dag,
  getRunAssetEvents: run,
  listRuns: dagOrAll,
  getRun: run,
  deleteRun: run,
  cancelRun: run,
  clearRun: run,
  retryRun: run,
  markRun: run,
  runXcoms: run,
  runEvents: run,
  listTaskInstances: run,
  getTaskInstance: taskInstance,
  clearTaskInstance: run,
  markTaskInstance: taskInstance,
  listAttempts: taskInstance,
  getLog: taskInstance,
  whyNotRunning: taskInstance,
  getXcom: taskInstance,
  listXcoms: taskInstance,
  getLogIndex: taskInstance,
  searchLog: taskInstance,
  getRendered: taskInstance,
  setTaskNote: taskInstance,
  setRunNote: run,
  markTaskInstances: run,
  getRunContext: run,
  taskEvents: taskInstanceById,
  getLogById: taskInstanceById,
  listPools: nothing,
  createPool: nothing,
  getPool: pool,
  listPoolTasks: pool,
  updatePool: pool,
  deletePool: pool,
  listVariables: nothing,
  setVariable: nothing,
  getVariable: variable,
  deleteVariable: variable,
  importVariables: nothing,
  getVariableUses: nothing,
  listConnections: nothing,
  createConnection: nothing,
  importConnections: nothing,
  getConnection: connection,
  updateConnection: connection,
  deleteConnection: connection,
  listSecrets: nothing,
  setSecret: nothing,
  deleteSecret: nothing,
  listUsers: nothing,
  createUser: nothing,
  updateUser: user,
  deleteUser: user,
  listApiKeys: nothing,
  createApiKey: nothing,
  deleteApiKey: apiKey,
  swarmStatus: nothing,
  listWorkers: nothing,
  listWorkerTasks: worker,
  drainWorker: worker,
  resumeWorker: worker,
  deleteWorker: worker,
} as const satisfies Record<OperationId, Loader<unknown>>

/** What an operation's handler receives as its object. */
export type Loaded<Id extends OperationId> = Awaited<ReturnType<(typeof policy)[Id]>>
