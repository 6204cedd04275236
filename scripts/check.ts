/**
 * `npm run check`: format, lint, types, import directions, dead code, tidiness. Exactly what CI runs first. Each guard also
 * proves that it saw the code: a gate that inspects nothing passes everything.
 */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const bin = (name: string): string => join(root, 'node_modules', name)
const TSCONFIGS = ['server/contract', 'server', 'plugins', 'renderer', 'main', 'main/preload', 'scripts', 'e2e']
/** Folders of an environment of which there is little, and how many files of its own the compiler must have seen there. */
const FEW_FILES: Readonly<Record<string, number>> = { 'main/preload': 1 }

/** Fewer source files than this seen by a guard means that the guard is broken. */
const FILES_MIN = 100

interface Guard {
  name: string
  run: () => Promise<Result>
}

interface Result {
  ok: boolean
  output: string
}

async function node(args: string[]): Promise<Result> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { ok: status === 0, output: `${stdout}${stderr}` }
}

/** Fails a guard that reports fewer files than it must have seen. */
function sawEnough(result: Result, count: number): Result {
  return count >= FILES_MIN ? result : { ok: false, output: `${result.output}\nThe guard saw only ${count} files; it is broken.` }
}

const GUARDS: Guard[] = [
  { name: 'format', run: () => node([bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']) },
  {
    name: 'lint',
    run: async () => {
      const result = await node([
        bin('eslint/bin/eslint.js'),
        '--format',
        'json',
        '--max-warnings',
        '0',
        'server',
        'plugins',
        'renderer',
        'main',
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
    run: async () => {
      const result = await node([bin('typescript/bin/tsc'), '-p', join(folder, 'tsconfig.json'), '--listFiles'])
      const own = result.output.split('\n').filter((line) => line.startsWith(join(root, folder)))
      const errors = result.output.split('\n').filter((line) => line.includes('error TS'))
      return own.length >= (FEW_FILES[folder] ?? 6)
        ? { ok: result.ok, output: errors.join('\n') }
        : { ok: false, output: 'tsc saw no files' }
    },
  })),
  {
    name: 'imports',
    run: async () => {
      const result = await node([
        bin('dependency-cruiser/bin/dependency-cruiser.mjs'),
        '--config',
        '.dependency-cruiser.mjs',
        'server',
        'plugins',
        'renderer',
        'main',
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
const waiting = GUARDS.filter(({ name }) => asked.length === 0 || asked.some((word) => name.startsWith(word)))
let failed = 0

async function work(): Promise<void> {
  for (let guard = waiting.shift(); guard !== undefined; guard = waiting.shift()) {
    const began = performance.now()
    const { ok, output } = await guard.run()
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${guard.name} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`)
    if (ok) continue
    failed++
    process.stdout.write(`${output.trim()}\n`)
  }
}

// Two at a time: a guard is one thread, and more of them want more memory than a small machine has.
await Promise.all([work(), work()])
process.stdout.write(failed === 0 ? 'All checks passed.\n' : `${failed} checks failed.\n`)
process.exitCode = failed === 0 ? 0 : 1
