/**
 * The Python environment of tests and benchmarks: a virtual environment in .cache/ with the package's run-time and test
 * dependencies, made on first use. `VORTEX_TEST_PYTHON` names another interpreter that has them.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const REQUIREMENTS = [
  'jinja2>=3.1,<4',
  'pendulum>=3,<4',
  'python-dateutil>=2.8',
  'pyyaml>=6,<7',
  'pytest>=8,<10',
  'jsonschema>=4,<5',
  'numpy>=1.26',
  'pandas>=2',
  'aiosmtpd>=1.4,<2',
  'psycopg2-binary>=2.9',
  'pymysql>=1.1',
  'psycopg[binary]>=3.2',
  'requests>=2.31',
  'sqlalchemy>=2',
  // A server of S3: moto's, of which S3 alone needs no more than these.
  'moto>=5,<6',
  'flask>=3,<4',
  'flask-cors>=5',
  'debugpy>=1.8,<2',
  'time-machine>=2.13,<4',
]

/** Path of an interpreter that has everything; makes it if need be and says so. */
export function testPython(): string {
  const given = process.env['VORTEX_TEST_PYTHON']
  if (given !== undefined && given !== '') return given
  const folder = join(root, '.cache/python')
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, 'vortex-requirements.txt')
  const wanted = REQUIREMENTS.join('\n')
  const isMade = (): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (isMade()) return python
  const unlock = lock(join(root, '.cache/python.lock'))
  try {
    if (!isMade()) make(folder, python, stamp, wanted)
  } finally {
    unlock()
  }
  return python
}

/** Two test runs may start at once: the second one waits until the first has made the environment. */
function lock(path: string): () => void {
  mkdirSync(join(root, '.cache'), { recursive: true })
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch {
      const owner = Number(existsSync(path) ? readFileSync(path, 'utf8') : 0)
      if (owner > 0 && !isRunning(owner)) rmSync(path, { force: true })
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function make(folder: string, python: string, stamp: string, wanted: string): void {
  process.stdout.write('Making the Python environment of the tests (.cache/python, once) ...\n')
  run(
    process.env['PYTHON'] ?? 'python3',
    ['-m', 'venv', '--clear', folder],
    'Python 3.9 or later with its venv module is needed (Debian: apt-get install python3-venv).',
  )
  run(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS],
    'pip could not install the packages above.',
  )
  writeFileSync(stamp, wanted)
}

function run(command: string, args: string[], hint: string): void {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed. ${hint}`)
}

if (import.meta.main) process.stdout.write(`${testPython()}\n`)
