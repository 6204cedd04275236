/**
 * The one door from the command line to the rest of the product; everything else in the CLI goes through the API. All of it
 * is loaded on demand.
 */
import { spawn } from 'node:child_process'
import { availableParallelism, constants } from 'node:os'
import { delimiter, join } from 'node:path'
import type { ScanReport } from '#contract/airflowScan.ts'
import type { PluginList } from '#contract/plugin.ts'
import { systemClock } from '#runtime/clock.ts'
import type { ConfigOptions } from '#runtime/config.ts'
import { createLogger } from '#runtime/logger.ts'
import { INSTALL_ROOT } from '#runtime/version.ts'
import type { RunningServer } from '../index.ts'
import { CliError, EXIT } from './exit.ts'

export interface EmbeddedOptions {
  /** Absolute path of the one DAG file to load; null = all of `dags_folder`. */
  file: string | null
  dags_folder: string
  /** State of this run: database, logs, sockets. */
  data_folder: string
  /** The user's own data folder: holds the managed Python environment, which takes seconds to make. */
  home_folder: string
  /** Told while something takes long. */
  report: (line: string) => void
}

/** A server for one terminal: it creates no scheduled runs. */
export interface EmbeddedServer {
  url: string
  api_key: string
  /** DAG ids that were loaded. */
  dag_ids: string[]
  /** Files that failed to load. */
  import_errors: { file: string; message: string; traceback: string; line: number | null }[]
  /** Ends everything, the local worker and its processes included. */
  stop: () => Promise<void>
}

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { startEmbedded: start } = await import('../index.ts')
  return start(options)
}

/** Of a server in this process, what the command line tells. */
export type LocalServer = Pick<RunningServer, 'url' | 'sign_in_link' | 'warnings' | 'config' | 'store' | 'dagsReady' | 'stop'>

/** Runs a whole server in this process. */
export async function startServer(options: ConfigOptions, extras: { launch_token?: string } = {}): Promise<LocalServer> {
  const { startServer: start } = await import('../index.ts')
  return start(options, extras)
}

export interface DatabaseAnswer {
  version: string
  version_number: number
  now: number
  database_bytes: number
  log_bytes: number
}

/** What a PostgreSQL server says of itself; throws if it does not answer in time. */
export async function probeDatabase(url: string, timeoutMs: number): Promise<DatabaseAnswer> {
  const { probePostgres } = await import('../db/postgres/probe.ts')
  return probePostgres({ url, timeout_ms: timeoutMs })
}

/** What a folder of Airflow DAG files needs; its code does not run. */
export async function scanAirflow(p: {
  folder: string
  compat: 'auto' | '2' | '3'
  data_folder: string
  /** VORTEX_PYTHON. */
  python: string | null
  report: (line: string) => void
}): Promise<ScanReport> {
  const { preparePython, PythonMissing } = await import('../dagfiles/pythonEnvironment.ts')
  const { scanFolder, ScanFailed } = await import('../dagfiles/scan/scanFolder.ts')
  const environment = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
  try {
    const { executable, notice } = await preparePython({ ...p, dataFolder: p.data_folder, environment, clock: systemClock })
    if (notice !== null) p.report(notice)
    return await scanFolder({ ...p, python: executable, package_folder: join(INSTALL_ROOT, 'python'), environment, clock: systemClock })
  } catch (cause) {
    if (cause instanceof PythonMissing || cause instanceof ScanFailed) throw new CliError(EXIT.failed, cause.message, { cause })
    throw cause
  }
}

/** Runs the DAGs' own Python in this terminal, with the package `vortex`; returns its exit code. */
export async function runPython(p: {
  args: readonly string[]
  env: Readonly<Record<string, string>>
  home_folder: string
  report: (line: string) => void
}): Promise<number> {
  const { preparePython, PythonMissing } = await import('../dagfiles/pythonEnvironment.ts')
  const { childEnvironment } = await import('../dagfiles/childEnvironment.ts')
  const packageFolder = join(INSTALL_ROOT, 'python')
  const environment = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
  const own = childEnvironment({ environment, packageFolder })
  // Meant for DAG files, though the names are VORTEX's own.
  for (const name of ['VORTEX_COMPAT', 'VORTEX_DAGS_FOLDER']) if (environment[name] !== undefined) own[name] = environment[name]
  const path = [packageFolder, environment['PYTHONPATH']].filter((part) => part !== undefined && part !== '').join(delimiter)
  try {
    const options = { python: environment['VORTEX_PYTHON'] || null, dataFolder: p.home_folder, environment, clock: systemClock }
    const { executable, notice } = await preparePython({ ...options, report: p.report })
    if (notice !== null) p.report(notice)
    const child = spawn(executable, p.args, { env: { ...own, ...p.env, PYTHONPATH: path }, stdio: 'inherit' })
    // Ctrl-C reaches the child too, which says how it ended.
    const wait = (): void => undefined
    process.on('SIGINT', wait)
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(code ?? SIGNAL_EXIT + (constants.signals[signal ?? 'SIGKILL'] ?? 0)))
    }).finally(() => process.removeListener('SIGINT', wait))
  } catch (cause) {
    if (cause instanceof PythonMissing) throw new CliError(EXIT.failed, cause.message, { cause })
    throw cause
  }
}

/** How shells tell that a signal ended a program. */
const SIGNAL_EXIT = 128

/** What plugins there are; each is looked at in a process of its own. */
export async function lookAtPlugins(p: {
  root: string
  path: string | null
  home_folder: string
  report: (line: string) => void
}): Promise<PluginList> {
  const { preparePython, PythonMissing } = await import('../dagfiles/pythonEnvironment.ts')
  const { childEnvironment } = await import('../dagfiles/childEnvironment.ts')
  const { listPlugins, PluginsUnknown } = await import('../dagfiles/plugins/listPlugins.ts')
  const own = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
  const environment = childEnvironment({ environment: own, packageFolder: join(INSTALL_ROOT, 'python'), dataFolder: p.home_folder })
  try {
    const options = { python: own['VORTEX_PYTHON'] || null, dataFolder: p.home_folder, environment: own, clock: systemClock }
    const { executable, notice } = await preparePython({ ...options, report: p.report })
    if (notice !== null) p.report(notice)
    return await listPlugins({ ...p, python: executable, environment, clock: systemClock })
  } catch (cause) {
    if (cause instanceof PythonMissing || cause instanceof PluginsUnknown) throw new CliError(EXIT.failed, cause.message, { cause })
    throw cause
  }
}

export interface WorkerStart {
  controllers: string[]
  token: string
  ca: Buffer | null
  capacity: number | null
  queues: string[]
  labels: string[]
  data_folder: string
  python: string | null
  drain_ms: number | null
  report: (line: string) => void
}

/** Runs a worker to its end; returns the exit code. */
export async function startWorker(start: WorkerStart): Promise<number> {
  const { runWorker, WORKER_EXIT } = await import('../worker/workerMain.ts')
  const { BadAddressError, parseController } = await import('../worker/session/controllerAddress.ts')
  const { FolderTakenError } = await import('../worker/workerService.ts')
  const { preparePython, PythonMissing } = await import('../dagfiles/pythonEnvironment.ts')
  try {
    const controllers = start.controllers.flatMap((list) => list.split(',')).map(parseController)
    const environment = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
    const python = await preparePython({
      python: start.python,
      dataFolder: start.data_folder,
      environment,
      clock: systemClock,
      report: start.report,
    })
    if (python.notice !== null) start.report(python.notice)
    const code = await runWorker(
      {
        controllers,
        token: start.token,
        ca: start.ca,
        data: start.data_folder,
        capacity: start.capacity ?? Math.max(4, availableParallelism()),
        queues: start.queues,
        labels: start.labels,
        python: python.executable,
        python_path: join(INSTALL_ROOT, 'python'),
        drain_ms: start.drain_ms,
        local: false,
        settings: '',
        log_level: 'info',
      },
      createLogger({ level: 'info' }),
    )
    if (code === WORKER_EXIT.hopeless)
      throw new CliError(
        EXIT.forbidden,
        'The controller refuses this worker; the log above says why. Check the worker token and the versions.',
      )
    return code
  } catch (cause) {
    if (cause instanceof BadAddressError) throw new CliError(EXIT.usage, cause.message, { cause })
    if (cause instanceof FolderTakenError || cause instanceof PythonMissing) throw new CliError(EXIT.failed, cause.message, { cause })
    throw cause
  }
}
