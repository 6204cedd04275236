/**
 * `npm test`: everything on a fresh machine. Runs the suites, sums up what they ran, and ends with the line
 * `N passed, N failed`. A suite that ran no test has failed. Names of suites as arguments run only those.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { buildDesktop, buildRenderer, buildServer } from './build.ts'
import { testPython } from './python.ts'

const root = resolve(import.meta.dirname, '..')
const results = join(root, '.cache/test-results')

interface Outcome {
  passed: number
  failed: number
  /** What failed, with the first lines of why: told again at the very end, where it is looked for. */
  failures: string[]
}

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  testResults: {
    name: string
    message: string
    status: string
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}
const FAILURE_LINES = 12

/** Runs a program to its end. Beside other suites its output comes in one piece when it ends. */
async function run(
  command: string,
  args: string[],
  p: { env?: Record<string, string>; live: boolean; nice: number },
): Promise<number | null> {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', p.live ? 'inherit' : 'pipe', p.live ? 'inherit' : 'pipe'],
    env: { ...process.env, ...p.env },
  })
  // What it starts inherits this.
  if (p.nice > 0 && child.pid !== undefined) setPriority(child.pid, p.nice)
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => said.push(bytes))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (!p.live) process.stdout.write(Buffer.concat(said))
  return status
}

type Way = Pick<Parameters<typeof run>[2], 'live' | 'nice'>

/** Runs vitest on one project and reads its JSON report. */
async function vitest(project: string, way: Way): Promise<Outcome> {
  const report = join(results, `${project}.json`)
  rmSync(report, { force: true })
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const status = await run(process.execPath, args, { env: { VORTEX_TEST_PYTHON: testPython() }, ...way })
  const summary = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as VitestReport) : null
  const passed = summary?.numPassedTests ?? 0
  const failed = (summary?.numFailedTests ?? 0) + (process.env['CI'] === undefined ? 0 : (summary?.numPendingTests ?? 0))
  // A file that could not be loaded, or an error outside any test, counts as one failure.
  return { passed, failed: Math.max(failed, status === 0 && passed > 0 ? 0 : 1), failures: summary === null ? [] : failuresOf(summary) }
}

function failuresOf({ testResults }: VitestReport): string[] {
  return testResults.flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    const unloaded = file.status === 'failed' && failed.length === 0 ? [['', file.message] as const] : []
    const told = [...failed.map(({ fullName, failureMessages }) => [fullName, failureMessages.join('\n')] as const), ...unloaded]
    return told.map(([name, why]) => `${relative(root, file.name)} > ${name}\n${why.split('\n').slice(0, FAILURE_LINES).join('\n')}`)
  })
}

async function pytest(way: Way): Promise<Outcome> {
  const report = join(results, 'python.xml')
  rmSync(report, { force: true })
  const status = await run(testPython(), ['-m', 'pytest', 'python/tests', '-q', `--junitxml=${report}`, '-p', 'no:cacheprovider'], way)
  const xml = existsSync(report) ? readFileSync(report, 'utf8') : ''
  const count = (name: string): number => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0)
  const skipped = count('skipped')
  // In CI nothing may be skipped.
  const failed = count('failures') + count('errors') + (process.env['CI'] === undefined ? 0 : skipped)
  const passed = count('tests') - count('failures') - count('errors') - skipped
  const failures = [...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*><(?:failure|error) message="([^"]*)"/g)]
  return {
    passed,
    failed: Math.max(failed, status === 0 && passed > 0 ? 0 : 1),
    failures: failures.map(([, file, name, why]) => `${file ?? ''} > ${name ?? ''}\n${why ?? ''}`),
  }
}

type Suite = (way: Way) => Promise<Outcome>
const suiteOf =
  (project: string): Suite =>
  (way) =>
    vitest(project, way)
const SUITES: Record<string, Suite> = {
  unit: suiteOf('unit'),
  python: pytest,
  database: suiteOf('database'),
  integration: suiteOf('integration'),
  e2e: suiteOf('e2e'),
  desktop: suiteOf('desktop'),
}
/**
 * Suites that run at the same time, in lanes of about the same length: together they take half of what they take one after the other. The
 * tests of `integration` wait more than they compute (leases, restarts, kills) and their times are real, so the other lane gives way.
 */
const LANES: readonly { suites: readonly string[]; nice: number }[] = [
  { suites: ['integration', 'desktop'], nice: 0 },
  { suites: ['unit', 'python', 'database', 'e2e'], nice: 10 },
]

mkdirSync(results, { recursive: true })
await buildServer()
await buildDesktop()
buildRenderer()
testPython()
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !(name in SUITES))
if (unknown !== undefined) throw new Error(`There is no suite "${unknown}". Suites: ${Object.keys(SUITES).join(', ')}.`)
const names = Object.keys(SUITES).filter((name) => asked.length === 0 || asked.includes(name))
const lanes = LANES.map(({ suites, nice }) => ({ suites: suites.filter((name) => names.includes(name)), nice })).filter(
  ({ suites }) => suites.length > 0,
)
const total: Outcome = { passed: 0, failed: 0, failures: [] }
const lines = new Map<string, string>()

async function runSuite(name: string, way: Way): Promise<void> {
  const began = performance.now()
  const { passed, failed, failures } = (await SUITES[name]?.(way)) ?? { passed: 0, failed: 1, failures: [] }
  total.passed += passed
  total.failed += failed
  total.failures.push(...failures.map((failure) => `${name}: ${failure}`))
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  const line = `${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.padStart(5)} s`
  lines.set(name, line)
  process.stdout.write(`${line}\n`)
}
async function runOneByOne(suites: readonly string[], way: Way): Promise<void> {
  for (const name of suites) await runSuite(name, way)
}

if (lanes.length === 1) await runOneByOne(names, { live: true, nice: 0 })
else {
  process.stdout.write(`Running ${lanes.map(({ suites }) => suites.join(', ')).join(' beside ')}; what a suite says comes when it ends.\n`)
  await Promise.all(lanes.map(({ suites, nice }) => runOneByOne(suites, { live: false, nice })))
}
if (total.failures.length > 0) process.stdout.write(`\nFailed:\n\n${total.failures.join('\n\n')}\n`)
process.stdout.write(`\n${names.map((name) => lines.get(name)).join('\n')}\n${total.passed} passed, ${total.failed} failed\n`)
process.exitCode = total.failed === 0 ? 0 : 1
