/**
 * `npm test`: everything on a fresh machine. Runs the suites one after the other, sums up what they ran, and ends with the
 * line `N passed, N failed`. A suite that ran no test has failed. Names of suites as arguments run only those.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildDesktop, buildRenderer, buildServer } from './build.ts'
import { testPython } from './python.ts'

const root = resolve(import.meta.dirname, '..')
const results = join(root, '.cache/test-results')

interface Outcome {
  passed: number
  failed: number
}

/** Runs vitest on one project and reads its JSON report. */
function vitest(project: string): Outcome {
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
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, VORTEX_TEST_PYTHON: testPython() },
  })
  const summary = existsSync(report)
    ? (JSON.parse(readFileSync(report, 'utf8')) as { numPassedTests: number; numFailedTests: number; numPendingTests: number })
    : null
  const passed = summary?.numPassedTests ?? 0
  const failed = (summary?.numFailedTests ?? 0) + (process.env['CI'] === undefined ? 0 : (summary?.numPendingTests ?? 0))
  // A file that could not be loaded, or an error outside any test, counts as one failure.
  return { passed, failed: Math.max(failed, status === 0 && passed > 0 ? 0 : 1) }
}

function pytest(): Outcome {
  const report = join(results, 'python.xml')
  rmSync(report, { force: true })
  const { status } = spawnSync(testPython(), ['-m', 'pytest', 'python/tests', '-q', `--junitxml=${report}`, '-p', 'no:cacheprovider'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const xml = existsSync(report) ? readFileSync(report, 'utf8') : ''
  const count = (name: string): number => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0)
  const skipped = count('skipped')
  // In CI nothing may be skipped.
  const failed = count('failures') + count('errors') + (process.env['CI'] === undefined ? 0 : skipped)
  const passed = count('tests') - count('failures') - count('errors') - skipped
  return { passed, failed: Math.max(failed, status === 0 && passed > 0 ? 0 : 1) }
}

const SUITES: Record<string, () => Outcome> = {
  unit: () => vitest('unit'),
  python: pytest,
  database: () => vitest('database'),
  integration: () => vitest('integration'),
  e2e: () => vitest('e2e'),
  desktop: () => vitest('desktop'),
}

mkdirSync(results, { recursive: true })
await buildServer()
await buildDesktop()
buildRenderer()
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !(name in SUITES))
if (unknown !== undefined) throw new Error(`There is no suite "${unknown}". Suites: ${Object.keys(SUITES).join(', ')}.`)
const total: Outcome = { passed: 0, failed: 0 }
const lines: string[] = []
for (const [name, run] of Object.entries(SUITES)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const began = performance.now()
  const { passed, failed } = run()
  total.passed += passed
  total.failed += failed
  lines.push(
    `${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s`,
  )
}
process.stdout.write(`\n${lines.join('\n')}\n${total.passed} passed, ${total.failed} failed\n`)
process.exitCode = total.failed === 0 ? 0 : 1
