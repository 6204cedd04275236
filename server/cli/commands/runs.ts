/** `vortex runs`: list, show, follow, cancel, clear. A run is named by its id, or `latest`. */
import type { Command } from 'commander'
import type { Cleared, DagRun } from '#contract/dagRun.ts'
import { DAG_RUN_STATES, type DagRunState } from '#contract/states.ts'
import { action, type Cli } from '../cli.ts'
import { resolveRun } from '../latestRun.ts'
import { duration, instant, span, stateStyle, type Column, type Screen } from '../output.ts'
import { moreNote, readPages } from '../pages.ts'
import { confirm } from '../prompt.ts'
import { choice, collect, count } from '../values.ts'

export function register(runs: Command): void {
  runs
    .command('list [dag_id]')
    .description('runs, newest first; of all DAGs without a DAG id')
    .option('--state <state>', DAG_RUN_STATES.join(', '), choice(DAG_RUN_STATES))
    .option('--limit <n>', 'at most so many', count(1, 100_000), 50)
    .action(action(list))
  runs.command('show <dag_id> [run_id]').description('one run with its task instances (default: latest)').action(action(show))
  runs.command('follow <dag_id> [run_id]').description('watch a run to its end; exit 1 if it fails').action(action(follow))
  runs.command('cancel <dag_id> <run_id>').description('end a run; its processes are killed').action(action(cancel))
  runs
    .command('clear <dag_id> <run_id>')
    .description('run task instances again as new attempts')
    .option('--only-failed', 'only failed ones')
    .option('--task <task_id>', 'only this task; may be repeated', collect)
    .option('--upstream', 'also everything upstream of them')
    .option('--downstream', 'also everything downstream of them')
    .option('--newest-version', 'run them with the newest version of the DAG')
    .option('--dry-run', 'list what would be cleared')
    .option('-y, --yes', 'do not ask')
    .action(action(clear))
}

const COLUMNS: readonly Column<DagRun>[] = [
  { title: 'DAG', value: (run) => run.dag_id },
  { title: 'RUN', value: (run) => run.run_id },
  { title: 'STATE', value: (run) => run.state, style: (run) => stateStyle(run.state) },
  { title: 'TYPE', value: (run) => run.run_type },
  { title: 'LOGICAL DATE', value: (run) => instant(run.logical_date) },
  { title: 'STARTED', value: (run) => instant(run.start_time) },
  { title: 'TOOK', value: (run) => duration(span(run.start_time, run.end_time, Date.now())), align: 'right' },
]

async function list(
  { screen, connection }: Cli,
  dagId: string | undefined,
  options: { state?: DagRunState; limit: number },
): Promise<void> {
  const filter = options.state === undefined ? {} : { state: options.state }
  const { items, total } = await readPages(options.limit, (page) =>
    connection().client.listRuns({ params: { dag_id: dagId ?? '~' }, query: { ...filter, ...page } }),
  )
  if (screen.json) return screen.document(items)
  screen.table(items, COLUMNS, 'No runs.')
  const more = moreNote(items.length, total)
  if (more !== null) screen.note(more)
}

async function show({ screen, connection }: Cli, dagId: string, given: string | undefined): Promise<void> {
  const { client } = connection()
  const runId = await resolveRun(client, dagId, given)
  const params = { dag_id: dagId, run_id: runId }
  const run = await client.getRun({ params })
  const { items } = await readPages(100_000, (page) => client.listTaskInstances({ params, query: page }))
  if (screen.json) return screen.document({ ...run, task_instances: items })
  screen.facts([
    ['Run', run.run_id],
    ['State', run.state_reason === null || run.state_reason === run.state ? run.state : `${run.state}: ${run.state_reason}`],
    ['Type', `${run.run_type}, by ${run.triggered_by}`],
    ['Logical date', instant(run.logical_date)],
    ['Data interval', run.data_interval_start === null ? null : `${instant(run.data_interval_start)} to ${instant(run.data_interval_end)}`],
    ['Started', instant(run.start_time)],
    ['Took', duration(span(run.start_time, run.end_time, Date.now()))],
    ['Version', run.version],
    ['Conf', Object.keys(run.conf).length === 0 ? null : JSON.stringify(run.conf)],
    ['Note', run.note],
  ])
  screen.line()
  screen.table(
    items,
    [
      { title: 'TASK', value: nameOf },
      { title: 'STATE', value: (task) => task.state, style: (task) => stateStyle(task.state) },
      { title: 'TRY', value: (task) => task.try_number, align: 'right' },
      { title: 'TOOK', value: (task) => duration(task.duration_ms ?? span(task.start_time, task.end_time, Date.now())), align: 'right' },
      { title: 'REASON', value: (task) => (task.state === 'success' ? null : task.state_reason) },
    ],
    'The run has no task instances yet.',
  )
}

async function follow({ screen, connection }: Cli, dagId: string, given: string | undefined): Promise<number> {
  const runId = await resolveRun(connection().client, dagId, given)
  const { followRun } = await import('../follow/followRun.ts')
  return followRun({ screen, connection: connection(), dagId, runId, quiet: false })
}

async function cancel({ screen, connection }: Cli, dagId: string, given: string): Promise<void> {
  const { client } = connection()
  const run = await client.cancelRun({ params: { dag_id: dagId, run_id: await resolveRun(client, dagId, given) } })
  if (screen.json) return screen.document(run)
  screen.line(`${run.run_id} was cancelled; it is ${run.state} now.`)
}

interface ClearOptions {
  onlyFailed?: boolean
  task?: string[]
  upstream?: boolean
  downstream?: boolean
  newestVersion?: boolean
  dryRun?: boolean
  yes?: boolean
}

async function clear({ screen, connection }: Cli, dagId: string, given: string, options: ClearOptions): Promise<void> {
  const { client } = connection()
  const params = { dag_id: dagId, run_id: await resolveRun(client, dagId, given) }
  const body = {
    only_failed: options.onlyFailed === true,
    include_upstream: options.upstream === true,
    include_downstream: options.downstream === true,
    ...(options.task === undefined ? {} : { task_ids: options.task }),
    ...(options.newestVersion ? { version: 'newest' as const } : {}),
  }
  const planned = await client.clearRun({ params, body: { ...body, dry_run: true } })
  if (options.dryRun) return showAffected(screen, planned)
  await confirmClear(screen, planned, options.yes)
  showAffected(screen, await client.clearRun({ params, body }))
}

/** Named in the question; more than these are counted. */
const NAMED_MAX = 10

/** What runs again is shown before it does. One task instance is what was asked for, wherever nobody can be asked. */
export async function confirmClear(screen: Screen, planned: Cleared, yes: boolean | undefined): Promise<void> {
  const { task_instances: affected, version, newest_version } = planned
  if (affected.length === 0 || yes === true) return
  const which = version === newest_version ? '' : ` with version ${version} (the newest is ${newest_version})`
  const names = affected.slice(0, NAMED_MAX).map((task) => `${nameOf(task)} (${task.state})`)
  const more = affected.length > NAMED_MAX ? ` and ${affected.length - NAMED_MAX} more` : ''
  const runs = new Set(affected.map(({ run_id }) => run_id)).size
  screen.note(`To be run again: ${names.join(', ')}${more}.`)
  const what = affected.length === 1 ? '1 task instance' : `${affected.length} task instances`
  const where = runs === 1 ? (affected[0]?.run_id ?? '') : `${runs} runs`
  await confirm(`Run ${what} of ${where} again${which}?`, yes, affected.length === 1 ? { unasked: 'go on' } : {})
}

const nameOf = (task: { task_id: string; map_index: number }): string =>
  task.map_index < 0 ? task.task_id : `${task.task_id}[${task.map_index}]`

export function showAffected(screen: Screen, affected: Cleared): void {
  if (screen.json) return screen.document(affected)
  screen.table(
    affected.task_instances,
    [
      { title: 'RUN', value: (task) => task.run_id },
      { title: 'TASK', value: nameOf },
      { title: 'STATE', value: (task) => task.state, style: (task) => stateStyle(task.state) },
    ],
    'No task instance matches; nothing was changed.',
  )
  if (affected.task_instances.length === 0) return
  screen.note(affected.dry_run ? 'Dry run: nothing was changed.' : `${affected.task_instances.length} cleared; they run again.`)
  noteVersion(screen, affected)
}

/** Whoever mended the file and clears expects the mended one. */
function noteVersion(screen: Screen, { version, newest_version }: Cleared): void {
  if (version !== newest_version)
    screen.warn(`They run version ${version} of the DAG, that of their run; the newest is ${newest_version}: add --newest-version for it.`)
}
