/** Entry of the command line. Only the asked-for command's module is loaded, so that short commands start fast. */
import { Command, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { airflowAnswer } from './airflowCommands.ts'
import { report, type CommandModule } from './cli.ts'
import { CliError, EXIT, EXIT_HELP } from './exit.ts'

interface TopLevel {
  name: string
  description: string
  load: () => Promise<CommandModule>
}

const COMMANDS: readonly TopLevel[] = [
  { name: 'server', description: 'run the server: API, dashboard, scheduler and local worker', load: () => import('./commands/server.ts') },
  { name: 'worker', description: 'run a worker for a server on another host', load: () => import('./commands/worker.ts') },
  { name: 'run', description: 'run a DAG to its end in this terminal, without a server', load: () => import('./commands/run.ts') },
  { name: 'dags', description: 'list, show, test, trigger, pause, delete and backfill DAGs', load: () => import('./commands/dags.ts') },
  { name: 'runs', description: 'list, show, follow, cancel and clear DAG runs', load: () => import('./commands/runs.ts') },
  { name: 'backfills', description: 'list, pause, resume and cancel backfills', load: () => import('./commands/backfills.ts') },
  { name: 'tasks', description: 'logs of task instances, why they wait, clear them, test one', load: () => import('./commands/tasks.ts') },
  { name: 'assets', description: 'list, show and update assets, and their events', load: () => import('./commands/assets.ts') },
  { name: 'variables', description: 'Variables of the DAGs', load: () => import('./commands/variables.ts') },
  {
    name: 'connections',
    description: 'connections of the DAGs; passwords are never shown',
    load: () => import('./commands/connections.ts'),
  },
  { name: 'pools', description: 'pools and their slots', load: () => import('./commands/pools.ts') },
  { name: 'secrets', description: 'secrets of the vault; values are never shown', load: () => import('./commands/secrets.ts') },
  { name: 'users', description: 'people who may sign in', load: () => import('./commands/users.ts') },
  { name: 'plugins', description: 'plugins of the DAG folder: list, check, make one', load: () => import('./commands/plugins.ts') },
  { name: 'workers', description: 'workers of the server', load: () => import('./commands/workers.ts') },
  {
    name: 'python',
    description: 'run a file or module with the Python of the DAGs, `airflow` served by VORTEX',
    load: () => import('./commands/python.ts'),
  },
  { name: 'airflow', description: 'what a folder of Airflow DAG files needs to move here', load: () => import('./commands/airflow.ts') },
  { name: 'doctor', description: 'check this machine and say how to mend what is wrong', load: () => import('./commands/doctor.ts') },
]

const EXAMPLES = `
Examples:
  vortex server                              start on http://127.0.0.1:3000
  vortex run dags/my_pipeline.py             run one DAG here, exit 1 if it fails
  vortex dags trigger my_pipeline --follow   start a run on the server and watch it
  vortex tasks logs my_pipeline latest load  newest log of a task
  vortex dags list --json | jq '.[].id'

Environment: VORTEX_SERVER_URL, VORTEX_API_KEY or VORTEX_API_KEY_FILE, VORTEX_HOME, NO_COLOR.
${EXIT_HELP}`

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}

export async function makeProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('vortex')
    .description('VORTEX runs Apache Airflow DAG files unmodified.')
    .version(version(), '-V, --version')
    .option(
      '--server <url>',
      'address of the server (VORTEX_SERVER_URL; default: the one that runs on VORTEX_HOME, or http://127.0.0.1:3000)',
    )
    .option('--api-key-file <file>', 'file with the API key (VORTEX_API_KEY_FILE; VORTEX_API_KEY holds the key itself)')
    .option('--json', 'print JSON')
    .option('--no-color', 'no colours')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Add --help for usage.')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
  const completing = args.some((arg) => arg === 'completion' || arg === 'complete')
  const [asked] = wordsOf(args)
  for (const { name, description, load } of COMMANDS) {
    const command = program.command(name).description(description)
    if (completing || name === asked) (await load()).register(command)
  }
  if (completing) {
    const { default: addCompletion } = await import('@bomb.sh/tab/commander')
    addCompletion(program, { completionCommandName: 'completion' })
  } else {
    program.command('completion <shell>').description('print the completion script for bash, zsh, fish or powershell')
  }
  return program
}

/** The words that name the command and what it is about: neither options nor values of options that stand before a command. */
function wordsOf(args: readonly string[]): string[] {
  const skip = new Set(['--server', '--api-key-file'])
  return args.filter((arg, index) => !arg.startsWith('-') && !skip.has(args[index - 1] ?? ''))
}

/** Runs a command line and leaves its exit code in process.exitCode. */
export async function main(args: readonly string[]): Promise<void> {
  // Deprecations of Node are for us, who see them in tests, not for who runs VORTEX.
  process.noDeprecation = true
  // A reader that closes early (`vortex dags list | head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed))
  try {
    if (args[0] === 'python' && args.length > 1 && args[1] !== '--help' && args[1] !== '-h') {
      // Options behind the word are Python's own.
      const { runWithPython } = await import('./inProcess.ts')
      process.exitCode = await runWithPython(args.slice(1))
      return
    }
    const answer = airflowAnswer(wordsOf(args))
    if (answer !== null) throw new CliError(EXIT.usage, answer)
    const program = await makeProgram(args)
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
    else process.exitCode = report(error, args.includes('--json'))
  }
}

// Started by the launcher, which calls main itself, or directly under the private Node.
if (import.meta.main) {
  // What is compiled once serves all later starts. In the installation, because the default in /tmp may be written by others.
  enableCompileCache(fileURLToPath(new URL('../../.cache/compile', import.meta.url)))
  await main(process.argv.slice(2))
}
