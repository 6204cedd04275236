/** `vortex variables`: list, get, set, delete, import, export. */
import type { Command } from 'commander'
import type { VariableImported } from '#contract/admin.ts'
import { action, type Cli } from '../cli.ts'
import { instant } from '../output.ts'
import { readPages } from '../pages.ts'
import { confirm, readSecret } from '../prompt.ts'
import { choice, readFile, readJsonObject } from '../values.ts'

export function register(variables: Command): void {
  variables.command('list').description('all Variables').option('--search <text>', 'part of the key').action(action(list))
  variables.command('get <key>').description('print the value of a Variable').action(action(get))
  variables
    .command('set <key> [value]')
    .description('make a Variable, or replace the one of that key; without a value it is read from --file or standard input')
    .option('--file <file>', 'read the value from a file')
    .option('--description <text>', 'what it is for')
    .action(action(set))
  variables
    .command('import <file>')
    .description('set the Variables of a file as `airflow variables export` writes it: a JSON object of keys and values; - for a pipe')
    .option('--on-existing <what>', 'overwrite, skip or fail', choice(EXISTING), 'overwrite')
    .option('--dry-run', 'tell what would be done')
    .action(action(load))
  variables
    .command('export')
    .description('all Variables as JSON, as `airflow variables import` reads it; those that are sensitive by their name are left out')
    .action(action(dump))
  variables.command('delete <key>').description('delete a Variable').option('-y, --yes', 'do not ask').action(action(remove))
}

const EXISTING = ['overwrite', 'skip', 'fail'] as const
type Existing = (typeof EXISTING)[number]
/** What one request takes: the contract's limit of names, and less than half of the largest body. */
const CHUNK_NAMES = 1_000
const CHUNK_CHARACTERS = 500_000

async function list({ screen, connection }: Cli, { search }: { search?: string }): Promise<void> {
  const filter = search === undefined ? {} : { search }
  const { items } = await readPages(100_000, (page) => connection().client.listVariables({ query: { ...filter, ...page } }))
  if (screen.json) return screen.document(items)
  screen.table(
    items,
    [
      { title: 'KEY', value: (variable) => variable.key },
      { title: 'VALUE', value: (variable) => (variable.value === null ? '***' : shorten(variable.value)) },
      { title: 'UPDATED', value: (variable) => instant(variable.updated_at) },
      { title: 'DESCRIPTION', value: (variable) => variable.description },
    ],
    'No Variables.',
  )
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

async function get({ screen, connection }: Cli, key: string): Promise<void> {
  const variable = await connection().client.getVariable({ params: { key } })
  if (screen.json) return screen.document(variable)
  if (variable.value === null) return screen.note(`The name ${key} marks the value as sensitive; it is not shown.`)
  screen.line(variable.value)
}

async function set(
  { screen, connection }: Cli,
  key: string,
  given: string | undefined,
  options: { file?: string; description?: string },
): Promise<void> {
  const value = options.file !== undefined ? readFile(options.file) : (given ?? (await readSecret('value', undefined)))
  const body = { value, ...(options.description === undefined ? {} : { description: options.description }) }
  const variable = await connection().client.setVariable({ params: { key }, body })
  if (screen.json) return screen.document(variable)
  screen.line(`${key} is set.`)
}

async function load(
  { screen, connection }: Cli,
  file: string,
  { onExisting, dryRun }: { onExisting: Existing; dryRun?: boolean },
): Promise<void> {
  const chunks = chunksOf(await readJsonObject(file))
  const send = async (on_existing: Existing, dry_run: boolean): Promise<VariableImported> => {
    const total: VariableImported = { dry_run, created: [], overwritten: [], skipped: [] }
    for (const variables of chunks) {
      const answer = await connection().client.importVariables({ body: { variables, on_existing, dry_run } })
      for (const what of ['created', 'overwritten', 'skipped'] as const) total[what].push(...answer[what])
    }
    return total
  }
  // Of several requests none is sent unless all of them would be taken.
  if (onExisting === 'fail' && chunks.length > 1) await send('fail', true)
  const answer = await send(onExisting, dryRun === true)
  if (screen.json) return screen.document(answer)
  const told = [
    ['set', answer.created],
    ['replaced', answer.overwritten],
    ['left alone', answer.skipped],
  ] as const
  for (const [what, keys] of told) if (keys.length > 0) screen.line(`${dryRun === true ? 'Would be ' : ''}${what}: ${keys.join(', ')}`)
  if (told.every(([, keys]) => keys.length === 0)) screen.line('The file has no Variables.')
}

function chunksOf(variables: Record<string, unknown>): Record<string, unknown>[] {
  const chunks: Record<string, unknown>[] = []
  let names = 0
  let characters = 0
  for (const [key, value] of Object.entries(variables)) {
    const size = key.length + JSON.stringify(value).length
    if (chunks.length === 0 || names === CHUNK_NAMES || characters + size > CHUNK_CHARACTERS) {
      chunks.push({})
      names = characters = 0
    }
    const chunk = chunks.at(-1)
    if (chunk !== undefined) chunk[key] = value
    names += 1
    characters += size
  }
  return chunks
}

async function dump({ screen, connection }: Cli): Promise<void> {
  const { items } = await readPages(100_000, (page) => connection().client.listVariables({ query: page }))
  const shown = items.filter(({ value }) => value !== null)
  const described = ({ value, description }: (typeof items)[number]): unknown => (description === '' ? value : { value, description })
  screen.document(Object.fromEntries(shown.map((variable) => [variable.key, described(variable)])))
  if (shown.length < items.length)
    screen.note(`${items.length - shown.length} of ${items.length} are sensitive by their name, and left out.`)
}

async function remove({ screen, connection }: Cli, key: string, { yes }: { yes?: boolean }): Promise<void> {
  await confirm(`Delete the Variable ${key}? DAGs that read it will miss it.`, yes)
  const answer = await connection().client.deleteVariable({ params: { key } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
