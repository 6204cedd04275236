/** `vortex dags`: list, show, test, trigger, pause, unpause, delete, backfill, next-runs, errors, schema. */
import type { Command } from 'commander'
import type { Client } from '#contract/client.ts'
import type { Dag } from '#contract/dag.ts'
import { DAG_RUN_STATES, REPROCESS_BEHAVIOURS, type DagRunState, type ReprocessBehaviour } from '#contract/states.ts'
import { VortexError } from '#contract/errors.ts'
import { action, report, type Cli } from '../cli.ts'
import { confOf, type ConfOptions, readConfOptions } from '../conf.ts'
import { findDag, importFailure, readingNote, untilDagsAreRead } from '../dagState.ts'
import { EXIT, inOptions } from '../exit.ts'
import { registerDagTest } from '../inProcess.ts'
import { instant, stateStyle, type Column, type Screen } from '../output.ts'
import { moreNote, readPages } from '../pages.ts'
import { confirm } from '../prompt.ts'
import { startsOf, tellStarts } from '../unpaused.ts'
import { choice, collect, count, readInstant } from '../values.ts'

export function register(dags: Command): void {
  dags
    .command('list')
    .description('DAGs, ordered by id')
    .option('--search <text>', 'part of the id, name or description')
    .option('--tag <tag>', 'only DAGs with this tag')
    .option('--owner <owner>', 'only DAGs of this owner')
    .option('--paused', 'only paused DAGs')
    .option('--active', 'only DAGs that are not paused')
    .option('--state <state>', `state of the newest run: ${DAG_RUN_STATES.join(', ')}`, choice(DAG_RUN_STATES))
    .option('--limit <n>', 'at most so many', count(1, 100_000), 200)
    .action(action(list))
  dags.command('show <dag_id>').description('one DAG with its tasks').action(action(show))
  registerDagTest(dags)
  dags
    .command('trigger <dag_id>')
    .description('start a manual run')
    .option('--conf <json>', 'parameters as JSON object, @file, or - for standard input')
    .option('--param <name=value>', 'one parameter; may be repeated', collect)
    .option('--logical-date <date>', 'date that the run is for (default: now)', readInstant)
    .option('--run-id <id>', 'id of the run; a second trigger with the same id is refused, so repeating is safe')
    .option('--note <text>', 'note on the run')
    .option('--wait', 'wait for the end; exit 1 if the run fails')
    .option('--follow', 'the same, and show tasks as they run')
    .addHelpText(
      'after',
      '\nExamples:\n  vortex dags trigger etl --conf \'{"day": "2026-11-23"}\' --follow\n  vortex dags trigger etl --run-id nightly-42 --wait --json',
    )
    .action(action(trigger))
  dags
    .command('pause <dag_id...>')
    .description('no new scheduled runs; no new task starts')
    .action(action((cli, ids: string[]) => setPaused(cli, ids, true)))
  dags
    .command('unpause <dag_id...>')
    .description('let scheduled runs and tasks start again')
    .action(action((cli, ids: string[]) => setPaused(cli, ids, false)))
  dags
    .command('delete <dag_id>')
    .description('delete a DAG with its whole history; its file stays')
    .option('-y, --yes', 'do not ask')
    .action(action(remove))
  dags
    .command('backfill <dag_id>')
    .description('run a DAG over a past range')
    .requiredOption('--from <date>', 'first logical date', readInstant)
    .requiredOption('--to <date>', 'last logical date', readInstant)
    .option('--max-active-runs <n>', 'runs at the same time', count(1, 1_000), 10)
    .option('--reprocess <which>', `existing runs to run again: ${REPROCESS_BEHAVIOURS.join(', ')}`, choice(REPROCESS_BEHAVIOURS), 'none')
    .option('--backwards', 'newest first')
    .option('--conf <json>', 'parameters of every run: JSON object, @file, or -')
    .option('--param <name=value>', 'one parameter; may be repeated', collect)
    .option('--dry-run', 'list exactly the runs that would start, and start none')
    .addHelpText('after', '\nExample:\n  vortex dags backfill etl --from 2026-11-01 --to 2026-11-07 --dry-run')
    .action(action(backfill))
  dags
    .command('next-runs <dag_id>')
    .description('the next scheduled runs')
    .option('-n, --count <n>', 'how many', count(1, 100), 10)
    .action(action(nextRuns))
  dags.command('errors').description('DAG files that fail to load').action(action(errors))
  dags
    .command('schema')
    .description('JSON Schema of YAML and JSON DAG files, for editors; needs no server')
    .addHelpText('after', '\nExample:\n  vortex dags schema > dag-schema.json')
    .action(action(schema))
}

async function schema({ screen }: Cli): Promise<void> {
  const { readDagSchema } = await import('#runtime/dagSchema.ts')
  screen.line(JSON.stringify(await readDagSchema(), null, 2))
}

interface ListOptions {
  search?: string
  tag?: string
  owner?: string
  paused?: boolean
  active?: boolean
  state?: DagRunState
  limit: number
}

const COLUMNS: readonly Column<Dag>[] = [
  { title: 'DAG', value: (dag) => dag.id },
  { title: 'SCHEDULE', value: scheduleText },
  { title: 'STATUS', value: describeStatus, style: (dag) => (dag.has_import_error ? 'red' : dag.is_paused || dag.is_stale ? 'dim' : null) },
  { title: 'LAST RUN', value: (dag) => dag.last_run_state, style: (dag) => stateStyle(dag.last_run_state) },
  { title: 'STARTED', value: (dag) => instant(dag.last_run) },
  { title: 'NEXT RUN', value: (dag) => (dag.is_paused ? null : instant(dag.next_run)) },
  { title: 'TASKS', value: (dag) => dag.task_count, align: 'right' },
  { title: 'OWNER', value: (dag) => dag.owner },
]

function describeStatus(dag: Dag): string {
  const status = dag.is_stale ? 'stale' : dag.is_paused ? 'paused' : 'active'
  return dag.has_import_error ? `${status}, import error` : status
}

/** With its zone, since `0 6 * * *` alone says nothing; UTC is that of all other columns. */
function scheduleText(dag: Dag): string | null {
  return dag.schedule_interval === null || dag.timezone === 'UTC' ? dag.schedule_interval : `${dag.schedule_interval} (${dag.timezone})`
}

async function list({ screen, connection }: Cli, options: ListOptions): Promise<void> {
  const { search, tag, owner, state } = options
  const paused = options.paused ? true : options.active ? false : undefined
  const filter = {
    ...(search === undefined ? {} : { search }),
    ...(tag === undefined ? {} : { tag }),
    ...(owner === undefined ? {} : { owner }),
    ...(paused === undefined ? {} : { paused }),
    ...(state === undefined ? {} : { last_run_state: state }),
  }
  const { client } = connection()
  const read = () => readPages(options.limit, (page) => client.listDags({ query: { ...filter, ...page } }))
  let { items, total } = await read()
  let { dag_files } = await client.health()
  if (items.length === 0 && dag_files.state !== 'ready') {
    dag_files = await untilDagsAreRead({ client, screen })
    ;({ items, total } = await read())
  }
  if (screen.json) return screen.document(items)
  screen.table(
    items,
    COLUMNS,
    'No DAGs. New files in the DAG folder appear within a second; "vortex dags errors" lists those that fail to load.',
  )
  const more = moreNote(items.length, total)
  if (more !== null) screen.note(more)
  const reading = readingNote(dag_files)
  if (reading !== null) screen.note(reading)
  if (items.some((dag) => dag.has_import_error)) await warnOfFiles(screen, client)
}

/** Failing files that are named below a list; the others are counted. */
const FILES_NAMED = 5

async function warnOfFiles(screen: Screen, client: Client): Promise<void> {
  const { data, total } = await client.listImportErrors({ query: { limit: FILES_NAMED } })
  for (const item of data) screen.warn(`${importFailure({ import_error: item }) ?? ''} Its DAGs run their last good version.`)
  if (total > data.length) screen.warn(`${total - data.length} more files fail to load.`)
  screen.note('Tracebacks: vortex dags errors')
}

async function show({ screen, connection }: Cli, id: string): Promise<void> {
  const { client } = connection()
  const dag = await findDag({ client, screen }, id)
  const graph = await client.getDagTasks({ params: { dag_id: id } })
  if (screen.json) return screen.document({ ...dag, tasks: graph.tasks, dependencies: graph.dependencies })
  screen.facts([
    ['DAG', dag.id],
    ['Status', describeStatus(dag)],
    ['Description', dag.description],
    ['Schedule', dag.schedule_interval === null ? 'none' : `${dag.schedule_interval} (${dag.timezone})`],
    ['Next run', dag.is_paused && dag.schedule_interval !== null ? 'none while it is paused' : instant(dag.next_run)],
    ['Last run', dag.last_run === null ? null : `${dag.last_run_state ?? ''} ${instant(dag.last_run) ?? ''}`],
    ['Catchup', dag.catchup ? 'yes' : 'no'],
    ['Limits', `${dag.max_active_runs} runs, ${dag.max_active_tasks} tasks at once`],
    ['File', `${dag.file}, version ${dag.version}`],
    ['Owner', dag.owner],
    ['Tags', dag.tags.join(', ')],
  ])
  const failure = importFailure(dag)
  if (failure !== null) {
    screen.warn(`${failure} Version ${dag.version}, the last good one, stays in force.`)
    screen.note((dag.import_error?.traceback ?? '').trimEnd())
  }
  for (const notice of dag.notices) screen.note(`Note: ${notice}`)
  const upstream = new Map<string, string[]>()
  for (const [from, to] of graph.dependencies) upstream.set(to, [...(upstream.get(to) ?? []), from])
  screen.line()
  screen.table(
    graph.tasks,
    [
      { title: 'TASK', value: (task) => task.id },
      { title: 'OPERATOR', value: (task) => task.operator },
      { title: 'RETRIES', value: (task) => task.max_retries, align: 'right' },
      { title: 'TRIGGER RULE', value: (task) => task.trigger_rule },
      { title: 'POOL', value: (task) => task.pool },
      { title: 'UPSTREAM', value: (task) => (upstream.get(task.id) ?? []).join(', ') },
    ],
    'No tasks.',
  )
  const params = Object.entries(dag.params)
  if (params.length === 0) return
  screen.line()
  screen.table(
    params,
    [
      { title: 'PARAM', value: ([name]) => name },
      { title: 'TYPE', value: ([, param]) => typeText(param.schema) },
      { title: 'DEFAULT', value: ([, param]) => (param.has_default ? JSON.stringify(param.value) : 'none, required') },
      { title: 'DESCRIPTION', value: ([, param]) => param.description },
    ],
    '',
  )
}

function typeText(schema: Record<string, unknown>): string {
  const { type, enum: allowed } = schema
  if (Array.isArray(allowed)) return `one of ${allowed.map((value) => JSON.stringify(value)).join(', ')}`
  return type === undefined ? 'any' : [type].flat().map(String).join(' or ')
}

interface TriggerOptions extends ConfOptions {
  logicalDate?: string
  runId?: string
  note?: string
  wait?: boolean
  follow?: boolean
}

async function trigger(cli: Cli, id: string, options: TriggerOptions): Promise<number | void> {
  const connection = cli.connection()
  const read = await readConfOptions(options)
  const dag = await findDag({ client: connection.client, screen: cli.screen }, id)
  const failure = importFailure(dag)
  if (failure !== null) cli.screen.warn(`${failure} The run uses version ${dag.version}, the last good one.`)
  const run = await connection.client.triggerDag({
    params: { dag_id: id },
    body: {
      conf: confOf(read, dag.params),
      ...(options.logicalDate === undefined ? {} : { logical_date: options.logicalDate }),
      ...(options.runId === undefined ? {} : { run_id: options.runId }),
      ...(options.note === undefined ? {} : { note: options.note }),
    },
  })
  if (!options.wait && !options.follow) {
    if (cli.screen.json) return cli.screen.document(run)
    cli.screen.line(run.run_id)
    return cli.screen.note(`Started. Watch it with: vortex runs follow ${id} ${run.run_id}`)
  }
  const { followRun } = await import('../follow/followRun.ts')
  return followRun({ screen: cli.screen, connection, dagId: id, runId: run.run_id, quiet: !options.follow })
}

async function setPaused({ screen, connection }: Cli, ids: string[], paused: boolean): Promise<number> {
  const { client } = connection()
  const done: object[] = []
  let exit: number = EXIT.ok
  for (const id of ids) {
    try {
      const params = { dag_id: id }
      // Before it is done: afterwards the runs are no longer due.
      const preview = paused ? null : await client.previewUnpause({ params })
      const { message } = await (paused ? client.pauseDag : client.unpauseDag)({ params })
      done.push({ id, is_paused: paused, ...(preview === null ? {} : startsOf(preview)) })
      if (screen.json) continue
      screen.line(message)
      if (preview?.is_paused === true) tellStarts(screen, preview)
    } catch (error) {
      // One that does not exist says nothing about the others.
      if (!(error instanceof VortexError) || error.code !== 'not_found') throw error
      exit = report(error, screen.json)
    }
  }
  if (screen.json) screen.document(done)
  return exit
}

async function remove({ screen, connection }: Cli, id: string, { yes }: { yes?: boolean }): Promise<void> {
  const { client } = connection()
  const params = { dag_id: id }
  const [dag, { total }] = await Promise.all([client.getDag({ params }), client.listRuns({ params, query: { limit: 1 } })])
  const runs = total === 0 ? 'which has no runs' : `with its ${total} ${total === 1 ? 'run' : 'runs'}, their logs and XComs`
  await confirm(`Delete ${id}, ${runs}? Its file ${dag.file} stays.`, yes)
  const answer = await client.deleteDag({ params })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}

interface BackfillOptions extends ConfOptions {
  from: string
  to: string
  maxActiveRuns: number
  reprocess: ReprocessBehaviour
  backwards?: boolean
  dryRun?: boolean
}

/** Fields of the API -> what was typed. */
const BACKFILL_OPTIONS = {
  start_date: '--from',
  end_date: '--to',
  max_active_runs: '--max-active-runs',
  run_backwards: '--backwards',
  reprocess: '--reprocess',
}

async function backfill({ screen, connection }: Cli, id: string, options: BackfillOptions): Promise<number | void> {
  const { client } = connection()
  const read = await readConfOptions(options)
  const dag = await findDag({ client, screen }, id)
  const failure = importFailure(dag)
  if (failure !== null) screen.warn(`${failure} The runs use version ${dag.version}, the last good one.`)
  const asked = client.createBackfill({
    params: { dag_id: id },
    body: {
      start_date: options.from,
      end_date: options.to,
      max_active_runs: options.maxActiveRuns,
      reprocess: options.reprocess,
      run_backwards: options.backwards === true,
      dry_run: options.dryRun === true,
      conf: confOf(read, dag.params),
    },
  })
  const answer = await inOptions(asked, BACKFILL_OPTIONS).catch((error: unknown) => {
    if (!(error instanceof VortexError) || error.code !== 'conflict') throw error
    throw new VortexError(error.code, `${error.message} To cancel it: vortex backfills cancel ${id}`, null, { cause: error })
  })
  if (screen.json) return screen.document(answer)
  screen.table(
    answer.intervals,
    [
      { title: 'LOGICAL DATE', value: (interval) => instant(interval.logical_date) },
      { title: 'FROM', value: (interval) => instant(interval.data_interval_start) },
      { title: 'TO', value: (interval) => instant(interval.data_interval_end) },
      { title: 'ACTION', value: (interval) => interval.action, style: (interval) => (interval.action === 'skip' ? 'dim' : 'green') },
      { title: 'RUN', value: (interval) => interval.run_id },
      { title: 'REASON', value: (interval) => interval.reason },
    ],
    'No run lies in this range.',
  )
  screen.note(options.dryRun ? `Dry run: ${answer.intervals_queued} runs would start; nothing was changed.` : answer.message)
  if (answer.left_out !== null) screen.note(answer.left_out)
  return answer.intervals.length === 0 ? EXIT.failed : EXIT.ok
}

async function nextRuns({ screen, connection }: Cli, id: string, { count: wanted }: { count: number }): Promise<void> {
  const { client } = connection()
  const [dag, { data }] = [
    await findDag({ client, screen }, id),
    await client.nextRuns({ params: { dag_id: id }, query: { count: wanted } }),
  ]
  if (dag.is_paused) screen.note(`${id} is paused: none of these starts before "vortex dags unpause ${id}".`)
  if (screen.json) return screen.document(data)
  screen.table(
    data,
    [
      { title: 'RUN AFTER', value: (run) => instant(run.run_after) },
      { title: 'LOGICAL DATE', value: (run) => instant(run.logical_date) },
      { title: 'DATA FROM', value: (run) => instant(run.data_interval_start) },
      { title: 'DATA TO', value: (run) => instant(run.data_interval_end) },
    ],
    `No scheduled run of ${id} is ahead: it has no schedule, or its end date has passed.`,
  )
}

async function errors({ screen, connection }: Cli): Promise<number | void> {
  const { items } = await readPages(1_000, (page) => connection().client.listImportErrors({ query: page }))
  if (screen.json) screen.document(items)
  else if (items.length === 0) screen.note('Every DAG file loads.')
  for (const item of screen.json ? [] : items) {
    screen.line(screen.paint('red', `${item.file}${item.line === null ? '' : `:${item.line}`}: ${item.message}`))
    for (const line of item.traceback.trimEnd().split('\n').slice(-15)) screen.line(`  ${line}`)
  }
  return items.length === 0 ? EXIT.ok : EXIT.failed
}
