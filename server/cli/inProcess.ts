/** `vortex dags test`, `vortex tasks test` and `vortex python`: what runs in one Python process, without engine and workers. */
import type { Command } from 'commander'
import { existsSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { action, type Cli } from './cli.ts'
import { dataFolder } from './connection.ts'
import { readDebug } from './debugOptions.ts'
import { runPython } from './embedded.ts'
import { CliError, EXIT } from './exit.ts'
import { collect, count, readConf, readInstant } from './values.ts'

interface TestOptions {
  dagId?: string
  dagsFolder?: string
  conf?: string
  variables?: string
  connections?: string
  task?: string[]
  markSuccess?: string
  debug?: string
  debugAddress?: string
  mapIndex?: number
  wait?: boolean
}

const DAG_FILE_ENDINGS = new Set(['.py', '.yaml', '.yml', '.json'])

/** Options that both have. */
function withOptions(command: Command): Command {
  return command
    .option('--dag-id <dag_id>', 'which DAG, if the file defines several')
    .option('--dags-folder <folder>', 'where to look for a DAG id (VORTEX_DAGS_FOLDER, default ./dags)')
    .option('--conf <json>', 'parameters as JSON object, @file, or - for standard input')
    .option('--variables <file>', 'Variables for this run: JSON, YAML or .env')
    .option('--connections <file>', 'connections for this run: JSON, YAML or .env')
    .option('--no-wait', 'pass over the waits of sensors, retries and triggers')
}

export function registerDagTest(dags: Command): void {
  withOptions(
    dags
      .command('test')
      .description('run a DAG to its end in one Python process, without server or worker, as dag.test() does')
      .argument('<file|dag_id>', 'a DAG file, or the id of a DAG in the DAG folder')
      .argument('[logical_date]', 'date that the run is for (default: now)', readInstant),
  )
    .option('--task <task_id>', 'run only this task, may be repeated; the others count as successful', collect)
    .option('--mark-success <regex>', 'tasks whose whole id matches are not run and count as successful')
    .option('--debug <task_id>', 'this task waits for a debugger (debugpy)')
    .option('--debug-address <host:port>', 'where it waits (default: 127.0.0.1:5678)')
    .addHelpText(
      'after',
      "\nExit code 1 if the run fails. `vortex run` runs the same DAG as a server would: in parallel, each task in its own process.\n\nExamples:\n  vortex dags test dags/my_pipeline.py\n  vortex dags test my_pipeline 2026-11-23 --conf '{\"day\": 7}' --mark-success 'wait_.*'\n  vortex dags test my_pipeline --task load --debug load",
    )
    .action(
      action((cli, target: string, date: string | undefined, options: TestOptions) =>
        test(cli, options, ['dag', findTarget(target), ...(date === undefined ? [] : [date])]),
      ),
    )
}

export function registerTaskTest(tasks: Command): void {
  withOptions(
    tasks
      .command('test')
      .description('run one task in one Python process, whatever is above it, without server or worker')
      .argument('<file|dag_id>', 'a DAG file, or the id of a DAG in the DAG folder')
      .argument('<task_id>', 'the task')
      .argument('[logical_date]', 'date that the run is for (default: now)', readInstant),
  )
    .option('--map-index <n>', 'index of a mapped task', count(-1, 1_000_000))
    .option('--debug', 'it waits for a debugger (debugpy)')
    .option('--debug-address <host:port>', 'where it waits (default: 127.0.0.1:5678)')
    .addHelpText('after', '\nExit code 1 if the task fails.\n\nExample:\n  vortex tasks test my_pipeline load 2026-11-23')
    .action(
      action((cli, target: string, task: string, date: string | undefined, given: Omit<TestOptions, 'debug'> & { debug?: boolean }) => {
        const { debug, ...rest } = given
        const options = debug === true ? { ...rest, debug: task } : rest
        return test(cli, options, ['task', findTarget(target), task, ...(date === undefined ? [] : [date])])
      }),
    )
}

/** For the help: what stands behind the word is Python's, and is not read by commander (main.ts). */
export function registerPython(python: Command): void {
  python
    .argument('[file]', 'a file of Python, such as one that ends with dag.test()')
    .argument('[arguments...]', 'its arguments')
    .option('-m <module>', 'a module instead of a file; what follows are its arguments')
    .usage('FILE [ARGUMENTS]   or   vortex python -m MODULE [ARGUMENTS]')
    .addHelpText(
      'after',
      '\nThe Python is the one that runs the DAGs (VORTEX_PYTHON, else the one that VORTEX makes); `import airflow` is served by VORTEX in it.\n\nExamples:\n  vortex python dags/my_pipeline.py     a file that ends with dag.test()\n  vortex python -m pip install pytest\n  vortex python -m pytest tests',
    )
    .action(
      action(() => {
        throw new CliError(EXIT.usage, 'Give a file or -m MODULE, right behind the word python: vortex python my_dag.py')
      }),
    )
}

/** The arguments behind `vortex python`, as they are. */
export async function runWithPython(args: readonly string[]): Promise<number> {
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  return runPython({ args: ['-m', 'vortex', ...args], env: {}, home_folder: dataFolder(), report })
}

async function test({ screen }: Cli, options: TestOptions, words: string[]): Promise<number> {
  const optional = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value])
  const debug = readDebug(options)
  const args = [
    ...words,
    ...optional('--dag-id', options.dagId),
    ...optional('--dags-folder', resolve(options.dagsFolder ?? (process.env['VORTEX_DAGS_FOLDER'] || 'dags'))),
    ...optional('--variables', options.variables),
    ...optional('--connections', options.connections),
    ...(options.task ?? []).flatMap((task) => ['--task', task]),
    ...optional('--mark-success', options.markSuccess),
    ...optional('--map-index', options.mapIndex?.toString()),
    ...(debug === null ? [] : ['--debug', debug.task_id, '--debug-address', debug.address]),
    ...(options.wait === false ? ['--no-wait'] : []),
    ...(screen.json ? ['--json'] : []),
  ]
  // Not on the command line, which everybody on the machine reads: a conf may hold what is secret.
  const env = options.conf === undefined ? {} : { CONF_OF_VORTEX_TEST: JSON.stringify(await readConf(options.conf)) }
  return runPython({ args: ['-m', 'vortex.testing', ...args], env, home_folder: dataFolder(), report: screen.note })
}

function findTarget(given: string): string {
  const path = resolve(given)
  if (existsSync(path) && statSync(path).isFile()) return path
  if (DAG_FILE_ENDINGS.has(extname(given)) || given.includes('/')) throw new CliError(EXIT.usage, `There is no file ${path}.`)
  return given
}
