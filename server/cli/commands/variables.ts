/** `vortex variables`: list, get, set, delete. */
import type { Command } from 'commander'
import { action, type Cli } from '../cli.ts'
import { instant } from '../output.ts'
import { readPages } from '../pages.ts'
import { confirm, readSecret } from '../prompt.ts'
import { readFile } from '../values.ts'

export function register(variables: Command): void {
  variables.command('list').description('all Variables').option('--search <text>', 'part of the key').action(action(list))
  variables.command('get <key>').description('print the value of a Variable').action(action(get))
  variables
    .command('set <key> [value]')
    .description('make a Variable, or replace the one of that key; without a value it is read from --file or standard input')
    .option('--file <file>', 'read the value from a file')
    .option('--description <text>', 'what it is for')
    .action(action(set))
  variables.command('delete <key>').description('delete a Variable').option('-y, --yes', 'do not ask').action(action(remove))
}

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

async function remove({ screen, connection }: Cli, key: string, { yes }: { yes?: boolean }): Promise<void> {
  await confirm(`Delete the Variable ${key}? DAGs that read it will miss it.`, yes)
  const answer = await connection().client.deleteVariable({ params: { key } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
