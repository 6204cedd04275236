/**
 * `npm run compat -- FOLDER`: how many DAG files of a folder load, with the product's own parser, and why the others do not.
 * What the folder's deployment gives and this machine lacks is stood for: third-party packages, Variables, connections and the
 * environment. The files run, so point it at code that you trust.
 */
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { childEnvironment } from '../server/dagfiles/childEnvironment.ts'
import { listDagFiles } from '../server/dagfiles/dagFileList.ts'
import { testPython } from './python.ts'

const root = resolve(import.meta.dirname, '..')
const USAGE = `Usage: npm run compat -- FOLDER [--json] [--at-least PERCENT] [--compat 2|3] [--python FILE] [--path FOLDER ...] [--seconds N]

  --at-least PERCENT  exit code 1 if fewer of the files load
  --path FOLDER       another folder to import from, as PYTHONPATH has it in the folder's deployment
  --python FILE       interpreter (VORTEX_TEST_PYTHON, default: the one of the tests); packages that it has are used
  --seconds N         what one file may take (default 30)

A value that a file checks is given as in Airflow: AIRFLOW_VAR_NAME, AIRFLOW_CONN_ID or the environment variable itself.
`
const FILES_AT_ONCE = 2
const REASONS_SHOWN = 40
const FILES_SHOWN = 5

interface Loaded {
  file: string
  error: { kind: string; message: string; line: number | null; traceback: string } | null
  dags: string[]
  tasks: number
  notices: string[]
  absent: string[]
  duration_ms: number | null
}

export interface Report {
  folder: string
  files: number
  loaded: number
  percent: number
  dags: number
  tasks: number
  /** Files that load and define no DAG. */
  without_dag: string[]
  /** Packages that were stood for, and by how many files. */
  absent_packages: Record<string, number>
  failures: Loaded[]
}

function readOptions(args: string[]): {
  folder: string
  atLeast: number | null
  seconds: number
  json: boolean
  python: string
  request: object
} {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      'at-least': { type: 'string' },
      compat: { type: 'string', default: 'auto' },
      python: { type: 'string' },
      path: { type: 'string', multiple: true, default: [] },
      seconds: { type: 'string', default: '30' },
    },
  })
  const [folder, ...more] = positionals
  const atLeast = values['at-least'] === undefined ? null : Number(values['at-least'])
  const seconds = Number(values.seconds)
  const isWrong = (atLeast !== null && !(atLeast >= 0 && atLeast <= 100)) || !(seconds > 0) || !['auto', '2', '3'].includes(values.compat)
  if (folder === undefined || more.length > 0 || isWrong) throw new Error(USAGE)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw new Error(`There is no folder ${resolve(folder)}.\n`)
  const request = {
    root: resolve(folder),
    compat: values.compat,
    paths: values.path.map((path) => resolve(path)),
    seconds,
    at_once: FILES_AT_ONCE,
  }
  return { folder: resolve(folder), atLeast, seconds, json: values.json, python: values.python ?? testPython(), request }
}

async function load(python: string, request: object, files: string[], tell: (done: number) => void): Promise<Loaded[]> {
  const environment = childEnvironment({ environment: process.env, packageFolder: join(root, 'python') })
  const child = spawn(python, [join(root, 'scripts/compat/load_folder.py')], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ ...request, files }))
  const found: Loaded[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    found.push(JSON.parse(line) as Loaded)
    tell(found.length)
  }
  if (found.length !== files.length) throw new Error(`${python} ended after ${found.length} of ${files.length} files.\n`)
  return found.sort((a, b) => (a.file < b.file ? -1 : 1))
}

export function summarise(folder: string, found: readonly Loaded[]): Report {
  const failures = found.filter((file) => file.error !== null)
  const absent: Record<string, number> = {}
  for (const name of found.flatMap((file) => file.absent)) absent[name] = (absent[name] ?? 0) + 1
  return {
    folder,
    files: found.length,
    loaded: found.length - failures.length,
    percent: found.length === 0 ? 0 : Math.round((10_000 * (found.length - failures.length)) / found.length) / 100,
    dags: found.reduce((sum, file) => sum + file.dags.length, 0),
    tasks: found.reduce((sum, file) => sum + file.tasks, 0),
    without_dag: found.filter((file) => file.error === null && file.dags.length === 0).map((file) => file.file),
    absent_packages: absent,
    failures,
  }
}

/** The same mistake in many files is one reason: names and numbers in the message differ. */
export function reasonOf(message: string): string {
  return message
    .replace(/(['"`]).*?\1/g, '…')
    .replace(/\d+/g, 'N')
    .slice(0, 160)
}

function print(report: Report): void {
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  say(`${report.loaded} of ${report.files} DAG files load (${report.percent} %): ${report.dags} DAGs, ${report.tasks} tasks.`)
  if (report.without_dag.length > 0) say(`${report.without_dag.length} of them define no DAG.`)
  const packages = Object.entries(report.absent_packages).sort(([, a], [, b]) => b - a)
  if (packages.length > 0) say(`Packages stood for: ${packages.map(([name, files]) => `${name} (${files})`).join(', ')}.`)
  const groups = Map.groupBy(report.failures, (file) => reasonOf(file.error?.message ?? ''))
  for (const [, files] of [...groups].sort(([, a], [, b]) => b.length - a.length).slice(0, REASONS_SHOWN)) {
    say(`\n${files.length} × ${files[0]?.error?.message ?? ''}`)
    for (const { file, error } of files.slice(0, FILES_SHOWN)) say(`    ${file}${error?.line == null ? '' : `:${error.line}`}`)
    if (files.length > FILES_SHOWN) say(`    and ${files.length - FILES_SHOWN} more`)
  }
  if (groups.size > REASONS_SHOWN) say(`\nand ${groups.size - REASONS_SHOWN} more reasons; --json has all of them.`)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const list = await listDagFiles(options.folder, process.env['AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX'])
  for (const notice of list.notices) process.stderr.write(`${notice}\n`)
  if (list.dag_files.length === 0) throw new Error(`${options.folder} holds no file that mentions both a DAG and airflow.\n`)
  const shows = process.stderr.isTTY && !options.json
  const found = await load(options.python, options.request, list.dag_files, (done) => {
    if (shows) process.stderr.write(`\r${done} of ${list.dag_files.length}`)
  })
  if (shows) process.stderr.write('\r')
  const report = summarise(options.folder, found)
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else print(report)
  if (options.atLeast !== null && report.percent < options.atLeast) {
    process.stderr.write(`${report.percent} % is less than ${options.atLeast} %.\n`)
    process.exitCode = 1
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    process.stderr.write(error instanceof Error ? error.message.replace(/\n*$/, '\n') : String(error))
    process.exitCode = 2
  })
}
