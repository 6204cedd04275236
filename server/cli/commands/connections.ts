/** `vortex connections`: list, get, add, delete, import, export. What is secret comes from a file, a pipe or a prompt, never from the command line. */
import type { Command } from 'commander'
import type { Connection, ConnectionBody } from '#contract/connection.ts'
import { VortexError } from '#contract/errors.ts'
import { action, type Cli } from '../cli.ts'
import { CliError, EXIT } from '../exit.ts'
import { instant } from '../output.ts'
import { readPages } from '../pages.ts'
import { confirm, readSecret } from '../prompt.ts'
import { choice, readInput } from '../values.ts'

export function register(connections: Command): void {
  connections.command('list').description('ids and types').option('--search <text>', 'part of id or type').action(action(list))
  connections.command('get <id>').description('one connection, without what is secret in it').action(action(get))
  connections
    .command('add <id>')
    .description('add or replace a connection; its URI or JSON is asked for, or read from a pipe or --file')
    .option('--file <file>', 'read it from a file')
    .option('--description <text>', 'what it is for')
    .option('--keep', 'fail if there is one of this id')
    .addHelpText('after', ADD_HELP)
    .action(action(add))
  connections.command('delete <id>').description('delete a connection').option('-y, --yes', 'do not ask').action(action(remove))
  connections
    .command('import <file>')
    .description('add the connections of a file as `airflow connections export` writes it: JSON, or lines ID=URI; - for a pipe')
    .option('--on-existing <what>', 'overwrite, skip or fail', choice(['overwrite', 'skip', 'fail'] as const), 'overwrite')
    .option('--dry-run', 'tell what would be done')
    .action(action(load))
  connections
    .command('export')
    .description('all connections as JSON, without what is secret in them; an import of it keeps stored secrets')
    .action(action(dump))
}

const ADD_HELP = `
Examples:
  vortex connections add warehouse                       asks for the URI
  pass show warehouse-uri | vortex connections add warehouse
  vortex connections add api --file api.json             {"conn_type": "http", "host": "https://api.example", "password": "..."}`

async function list({ screen, connection }: Cli, { search }: { search?: string }): Promise<void> {
  const filter = search === undefined ? {} : { search }
  const { items } = await readPages(100_000, (page) => connection().client.listConnections({ query: { ...filter, ...page } }))
  if (screen.json) return screen.document(items)
  screen.table(
    items,
    [
      { title: 'ID', value: (item) => item.conn_id },
      { title: 'TYPE', value: (item) => item.conn_type },
      { title: 'UPDATED', value: (item) => instant(item.updated_at) },
      { title: 'DESCRIPTION', value: (item) => item.description },
    ],
    'No connections.',
  )
}

async function get({ screen, connection }: Cli, conn_id: string): Promise<void> {
  const found = await connection().client.getConnection({ params: { conn_id } })
  if (screen.json) return screen.document(found)
  const lines = [
    ['type', found.conn_type],
    ['host', found.host],
    ['port', found.port],
    ['schema', found.schema],
    ['login', found.login],
    ['password', found.has_password ? '***' : null],
    ['extra', found.extra],
    ['description', found.description || null],
  ] as const
  for (const [name, value] of lines) if (value !== null) screen.line(`${name.padEnd(11)} ${value}`)
}

async function add(
  { screen, connection }: Cli,
  conn_id: string,
  { file, description, keep }: { file?: string; description?: string; keep?: boolean },
): Promise<void> {
  const given = readOne(conn_id, await readSecret(`URI or JSON of ${conn_id}`, file))
  const body = { connections: { [conn_id]: given }, on_existing: keep === true ? ('fail' as const) : ('overwrite' as const) }
  const { client } = connection()
  const { created } = await client.importConnections({ body })
  if (description !== undefined) {
    const { conn_type, host, port, schema, login } = await client.getConnection({ params: { conn_id } })
    await client.updateConnection({ params: { conn_id }, body: { conn_type, host, port, schema, login, description } })
  }
  if (screen.json) return screen.document(await client.getConnection({ params: { conn_id } }))
  screen.line(created.length > 0 ? `${conn_id} was added.` : `${conn_id} was replaced.`)
}

/** JSON is told from a URI by its first character. An object without a password means none; the server would keep the stored one. */
function readOne(conn_id: string, text: string): unknown {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return trimmed
  const read = parseJson(trimmed, `what was given for ${conn_id}`)
  return { password: null, extra: null, ...read }
}

async function remove({ screen, connection }: Cli, conn_id: string, { yes }: { yes?: boolean }): Promise<void> {
  await confirm(`Delete the connection ${conn_id}? Tasks that use it will fail.`, yes)
  const answer = await connection().client.deleteConnection({ params: { conn_id } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}

async function load(
  { screen, connection }: Cli,
  file: string,
  { onExisting, dryRun }: { onExisting: 'overwrite' | 'skip' | 'fail'; dryRun?: boolean },
): Promise<void> {
  const connections = readMany(await readInput(file))
  const dry_run = dryRun === true
  const answer = await connection().client.importConnections({ body: { connections, on_existing: onExisting, dry_run } })
  if (screen.json) return screen.document(answer)
  const told = [
    ['added', answer.created],
    ['replaced', answer.overwritten],
    ['left alone', answer.skipped],
  ] as const
  for (const [what, ids] of told) if (ids.length > 0) screen.line(`${dry_run ? 'Would be ' : ''}${what}: ${ids.join(', ')}`)
  if (told.every(([, ids]) => ids.length === 0)) screen.line('The file has no connections.')
}

function readMany(text: string): Record<string, unknown> {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return parseJson(trimmed, 'the file')
  const found: Record<string, unknown> = {}
  for (const [index, line] of trimmed.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const form = /^\s*([^=\s]+)\s*=\s*(.+)$/.exec(line)
    if (form === null)
      throw new CliError(
        EXIT.usage,
        `Line ${index + 1} of the file is not ID=URI. Files are JSON, or lines ID=URI; write YAML anew with: airflow connections export file.json`,
      )
    const [, id = '', value = ''] = form
    found[id] = value.trim().startsWith('{') ? parseJson(value.trim(), `line ${index + 1}`) : value.trim()
  }
  return found
}

/** Its errors don't repeat the text, which holds passwords. */
function parseJson(text: string, what: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new CliError(EXIT.usage, `JSON was expected, and ${what} is not valid JSON.`)
  }
}

async function dump({ screen, connection }: Cli): Promise<void> {
  const { client } = connection()
  const { items } = await readPages(100_000, (page) => client.listConnections({ query: page }))
  const exported: Record<string, ConnectionBody> = {}
  let hidden = 0
  for (const { conn_id } of items) {
    const found = await client.getConnection({ params: { conn_id } }).catch((error: unknown) => {
      // Deleted since it was listed.
      if (error instanceof VortexError && error.code === 'not_found') return null
      throw error
    })
    if (found === null) continue
    exported[conn_id] = exportOf(found)
    if (found.has_password || found.extra?.includes('"***"')) hidden += 1
  }
  screen.document(exported)
  if (hidden > 0) screen.note(`${hidden} of ${items.length} have a password or other secrets, which are left out.`)
}

function exportOf({ conn_type, description, host, port, schema, login, extra }: Connection): ConnectionBody {
  return { conn_type, description, host, port, schema, login, extra }
}
