/**
 * The one reducer of live events: facts from the server -> query caches.
 *
 * A batch holds the events of one animation frame. Events that carry the new state are written into the caches directly; events
 * that only say "read it again" mark a key, and the caller invalidates the marked keys (at most once a second each, see
 * liveEvents.ts), so that 300 events a second cost 60 passes and no storm of requests.
 *
 * Invariant: a cache entry is replaced only if something in it changed, so unchanged rows keep their identity and do not render.
 */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { Asset } from '#contract/asset.ts'
import type { Dag, DagDetail } from '#contract/dag.ts'
import type { DagRun } from '#contract/dagRun.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { mayShow, withoutRun, withRunEvent, withTaskEvents, type GridPages } from './grid.ts'
import { applyRunToHome, markHome } from './homeEvents.ts'
import { outdatePages, type ListPage, type PageList } from './livePages.ts'
import { queryKeys, type GridFilter } from './queryKeys.ts'
import type { LogSignal } from './queries.ts'
import { applyRunToLists, dropRunFromLists, withRow } from './runListEvents.ts'

type DagRunEvent = Extract<LiveEvent, { type: 'dag_run' }>
type TaskEvent = Extract<LiveEvent, { type: 'task_instance' }>
interface PageOf<T> {
  data: T[]
  total: number
}

/** Runs kept as bars in a row of the DAG list (contract: up to 14). */
const BARS = 14

/** Keys that must be read again. `all` after a reset. */
export interface Stale {
  all: boolean
  keys: Map<string, QueryKey>
}

export function applyEvents(client: QueryClient, events: readonly LiveEvent[]): Stale {
  const stale: Stale = { all: false, keys: new Map() }
  const mark = (key: QueryKey) => stale.keys.set(JSON.stringify(key), key)
  const runEvents = new Map<string, DagRunEvent>()
  const taskEvents = new Map<string, Map<string, TaskEvent>>()

  for (const event of events) {
    switch (event.type) {
      case 'dag_run':
        // The last state of a run within one frame is the only one that can be seen.
        runEvents.set(`${event.dag_id}\n${event.run_id}`, event)
        break
      case 'dag_run_deleted':
        // A page that shows it asks again and says that there is no such run; one that was only kept is forgotten.
        void client.resetQueries({ queryKey: queryKeys.run(event) })
        client.setQueriesData<GridPages>({ queryKey: queryKeys.grids(event.dag_id) }, (grid) => grid && withoutRun(grid, event.run_id))
        dropRunFromLists(client, event, mark)
        mark(queryKeys.history(event.dag_id))
        mark(queryKeys.dagLists)
        markHome(client, mark)
        break
      case 'task_instance': {
        const run = `${event.dag_id}\n${event.run_id}`
        const tasks = taskEvents.get(run) ?? new Map<string, TaskEvent>()
        tasks.set(taskKey(event), event)
        // Who runs it and which slots it uses: read again only where such a page is open.
        mark(queryKeys.workers)
        mark(queryKeys.pools)
        taskEvents.set(run, tasks)
        break
      }
      case 'dag':
        mark(queryKeys.dag(event.dag_id))
        mark(queryKeys.history(event.dag_id))
        mark(queryKeys.dagLists)
        // One that no page has is new, and only the server knows where it stands.
        if (!outdatePages<Dag>(client, queryKeys.dagLists, hasDag(event.dag_id))) outdatePages(client, queryKeys.dagLists, () => true)
        markHome(client, mark)
        // Which assets it names, and what has arrived of them.
        mark(queryKeys.assets)
        // A file names the versions of its DAGs.
        mark(queryKeys.dagFiles)
        break
      case 'asset_event': {
        mark(queryKeys.assetLists)
        const isThere = ({ data }: ListPage<Asset>): boolean => data.some(({ uri }) => uri === event.uri)
        if (!outdatePages<Asset>(client, queryKeys.assetLists, isThere)) outdatePages(client, queryKeys.assetLists, () => true)
        mark(queryKeys.asset(event.uri))
        break
      }
      case 'import_errors':
        mark(queryKeys.importErrors)
        markHome(client, mark)
        // A file that fails to load tells so with its error, not with its DAGs.
        mark(queryKeys.dagFiles)
        break
      case 'dag_file':
        mark(queryKeys.dagFile(event.file))
        mark(queryKeys.dagFileLists)
        break
      case 'log':
        // Only of a log that is open: 300 attempts a second print, and each entry would stay for minutes.
        client.setQueryData<LogSignal | null>(queryKeys.logSignal(event), (open) =>
          open === undefined ? undefined : { size: event.size, complete: event.complete },
        )
        break
      case 'worker':
        mark(queryKeys.workers)
        mark(queryKeys.health)
        break
      case 'reset':
        stale.all = true
        break
      default:
        // A newer server may send a kind that this page does not know yet; the compiler proves that no known kind gets here.
        event satisfies never
    }
  }
  for (const event of runEvents.values()) applyRun(client, event, mark)
  for (const tasks of taskEvents.values()) applyTasks(client, tasks, mark)
  return stale
}

/** States in which a task instance says nothing of the attempt that it had. */
const AFTER_AN_ATTEMPT: ReadonlySet<string> = new Set(['none', 'scheduled', 'up_for_retry', 'up_for_reschedule', 'deferred', 'restarting'])
const taskKey = (task: { task_id: string; map_index: number }) => `${task.task_id}\n${task.map_index}`

function applyRun(client: QueryClient, event: DagRunEvent, mark: (key: QueryKey) => void): void {
  const patch = { state: event.state, start_time: event.start_time, end_time: event.end_time, task_counts: event.task_counts }
  client.setQueryData<DagRun>(queryKeys.runDetail(event), (run) => run && { ...run, ...patch })
  if (event.end_time !== null) {
    // The reason of the end and the ledger are not in the event.
    mark(queryKeys.runDetail(event))
    mark(queryKeys.runEvents(event))
  }
  applyRunToLists(client, event, mark)
  applyRunToHome(client, event, mark)
  mark(queryKeys.history(event.dag_id))
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: queryKeys.grids(event.dag_id) })) {
    client.setQueryData<GridPages>(queryKey, (grid) => {
      const changed = grid && withRunEvent(grid, event)
      // Not loaded: a new run, or one that is older than what is shown; only the server knows where it stands.
      if (grid && !changed && mayShow(queryKey[2] as GridFilter, event)) mark(queryKey)
      return changed ?? grid
    })
  }
  const detail = client.setQueryData<DagDetail>(queryKeys.dagDetail(event.dag_id), (dag) => dag && withRun(dag, event))
  if (detail && !isBar(detail, event)) mark(queryKeys.dagDetail(event.dag_id))
  let isCounted = true
  client.setQueriesData<PageList<Dag>>({ queryKey: queryKeys.dagLists }, (list) =>
    withRow(
      list,
      (dag) => dag.id === event.dag_id,
      (dag) => {
        isCounted = isBar(dag, event)
        return withRun(dag, event)
      },
    ),
  )
  if (isCounted) return
  mark(queryKeys.dagLists)
  outdatePages<Dag>(client, queryKeys.dagLists, hasDag(event.dag_id))
}

const hasDag =
  (dagId: string) =>
  ({ data }: ListPage<Dag>): boolean =>
    data.some(({ id }) => id === dagId)

/** Whether the run is one of the bars of its DAG, or newer than they are. */
function isBar(dag: Dag, { run_id, run_after }: DagRunEvent): boolean {
  const [oldest] = dag.recent_runs
  return (
    dag.recent_runs.length < BARS ||
    oldest === undefined ||
    Date.parse(run_after) >= Date.parse(oldest.run_after) ||
    dag.recent_runs.some((run) => run.run_id === run_id)
  )
}

/** As the server orders them: by when they were due; of runs due together the later told one comes last. */
const inOrder = <T extends { run_after: string }>(runs: T[]): T[] => runs.sort((a, b) => Date.parse(a.run_after) - Date.parse(b.run_after))

/** A DAG after one of its runs changed: its bar, its last state, its number of active runs. Applying an event twice changes nothing. */
export function withRun<T extends Dag>(dag: T, event: DagRunEvent): T {
  // Older than the bars: what it was before is not known, so the counts are read again.
  if (!isBar(dag, event)) return dag
  const isActive = (state: string) => state === 'running' || state === 'queued'
  const { run_id, run_type, state, logical_date, run_after, start_time, end_time } = event
  const bar = { run_id, run_type, state, logical_date, run_after, start_time, end_time }
  const index = dag.recent_runs.findIndex((run) => run.run_id === run_id)
  const before = dag.recent_runs[index]
  const recent_runs = before ? dag.recent_runs.with(index, bar) : inOrder([...dag.recent_runs, bar]).slice(-BARS)
  const newest = recent_runs.at(-1)
  const wasActive = before ? isActive(before.state) : false
  const active_runs = Math.max(0, dag.active_runs + Number(isActive(state)) - Number(wasActive))
  const run_counts = { ...dag.run_counts, [state]: dag.run_counts[state] + 1 }
  if (before) run_counts[before.state] -= 1
  return {
    ...dag,
    recent_runs,
    active_runs,
    run_counts,
    last_run: newest?.start_time ?? dag.last_run,
    last_run_state: newest?.state ?? dag.last_run_state,
  }
}

function applyTasks(client: QueryClient, events: Map<string, TaskEvent>, mark: (key: QueryKey) => void): void {
  const first = events.values().next().value
  if (!first) return
  const patched = (task: TaskInstance, event: TaskEvent): TaskInstance => ({
    ...task,
    state: event.state,
    try_number: event.try_number,
    scheduled_time: event.scheduled_time === undefined ? task.scheduled_time : event.scheduled_time,
    queued_time: event.queued_time === undefined ? task.queued_time : event.queued_time,
    start_time: event.start_time,
    end_time: event.end_time,
    duration_ms: durationOf(event),
  })
  let found = 0
  const list = client.setQueryData<PageOf<TaskInstance>>(queryKeys.taskInstances(first), (page) => {
    if (!page) return undefined
    const data = page.data.map((task) => {
      const event = events.get(taskKey(task))
      if (!event) return task
      found += 1
      return patched(task, event)
    })
    return found === 0 ? page : { ...page, data }
  })
  client.setQueriesData<GridPages>({ queryKey: queryKeys.grids(first.dag_id) }, (grid) => {
    const changed = grid && withTaskEvents(grid, first.run_id, events.values())
    // A new version of the DAG, or a run that was moved to it.
    if (changed?.isMissing === true) mark(queryKeys.grids(first.dag_id))
    return changed?.data ?? grid
  })
  // Attempts before the newest one are told by no event.
  for (const event of events.values()) {
    if (event.try_number > 1 || (event.try_number === 1 && AFTER_AN_ATTEMPT.has(event.state))) {
      mark(queryKeys.runAttempts(event))
      break
    }
  }
  for (const event of events.values()) if (event.map_index >= 0) mark([...queryKeys.run(event), 'mapped', event.task_id])
  // A task that the list does not hold yet was mapped while the run ran.
  if (list && found < events.size) mark(queryKeys.taskInstances(first))
  for (const event of events.values()) {
    const known = client.setQueryData<TaskInstance>(queryKeys.taskDetail(event), (task) => task && patched(task, event))
    if (!known) continue
    mark(queryKeys.taskDetail(event))
    mark(queryKeys.attempts(event))
    mark(queryKeys.why(event))
    if (event.end_time !== null) mark(queryKeys.xcoms(event))
  }
}

function durationOf(event: { start_time: string | null; end_time: string | null }): number | null {
  return event.start_time !== null && event.end_time !== null ? Date.parse(event.end_time) - Date.parse(event.start_time) : null
}
