/** `vortex pools`: list, set, delete, import, export. */
import type { Command } from 'commander'
import { VortexError } from '#contract/errors.ts'
import { action, type Cli } from '../cli.ts'
import { confirm } from '../prompt.ts'
import { CliError, EXIT } from '../exit.ts'
import { count, readJsonObject } from '../values.ts'

export function register(pools: Command): void {
  pools.command('list').description('all pools with the use of their slots').action(action(list))
  pools
    .command('set')
    .description('make a pool or change it')
    .argument('<name>', 'name of the pool')
    .argument('<slots>', 'task instances that may run in it at once; -1 = unlimited', count(-1, 1_000_000))
    .option('--description <text>', 'what it is for')
    .option('--include-deferred', 'deferred task instances keep their slots')
    .addHelpText('after', '\nExample:\n  vortex pools set warehouse 4 --description "queries at once"\n  vortex pools set warehouse -1')
    .action(action(set))
  pools
    .command('import <file>')
    .description(
      'make or change the pools of a file as `airflow pools export` writes it: JSON of names, slots and descriptions; - for a pipe',
    )
    .action(action(load))
  pools.command('export').description('all pools as JSON, as `airflow pools import` reads it').action(action(dump))
  pools.command('delete <name>').description('delete a pool; default_pool stays').option('-y, --yes', 'do not ask').action(action(remove))
}

async function list({ screen, connection }: Cli): Promise<void> {
  const { pools } = await connection().client.listPools()
  if (screen.json) return screen.document(pools)
  screen.table(
    pools,
    [
      { title: 'POOL', value: (pool) => pool.name },
      { title: 'SLOTS', value: (pool) => (pool.slots < 0 ? 'unlimited' : pool.slots), align: 'right' },
      { title: 'RUNNING', value: (pool) => pool.running_slots, align: 'right' },
      { title: 'QUEUED', value: (pool) => pool.queued_slots, align: 'right' },
      { title: 'WAITING', value: (pool) => pool.waiting, align: 'right', style: (pool) => (pool.waiting > 0 ? 'yellow' : null) },
      { title: 'DESCRIPTION', value: (pool) => pool.description },
    ],
    'No pools.',
  )
}

async function set(
  { screen, connection }: Cli,
  name: string,
  slots: number,
  options: { description?: string; includeDeferred?: boolean },
): Promise<void> {
  const body = {
    slots,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.includeDeferred === undefined ? {} : { include_deferred: options.includeDeferred }),
  }
  const pool = await put(connection().client, name, body)
  if (screen.json) return screen.document(pool)
  screen.line(`${pool.name} has ${pool.slots < 0 ? 'unlimited' : pool.slots} slots.`)
}

type Client = ReturnType<Cli['connection']>['client']
type PoolBody = Parameters<Client['updatePool']>[0]['body']

async function put(client: Client, name: string, body: PoolBody): Promise<Awaited<ReturnType<Client['updatePool']>>> {
  return await client.updatePool({ params: { name }, body }).catch((error: unknown) => {
    if (error instanceof VortexError && error.code === 'not_found') return client.createPool({ body: { name, ...body } })
    throw error
  })
}

async function load({ screen, connection }: Cli, file: string): Promise<void> {
  const pools = Object.entries(await readJsonObject(file)).map(([name, fields]) => ({ name, body: readPool(name, fields) }))
  for (const { name, body } of pools) await put(connection().client, name, body)
  if (screen.json) return screen.document(pools.map(({ name }) => name))
  screen.line(pools.length === 0 ? 'The file has no pools.' : `Set: ${pools.map(({ name }) => name).join(', ')}`)
}

/** Airflow's fields. */
function readPool(name: string, given: unknown): PoolBody {
  const { slots, description, include_deferred } = (given ?? {}) as Record<string, unknown>
  if (typeof slots !== 'number' || !Number.isInteger(slots) || slots < -1)
    throw new CliError(EXIT.usage, `The pool ${name} has no "slots" that is a whole number, -1 for unlimited. Nothing was changed.`)
  return {
    slots,
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof include_deferred === 'boolean' ? { include_deferred } : {}),
  }
}

async function dump({ screen, connection }: Cli): Promise<void> {
  const { pools } = await connection().client.listPools()
  screen.document(
    Object.fromEntries(pools.map(({ name, slots, description, include_deferred }) => [name, { slots, description, include_deferred }])),
  )
}

async function remove({ screen, connection }: Cli, name: string, { yes }: { yes?: boolean }): Promise<void> {
  await confirm(`Delete the pool ${name}? Tasks in it will not start.`, yes)
  const answer = await connection().client.deletePool({ params: { name } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
