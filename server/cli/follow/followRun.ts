/**
 * Watches a run to its end: a tree that redraws itself on a terminal, one line for each change elsewhere, one JSON document
 * a line with --json. At the end the logs of what failed are shown, and the exit code tells how the run ended.
 */
import { VortexError } from '#contract/errors.ts'
import type { DagTasks } from '#contract/dag.ts'
import type { LiveEvent } from '#contract/events.ts'
import { startAdvice, type Connection } from '../connection.ts'
import { CliError, EXIT } from '../exit.ts'
import { duration, plain, safeLog, span, stateStyle, type Screen } from '../output.ts'
import { readPages } from '../pages.ts'
import { readEvents } from './eventStream.ts'
import { LiveArea } from './liveArea.ts'
import { applyEvent, isEnded, makeModel, taskFacts, taskKey, tryOf, type RunModel, type TaskFacts, type TaskLine } from './runModel.ts'
import { drawRun, headline } from './treeView.ts'

export interface FollowOptions {
  screen: Screen
  connection: Connection
  dagId: string
  runId: string
  /** Only the end is told, not the way to it. */
  quiet: boolean
}

/** Task instances that the terminal can make sense of; larger runs are for the dashboard. */
const TASKS_MAX = 100_000
/** Failed tasks whose logs are shown, and how much of each. */
const FAILURES_SHOWN = 5
const LOG_TAIL_LINES = 20
const LOG_TAIL_BYTES = 16_384

/** Returns the exit code: 0 if the run succeeded, 1 if it failed. Ctrl-C stops watching, not the run. */
export async function followRun({ screen, connection, dagId, runId, quiet }: FollowOptions): Promise<number> {
  const watch = new Watch({ screen, connection, dagId, runId, quiet })
  const model = await watch.toTheEnd()
  if (screen.json)
    screen.document({
      ...(await connection.client.getRun({ params: { dag_id: dagId, run_id: runId } })),
      task_instances: [...model.tasks.values()],
    })
  else await tellEnd({ screen, connection, dagId, runId, quiet }, model)
  return model.state === 'success' ? EXIT.ok : EXIT.failed
}

class Watch {
  readonly #options: FollowOptions
  readonly #area: LiveArea | null
  readonly #stop = new AbortController()
  #facts: ReadonlyMap<string, TaskFacts> = new Map()
  #model: RunModel | null = null
  /** Events that came while the state was being read; they are applied to what was read. */
  #pending: LiveEvent[] | null = null

  constructor(options: FollowOptions) {
    this.#options = options
    const { screen, quiet } = options
    const draws = !screen.json && !quiet && process.stdout.isTTY
    this.#area = draws
      ? new LiveArea(process.stdout, (size) => (this.#model === null ? [] : drawRun(this.#model, { screen, size, now: Date.now() })))
      : null
  }

  async toTheEnd(): Promise<RunModel> {
    const { connection, dagId, screen } = this.#options
    this.#facts = taskFacts(await this.#readGraph())
    let failure: unknown = null
    const reread = (): void => {
      this.#read().catch((error: unknown) => {
        failure ??= error
        this.#stop.abort()
      })
    }
    const interrupt = (): void => {
      failure ??= new CliError(EXIT.failed, 'Stopped watching; the run goes on.')
      this.#stop.abort()
    }
    process.once('SIGINT', interrupt)
    this.#area?.start()
    try {
      await readEvents(
        connection,
        dagId,
        {
          onOpen: reread,
          onEvent: (event) => (event.type === 'reset' ? reread() : this.#apply(event)),
          onBreak: () =>
            screen.note(`The connection to ${connection.url} broke; trying again for two minutes. ${startAdvice(connection.url)}`),
        },
        this.#stop.signal,
      )
    } catch (error) {
      failure ??= error
    } finally {
      this.#area?.stop()
      process.removeListener('SIGINT', interrupt)
    }
    if (this.#model !== null && isEnded(this.#model)) return this.#model
    if (failure instanceof Error) throw failure
    throw new CliError(EXIT.unreachable, 'The event stream ended before the run did.')
  }

  async #readGraph(): Promise<DagTasks> {
    const { connection, dagId, runId } = this.#options
    const { version } = await connection.client.getRun({ params: { dag_id: dagId, run_id: runId } })
    return connection.client.getDagTasks({ params: { dag_id: dagId }, query: { version } })
  }

  async #read(): Promise<void> {
    const { connection, dagId, runId } = this.#options
    const params = { dag_id: dagId, run_id: runId }
    this.#pending ??= []
    // The run first: if it has ended by then, the task instances read after it are final. If it ends later, an event says so.
    const run = await connection.client.getRun({ params })
    const { items } = await readPages(TASKS_MAX, (page) => connection.client.listTaskInstances({ params, query: page }))
    const before = this.#model
    const model = makeModel(run, items, this.#facts)
    const pending = this.#pending ?? []
    this.#pending = null
    this.#model = model
    this.#area?.changed()
    for (const task of model.tasks.values()) {
      const known = before?.tasks.get(taskKey(task))
      if (known?.state !== task.state || known.try_number !== task.try_number) this.#tell(task)
    }
    // What was read of a run that has ended is final; events that came meanwhile are older than it.
    if (isEnded(model)) this.#stop.abort()
    else for (const event of pending) this.#apply(event)
  }

  #apply(event: LiveEvent): void {
    if (this.#pending !== null || this.#model === null) return void this.#pending?.push(event)
    if (event.type === 'dag_run_deleted' && event.run_id === this.#model.run_id) return this.#stop.abort()
    if (!applyEvent(this.#model, event)) return
    this.#area?.changed()
    if (event.type === 'task_instance') {
      const task = this.#model.tasks.get(taskKey(event))
      if (task) this.#tell(task)
    }
    // The end is read once more, so that it carries the reasons.
    if (isEnded(this.#model)) void this.#read().catch(() => this.#stop.abort())
  }

  /** A line for each change, where no tree can be drawn. */
  #tell(task: TaskLine): void {
    const { screen, quiet } = this.#options
    if (quiet || this.#area !== null || task.state === 'none' || task.state === 'scheduled') return
    if (screen.json) return screen.line(JSON.stringify({ at: new Date().toISOString(), ...task }))
    const retry = tryOf(task) > 1 ? ` (try ${tryOf(task)})` : ''
    const spent = task.end_time === null ? null : duration(span(task.start_time, task.end_time, Date.now()))
    const took = spent === null ? '' : ` in ${spent}`
    const style = stateStyle(task.state)
    screen.line(
      `${new Date().toISOString().slice(11, 19)}  ${style ? screen.paint(style, task.state.padEnd(15)) : task.state.padEnd(15)}  ${plain(taskKey(task))}${retry}${took}`,
    )
  }
}

async function tellEnd({ screen, connection, dagId, runId, quiet }: FollowOptions, model: RunModel): Promise<void> {
  // On a terminal the tree that stays there begins with the same line.
  if (quiet || !process.stdout.isTTY) screen.line(headline(model, screen, Date.now()))
  if (model.state !== 'failed') return
  const failed = [...model.tasks.values()].filter((task) => task.state === 'failed')
  for (const task of failed.slice(0, FAILURES_SHOWN)) {
    screen.line()
    screen.line(screen.paint('red', `${plain(taskKey(task))} failed${task.state_reason === null ? '' : `: ${plain(task.state_reason)}`}`))
    const params = { dag_id: dagId, run_id: runId, task_id: task.task_id }
    const page = await connection.client
      .getLog({ params, query: { map_index: task.map_index, offset: -LOG_TAIL_BYTES, limit: LOG_TAIL_BYTES } })
      .catch((error: unknown) => {
        if (error instanceof VortexError) return null
        throw error
      })
    // A task that was marked failed has no attempt and no log.
    const text = page === null ? '' : safeLog(page.text).trimEnd()
    const lines = text === '' ? [] : text.split('\n').slice(-LOG_TAIL_LINES)
    for (const line of lines) screen.line(`  ${screen.paint('dim', '│')} ${line}`)
  }
  if (failed.length > FAILURES_SHOWN)
    screen.line(`… and ${failed.length - FAILURES_SHOWN} more failed; see: vortex runs show ${dagId} ${runId}`)
  // Last, where the eye is: one line with the reason.
  screen.line()
  screen.line(screen.paint('red', reasonOf(model, failed)))
}

const RUN_REASONS: Record<string, string> = {
  all_tasks_deadlocked: 'no task could go on',
  timed_out: 'it took longer than its dagrun_timeout',
  cancelled: 'it was cancelled',
  marked: 'it was marked failed',
}

/** `The run failed: load: bash exited with code 3 (and 2 more tasks)`. */
export function reasonOf(model: RunModel, failed: readonly TaskLine[]): string {
  const own = model.state_reason === null ? undefined : RUN_REASONS[model.state_reason]
  const [first] = failed
  if (own !== undefined) return `The run failed: ${own}.`
  if (first === undefined) return `The run failed: ${plain(model.state_reason ?? 'no task says why')}.`
  const more = failed.length === 1 ? '' : ` (and ${failed.length - 1} more task${failed.length === 2 ? '' : 's'})`
  return `The run failed: ${plain(taskKey(first))}: ${plain(first.state_reason ?? 'its attempt says no reason').replace(/\.$/, '')}${more}.`
}
