/** `vortex worker`: runs attempts for a server on another host. */
import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { action, type Cli } from '../cli.ts'
import { dataFolder } from '../connection.ts'
import { CliError, endSoon, EXIT } from '../exit.ts'
import { collect, count } from '../values.ts'

export function register(worker: Command): void {
  worker
    .requiredOption('--controller <address>', 'controller, such as https://host:50051; with several, repeat it or write commas', collect)
    .option('--capacity <n>', 'attempts at the same time (default: the number of processors, at least 4)', count(1, 10_000))
    .option('--token-file <file>', 'file with the worker token (or VORTEX_WORKER_TOKEN)')
    .option('--token <token>', 'the worker token itself; other users of the machine can see it')
    .option('--ca-file <file>', 'certificates that the controller may be signed by (PEM)')
    .option('--queue <name>', 'only take tasks of this queue; may be repeated', collect)
    .option('--label <name>', 'label shown with the worker; may be repeated', collect)
    .option('--data-folder <folder>', 'folder for bundles and unsent logs (default: worker in VORTEX_HOME)')
    .option('--python <path>', 'Python interpreter (VORTEX_PYTHON; else one is set up)')
    .option('--drain-ms <ms>', 'when asked to stop, give running attempts so long (default: until they end)', count(0, 2_147_483_647))
    .addHelpText(
      'after',
      '\nExample:\n  vortex worker --controller https://scheduler:50051 --capacity 4 --token-file /etc/vortex/worker.token\n\nTERM drains: nothing new starts, running attempts end. A second TERM kills them.',
    )
    .action(action(run))
}

interface WorkerOptions {
  controller: string[]
  capacity?: number
  tokenFile?: string
  token?: string
  caFile?: string
  queue?: string[]
  label?: string[]
  dataFolder?: string
  python?: string
  drainMs?: number
}

async function run({ screen }: Cli, options: WorkerOptions): Promise<number> {
  if (options.token !== undefined)
    screen.warn('The worker token on the command line is visible to every user of this machine. Use VORTEX_WORKER_TOKEN or --token-file.')
  const folder = options.dataFolder ?? join(dataFolder(), 'worker')
  const token = readToken(options)
  const { startWorker } = await import('../embedded.ts')
  // Whatever is left when the worker has ended is a forgotten handle: it must not keep the process.
  return await startWorker({
    controllers: options.controller.flatMap((list) => list.split(',')),
    token,
    ca: options.caFile === undefined ? null : readFileSync(options.caFile),
    capacity: options.capacity ?? null,
    queues: options.queue ?? [],
    labels: options.label ?? [],
    data_folder: folder,
    python: options.python ?? (process.env['VORTEX_PYTHON'] || null),
    drain_ms: options.drainMs ?? null,
    report: (line) => screen.note(line),
  }).finally(endSoon)
}

function readToken(options: WorkerOptions): string {
  const given =
    options.token ?? (options.tokenFile === undefined ? process.env['VORTEX_WORKER_TOKEN'] : readFileSync(options.tokenFile, 'utf8'))
  // Tasks inherit the environment; the token is not for them.
  delete process.env['VORTEX_WORKER_TOKEN']
  if (given === undefined || given.trim() === '')
    throw new CliError(
      EXIT.usage,
      'The worker token is missing: give --token-file FILE or set VORTEX_WORKER_TOKEN. The server keeps it in worker.token in its data folder.',
    )
  return given.trim()
}
