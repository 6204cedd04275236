/**
 * The worker program. Exit codes: 0 drained, alone or asked to stop; 1 unexpected failure; 2 wrong usage; 3 another worker runs
 * on the same folder; 4 the controller refuses the token or the protocol for good.
 *
 *   node workerMain.ts --controller ADDRESS [--controller ...] | --socket PATH
 *     --data DIR --capacity N --python PATH --python-path DIR
 *     [--token-file FILE | environment VORTEX_WORKER_TOKEN] [--ca-file FILE] [--queue NAME ...] [--label NAME ...]
 *     [--drain-ms N] [--local] [--log-level LEVEL]
 *
 * TERM drains, a second TERM (or INT) kills what still runs and ends.
 */
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Clock, systemClock } from '#runtime/clock.ts'
import { processIdentity } from '#runtime/config.ts'
import { releaseMemoryWhenIdle } from '#runtime/idleMemory.ts'
import { createLogger, type Logger } from '#runtime/logger.ts'
import { readVersion } from '#runtime/version.ts'
import { CAPACITY_MAX } from '#swarm/limits.ts'
import { createHostRunner } from './hosts/hostRunner.ts'
import { BadAddressError, type ControllerAddress, parseController } from './session/controllerAddress.ts'
import { FolderTakenError, WorkerService } from './workerService.ts'

/** Exit codes; localWorkerProcess.ts reads them. */
export const WORKER_EXIT = { fine: 0, failure: 1, usage: 2, taken: 3, hopeless: 4 } as const

class UsageError extends Error {}

export interface WorkerArguments {
  controllers: ControllerAddress[]
  token: string
  ca: Buffer | null
  data: string
  capacity: number
  queues: string[]
  labels: string[]
  python: string
  python_path: string
  drain_ms: number | null
  local: boolean
  settings: string
  log_level: 'debug' | 'info' | 'warn' | 'error'
}

export async function readArguments(argv: string[], env: Record<string, string | undefined>): Promise<WorkerArguments> {
  const text = { type: 'string' } as const
  const many = { type: 'string', multiple: true, default: [] as string[] } as const
  const { values } = parse(argv, {
    controller: many,
    socket: text,
    data: text,
    'token-file': text,
    'ca-file': text,
    capacity: text,
    queue: many,
    label: many,
    python: text,
    'python-path': text,
    'drain-ms': text,
    local: { type: 'boolean', default: false },
    settings: { type: 'string', default: '' },
    'log-level': { type: 'string', default: 'info' },
  })
  const addresses = [
    ...values.controller.flatMap((list) => list.split(',')),
    ...(values.socket === undefined ? [] : [`unix:${resolve(values.socket)}`]),
  ]
  if (addresses.length === 0) throw new UsageError('Say where the controller is: --controller http://host:50051 or --socket PATH.')
  const log_level = values['log-level']
  if (log_level !== 'debug' && log_level !== 'info' && log_level !== 'warn' && log_level !== 'error')
    throw new UsageError('--log-level is one of debug, info, warn, error.')
  return {
    controllers: addresses.map(parseController),
    token: await readToken(values['token-file'], env),
    ca: values['ca-file'] === undefined ? null : await readFile(values['ca-file']),
    data: resolve(required(values.data, '--data')),
    capacity: count(required(values.capacity, '--capacity'), '--capacity', 1, CAPACITY_MAX),
    queues: values.queue,
    labels: values.label,
    python: required(values.python, '--python'),
    python_path: resolve(required(values['python-path'], '--python-path')),
    drain_ms: values['drain-ms'] === undefined ? null : count(values['drain-ms'], '--drain-ms', 0, 2_147_483_647),
    local: values.local || values.socket !== undefined,
    settings: values.settings,
    log_level,
  }
}

function parse<O extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new UsageError(`${name} is missing.`)
  return value
}

function count(text: string, name: string, least: number, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most)
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`)
  return value
}

/** The token is never an argument: those are visible to every user of the machine. */
async function readToken(file: string | undefined, env: Record<string, string | undefined>): Promise<string> {
  const given = env['VORTEX_WORKER_TOKEN']
  delete env['VORTEX_WORKER_TOKEN']
  const token = file === undefined ? given : await readFile(file, 'utf8')
  if (token === undefined || token.trim() === '')
    throw new UsageError('The worker token is missing: give --token-file FILE or set VORTEX_WORKER_TOKEN.')
  return token.trim()
}

/** Runs until the worker has a reason to end; returns the exit code. */
export async function runWorker(args: WorkerArguments, logger: Logger): Promise<number> {
  warnOfPlaintext(args.controllers, logger)
  const worker = new WorkerService({
    controllers: args.controllers,
    credentials: { token: args.token, ca: args.ca },
    identity: {
      worker_id: processIdentity()
        .replace(/[^A-Za-z0-9._-]/g, '-')
        .slice(-128),
      hostname: hostname(),
      capacity: args.capacity,
      queues: args.queues,
      labels: args.labels,
      version: readVersion(),
      local: args.local,
    },
    folder: args.data,
    settings: args.settings,
    createRunner: (listener) =>
      createHostRunner({
        listener,
        clock: systemClock,
        python: args.python,
        python_path: args.python_path,
        env: process.env,
        folder: args.data,
        onLine: (line) => logger.info({ part: 'host' }, line),
      }),
    clock: systemClock,
    logger,
    drain_ms: args.drain_ms,
  })
  const onSignal = createSignalHandler(worker)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await worker.start()
    releaseMemoryWhenIdle()
    const end = await worker.ended
    logger.info(end, 'the worker ends')
    return end.kind === 'hopeless' ? WORKER_EXIT.hopeless : WORKER_EXIT.fine
  } finally {
    // From here on a signal ends the process at once; its hosts see that and end what is left.
    for (const signal of SIGNALS) process.removeListener(signal, onSignal)
    await stopInTime(worker, { clock: systemClock, logger })
  }
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Hosts have 3 s to end their processes, the last connection some more; what hangs longer is cut by the process's end. */
const STOP_MS = 10_000

/** Stops it, but waits no longer than the bound. */
export async function stopInTime(worker: Pick<WorkerService, 'stop'>, { clock, logger }: { clock: Clock; logger: Logger }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const limit = clock.after(STOP_MS, () => {
      logger.error({ after_ms: STOP_MS }, 'the worker does not stop in order; ending the process')
      resolve()
    })
    worker.stop().then(() => {
      limit.cancel()
      resolve()
    }, reject)
  })
}

function createSignalHandler(worker: WorkerService): () => void {
  let signals = 0
  return () => {
    signals += 1
    if (signals === 1) worker.drain()
    else worker.leave()
  }
}

function warnOfPlaintext(controllers: ControllerAddress[], logger: Logger): void {
  for (const address of controllers) {
    if (address.kind !== 'tcp' || address.tls || ['localhost', '127.0.0.1', '[::1]'].includes(address.host)) continue
    logger.warn(
      { controller: address.text },
      'PLAINTEXT: the worker token and task secrets travel unencrypted to this controller. Use https:// with a certificate.',
    )
  }
}

async function main(): Promise<void> {
  let logger = createLogger({ level: 'info' })
  try {
    const args = await readArguments(process.argv.slice(2), process.env)
    logger = createLogger({ level: args.log_level })
    process.exitCode = await runWorker(args, logger)
  } catch (error) {
    if (error instanceof UsageError || error instanceof BadAddressError) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = WORKER_EXIT.usage
    } else if (error instanceof FolderTakenError) {
      logger.error(error.message)
      process.exitCode = WORKER_EXIT.taken
    } else {
      logger.fatal({ err: error }, 'the worker failed')
      process.exitCode = WORKER_EXIT.failure
    }
  }
  // Nothing is left to do; a forgotten handle must not keep the process.
  process.exit()
}

if (import.meta.main) await main()
