/** `vortex server` (also `vortex-server`): runs the server until it is told to stop. */
import type { Command } from 'commander'
import { CONFIG_SCHEMA, ConfigError, type ConfigOptions } from '#runtime/config.ts'
import { releaseMemoryWhenIdle } from '#runtime/idleMemory.ts'
import { action, type Cli } from '../cli.ts'
import type { LocalServer } from '../embedded.ts'
import { CliError, endSoon, EXIT } from '../exit.ts'
import type { Screen } from '../output.ts'
import { isSupervised, runSupervised } from '../supervised.ts'

interface Setting {
  type?: string
  env: string
  description?: string
  default?: string | number | boolean | readonly string[] | null
  enum?: readonly string[]
}

/** Secrets on a command line are seen by every user of the machine. */
const SECRET_SETTINGS = new Set(['databaseUrl'])

export function register(server: Command): void {
  for (const [name, schema] of Object.entries(CONFIG_SCHEMA) as unknown as [string, Setting][]) {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const hints = [
      schema.env,
      ...(schema.default === null || schema.default === undefined ? [] : [`default ${String(schema.default) || 'none'}`]),
    ]
    const description = `${schema.description ?? ''} (${hints.join(', ')})`
    server.option(schema.type === 'boolean' ? `--${flag} <true|false>` : `--${flag} <value>`, description)
  }
  server
    .addHelpText(
      'after',
      '\nExamples:\n  vortex server --dags-folder ./dags\n  VORTEX_DATABASE_URL=postgres://vortex@db/vortex vortex server --host 0.0.0.0 --swarm-listen 0.0.0.0:50051',
    )
    .action(action(run))
}

async function run({ screen }: Cli, given: Record<string, string | boolean>): Promise<number> {
  const options = Object.fromEntries(Object.entries(given).filter(([name]) => name in CONFIG_SCHEMA)) as ConfigOptions
  for (const name of Object.keys(options)) {
    const url = SECRET_SETTINGS.has(name) ? String(options[name as keyof ConfigOptions]) : ''
    if (URL.canParse(url) && new URL(url).password !== '')
      screen.warn('The password in --database-url is visible to every user of this machine. Use VORTEX_DATABASE_URL.')
  }
  if (isSupervised()) return runSupervised(options, (cause) => explainStart(cause, options))
  // From here on: a signal during the start ends it in order as soon as it is through.
  const signal = untilSignal()
  const { startServer } = await import('../embedded.ts')
  const server = await startServer(options).catch((cause: unknown) => {
    endSoon()
    throw explainStart(cause, options)
  })
  releaseMemoryWhenIdle()
  for (const warning of server.warnings) screen.warn(warning)
  if (screen.json) screen.document({ url: server.url, sign_in_link: server.sign_in_link })
  else {
    screen.line(`VORTEX runs at ${server.url}`)
    if (server.sign_in_link !== null) screen.line(`Sign in once with ${server.sign_in_link}`)
    // Of several controllers on one database only the leader reads files.
    if (server.config.databaseUrl === null) void tellDagFiles(server, screen)
  }
  // A service manager restarts with TERM: running tasks go on under the local worker. Ctrl-C ends everything.
  await server.stop({ leave_worker: (await signal) === 'SIGTERM' })
  endSoon()
  return EXIT.ok
}

/** Reading is over sooner than this, but for the first start and large folders. */
const SLOW_READ_MS = 2_000

/** Whoever opens the dashboard at once should not take an empty list for the whole. */
async function tellDagFiles({ config, dagsReady, store }: LocalServer, screen: Screen): Promise<void> {
  const first = config.python === null ? ' The first start makes a Python environment for it, which takes up to a minute.' : ''
  const patience = setTimeout(() => {
    screen.note(`Reading the DAG files of ${config.dagsFolder} ...${first} The dashboard can be opened meanwhile.`)
  }, SLOW_READ_MS)
  try {
    await dagsReady
    const [dags, broken] = await Promise.all([
      store.dagList({ limit: 1, offset: 0, include_stale: false }),
      store.dagFileErrorList({ limit: 1, offset: 0 }),
    ])
    const fail = `${broken.total} ${broken.total === 1 ? 'file fails' : 'files fail'} to load; see: vortex dags errors`
    screen.note(`${dags.total} ${dags.total === 1 ? 'DAG' : 'DAGs'} of ${config.dagsFolder}${broken.total === 0 ? '.' : `; ${fail}`}`)
  } catch {
    // Stopped meanwhile, or told in the log by who reads them.
  } finally {
    clearTimeout(patience)
  }
}

/** Failures at the start that the operator can mend. */
function explainStart(cause: unknown, options: ConfigOptions): unknown {
  if (!(cause instanceof Error)) return cause
  if (cause instanceof ConfigError) return new CliError(EXIT.usage, cause.message, { cause })
  if (cause.name === 'StoreUnavailable' && cause.message.startsWith('PostgreSQL'))
    return new CliError(
      EXIT.unreachable,
      `The database does not answer (${cause.message}). Check that it runs, and its address, user and password in VORTEX_DATABASE_URL (or --database-url).`,
      { cause },
    )
  const { code, syscall } = cause as NodeJS.ErrnoException
  const address = 'port' in cause ? `Port ${String(cause.port)}` : 'The port'
  if (code === 'EADDRINUSE')
    return new CliError(
      EXIT.failed,
      `${address} is in use, perhaps by another VORTEX. Choose another one with --port, or --port 0 for any.`,
      { cause },
    )
  if (code === 'EACCES' && 'port' in cause)
    return new CliError(EXIT.failed, `${address} may not be opened by this user. Choose one above 1023 with --port.`, { cause })
  if (code === 'EADDRNOTAVAIL' || (syscall === 'getaddrinfo' && code !== undefined)) {
    const host = String(options.host ?? process.env['VORTEX_HOST'])
    return new CliError(
      EXIT.failed,
      `This machine has no address ${host} to listen on. Give one of its own with --host (or VORTEX_HOST), or 0.0.0.0 for all.`,
      { cause },
    )
  }
  return cause
}

/** The first TERM or INT asks for an orderly end; a second one ends at once. */
function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) {
        process.removeListener(name, stop)
        process.once(name, () => process.exit(signal === 'SIGINT' ? 130 : 143))
      }
      resolve(signal)
    }
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop)
  })
}
