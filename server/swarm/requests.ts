/**
 * Questions of running tasks, by method. Whoever asks was checked before: its attempt is alive and held by the worker that
 * passes the question on. A question may arrive twice (a reconnect between question and answer), so each handler gives the
 * same answer again.
 */
import { createHash } from 'node:crypto'
import { VortexError } from '#contract/errors.ts'
import type { DagRunRecord, XComRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import { isSensitiveName } from '#domain/sensitiveNames.ts'
import type { AttemptRef, EngineCommands } from '#scheduler/ports.ts'
import type { AttemptContext } from './heldAttempts.ts'
import { XCOM_BYTES_MAX } from './limits.ts'

export interface RequestServices {
  store: Pick<
    Store,
    'dagRunGet' | 'previousRunGet' | 'xcomGet' | 'xcomGetAll' | 'xcomList' | 'variableGet' | 'variablePut' | 'variableDelete'
  >
  commands: Pick<EngineCommands, 'dagTrigger'>
  /** Parses that read the Variable run again. */
  onVariableChanged: (key: string) => void
  now: () => number
}
export interface TaskRequest {
  id: number
  ref: AttemptRef
  context: AttemptContext
  params: Record<string, unknown>
}
type Handler = (services: RequestServices, request: TaskRequest) => Promise<unknown>

/** Earlier runs that include_prior_dates looks through; Airflow looks through all, at the price of the slowest query it has. */
const PRIOR_RUNS_MAX = 100
/** XComs that one question may return. */
const XCOM_ROWS_MAX = 10_000
const XCOM_PAGE = 1_000
/** As the API: server/contract/admin.ts. */
const VARIABLE_BYTES_MAX = 1024 * 1024

const HANDLERS: Record<string, Handler> = {
  'xcom.get': xcomGet,
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
  'run.trigger': runTrigger,
  'run.state': async ({ store }, { params }) => {
    const run = await store.dagRunGet({ dag_id: text(params, 'dag_id'), run_id: text(params, 'run_id') })
    return run === null ? null : runAnswer(run)
  },
}

export async function answerRequest(services: RequestServices, p: { method: string; request: TaskRequest }): Promise<unknown> {
  const handler = Object.hasOwn(HANDLERS, p.method) ? HANDLERS[p.method] : undefined
  if (handler === undefined)
    throw new VortexError(
      'invalid_request',
      `This controller has no method "${p.method}": it is older than the worker. Update the controller.`,
    )
  return await handler(services, p.request)
}

async function runTrigger({ store, commands }: RequestServices, { id, ref, context, params }: TaskRequest): Promise<unknown> {
  const dag_id = text(params, 'dag_id')
  const actor = `task:${context.run.dag_id}/${context.run.run_id}/${context.task_instance.task_id}`
  // Without a run id of its own the question gets one that its repetition gets too.
  const run_id =
    optionalText(params, 'run_id') ?? `triggered__${createHash('sha256').update(`${ref.lease_token}:${id}`).digest('hex').slice(0, 20)}`
  const conf = params['conf'] ?? {}
  if (typeof conf !== 'object' || Array.isArray(conf)) throw new VortexError('invalid_request', 'run.trigger: conf must be an object.')
  try {
    const run = await commands.dagTrigger({
      dag_id,
      run_id,
      actor,
      conf: conf as Record<string, unknown>,
      logical_date: instant(params, 'logical_date'),
      note: optionalText(params, 'note'),
    })
    return runAnswer(run)
  } catch (error) {
    if (!(error instanceof VortexError) || error.code !== 'conflict') throw error
    const known = await store.dagRunGet({ dag_id, run_id })
    if (known?.triggered_by !== actor) throw error
    return runAnswer(known)
  }
}

function runAnswer(run: DagRunRecord): Record<string, unknown> {
  return {
    dag_id: run.dag_id,
    run_id: run.run_id,
    state: run.state,
    logical_date: run.logical_date === null ? null : new Date(run.logical_date).toISOString(),
  }
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
    if (rows.length > 0 || looked + 1 === runsMax) return answerRows(rows)
    const before: Pick<DagRunRecord, 'logical_date' | 'run_after'> = run
    run =
      (await store.previousRunGet({ dag_id, before_logical_date: before.logical_date ?? before.run_after, only_scheduled: false }))?.run ??
      null
  }
  return []
}

function answerRows(rows: XComRecord[]): unknown {
  let bytes = 0
  for (const row of rows) bytes += row.size
  if (bytes > XCOM_BYTES_MAX) {
    throw new VortexError(
      'too_large',
      `These ${rows.length} XComs have ${bytes} bytes together; one pull returns at most ${XCOM_BYTES_MAX}. Pull fewer map indexes at a time.`,
    )
  }
  return rows.map(({ task_id, map_index, value }) => ({ task_id, map_index, value_json: value }))
}

async function xcomsOfRun(store: RequestServices['store'], dag_run_id: number, params: Record<string, unknown>): Promise<XComRecord[]> {
  const task_ids = list(params, 'task_ids', 'string') as string[]
  const map_indexes =
    params['map_indexes'] === null || params['map_indexes'] === undefined
      ? null
      : new Set(list(params, 'map_indexes', 'number') as number[])
  const key = optionalText(params, 'key')
  const rows: XComRecord[] = []
  if (key !== null && task_ids.length > 0) {
    for (const task_id of task_ids) {
      for (const row of await store.xcomGetAll({ dag_run_id, task_id, key }))
        if (map_indexes === null || map_indexes.has(row.map_index)) rows.push(row)
      if (rows.length > XCOM_ROWS_MAX) throw tooManyRows()
    }
    return rows
  }
  const wanted = new Set(task_ids)
  const found: Omit<XComRecord, 'value'>[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const page = await store.xcomList({ dag_run_id, limit: XCOM_PAGE, offset: 0, ...(cursor === undefined ? {} : { cursor }) })
    for (const row of page.data) {
      if (
        (key === null || row.key === key) &&
        (wanted.size === 0 || wanted.has(row.task_id)) &&
        (map_indexes === null || map_indexes.has(row.map_index))
      )
        found.push(row)
    }
    if (found.length > XCOM_ROWS_MAX) throw tooManyRows()
    cursor = page.next_cursor ?? undefined
    more = cursor !== undefined
  }
  found.sort((a, b) => a.timestamp - b.timestamp)
  for (const { task_id, map_index, key: name } of found) {
    const row = await store.xcomGet({ dag_run_id, task_id, map_index, key: name })
    if (row !== null) rows.push(row)
  }
  return rows
}

function tooManyRows(): VortexError {
  return new VortexError('too_large', `One pull returns at most ${XCOM_ROWS_MAX} XComs. Name the tasks and map indexes that are needed.`)
}

function text(params: Record<string, unknown>, name: string): string {
  const value = params[name]
  if (typeof value !== 'string' || value === '') throw new VortexError('invalid_request', `${name} must be a text that is not empty.`)
  return value
}
function optionalText(params: Record<string, unknown>, name: string): string | null {
  const value = params[name]
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw new VortexError('invalid_request', `${name} must be a text.`)
  return value
}
function instant(params: Record<string, unknown>, name: string): number | null {
  const value = optionalText(params, name)
  if (value === null) return null
  const at = Date.parse(value)
  if (Number.isNaN(at))
    throw new VortexError('invalid_request', `${name} must be an ISO 8601 date with offset, not ${JSON.stringify(value)}.`)
  return at
}
function list(params: Record<string, unknown>, name: string, of: 'string' | 'number'): unknown[] {
  const value = params[name] ?? []
  if (!Array.isArray(value) || value.length > XCOM_ROWS_MAX || value.some((item) => typeof item !== of))
    throw new VortexError('invalid_request', `${name} must be a list of ${of}s, at most ${XCOM_ROWS_MAX}.`)
  return value
}
