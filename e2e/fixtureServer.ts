/**
 * A controller made of fixtures, for stories that need a state which a real engine would take long to reach. Every input and every
 * answer is checked against the operation table, so fixtures cannot drift from the contract: a wrong one is a 500 that says where.
 */
import { createReadStream, existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { Value } from 'typebox/value'
import type { DagRunDetail } from '#contract/dagRun.ts'
import { ERRORS, VortexError } from '#contract/errors.ts'
import { LiveEvent } from '#contract/events.ts'
import { EVENTS_PATH, routes, type Input, type Operation, type OperationId, type Output } from '#contract/routes.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import type { LogPage, TaskInstance } from '#contract/taskInstance.ts'
import { fixtureDags, instant, NOW, runsOf, taskInstancesOf, type FixtureDag } from './dashboardFixtures.ts'

type Handlers = { [Id in OperationId]?: (input: Input<Id>) => Output<Id> }
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export const SIGN_IN_TOKEN = 'one-time-token-of-the-fixtures'
export const PASSWORD = 'correct horse battery'

export class FixtureServer {
  readonly dags: Map<string, FixtureDag>
  readonly runs = new Map<string, DagRunDetail[]>()
  readonly tasks = new Map<string, TaskInstance[]>()
  readonly logs = new Map<string, { text: string; complete: boolean }>()
  /** Operations that were called, newest last: stories assert on what reached the server. */
  readonly calls: { id: OperationId; input: unknown }[] = []
  importErrors = 1
  signedIn = false
  /** Refuses live connections, as a server that restarts behind a proxy does. */
  refusesStreams = false
  #linkUsed = false
  readonly #frames: string[] = []
  #held: Promise<void> = Promise.resolve()
  readonly #streams = new Set<ServerResponse>()
  readonly #server: Server

  readonly #folder: string

  constructor(folder: string, generated?: number) {
    this.#folder = folder
    this.dags = new Map(fixtureDags(generated).map((dag) => [dag.detail.id, dag]))
    for (const dag of this.dags.values()) this.runs.set(dag.detail.id, runsOf(dag))
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        const failure =
          error instanceof VortexError ? error : new VortexError('internal', error instanceof Error ? error.message : String(error))
        if (failure.code === 'internal') process.stderr.write(`fixture server: ${String(failure.stack)}\n`)
        send(response, ERRORS[failure.code].status, { code: failure.code, message: failure.message, details: failure.details })
      })
    })
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }
  async stop(): Promise<void> {
    this.dropStreams()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
  /** Breaks every live connection, as a restart of the server does. */
  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy()
    this.#streams.clear()
  }
  /** Live connections that come from now on are answered only after the returned function was called. */
  holdStreams(): () => void {
    let release = () => undefined as void
    this.#held = new Promise((resolve) => (release = resolve))
    return release
  }
  get streams(): number {
    return this.#streams.size
  }

  emit(event: LiveEvent): void {
    if (!Value.Check(LiveEvent, event)) throw new Error(`Not a live event: ${JSON.stringify(event)}`)
    const frame = `id: ${this.#frames.length + 1}\ndata: ${JSON.stringify(event)}\n\n`
    this.#frames.push(frame)
    for (const stream of this.#streams) stream.write(frame)
  }
  /** Changes a task and tells so. */
  setTask(run: DagRunDetail, taskId: string, state: TaskInstanceState): void {
    const task = this.tasksOf(run).find(({ task_id }) => task_id === taskId)
    if (!task) throw new Error(`No task ${taskId} in ${run.run_id}.`)
    const isOver = state === 'success' || state === 'failed' || state === 'skipped'
    const start_time = state === 'running' ? instant(NOW) : task.start_time
    Object.assign(task, {
      state,
      try_number: state === 'running' ? task.try_number + 1 : task.try_number,
      start_time,
      end_time: isOver ? instant(NOW + 2000) : null,
    })
    const { dag_id, run_id, task_id, map_index, try_number, end_time } = task
    this.emit({ type: 'task_instance', dag_id, run_id, task_id, map_index, state, try_number, start_time, end_time })
  }
  setRun(run: DagRunDetail, state: DagRunDetail['state']): void {
    const isOver = state === 'success' || state === 'failed'
    Object.assign(run, { state, start_time: run.start_time ?? instant(NOW), end_time: isOver ? instant(NOW + 5000) : null })
    const { dag_id, run_id, run_type, logical_date, run_after, start_time, end_time } = run
    const task_counts = this.#counts(run)
    this.emit({ type: 'dag_run', dag_id, run_id, run_type, state, logical_date, run_after, start_time, end_time, task_counts })
  }
  writeLog(task: TaskInstance, text: string, complete = false): void {
    const key = logKey(task, task.try_number)
    const whole = (this.logs.get(key)?.text ?? '') + text
    this.logs.set(key, { text: whole, complete })
    const { dag_id, run_id, task_id, map_index, try_number: attempt } = task
    this.emit({ type: 'log', dag_id, run_id, task_id, map_index, attempt, size: Buffer.byteLength(whole), complete })
  }

  tasksOf(run: DagRunDetail): TaskInstance[] {
    const key = `${run.dag_id}/${run.run_id}`
    let tasks = this.tasks.get(key)
    if (!tasks) this.tasks.set(key, (tasks = taskInstancesOf(this.#dag(run.dag_id), run)))
    return tasks
  }
  newestRun(dagId: string): DagRunDetail {
    const run = this.runs.get(dagId)?.[0]
    if (!run) throw new Error(`${dagId} has no run.`)
    return run
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (!url.pathname.startsWith('/api/')) return this.#sendFile(url.pathname, response)
    if (url.pathname === EVENTS_PATH) {
      await this.#held
      return this.#openStream(response, request.headers['last-event-id'] ?? url.searchParams.get('after') ?? undefined)
    }
    const match = matchOperation(request.method ?? 'GET', url.pathname)
    if (!match) throw new VortexError('not_found', `There is no operation ${request.method} ${url.pathname}.`)
    const operation: Operation = routes[match.id]
    if (operation.role !== null && !this.signedIn) throw new VortexError('unauthorized', 'Sign in first.')
    const text = await bodyOf(request)
    const input = {
      params: checked(operation, 'params', match.params),
      query: checked(operation, 'query', Object.fromEntries(url.searchParams)),
      body: checked(operation, 'body', text === '' ? undefined : (JSON.parse(text) as unknown)),
    }
    this.calls.push({ id: match.id, input })
    const handler = this.#handlers[match.id] as ((input: unknown) => unknown) | undefined
    if (!handler) throw new VortexError('internal', `The fixture server has no ${match.id}.`)
    const output = handler(input)
    if (!Value.Check(operation.ok, output))
      throw new Error(
        `${match.id} answers what the contract does not allow: ${JSON.stringify([...Value.Errors(operation.ok, output)].slice(0, 3))}`,
      )
    send(response, 200, output)
  }

  #openStream(response: ServerResponse, after: string | string[] | undefined): void {
    if (!this.signedIn) throw new VortexError('unauthorized', 'Sign in first.')
    if (this.refusesStreams) throw new VortexError('database_unavailable', 'The server restarts.')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(`retry: 200\nid: ${this.#frames.length}\n\n`)
    // A client that comes back gets what it missed.
    if (after !== undefined) for (const frame of this.#frames.slice(Number(after))) response.write(frame)
    this.#streams.add(response)
    response.on('close', () => this.#streams.delete(response))
  }

  #sendFile(path: string, response: ServerResponse): void {
    const wanted = join(this.#folder, normalize(path))
    const file = path !== '/' && wanted.startsWith(this.#folder) && existsSync(wanted) ? wanted : join(this.#folder, 'index.html')
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    createReadStream(file).pipe(response)
  }

  #dag(id: string): FixtureDag {
    const dag = this.dags.get(id)
    if (!dag) throw new VortexError('not_found', `There is no DAG ${id}.`)
    return dag
  }
  #run({ dag_id, run_id }: { dag_id: string; run_id: string }): DagRunDetail {
    const run = this.runs.get(dag_id)?.find((each) => each.run_id === run_id)
    if (!run) throw new VortexError('not_found', `There is no run ${run_id} of ${dag_id}.`)
    return { ...run, task_counts: this.#counts(run) }
  }
  #realRun(ref: { dag_id: string; run_id: string }): DagRunDetail {
    this.#run(ref)
    return this.runs.get(ref.dag_id)?.find((each) => each.run_id === ref.run_id) as DagRunDetail
  }
  #task(params: { dag_id: string; run_id: string; task_id: string }, query: { map_index?: number } | undefined): TaskInstance {
    const task = this.tasksOf(this.#run(params)).find(
      (each) => each.task_id === params.task_id && (query?.map_index === undefined || query.map_index === each.map_index),
    )
    if (!task) throw new VortexError('not_found', `There is no task instance ${params.task_id}.`)
    return task
  }
  #counts(run: DagRunDetail): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { state } of this.tasksOf(run)) counts[state] = (counts[state] ?? 0) + 1
    return counts
  }
  #setPaused(id: string, is_paused: boolean): { message: string } {
    const dag = this.#dag(id)
    dag.detail.is_paused = is_paused
    dag.tasks.dag.is_paused = is_paused
    this.emit({ type: 'dag', dag_id: id })
    return { message: is_paused ? 'paused' : 'unpaused' }
  }

  readonly #handlers: Handlers = {
    me: () => ({ username: 'admin', role: 'Admin', events_id: this.#frames.length }),
    login: ({ body }) => {
      if (body.password !== PASSWORD) throw new VortexError('unauthorized', 'User name or password is wrong.')
      this.signedIn = true
      return { username: body.username, role: 'Admin', api_key: null }
    },
    loginWithLink: ({ body }) => {
      if (body.token !== SIGN_IN_TOKEN || this.#linkUsed) throw new VortexError('unauthorized', 'The link is not valid.')
      this.#linkUsed = true
      this.signedIn = true
      return { username: 'admin', role: 'Admin' }
    },
    logout: () => {
      this.signedIn = false
      return { message: 'signed out' }
    },
    listDags: ({ query }) => {
      const search = query.search?.toLowerCase()
      const all = [...this.dags.values()]
        .map((dag) => dag.tasks.dag)
        .filter(
          (dag) =>
            (search === undefined || `${dag.id} ${dag.description ?? ''}`.toLowerCase().includes(search)) &&
            [query.tag ?? []].flat().every((tag) => dag.tags.includes(tag)) &&
            (query.paused === undefined || dag.is_paused === query.paused) &&
            (query.last_run_state === undefined || dag.last_run_state === query.last_run_state),
        )
      return page(all, query)
    },
    getDag: ({ params }) => this.#dag(params.dag_id).detail,
    getDagTasks: ({ params }) => this.#dag(params.dag_id).tasks,
    getDagSource: ({ params }) => ({
      dag_id: params.dag_id,
      version: 3,
      source: this.#dag(params.dag_id).source,
      file_path: this.#dag(params.dag_id).detail.file,
    }),
    getVersionSource: ({ params }) => ({
      dag_id: params.dag_id,
      version: params.version,
      source: this.#dag(params.dag_id).source,
      file_path: this.#dag(params.dag_id).detail.file,
    }),
    listVersions: ({ params }) => ({
      dag_id: params.dag_id,
      total: 3,
      versions: [3, 2, 1].map((version) => ({
        id: version,
        dag_id: params.dag_id,
        version,
        file_path: `${params.dag_id}.py`,
        hash: `${version}f3a91c07be52d4`,
        created_at: instant(NOW - (4 - version) * 86_400_000),
      })),
    }),
    nextRuns: ({ params, query }) => ({
      data:
        this.#dag(params.dag_id).detail.schedule_interval === null
          ? []
          : Array.from({ length: query.count ?? 10 }, (_, at) => {
              const due = NOW + (at + 1) * 86_400_000
              return {
                run_after: instant(due),
                logical_date: instant(due - 86_400_000),
                data_interval_start: instant(due - 86_400_000),
                data_interval_end: instant(due),
              }
            }),
    }),
    pauseDag: ({ params }) => this.#setPaused(params.dag_id, true),
    unpauseDag: ({ params }) => this.#setPaused(params.dag_id, false),
    triggerDag: ({ params, body }) => {
      const run_id = body.run_id ?? `manual__${instant(NOW)}`
      const base = runsOf(this.#dag('etl_sales'))[0] as DagRunDetail
      const logical_date = body.logical_date ?? instant(NOW)
      const run: DagRunDetail = {
        ...base,
        id: 5000 + this.calls.length,
        dag_id: params.dag_id,
        run_id,
        run_type: 'manual',
        state: 'queued',
        logical_date,
        execution_date: logical_date,
        start_time: null,
        end_time: null,
        triggered_by: 'admin',
        conf: body.conf ?? {},
        note: body.note ?? null,
        state_reason: null,
        task_counts: {},
      }
      this.runs.get(params.dag_id)?.unshift(run)
      this.setRun(run, 'queued')
      return { ...run, task_counts: this.#counts(run) }
    },
    listImportErrors: ({ query }) =>
      page(
        Array.from({ length: this.importErrors }, () => ({
          file: 'broken_now.py',
          kind: 'syntax',
          message: 'SyntaxError: invalid syntax',
          line: 12,
          at: instant(NOW - 60_000),
          dag_ids: ['broken_now'],
          traceback:
            'Traceback (most recent call last):\n  File "broken_now.py", line 12\n    with DAG("broken_now" schedule="@daily"):\n                         ^^^^^^^^\nSyntaxError: invalid syntax. Perhaps you forgot a comma?',
        })),
        query,
      ),
    listRuns: ({ params, query }) =>
      page(
        (this.runs.get(params.dag_id) ?? [])
          .filter(
            (run) =>
              (query.state === undefined || run.state === query.state) && (query.run_type === undefined || run.run_type === query.run_type),
          )
          .map((run) => this.#run(run)),
        query,
      ),
    getRun: ({ params }) => this.#run(params),
    cancelRun: ({ params }) => {
      this.setRun(this.#realRun(params), 'failed')
      return this.#run(params)
    },
    retryRun: ({ params }) => ({ dry_run: false, ...this.#cleared(params, { only_failed: true }) }),
    clearRun: ({ params, body }) => ({ dry_run: body.dry_run ?? false, ...this.#cleared(params, body) }),
    markRun: ({ params, body }) => {
      this.setRun(this.#realRun(params), body.state)
      return this.#run(params)
    },
    runEvents: ({ params, query }) =>
      page(
        [...this.tasksOf(this.#run(params))].slice(0, 12).map((task, at) => ({
          id: at + 1,
          at: task.start_time ?? instant(NOW),
          kind: 'task_instance.state',
          dag_id: task.dag_id,
          run_id: task.run_id,
          task_id: task.task_id,
          map_index: task.map_index,
          attempt: task.try_number,
          from_state: 'queued',
          to_state: task.state,
          cause: 'worker_report',
          actor: 'local-1',
          message: task.state_reason,
        })),
        query,
      ),
    listTaskInstances: ({ params, query }) => page(this.tasksOf(this.#run(params)), { limit: 10_000, ...query }),
    getTaskInstance: ({ params, query }) => this.#task(params, query),
    markTaskInstance: ({ params, body }) => {
      this.setTask(this.#realRun(params), params.task_id, body.state)
      return this.#task(params, undefined)
    },
    listAttempts: ({ params, query }) => {
      const task = this.#task(params, query)
      return {
        data: Array.from({ length: task.try_number }, (_, at) => {
          const isNewest = at + 1 === task.try_number
          const failed = !isNewest || task.state === 'failed'
          return {
            attempt: at + 1,
            state: failed ? ('failed' as const) : task.state === 'running' ? ('running' as const) : ('success' as const),
            worker_id: 'local-1',
            hostname: 'workstation',
            pid: 4711 + at,
            queued_time: task.queued_time ?? instant(NOW),
            start_time: task.start_time,
            end_time: isNewest ? task.end_time : task.start_time,
            exit_code: failed ? 3 : task.state === 'running' ? null : 0,
            signal: null,
            reason: failed ? 'Exit code 3' : null,
            max_rss_bytes: 48_234_496,
            log_bytes: Buffer.byteLength(this.#log(task, at + 1).text),
            log_truncated: false,
          }
        }),
      }
    },
    getLog: ({ params, query }): LogPage => {
      const task = this.#task(params, query)
      const attempt = query.attempt ?? task.try_number
      const { text, complete } = this.#log(task, attempt)
      const bytes = Buffer.from(text)
      const offset = query.offset !== undefined && query.offset < 0 ? Math.max(0, bytes.length + query.offset) : (query.offset ?? 0)
      const piece = bytes.subarray(offset, offset + (query.limit ?? 1_048_576))
      return {
        attempt,
        offset,
        next_offset: offset + piece.length,
        size: bytes.length,
        complete,
        truncated: false,
        text: piece.toString(),
        times: [],
      }
    },
    whyNotRunning: ({ params, query }) => {
      const task = this.#task(params, query)
      const waits = task.state === 'none' || task.state === 'queued' || task.state === 'upstream_failed'
      return {
        state: task.state,
        runnable: !waits,
        reasons: waits
          ? [
              {
                code: 'upstream',
                message: 'It waits for transform.quality.duplicates, which has not ended: its trigger rule is all_success.',
                link: { task_id: 'transform.quality.duplicates' },
              },
              { code: 'pool_full', message: 'All 4 slots of the pool warehouse are taken.', link: { pool: 'warehouse' } },
            ]
          : [],
      }
    },
    listXcoms: ({ params, query }) => {
      const task = this.#task(params, query)
      const { dag_id, run_id, task_id, map_index } = task
      return {
        data:
          task.state === 'success'
            ? [{ dag_id, run_id, task_id, map_index, key: 'return_value', size: 84, timestamp: task.end_time ?? instant(NOW) }]
            : [],
      }
    },
    getXcom: ({ params }) => ({
      ...params,
      map_index: -1,
      size: 84,
      timestamp: instant(NOW),
      value: { rows: 1824, shops: ['berlin', 'paris'], checksum: '9f0b' },
    }),
  }

  #log(task: TaskInstance, attempt: number): { text: string; complete: boolean } {
    const known = this.logs.get(logKey(task, attempt))
    if (known) return known
    const at = (second: number) => instant(Date.parse(task.start_time ?? instant(NOW)) + second * 1000)
    const lines = [
      `${at(0)} INFO Attempt ${attempt} of ${task.task_id} starts on local-1`,
      `${at(1)} \u001b[32mOK\u001b[0m connected to \u001b[1mwarehouse\u001b[0m`,
      ...Array.from({ length: 60 }, (_, row) => `${at(1)} INFO read chunk ${row + 1}: 1000 rows`),
      `${at(2)} WARNING 3 rows have no shop and are left out`,
      ...(task.state === 'failed' || attempt < task.try_number
        ? [
            `${at(3)} ERROR the warehouse refused the batch`,
            'Traceback (most recent call last):',
            '  File "etl_sales.py", line 48, in publish',
            "ValueError: column 'price' is missing",
          ]
        : [`${at(3)} INFO wrote 1824 rows`]),
    ]
    return { text: `${lines.join('\n')}\n`, complete: task.state !== 'running' || attempt < task.try_number }
  }

  #cleared(params: { dag_id: string; run_id: string }, body: Input<'clearRun'>['body']) {
    const { version } = this.#run(params)
    const ids = new Set(body.task_ids ?? [])
    const task_instances = this.tasksOf(this.#run(params))
      .filter(
        (task) =>
          (ids.size === 0 || ids.has(task.task_id) || body.include_downstream === true) &&
          (body.only_failed !== true || task.state === 'failed' || task.state === 'upstream_failed') &&
          task.state !== 'none',
      )
      .map(({ run_id, task_id, map_index, state }) => ({ run_id, task_id, map_index, state }))
    return { version, newest_version: version, task_instances }
  }
}

const logKey = (task: TaskInstance, attempt: number) => `${task.dag_id}/${task.run_id}/${task.task_id}/${task.map_index}/${attempt}`

function page<T>(all: readonly T[], { limit = 50, offset = 0, cursor }: { limit?: number; offset?: number; cursor?: string }) {
  const from = cursor === undefined ? offset : Number(cursor)
  const next_cursor = from + limit < all.length ? String(from + limit) : null
  return { data: all.slice(from, from + limit), total: all.length, limit, offset, next_cursor }
}

function matchOperation(method: string, path: string): { id: OperationId; params: Record<string, string> } | null {
  for (const [id, operation] of Object.entries(routes) as [OperationId, Operation][]) {
    if (operation.method !== method) continue
    const names = [...operation.path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name ?? '')
    const found = new RegExp(`^${operation.path.replaceAll(/:[a-z_]+/g, '([^/]+)')}$`).exec(path)
    if (found) return { id, params: Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')])) }
  }
  return null
}

function checked(operation: Operation, part: 'params' | 'query' | 'body', value: unknown): unknown {
  const schema = operation[part]
  if (!schema) return undefined
  const converted = part === 'body' ? (value ?? {}) : Value.Convert(schema, value)
  if (!Value.Check(schema, converted))
    throw new VortexError(
      'invalid_request',
      `${operation.path}: the ${part} is wrong: ${JSON.stringify([...Value.Errors(schema, converted)].slice(0, 2))}`,
    )
  return converted
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(value))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
