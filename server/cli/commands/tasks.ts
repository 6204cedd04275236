/** `vortex tasks`: logs, why, clear, test. */
import type { Command } from 'commander'
import type { Client } from '#contract/client.ts'
import { action, type Cli } from '../cli.ts'
import { EXIT } from '../exit.ts'
import { registerTaskTest } from '../inProcess.ts'
import { resolveRun } from '../latestRun.ts'
import { LineStamper, timesAfter } from '../logTimestamps.ts'
import { plain, safeLog, stateStyle } from '../output.ts'
import { count } from '../values.ts'
import { confirmClear, showAffected } from './runs.ts'

export function register(tasks: Command): void {
  tasks
    .command('logs <dag_id> <run_id> <task_id>')
    .description('log of an attempt (default: the newest); the run may be `latest`')
    .option('--attempt <n>', 'number of the attempt', count(1, 1_000_000))
    .option('--map-index <n>', 'index of a mapped task', count(-1, 1_000_000), -1)
    .option('-n, --tail <lines>', 'only the last lines', count(1, 1_000_000))
    .option('-f, --follow', 'go on until the attempt ends')
    .option('-t, --timestamps', 'the time of each line before it, in UTC')
    .action(action(logs))
  tasks
    .command('why <dag_id> <run_id> <task_id>')
    .description('what holds a task instance back')
    .option('--map-index <n>', 'index of a mapped task', count(-1, 1_000_000), -1)
    .action(action(why))
  tasks
    .command('clear <dag_id> <run_id> <task_id>')
    .description('run one task instance again as a new attempt')
    .option('--upstream', 'also everything upstream of it')
    .option('--downstream', 'also everything downstream of it')
    .option('--newest-version', 'run it with the newest version of the DAG')
    .option('--dry-run', 'list what would be cleared')
    .option('-y, --yes', 'do not ask')
    .action(action(clear))
  registerTaskTest(tasks)
}

interface LogOptions {
  attempt?: number
  mapIndex: number
  tail?: number
  follow?: boolean
  timestamps?: boolean
}

/** Read at once; a log has up to 64 MiB. */
const PIECE_BYTES = 1_048_576
/** Where --tail starts to read: so many bytes for each line asked for, which is more than most lines have. */
const TAIL_LINE_BYTES = 400
/** How often --follow asks when the log does not grow. The live-event stream would need a second connection for one file. */
const FOLLOW_MS = 500

async function logs(
  { screen, connection }: Cli,
  dagId: string,
  given: string,
  taskId: string,
  options: LogOptions,
): Promise<number | void> {
  const { client } = connection()
  const params = { dag_id: dagId, run_id: await resolveRun(client, dagId, given), task_id: taskId }
  const first = { map_index: options.mapIndex, ...(options.attempt === undefined ? {} : { attempt: options.attempt }) }
  const show = (text: string): void => void process.stdout.write(process.stdout.isTTY ? safeLog(text) : text)
  const stamper = options.timestamps === true ? new LineStamper() : null
  let page = await client.getLog({ params, query: { ...first, limit: PIECE_BYTES, offset: tailOffset(options.tail) } })
  const { attempt } = page
  if (screen.json && !options.follow) {
    const [log, ended] = [
      await readWhole(client, params, { attempt, map_index: options.mapIndex }),
      await howItEnded(client, params, options),
    ]
    return screen.document({ ...log, state: ended?.state ?? null, reason: ended?.reason ?? null })
  }
  const begin = stamper?.stamp(page) ?? page.text
  show(options.tail === undefined ? begin : lastLines(begin, options.tail))
  while (page.next_offset < page.size || (options.follow && !page.complete)) {
    const isCaughtUp = page.next_offset >= page.size
    if (isCaughtUp) await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS))
    page = await client.getLog({ params, query: { map_index: options.mapIndex, attempt, offset: page.next_offset, limit: PIECE_BYTES } })
    show(stamper?.stamp(page) ?? page.text)
  }
  if (page.truncated) screen.warn('The log was longer than the cap; what was dropped is marked in it.')
  const ended = page.complete ? await howItEnded(client, params, { ...options, attempt }) : null
  if (ended?.attempt === null)
    return screen.note(`${taskId} was never started; it is ${ended.state}. See: vortex tasks why ${dagId} ${params.run_id} ${taskId}`)
  if (page.size === 0)
    screen.note(page.complete ? 'The attempt wrote nothing.' : 'The attempt has written nothing yet; add --follow to wait.')
  if (ended !== null && ended.state !== 'success')
    screen.note(
      `Attempt ${ended.attempt} ended as ${ended.state}${ended.reason === null ? '' : `: ${plain(ended.reason).replace(/\.+$/, '')}`}.`,
    )
}

/** How an attempt ended and why; `attempt: null` if there was none, which then holds for the task instance. */
async function howItEnded(
  client: Client,
  params: { dag_id: string; run_id: string; task_id: string },
  options: { mapIndex: number; attempt?: number },
): Promise<{ attempt: number | null; state: string; reason: string | null } | null> {
  const query = { map_index: options.mapIndex }
  const { data } = await client.listAttempts({ params, query })
  const found = options.attempt === undefined ? data.at(-1) : data.find(({ attempt }) => attempt === options.attempt)
  if (found !== undefined) return found
  if (data.length > 0) return null
  const { state, state_reason } = await client.getTaskInstance({ params, query })
  return { attempt: null, state, reason: state_reason }
}

async function readWhole(
  client: Client,
  params: { dag_id: string; run_id: string; task_id: string },
  query: { attempt: number; map_index: number },
) {
  let page = await client.getLog({ params, query: { ...query, offset: 0, limit: PIECE_BYTES } })
  let { text } = page
  const times = [page.times]
  while (page.next_offset < page.size) {
    page = await client.getLog({ params, query: { ...query, offset: page.next_offset, limit: PIECE_BYTES } })
    times.push(timesAfter(text, page.times))
    text += page.text
  }
  return { attempt: page.attempt, size: page.size, complete: page.complete, truncated: page.truncated, text, times: times.flat() }
}

function tailOffset(lines: number | undefined): number {
  return lines === undefined ? 0 : -Math.min(PIECE_BYTES, lines * TAIL_LINE_BYTES)
}

/** The last lines of a text; the text may start in the middle of a line. */
export function lastLines(text: string, lines: number): string {
  const end = text.endsWith('\n') ? text.length - 1 : text.length
  let start = end
  for (let found = 0; found < lines; found++) {
    start = text.lastIndexOf('\n', start - 1)
    if (start < 0) return text
  }
  return text.slice(start + 1)
}

async function why(
  { screen, connection }: Cli,
  dagId: string,
  given: string,
  taskId: string,
  { mapIndex }: { mapIndex: number },
): Promise<number | void> {
  const { client } = connection()
  const params = { dag_id: dagId, run_id: await resolveRun(client, dagId, given), task_id: taskId }
  const answer = await client.whyNotRunning({ params, query: { map_index: mapIndex } })
  if (screen.json) return screen.document(answer)
  const style = stateStyle(answer.state)
  const state = answer.state === 'none' ? 'waiting' : answer.state
  screen.line(`${taskId} is ${style ? screen.paint(style, state) : state}.`)
  for (const reason of answer.reasons) screen.line(`  - ${reason.message} (${reason.code})`)
  if (answer.reasons.length === 0) screen.line(answer.runnable ? '  Nothing holds it back.' : '  No reason is known.')
  return EXIT.ok
}

async function clear(
  { screen, connection }: Cli,
  dagId: string,
  given: string,
  taskId: string,
  options: { upstream?: boolean; downstream?: boolean; newestVersion?: boolean; dryRun?: boolean; yes?: boolean },
): Promise<void> {
  const { client } = connection()
  const params = { dag_id: dagId, run_id: await resolveRun(client, dagId, given), task_id: taskId }
  const body = {
    include_upstream: options.upstream === true,
    include_downstream: options.downstream === true,
    ...(options.newestVersion ? { version: 'newest' as const } : {}),
  }
  const planned = await client.clearTaskInstance({ params, body: { ...body, dry_run: true } })
  if (options.dryRun) return showAffected(screen, planned)
  await confirmClear(screen, planned, options.yes)
  showAffected(screen, await client.clearTaskInstance({ params, body: { ...body, dry_run: false } }))
}
