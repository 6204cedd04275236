/**
 * The Python environment of tests and benchmarks: a virtual environment in .cache/ with the package's run-time and test
 * dependencies, made on first use. `VORTEX_TEST_PYTHON` names another interpreter that has them.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const REQUIREMENTS = ['jinja2>=3.1,<4', 'pendulum>=3,<4', 'python-dateutil>=2.8', 'pytest>=8,<10', 'jsonschema>=4,<5', 'numpy>=1.26', 'pandas>=2']

/** Path of an interpreter that has everything; makes it if need be and says so. */
export function testPython(): string {
  const given = process.env['VORTEX_TEST_PYTHON']
  if (given !== undefined && given !== '') return given
  const folder = join(root, '.cache/python')
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, 'vortex-requirements.txt')
  const wanted = REQUIREMENTS.join('\n')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python
  process.stdout.write('Making the Python environment of the tests (.cache/python, once) ...\n')
  mkdirSync(join(root, '.cache'), { recursive: true })
  run(process.env['PYTHON'] ?? 'python3', ['-m', 'venv', '--clear', folder], 'Python 3.9 or later with its venv module is needed (Debian: apt-get install python3-venv).')
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS], 'pip could not install the packages above.')
  writeFileSync(stamp, wanted)
  return python
}

function run(command: string, args: string[], hint: string): void {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed. ${hint}`)
}

if (import.meta.main) process.stdout.write(`${testPython()}\n`)
