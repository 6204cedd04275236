/**
 * Questions of running tasks, by method. Whoever asks was checked before: its attempt is alive and held by the worker that
 * passes the question on. A question may arrive twice (a reconnect between question and answer), so each handler gives the
 * same answer again.
 */
import { MAP_LENGTH_MAX } from '#contract/dagSpec.ts'
import { VortexError } from '#contract/errors.ts'
import type { DagRunRecord, XComRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import { secretTexts } from '#domain/connectionExtra.ts'
import { isSensitiveName } from '#domain/sensitiveNames.ts'
import { assetEventForTask } from './assetEvents.ts'
import { XCOM_BYTES_MAX } from './limits.ts'
import { RUN_HANDLERS, type RunServices } from './runRequests.ts'
import { numbers, optionalText, text, texts, type TaskRequest } from './taskRequest.ts'
import { xcomItem } from './xcomItems.ts'

export interface RequestServices extends RunServices {
  store: RunServices['store'] &
    Pick<
      Store,
      | 'assetEventList'
      | 'dagRunGet'
      | 'previousRunGet'
      | 'xcomAt'
      | 'xcomGet'
      | 'xcomValues'
      | 'variableGet'
      | 'variablePut'
      | 'variableDelete'
    >
  /** With what is secret in it; null = there is none of this id. */
  connection: (conn_id: string) => Promise<{ password: string | null; extra: string | null } | null>
  /** Parses that read the Variable run again. */
  onVariableChanged: (key: string) => void
  now: () => number
}
type Handler = (services: RequestServices, request: TaskRequest) => Promise<unknown>

/** Earlier runs that include_prior_dates looks through; Airflow looks through all, at the price of the slowest query it has. */
const PRIOR_RUNS_MAX = 100
/** XComs that one question may return: what a mapped task may leave for the one that sums it up. */
const XCOM_ROWS_MAX = MAP_LENGTH_MAX
/** Names and indexes of one question together: each is a parameter of a statement, twice, of which SQLite takes 32,766. */
const XCOM_NAMED_MAX = 15_000
/** Events of an asset that one question returns, the newest. */
const ASSET_EVENTS_MAX = 1_000
/** As the API: server/contract/admin.ts. */
const VARIABLE_BYTES_MAX = 1024 * 1024

const HANDLERS: Record<string, Handler> = {
  'xcom.get': xcomGet,
  'xcom.item': async ({ store }, { context, params }) => {
    const index = params['index']
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0)
      throw new VortexError('invalid_request', 'xcom.item: index must be a whole number, 0 or more.')
    return await xcomItem(store, { dag_run_id: context.run.id, task_id: text(params, 'task_id'), index })
  },
  'asset.events': async ({ store }, { params }) => {
    const [name, uri, alias] = [optionalText(params, 'name'), optionalText(params, 'uri'), optionalText(params, 'alias')]
    if (name === null && uri === null && alias === null)
      throw new VortexError('invalid_request', 'asset.events: name, uri or alias must be given.')
    const wanted = typeof params['limit'] === 'number' ? Math.max(1, Math.floor(params['limit'])) : ASSET_EVENTS_MAX
    const newest = await store.assetEventList({ name, uri, alias, limit: Math.min(wanted, ASSET_EVENTS_MAX) })
    return newest.reverse().map(assetEventForTask)
  },
  'variable.get': async ({ store }, { params }) => {
    const key = text(params, 'key')
    const found = await store.variableGet({ key })
    // The task's host takes a sensitive value out of the log.
    return found === null ? null : { value: found.value, is_sensitive: isSensitiveName(key) }
  },
  'variable.set': async ({ store, onVariableChanged, now }, { params }) => {
    const key = text(params, 'key')
    const value = text(params, 'value')
    if (Buffer.byteLength(value) > VARIABLE_BYTES_MAX)
      throw new VortexError(
        'too_large',
        `Variable "${key}" has more than ${VARIABLE_BYTES_MAX} bytes. Keep large values in a file or an object store.`,
      )
    const known = await store.variableGet({ key })
    await store.variablePut({ key, value, description: optionalText(params, 'description') ?? known?.description ?? '', updated_at: now() })
    onVariableChanged(key)
    return null
  },
  'variable.delete': async ({ store, onVariableChanged }, { params }) => {
    const key = text(params, 'key')
    const isDeleted = await store.variableDelete({ key })
    if (isDeleted) onVariableChanged(key)
    return isDeleted
  },
  'connection.get': async ({ connection }, { params }) => {
    const found = await connection(text(params, 'conn_id'))
    // The task's host takes what is secret out of the log, before the task sees it.
    return found === null ? null : { connection: found, mask: secretTexts(found) }
  },
  ...RUN_HANDLERS,
}

const WRITES: ReadonlySet<string> = new Set(['variable.set', 'variable.delete', 'run.trigger', 'run.reset'])

/** Whether a question changes anything but the attempt itself. */
export const changesSomething = (method: string): boolean => WRITES.has(method)

export async function answerRequest(services: RequestServices, p: { method: string; request: TaskRequest }): Promise<unknown> {
  const handler = Object.hasOwn(HANDLERS, p.method) ? HANDLERS[p.method] : undefined
  if (handler === undefined)
    throw new VortexError(
      'invalid_request',
      `This controller has no method "${p.method}": it is older than the worker. Update the controller.`,
    )
  return await handler(services, p.request)
}

/** Rows {task_id, map_index, value_json}: per task by map index, or for any task oldest first. */
async function xcomGet(services: RequestServices, { context, params }: TaskRequest): Promise<unknown> {
  const { store } = services
  const dag_id = optionalText(params, 'dag_id') ?? context.run.dag_id
  const run_id = optionalText(params, 'run_id') ?? context.run.run_id
  let run: Pick<DagRunRecord, 'id' | 'logical_date' | 'run_after'> | null =
    dag_id === context.run.dag_id && run_id === context.run.run_id ? context.run : await store.dagRunGet({ dag_id, run_id })
  const runsMax = params['include_prior_dates'] === true ? PRIOR_RUNS_MAX : 1
  for (let looked = 0; run !== null && looked < runsMax; looked++) {
    const rows = await xcomsOfRun(store, run.id, params)
    if (rows.length > 0 || looked + 1 === runsMax)
      return rows.map(({ task_id, map_index, value }) => ({ task_id, map_index, value_json: value }))
    const before: Pick<DagRunRecord, 'logical_date' | 'run_after'> = run
    run =
      (await store.previousRunGet({ dag_id, before_logical_date: before.logical_date ?? before.run_after, only_scheduled: false }))?.run ??
      null
  }
  return []
}

/** With tasks and key: task by task as they are named. Otherwise oldest first. */
async function xcomsOfRun(store: RequestServices['store'], dag_run_id: number, params: Record<string, unknown>): Promise<XComRecord[]> {
  const task_ids = texts(params, 'task_ids')
  const map_indexes = params['map_indexes'] === null || params['map_indexes'] === undefined ? null : numbers(params, 'map_indexes')
  const key = optionalText(params, 'key')
  if (task_ids.length + (map_indexes?.length ?? 0) > XCOM_NAMED_MAX)
    throw new VortexError('too_large', `One pull names at most ${XCOM_NAMED_MAX} tasks and map indexes together.`)
  const { rows, refused } = await store.xcomValues({
    dag_run_id,
    task_ids: task_ids.length === 0 ? null : task_ids,
    map_indexes,
    key,
    rows_max: XCOM_ROWS_MAX,
    bytes_max: XCOM_BYTES_MAX,
  })
  if (refused !== null) throw tooMuch(refused)
  if (key === null || task_ids.length === 0) return rows.sort((a, b) => a.timestamp - b.timestamp)
  const place = new Map(task_ids.map((task_id, i) => [task_id, i]))
  return rows.sort((a, b) => (place.get(a.task_id) ?? 0) - (place.get(b.task_id) ?? 0))
}

function tooMuch({ rows, bytes }: { rows: number; bytes: number }): VortexError {
  return new VortexError(
    'too_large',
    `There are ${rows} of these XComs with ${bytes} bytes together; one pull returns at most ${XCOM_ROWS_MAX} with ${XCOM_BYTES_MAX}. Name the tasks and map indexes that are needed.`,
  )
}
