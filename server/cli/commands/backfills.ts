/** `vortex backfills`: list, pause, resume, cancel. They are started with `vortex dags backfill`. */
import type { Command } from 'commander'
import type { Client } from '#contract/client.ts'
import type { Backfill } from '#contract/dagRun.ts'
import { action, type Cli } from '../cli.ts'
import { CliError, EXIT } from '../exit.ts'
import { instant, stateStyle } from '../output.ts'
import { moreNote, readPages } from '../pages.ts'
import { count } from '../values.ts'

const ACTIONS = [
  ['pause', 'start no more runs of it; those that run go on'],
  ['resume', 'let a paused one go on'],
  ['cancel', 'end it: runs that have not started are cancelled, those that run go on'],
] as const
type Action = (typeof ACTIONS)[number][0]

export function register(backfills: Command): void {
  backfills
    .command('list <dag_id>')
    .description('backfills of a DAG, newest first')
    .option('--limit <n>', 'at most so many', count(1, 100_000), 50)
    .action(action(list))
  for (const [name, description] of ACTIONS)
    backfills
      .command(name)
      .argument('<dag_id>')
      .argument('[backfill_id]', 'default: the one that has not ended', count(1, 1e15))
      .description(description)
      .action(action((cli, dagId: string, given: number | undefined) => setState(cli, name, dagId, given)))
  backfills.addHelpText('after', '\nStart one with: vortex dags backfill DAG_ID --from DATE --to DATE')
}

async function list({ screen, connection }: Cli, dagId: string, { limit }: { limit: number }): Promise<void> {
  const { client } = connection()
  const { items, total } = await readPages(limit, (page) => client.listBackfills({ params: { dag_id: dagId }, query: page }))
  if (screen.json) return screen.document(items)
  screen.table(
    items,
    [
      { title: 'ID', value: (backfill) => backfill.id, align: 'right' },
      { title: 'STATE', value: (backfill) => backfill.state, style: (backfill) => stateStyle(backfill.state) },
      { title: 'FROM', value: (backfill) => instant(backfill.start_date) },
      { title: 'TO', value: (backfill) => instant(backfill.end_date) },
      { title: 'RUNS', value: (backfill) => `${backfill.runs_finished}/${backfill.runs_total}`, align: 'right' },
      { title: 'BY', value: (backfill) => backfill.created_by },
      { title: 'CREATED', value: (backfill) => instant(backfill.created_at) },
    ],
    `${dagId} has no backfills.`,
  )
  const more = moreNote(items.length, total)
  if (more !== null) screen.note(more)
}

async function setState({ screen, connection }: Cli, name: Action, dagId: string, given: number | undefined): Promise<void> {
  const { client } = connection()
  const id = given ?? (await activeBackfill(client, dagId)).id
  const backfill = await client.setBackfillState({ params: { dag_id: dagId, backfill_id: id, action: name } })
  if (screen.json) return screen.document(backfill)
  screen.line(`Backfill ${id} of ${dagId} is ${backfill.state}; ${backfill.runs_finished} of its ${backfill.runs_total} runs have ended.`)
}

/** A DAG has at most one that has not ended, and that is its newest. */
async function activeBackfill(client: Client, dagId: string): Promise<Backfill> {
  const [newest] = (await client.listBackfills({ params: { dag_id: dagId }, query: { limit: 1 } })).data
  if (newest?.state === 'running' || newest?.state === 'paused') return newest
  throw new CliError(EXIT.failed, `${dagId} has no backfill that has not ended. See: vortex backfills list ${dagId}`)
}
