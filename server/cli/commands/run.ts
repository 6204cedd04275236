/** `vortex run FILE|DAG_ID`: runs a DAG to its end in this terminal, with an engine of its own and no server. */
import type { Command } from 'commander'
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'
import { action, type Cli } from '../cli.ts'
import { confOf, type ConfOptions, readConfOptions } from '../conf.ts'
import { connectionTo, dataFolder } from '../connection.ts'
import { importFailure } from '../dagState.ts'
import { debugInHosts, readDebug, whereItWaits } from '../debugOptions.ts'
import type { EmbeddedServer } from '../embedded.ts'
import { CliError, EXIT } from '../exit.ts'
import { followRun } from '../follow/followRun.ts'
import type { Screen } from '../output.ts'
import { collect, readInstant } from '../values.ts'

export function register(run: Command): void {
  run
    .argument('<file|dag_id>', 'a DAG file, or the id of a DAG in the DAG folder')
    .option('--dag-id <dag_id>', 'which DAG, if the file defines several')
    .option('--conf <json>', 'parameters as JSON object, @file, or - for standard input')
    .option('--param <name=value>', 'one parameter; may be repeated', collect)
    .option('--logical-date <date>', 'date that the run is for (default: now)', readInstant)
    .option('--dags-folder <folder>', 'where to look for a DAG id (VORTEX_DAGS_FOLDER, default ./dags)')
    .option('--keep <folder>', 'keep database and logs in this folder (default: a temporary one)')
    .option('--quiet', 'tell only how it ended')
    .option('--debug <task_id>', 'this task waits for a debugger (debugpy)')
    .option('--debug-address <host:port>', 'where it waits (default: 127.0.0.1:5678)')
    .addHelpText(
      'after',
      '\nExamples:\n  vortex run dags/my_pipeline.py\n  vortex run my_pipeline --conf \'{"day": "2026-11-23"}\' --logical-date 2026-11-23\n\nExit code 1 if the run fails; the logs of what failed are shown.',
    )
    .action(action(runDag))
}

interface RunOptions extends ConfOptions {
  dagId?: string
  logicalDate?: string
  dagsFolder?: string
  keep?: string
  quiet?: boolean
  debug?: string
  debugAddress?: string
}

/** A start takes a second, except for the first one on a machine. */
const SLOW_START_MS = 3_000
const SLOW_START = 'Still starting: the first start makes a Python environment, which takes up to a minute ...'

const DAG_FILE_ENDINGS = new Set(['.py', '.yaml', '.yml', '.json', '.zip'])

async function runDag({ screen }: Cli, given: string, options: RunOptions): Promise<number> {
  // Read before anything starts: a typing mistake should not cost a start.
  const read = await readConfOptions(options)
  const target = findTarget(given, options)
  const debug = readDebug(options)
  if (debug !== null) debugInHosts(debug)
  const folder = options.keep === undefined ? await mkdtemp(join(tmpdir(), 'vortex-run-')) : resolve(options.keep)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { startEmbedded } = await import('../embedded.ts')
  let server: EmbeddedServer | null = null
  const patience = setTimeout(() => screen.note(SLOW_START), SLOW_START_MS)
  try {
    server = await startEmbedded({
      file: target.file,
      dags_folder: target.folder,
      data_folder: folder,
      home_folder: dataFolder(),
      report: screen.note,
    })
    clearTimeout(patience)
    const dagId = chooseDag(server, { screen, target, wanted: options.dagId ?? target.dagId })
    const connection = connectionTo(server.url, server.api_key)
    const params = { dag_id: dagId }
    const conf = confOf(read, (await connection.client.getDag({ params })).params)
    if (debug !== null) screen.note(whereItWaits(await connection.client.getDagTasks({ params }), debug))
    const date = options.logicalDate === undefined ? {} : { logical_date: options.logicalDate }
    const run = await connection.client.triggerDag({ params, body: { conf, ...date } })
    const code = await followRun({ screen, connection, dagId, runId: run.run_id, quiet: options.quiet === true })
    if (options.keep !== undefined) screen.note(`Database and logs are in ${folder}.`)
    return code
  } finally {
    clearTimeout(patience)
    await server?.stop()
    if (options.keep === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

interface Target {
  file: string | null
  folder: string
  dagId: string | null
}

function findTarget(given: string, options: RunOptions): Target {
  const path = resolve(given)
  if (existsSync(path) && statSync(path).isFile()) return { file: path, folder: resolve(options.dagsFolder ?? dirname(path)), dagId: null }
  if (DAG_FILE_ENDINGS.has(extname(given)) || given.includes('/')) throw new CliError(EXIT.usage, `There is no file ${path}.`)
  const folder = resolve(options.dagsFolder ?? (process.env['VORTEX_DAGS_FOLDER'] || 'dags'))
  if (!existsSync(folder))
    throw new CliError(EXIT.usage, `There is no DAG folder ${folder} to look for ${given} in. Give a DAG file, or --dags-folder.`)
  return { file: null, folder, dagId: given }
}

function chooseDag(server: EmbeddedServer, { screen, target, wanted }: { screen: Screen; target: Target; wanted: string | null }): string {
  const where = target.file ?? target.folder
  const isThere = wanted !== null && server.dag_ids.includes(wanted)
  const errors = target.file === null && isThere ? [] : server.import_errors
  for (const error of errors) if (!screen.json && error.traceback !== '') process.stderr.write(`${error.traceback.trimEnd()}\n\n`)
  const [broken] = errors
  // A file that does not load defines nothing that could be missed: why it does not is the answer.
  if (broken !== undefined && target.file !== null) throw new CliError(EXIT.failed, importFailure({ import_error: broken }) ?? '')
  for (const error of errors) screen.warn(importFailure({ import_error: error }) ?? '')
  if (wanted !== null) {
    if (server.dag_ids.includes(wanted)) return wanted
    throw new CliError(EXIT.failed, `${where} defines no DAG ${wanted}. ${listDags(server.dag_ids)}`)
  }
  const [only] = server.dag_ids
  if (only === undefined) throw new CliError(EXIT.failed, `${where} defines no DAG.`)
  if (server.dag_ids.length > 1)
    throw new CliError(EXIT.usage, `${where} defines several DAGs; choose one with --dag-id. ${listDags(server.dag_ids)}`)
  return only
}

function listDags(ids: readonly string[]): string {
  if (ids.length === 0) return 'It defines none.'
  return `There ${ids.length === 1 ? 'is' : 'are'}: ${ids.slice(0, 20).join(', ')}${ids.length > 20 ? ', …' : ''}.`
}
