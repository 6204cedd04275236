/**
 * Questions of running tasks about DAG runs: starting one, starting one again, and what came of it. A task may ask about any DAG, as
 * in Airflow.
 */
import { createHash } from 'node:crypto'
import { VortexError } from '#contract/errors.ts'
import type { DagSpec } from '#contract/dagSpec.ts'
import { DAG_RUN_STATES, RUN_TYPES, type DagRunState, type RunType } from '#contract/states.ts'
import type { DagRunRecord, TaskInstanceRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import { compileTimetable } from '#domain/schedule/timetable.ts'
import { BODY_BYTES_MAX } from '#runtime/limits.ts'
import type { EngineCommands } from '#scheduler/ports.ts'
import { XCOM_BYTES_MAX } from './limits.ts'
import { instant, instantOf, optionalText, PassingTrouble, TaskRefusal, text, texts, type TaskRequest } from './taskRequest.ts'

export interface RunServices {
  store: Pick<Store, 'dagGet' | 'dagRunGet' | 'dagRunList' | 'dagVersionGet' | 'taskInstanceById' | 'taskInstanceList'>
  commands: Pick<EngineCommands, 'dagTrigger' | 'runClear'>
}
type Handler = (services: RunServices, request: TaskRequest) => Promise<unknown>

/** Runs that one question returns; the newest ones. */
const RUNS_MAX = 1000
/** Runs that one question names. */
const NAMED_RUNS_MAX = 200
/** Task instances that one question returns. */
const TASKS_MAX = 10_000
const PAGE = 1000

export const RUN_HANDLERS: Record<string, Handler> = {
  'run.trigger': runTrigger,
  'run.reset': runReset,
  'run.state': async ({ store }, { params }) => {
    const run = await store.dagRunGet({ dag_id: text(params, 'dag_id'), run_id: text(params, 'run_id') })
    return run === null ? null : runAnswer(run)
  },
  'run.find': async (services, { params }) => checkedSize((await findRuns(services, params)).map(runAnswer)),
  'run.next_interval': nextInterval,
  'task.states': taskStates,
  'dag.state': dagState,
}

/** Answers again with the run that this very attempt made; one of that name that is another's is a conflict. */
async function runTrigger(services: RunServices, request: TaskRequest): Promise<unknown> {
  const { store, commands } = services
  const { id, ref, params } = request
  const dag_id = text(params, 'dag_id')
  const actor = actorOf(request)
  // Without a run id of its own the question gets one that its repetition gets too.
  const run_id =
    optionalText(params, 'run_id') ?? `triggered__${createHash('sha256').update(`${ref.lease_token}:${id}`).digest('hex').slice(0, 20)}`
  const conf = params['conf'] ?? {}
  if (typeof conf !== 'object' || Array.isArray(conf)) throw new VortexError('invalid_request', 'run.trigger: conf must be an object.')
  const bytes = Buffer.byteLength(JSON.stringify(conf))
  if (bytes > BODY_BYTES_MAX)
    throw new VortexError(
      'too_large',
      `The conf has ${bytes} bytes; a run has at most ${BODY_BYTES_MAX}. Keep large data in a file or an object store.`,
    )
  try {
    const run = await commands.dagTrigger({
      dag_id,
      run_id,
      actor,
      conf: conf as Record<string, unknown>,
      logical_date: params['without_date'] === true ? 'none' : instant(params, 'logical_date'),
      note: optionalText(params, 'note'),
    })
    return runAnswer(run)
  } catch (error) {
    if (!isConflict(error)) throw error
    const [known, asking] = await Promise.all([store.dagRunGet({ dag_id, run_id }), store.taskInstanceById({ id: ref.task_instance_id })])
    // An earlier try of the task may have made it: that one is not this attempt's.
    const since = asking?.task_instance.queued_time ?? 0
    if (known?.triggered_by === actor && known.run_after >= since) return runAnswer(known)
    throw isOfRun(error) ? new TaskRefusal('run_exists', error.message) : new PassingTrouble(error.message)
  }
}

/** `queued_time`: as the asker saw it. If it is another one now, the run was reset meanwhile, perhaps by the first of two equal questions. */
async function runReset({ store, commands }: RunServices, request: TaskRequest): Promise<unknown> {
  const { params } = request
  const dag_id = text(params, 'dag_id')
  const run_id = text(params, 'run_id')
  const known = await store.dagRunGet({ dag_id, run_id })
  if (known === null) throw new VortexError('not_found', `DAG "${dag_id}" has no run "${run_id}".`)
  const seen = instant(params, 'queued_time')
  if (seen === null || seen === known.queued_time) {
    await commands.runClear({ dag_id, run_id, options: {}, actor: actorOf(request) }).catch((error: unknown) => {
      throw isConflict(error) ? new PassingTrouble(error.message) : error
    })
  }
  const now = await store.dagRunGet({ dag_id, run_id })
  return now === null ? null : runAnswer(now)
}

const isConflict = (error: unknown): error is VortexError => error instanceof VortexError && error.code === 'conflict'

/** There is such a run. Other conflicts say that rows are being read again or changed by somebody else at this moment. */
const isOfRun = ({ details }: VortexError): boolean => typeof details === 'object' && details !== null && 'run_id' in details

async function findRuns({ store }: RunServices, params: TaskRequest['params']): Promise<DagRunRecord[]> {
  const dag_id = optionalText(params, 'dag_id')
  const state = oneOf<DagRunState>(params, 'state', DAG_RUN_STATES)
  const run_type = oneOf<RunType>(params, 'run_type', RUN_TYPES)
  const isWanted = (run: DagRunRecord): boolean =>
    (state === null || run.state === state) && (run_type === null || run.run_type === run_type)
  const run_ids = texts(params, 'run_ids')
  const dates = texts(params, 'logical_dates').map((value) => instantOf(value, 'logical_dates'))
  if (run_ids.length + dates.length > NAMED_RUNS_MAX)
    throw new VortexError('too_large', `One question names at most ${NAMED_RUNS_MAX} runs; ask about fewer at a time.`)
  const found = new Map<number, DagRunRecord>()
  for (const run_id of run_ids) {
    if (dag_id === null) throw new VortexError('invalid_request', 'run_ids need the dag_id that they belong to.')
    const run = await store.dagRunGet({ dag_id, run_id })
    if (run !== null && isWanted(run)) found.set(run.id, run)
  }
  const filter = { dag_id, limit: RUNS_MAX, offset: 0, ...(state === null ? {} : { state }), ...(run_type === null ? {} : { run_type }) }
  for (const at of dates)
    for (const run of (await store.dagRunList({ ...filter, logical_date_from: at, logical_date_to: at })).data) found.set(run.id, run)
  if (params['run_ids'] !== undefined || params['logical_dates'] !== undefined) return [...found.values()]
  const from = instant(params, 'logical_date_from')
  const to = instant(params, 'logical_date_to')
  const page = await store.dagRunList({
    ...filter,
    ...(from === null ? {} : { logical_date_from: from }),
    ...(to === null ? {} : { logical_date_to: to }),
  })
  return page.data
}

/** The data interval that the schedule plans after the asker's own run; null = none. */
async function nextInterval({ store }: RunServices, { context }: TaskRequest): Promise<unknown> {
  const { dag_id, run_id } = context.run
  const run = await store.dagRunGet({ dag_id, run_id })
  const version = run === null ? null : await store.dagVersionGet({ id: run.dag_version_id })
  if (run === null || version === null) return null
  const at = run.logical_date ?? run.run_after
  const interval = { start: run.data_interval_start ?? at, end: run.data_interval_end ?? at }
  const next = compileTimetable(version.spec.timetable).next({
    last: { logical_date: at, interval, run_after: run.run_after },
    restriction: { earliest: null, latest: null, catchup: true },
    now: run.run_after,
  })
  return next === null ? null : { start: iso(next.interval.start), end: iso(next.interval.end) }
}

function checkedSize(runs: Record<string, unknown>[]): unknown {
  let bytes = 0
  for (const { conf } of runs) bytes += JSON.stringify(conf).length
  if (bytes > XCOM_BYTES_MAX)
    throw new VortexError('too_large', `The conf of these ${runs.length} runs is too large for one answer; ask about fewer runs.`)
  return runs
}

/** [{run, tasks}]: of these tasks, of a task group of the version that the run has, or of all. */
async function taskStates(services: RunServices, { params }: TaskRequest): Promise<unknown> {
  text(params, 'dag_id')
  const task_ids = texts(params, 'task_ids')
  const group_id = optionalText(params, 'group_id')
  const answer: unknown[] = []
  let rows = 0
  for (const run of await findRuns(services, params)) {
    const wanted = group_id === null ? null : new Set(await tasksOfGroup(services, run.dag_version_id, group_id))
    const tasks: TaskInstanceRecord[] = []
    for (const task_id of task_ids.length > 0 ? task_ids : [null]) {
      for (const instance of await instancesOf(services, run.id, task_id))
        if (wanted === null || wanted.has(instance.task_id)) tasks.push(instance)
    }
    rows += tasks.length
    if (rows > TASKS_MAX)
      throw new VortexError('too_large', `One question returns at most ${TASKS_MAX} task instances. Name the tasks, or fewer runs.`)
    answer.push({ run: runAnswer(run), tasks: tasks.map(taskAnswer) })
  }
  return answer
}

async function instancesOf({ store }: RunServices, dag_run_id: number, task_id: string | null): Promise<TaskInstanceRecord[]> {
  const found: TaskInstanceRecord[] = []
  for (let cursor: string | undefined, more = true; more && found.length <= TASKS_MAX;) {
    const page = await store.taskInstanceList({
      dag_run_id,
      limit: PAGE,
      offset: 0,
      ...(task_id === null ? {} : { task_id }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    found.push(...page.data)
    cursor = page.next_cursor ?? undefined
    more = cursor !== undefined
  }
  return found
}

async function tasksOfGroup({ store }: RunServices, version_id: number, group_id: string): Promise<string[]> {
  const version = await store.dagVersionGet({ id: version_id })
  return version === null ? [] : membersOf(version.spec, group_id)
}

/** Tasks of a group and of the groups inside it. */
function membersOf(spec: DagSpec, group_id: string): string[] {
  const inside = new Set([group_id])
  for (let grown = true; grown;) {
    grown = false
    for (const group of spec.task_groups) {
      if (group.parent_id === null || inside.has(group.group_id) || !inside.has(group.parent_id)) continue
      inside.add(group.group_id)
      grown = true
    }
  }
  return spec.tasks.filter((task) => task.group_id !== null && inside.has(task.group_id)).map(({ task_id }) => task_id)
}

/** What a sensor that checks for existence needs to know of a DAG's newest version; null = there is no such DAG. */
async function dagState({ store }: RunServices, { params }: TaskRequest): Promise<unknown> {
  const dag = await store.dagGet({ dag_id: text(params, 'dag_id') })
  if (dag === null) return null
  const task_ids = texts(params, 'task_ids')
  const group_id = optionalText(params, 'group_id')
  const version = task_ids.length > 0 || group_id !== null ? await store.dagVersionGet({ id: dag.dag_version_id }) : null
  const known = new Set(version?.spec.tasks.map(({ task_id }) => task_id))
  return {
    dag_id: dag.dag_id,
    is_paused: dag.is_paused,
    is_stale: dag.is_stale,
    missing_task_ids: task_ids.filter((task_id) => !known.has(task_id)),
    has_group: group_id !== null && version !== null && version.spec.task_groups.some((group) => group.group_id === group_id),
  }
}

/** Who triggered a run, as its page names it (renderer/features/runs/TriggeredBy.tsx). */
function actorOf({ context }: TaskRequest): string {
  const { task_id, map_index } = context.task_instance
  return `task:${context.run.dag_id}/${context.run.run_id}/${task_id}${map_index < 0 ? '' : `[${map_index}]`}`
}

function runAnswer(run: DagRunRecord): Record<string, unknown> {
  return {
    dag_id: run.dag_id,
    run_id: run.run_id,
    run_type: run.run_type,
    state: run.state,
    logical_date: iso(run.logical_date),
    data_interval_start: iso(run.data_interval_start),
    data_interval_end: iso(run.data_interval_end),
    run_after: iso(run.run_after),
    queued_time: iso(run.queued_time),
    start_time: iso(run.start_time),
    end_time: iso(run.end_time),
    triggered_by: run.triggered_by,
    conf: run.conf,
  }
}

function taskAnswer(instance: TaskInstanceRecord): Record<string, unknown> {
  return {
    task_id: instance.task_id,
    map_index: instance.map_index,
    state: instance.state,
    start_time: iso(instance.start_time),
    end_time: iso(instance.end_time),
    try_number: instance.try_number,
    max_tries: instance.max_tries,
    operator: instance.operator,
    pool: instance.pool,
    queue: instance.queue,
    priority_weight: instance.priority_weight,
  }
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function oneOf<T extends string>(params: TaskRequest['params'], name: string, words: readonly T[]): T | null {
  const value = optionalText(params, name)
  if (value === null) return null
  const found = words.find((word) => word === value)
  if (found === undefined) throw new VortexError('invalid_request', `${name} must be one of ${words.join(', ')}, not "${value}".`)
  return found
}
