/** `vortex pools`: list, set, delete. */
import type { Command } from 'commander'
import { VortexError } from '#contract/errors.ts'
import { action, type Cli } from '../cli.ts'
import { confirm } from '../prompt.ts'
import { count } from '../values.ts'

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
  const { client } = connection()
  const body = {
    slots,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.includeDeferred === undefined ? {} : { include_deferred: options.includeDeferred }),
  }
  const pool = await client.updatePool({ params: { name }, body }).catch((error: unknown) => {
    if (error instanceof VortexError && error.code === 'not_found') return client.createPool({ body: { name, ...body } })
    throw error
  })
  if (screen.json) return screen.document(pool)
  screen.line(`${pool.name} has ${pool.slots < 0 ? 'unlimited' : pool.slots} slots.`)
}

async function remove({ screen, connection }: Cli, name: string, { yes }: { yes?: boolean }): Promise<void> {
  await confirm(`Delete the pool ${name}? Tasks in it will not start.`, yes)
  const answer = await connection().client.deletePool({ params: { name } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
