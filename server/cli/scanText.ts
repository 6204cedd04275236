/** A scan as people read it: what loads, what to do next in which order, then the details with file and line. */
import type { ScanEntry, ScannedFile, ScanReport } from '#contract/airflowScan.ts'
import { plain, type Screen } from './output.ts'

const PLACES_SHOWN = 3
const ENTRIES_SHOWN = 30
const NAMES_IN_STEP = 4

export function printScan(screen: Screen, report: ScanReport): void {
  for (const notice of report.notices) screen.warn(notice)
  const { files } = report
  const broken = files.filter((file) => file.problem !== null)
  const waiting = files.filter((file) => file.problem === null && file.needs.length > 0)
  const ready = files.length - broken.length - waiting.length
  screen.line(
    `${count(files.length, 'DAG file')}, ${count(report.dags.length, 'DAG')}, read with Python ${report.python.version}; none of the code ran.`,
  )
  screen.line(`  ${String(ready).padStart(5)}  load as they are`)
  if (waiting.length > 0) screen.line(`  ${String(waiting.length).padStart(5)}  load once what they ask for is there (see below)`)
  if (broken.length > 0) screen.line(`  ${String(broken.length).padStart(5)}  cannot be read`)
  const steps = nextSteps(report)
  if (steps.length > 0) screen.line(`\n${screen.paint('bold', 'What to do next')}`)
  steps.forEach((step, index) => screen.line(`${String(index + 1).padStart(3)}. ${step}`))
  printFiles(screen, 'Files that cannot be read', broken)
  printDetails(screen, report)
}

/** In the order in which they help: what keeps files from loading, then what tasks need, then what runs differently. */
export function nextSteps(report: ScanReport): string[] {
  const open = new Set(report.files.flatMap((file) => file.needs.map((need) => `${need.kind} ${need.name}`)))
  const unset = (kind: string, entries: ScanEntry[]): string[] =>
    entries.filter((entry) => entry.when === 'run' || open.has(`${kind} ${entry.name}`)).map((entry) => entry.name)
  const missing = report.packages.filter((entry) => !entry.installed && entry.when !== 'optional')
  const foreign = missing.filter((entry) => !entry.beside)
  const beside = missing.filter((entry) => entry.beside).map((entry) => entry.name)
  const variables = unset('variable', report.variables)
  const connections = unset('connection', report.connections)
  const environment = unset('environment', report.environment)
  const stubs = new Set(report.stubs.map((entry) => entry.package))
  const late = report.dags.filter((entry) => entry.notes.includes('no_catchup'))
  const pools = report.pools.filter((entry) => entry.name !== 'default_pool').map((entry) => entry.name)
  const packages = foreign.map((entry) => entry.install)
  const python = quoted(report.python.executable)
  return [
    say(foreign, 'package', 'to install', `${python} -m pip install ${packages.map(quoted).join(' ')}`),
    say(beside, 'module', `beside the DAG folder (${some(beside)})`, 'move them into the DAG folder or its plugins/'),
    say(
      variables,
      'Variable',
      'to set',
      `vortex variables set ${quoted(variables[0] ?? '')} VALUE${rest(variables)}${fromFile('variables', variables)}`,
    ),
    say(
      connections,
      'connection',
      'to add',
      `vortex connections add ${quoted(connections[0] ?? '')}${rest(connections)}${fromFile('connections', connections)}`,
    ),
    say(environment, 'environment variable', 'to set for the server and its workers', some(environment)),
    say(pools, 'pool', 'to make', `vortex pools set ${quoted(pools[0] ?? '')} SLOTS${rest(pools)}${fromFile('pools', pools)}`),
    say([...stubs], 'provider package', 'whose operators and hooks load but fail when they run', some([...stubs])),
    say(late, 'DAG', 'with a schedule and without catchup=', 'no runs of the past are made; write catchup=True where they are wanted'),
  ].filter((step) => step !== null)
}

/** Airflow exports them all at once; for one alone that would be the longer way. */
function fromFile(what: string, names: readonly string[]): string {
  return names.length < 2 ? '' : `; or all that Airflow has: airflow ${what} export ${what}.json && vortex ${what} import ${what}.json`
}

function say(entries: readonly unknown[], noun: string, what: string, how: string): string | null {
  return entries.length === 0 ? null : `${count(entries.length, noun)} ${what}: ${how}`
}

function printDetails(screen: Screen, report: ScanReport): void {
  const when = (entry: ScanEntry): string => ({ load: 'needed to load', run: 'needed to run', optional: 'optional' })[entry.when]
  section(screen, 'Variables', report.variables, when)
  section(screen, 'Connections', report.connections, when)
  section(screen, 'Environment variables', report.environment, when)
  section(screen, 'Pools', report.pools, () => '')
  section(screen, 'Packages', report.packages, (entry) =>
    entry.installed ? 'installed' : entry.beside ? 'lies beside the DAG folder' : `missing, ${when(entry)}`,
  )
  section(screen, 'Loads, but fails when it runs', report.stubs, (entry) => `${entry.module}, of ${entry.package}`)
  const named = (note: 'no_schedule' | 'no_catchup'): ScanEntry[] => report.dags.filter((entry) => entry.notes.includes(note))
  section(screen, 'DAGs without a schedule (Airflow 2: every day; Airflow 3: none)', named('no_schedule'), () => '')
  section(screen, 'DAGs without catchup= (no runs of the past are made)', named('no_catchup'), () => '')
  section(screen, 'Removed in Airflow 3', report.removed, (entry) => entry.meaning)
  section(screen, 'Names that the code computes, not seen here', report.computed_names, () => '')
}

function section<Entry extends ScanEntry>(
  screen: Screen,
  title: string,
  entries: readonly Entry[],
  remark: (entry: Entry) => string,
): void {
  if (entries.length === 0) return
  screen.line(`\n${screen.paint('bold', title)} (${entries.length})`)
  const shown = entries.slice(0, ENTRIES_SHOWN)
  for (const entry of shown) {
    const note = remark(entry)
    screen.line(`  ${plain(entry.name)}${note === '' ? '' : `  ${screen.paint('dim', plain(note))}`}`)
    const places = entry.places.slice(0, PLACES_SHOWN).map(({ file, line }) => `${plain(file)}:${line}`)
    const more = entry.count > places.length ? ` and ${entry.count - places.length} more` : ''
    screen.line(`      ${places.join(', ')}${more}`)
  }
  if (entries.length > shown.length) screen.line(`  and ${entries.length - shown.length} more; --json has all of them`)
}

function printFiles(screen: Screen, title: string, files: readonly ScannedFile[]): void {
  if (files.length === 0) return
  screen.line(`\n${screen.paint('bold', title)} (${files.length})`)
  for (const { file, problem } of files.slice(0, ENTRIES_SHOWN)) {
    screen.line(`  ${plain(file)}${problem?.line == null ? '' : `:${problem.line}`}  ${plain(problem?.message ?? '')}`)
  }
  if (files.length > ENTRIES_SHOWN) screen.line(`  and ${files.length - ENTRIES_SHOWN} more; --json has all of them`)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_IN_STEP).map(plain).join(', ')
  return names.length > NAMES_IN_STEP ? `${shown} and ${names.length - NAMES_IN_STEP} more` : shown
}

function rest(names: readonly string[]): string {
  return names.length < 2 ? '' : `, then ${some(names.slice(1))}`
}

/** For a shell; the names come out of files of others. */
function quoted(name: string): string {
  return /^[\w@%+=:,./-]+$/.test(name) ? name : `'${plain(name).replaceAll("'", "'\\''")}'`
}
