/** `vortex airflow scan`: what a folder of Airflow DAG files needs before it moves here. */
import { Option, type Command } from 'commander'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { action, type Cli } from '../cli.ts'
import { dataFolder } from '../connection.ts'
import { scanAirflow } from '../embedded.ts'
import { CliError, EXIT } from '../exit.ts'
import { printScan } from '../scanText.ts'

export function register(airflow: Command): void {
  airflow
    .command('scan')
    .description('what a DAG folder needs to load and run here; reads the files, runs none of their code')
    .argument('<folder>', 'the DAG folder; .airflowignore is honoured')
    .addOption(new Option('--compat <dialect>', "rules of files that don't tell (VORTEX_COMPAT)").choices(['auto', '2', '3']))
    .addHelpText(
      'after',
      '\nPackages are looked for in the Python that runs the DAG files (VORTEX_PYTHON, else the one that VORTEX makes).\nExit code 1 if a file cannot be read: a syntax error, a wrong encoding, no permission.\n\nExamples:\n  vortex airflow scan ~/airflow/dags\n  vortex airflow scan dags --json | jq -r ".variables[].name"',
    )
    .action(action(scan))
}

async function scan({ screen }: Cli, given: string, options: { compat?: 'auto' | '2' | '3' }): Promise<number> {
  const folder = resolve(given)
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    throw new CliError(
      EXIT.usage,
      found.code === 'ENOENT' ? `There is no folder ${folder}.` : `${folder} cannot be read: ${found.message}.`,
    )
  }
  if (!found.isDirectory()) throw new CliError(EXIT.usage, `${folder} is a file. Give the folder that it lies in.`)
  const site = process.env['VORTEX_COMPAT']
  const compat = options.compat ?? (site === '2' || site === '3' ? site : 'auto')
  const report = await scanAirflow({
    folder,
    compat,
    data_folder: dataFolder(),
    python: process.env['VORTEX_PYTHON'] || null,
    report: screen.note,
  })
  if (report.files.length === 0) {
    throw new CliError(
      EXIT.failed,
      `${folder} has no DAG files: no Python file there mentions "airflow" and "dag" or "asset", or .airflowignore excludes them.`,
    )
  }
  if (screen.json) screen.document(report)
  else printScan(screen, report)
  const isClean = report.files.every((file) => file.problem === null) && report.notices.length === 0
  return isClean ? EXIT.ok : EXIT.failed
}
