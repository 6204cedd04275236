/** `vortex assets`: list, show, events, update. */
import type { Command } from 'commander'
import type { AssetEvent } from '#contract/asset.ts'
import { action, type Cli } from '../cli.ts'
import { instant } from '../output.ts'
import { moreNote } from '../pages.ts'
import { count, readConf } from '../values.ts'

/** Largest pages that the API gives. */
const PAGE = 500
const EVENTS_PAGE = 200
const LIMIT_MAX = 100_000

export function register(assets: Command): void {
  assets
    .command('list')
    .description('assets that DAGs name or that were updated')
    .option('--search <text>', 'part of the name, the URI or the group')
    .option('--limit <n>', 'at most so many', count(1, LIMIT_MAX), 100)
    .action(action(list))
  assets.command('show <uri>').description('who updates an asset, who waits for it, who reads it').action(action(show))
  assets
    .command('events <uri>')
    .description('updates of an asset, newest first')
    .option('--limit <n>', 'at most so many', count(1, LIMIT_MAX), 25)
    .action(action(events))
  assets
    .command('update <uri>')
    .description('record an update by hand: DAGs that wait for the asset may start')
    .option('--extra <json>', 'what consumers are told: a JSON object, @file, or - for standard input')
    .action(action(update))
}

async function list({ screen, connection }: Cli, { search, limit }: { search?: string; limit: number }): Promise<void> {
  const { client } = connection()
  const filter = search === undefined ? {} : { search }
  const items = []
  let total = 0
  do {
    const page = await client.listAssets({ query: { ...filter, limit: Math.min(PAGE, limit - items.length), offset: items.length } })
    items.push(...page.data)
    total = page.data.length === 0 ? items.length : page.total
  } while (items.length < Math.min(limit, total))
  if (screen.json) return screen.document(items)
  screen.table(
    items,
    [
      { title: 'NAME', value: (asset) => asset.name },
      { title: 'URI', value: (asset) => asset.uri },
      { title: 'GROUP', value: (asset) => asset.group },
      { title: 'LAST UPDATE', value: (asset) => instant(asset.last_event?.at ?? null) },
      { title: 'PRODUCERS', value: (asset) => asset.producers, align: 'right' },
      { title: 'CONSUMERS', value: (asset) => asset.consumers, align: 'right' },
    ],
    'No assets.',
  )
  const more = moreNote(items.length, total)
  if (more !== null) screen.note(more)
}

async function show({ screen, connection }: Cli, uri: string): Promise<void> {
  const asset = await connection().client.getAsset({ query: { uri } })
  if (screen.json) return screen.document(asset)
  const through = (alias: string | null): string => (alias === null ? '' : ` (through ${alias})`)
  screen.line(`${asset.name}  ${asset.uri}`)
  screen.line(`group: ${asset.group}, last update: ${asset.last_event === null ? 'never' : instant(asset.last_event.at)}`)
  for (const { dag_id, task_id, alias } of asset.producers) screen.line(`updated by ${task_id} of ${dag_id}${through(alias)}`)
  for (const { dag_id, alias, is_paused, queued_events, condition } of asset.consumers) {
    const state = is_paused ? ', paused' : queued_events > 0 ? `, has ${queued_events} and waits for the rest` : ''
    screen.line(`awaited by ${dag_id}${through(alias)}: ${condition ?? ''}${state}`)
  }
  for (const { dag_id, task_id, alias } of asset.readers) screen.line(`read by ${task_id} of ${dag_id}${through(alias)}`)
}

async function events({ screen, connection }: Cli, uri: string, { limit }: { limit: number }): Promise<void> {
  const { client } = connection()
  const items: AssetEvent[] = []
  let cursor: string | null = null
  do {
    const query = { uri, limit: Math.min(EVENTS_PAGE, limit - items.length), ...(cursor === null ? {} : { cursor }) }
    const page: { data: AssetEvent[]; next_cursor: string | null } = await client.listAssetEvents({ query })
    items.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null && items.length < limit)
  if (screen.json) return screen.document(items)
  screen.table(
    items,
    [
      { title: 'AT', value: (event) => instant(event.at) },
      { title: 'DAG', value: (event) => event.source_dag_id ?? '' },
      { title: 'RUN', value: (event) => event.source_run_id ?? '' },
      { title: 'TASK', value: (event) => event.source_task_id ?? '' },
      { title: 'BY', value: (event) => event.created_by ?? '' },
      { title: 'EXTRA', value: (event) => shorten(JSON.stringify(event.extra)) },
    ],
    'No updates.',
  )
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

async function update({ screen, connection }: Cli, uri: string, { extra }: { extra?: string }): Promise<void> {
  const body = { uri, ...(extra === undefined ? {} : { extra: await readConf(extra, 'extra') }) }
  const event = await connection().client.createAssetEvent({ body })
  if (screen.json) return screen.document(event)
  screen.line(`The update of ${event.name} is recorded.`)
}
