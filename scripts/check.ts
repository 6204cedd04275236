/**
 * `npm run check`: format, lint, types, import directions, dead code, tidiness. Exactly what CI runs first. Each guard also
 * proves that it saw the code: a gate that inspects nothing passes everything.
 */
import { spawnSync } from 'node:child_process'

import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const bin = (name: string): string => join(root, 'node_modules', name)
const TSCONFIGS = ['server/contract', 'server', 'renderer', 'scripts', 'e2e']

/** Fewer source files than this seen by a guard means that the guard is broken. */
const FILES_MIN = 100

interface Guard {
  name: string
  run: () => { ok: boolean; output: string }
}

function node(args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return { ok: status === 0, output: `${stdout}${stderr}` }
}

/** Fails a guard that reports fewer files than it must have seen. */
function sawEnough(result: { ok: boolean; output: string }, count: number): { ok: boolean; output: string } {
  return count >= FILES_MIN ? result : { ok: false, output: `${result.output}\nThe guard saw only ${count} files; it is broken.` }
}

const GUARDS: Guard[] = [
  { name: 'format', run: () => node([bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']) },
  {
    name: 'lint',
    run: () => {
      const result = node([
        bin('eslint/bin/eslint.js'),
        '--format',
        'json',
        '--max-warnings',
        '0',
        'server',
        'renderer',
        'scripts',
        'e2e',
        'bench',
      ])
      const start = result.output.indexOf('[{')
      if (start < 0) return { ok: false, output: result.output }
      const files = JSON.parse(result.output.slice(start, result.output.lastIndexOf(']') + 1)) as {
        filePath: string
        messages: { line: number; message: string; ruleId: string | null }[]
      }[]
      const lines = files.flatMap(({ filePath, messages }) =>
        messages.map(({ line, message, ruleId }) => `${filePath}:${line} ${message} (${ruleId ?? 'parse'})`),
      )
      return sawEnough({ ok: result.ok, output: lines.join('\n') }, files.length)
    },
  },
  ...TSCONFIGS.map((folder): Guard => ({
    name: `types ${folder}`,
    run: () => {
      const result = node([bin('typescript/bin/tsc'), '-p', join(folder, 'tsconfig.json'), '--listFiles'])
      const own = result.output.split('\n').filter((line) => line.startsWith(join(root, folder)))
      const errors = result.output.split('\n').filter((line) => line.includes('error TS'))
      return own.length > 5 ? { ok: result.ok, output: errors.join('\n') } : { ok: false, output: 'tsc saw no files' }
    },
  })),
  {
    name: 'imports',
    run: () => {
      const result = node([
        bin('dependency-cruiser/bin/dependency-cruiser.mjs'),
        '--config',
        '.dependency-cruiser.mjs',
        'server',
        'renderer',
        'scripts',
        'e2e',
      ])
      const count = Number(/(\d+) modules/.exec(result.output)?.[1] ?? 0)
      return sawEnough(result, count)
    },
  },
  { name: 'dead code', run: () => node([bin('knip/bin/knip.js'), '--no-progress']) },
  { name: 'tidy', run: () => node([join(root, 'scripts/tidy.ts')]) },
]

const asked = process.argv.slice(2)
let failed = 0
for (const { name, run } of GUARDS) {
  if (asked.length > 0 && !asked.some((word) => name.startsWith(word))) continue
  const began = performance.now()
  const { ok, output } = run()
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`)
  if (ok) continue
  failed++
  process.stdout.write(`${output.trim()}\n`)
}
process.stdout.write(failed === 0 ? 'All checks passed.\n' : `${failed} checks failed.\n`)
process.exitCode = failed === 0 ? 0 : 1
