/**
 * Which Python runs the DAG files: the operator's own (VORTEX_PYTHON), else a virtual environment that VORTEX makes in the data
 * folder on first use, else, where no package index can be reached, the system's Python with what it has.
 *
 * The managed environment is complete only when its marker file exists; a half-made one is removed and made again.
 */
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#runtime/clock.ts'

/** What DAG files take for granted because Airflow brings it. PyYAML reads the YAML ones. */
const REQUIREMENTS = ['jinja2>=3.1,<4', 'pendulum>=3,<4', 'python-dateutil>=2.8.2', 'pyyaml>=6,<7']
const MARKER = 'vortex-environment.json'
const OLDEST: readonly [number, number] = [3, 9]
/** Newest first: DAG files are written for current Pythons, and old ones get no fixes. */
const CANDIDATES =
  process.platform === 'win32'
    ? ['python', 'py']
    : ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3.9', 'python']
const PROBE_TIMEOUT_MS = 20_000
/** Creating takes 3 s; installing 5 to 20 s on a slow line. Beyond this nobody answers. */
const STEP_TIMEOUT_MS = 180_000

export interface PythonEnvironment {
  executable: string
  version: string
  kind: 'configured' | 'managed' | 'system'
  /** What the operator should know, or null. */
  notice: string | null
}
/** No Python at all, or one that cannot be used; the message says how to mend it. */
export class PythonMissing extends Error {
  override readonly name = 'PythonMissing'
}

export interface PythonOptions {
  /** VORTEX_PYTHON. */
  python: string | null
  dataFolder: string
  environment: Readonly<Record<string, string>>
  clock: Clock
  /** Told while an environment is made: one line for people. */
  report(line: string): void
}

interface Probe {
  executable: string
  version: string
  numbers: [number, number]
  missing: string[]
}

export async function preparePython(options: PythonOptions): Promise<PythonEnvironment> {
  if (options.python !== null) {
    const probe = await probePython(options.python, options)
    if (probe === null)
      throw new PythonMissing(
        `VORTEX_PYTHON is ${options.python}, which is no Python interpreter that starts. Set it to one of version ${OLDEST.join('.')} or later.`,
      )
    if (isTooOld(probe)) throw new PythonMissing(`VORTEX_PYTHON is Python ${probe.version}; VORTEX needs ${OLDEST.join('.')} or later.`)
    return { executable: options.python, version: probe.version, kind: 'configured', notice: missingNotice(probe) }
  }
  const folder = join(options.dataFolder, 'python')
  const known = await knownEnvironment(folder, options)
  if (known !== null) return known
  const system = await findSystemPython(options)
  if (system === null)
    throw new PythonMissing(
      `No Python ${OLDEST.join('.')} or later was found. Install one (for example \`apt install python3 python3-venv\`), or set VORTEX_PYTHON.`,
    )
  return createEnvironment(folder, system, options)
}

function executableIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}

async function knownEnvironment(folder: string, options: PythonOptions): Promise<PythonEnvironment | null> {
  const marker = await readFile(join(folder, MARKER), 'utf8').catch(() => null)
  if (marker === null || marker !== markerText()) return null
  const executable = executableIn(folder)
  const probe = await probePython(executable, options)
  // The Python below it was upgraded or removed by the system: make it anew.
  if (probe === null || probe.missing.length > 0) return null
  return { executable, version: probe.version, kind: 'managed', notice: null }
}

async function createEnvironment(folder: string, system: Probe, options: PythonOptions): Promise<PythonEnvironment> {
  const executable = executableIn(folder)
  const fallBack = async (reason: string): Promise<PythonEnvironment> => {
    await rm(folder, { recursive: true, force: true })
    const without =
      system.missing.length > 0
        ? ` It lacks ${system.missing.join(', ')}: what needs them fails until you install them with \`${system.executable} -m pip install ${system.missing.join(' ')}\`.`
        : ''
    const notice = `DAG files run on the system's Python ${system.version} (${system.executable}), because ${reason}.${without} The next start tries again.`
    options.report(notice)
    return { executable: system.executable, version: system.version, kind: 'system', notice }
  }
  options.report(`Making a Python environment in ${folder} with Python ${system.version} (once)`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(options.dataFolder, { recursive: true })
  const made = await step(system.executable, ['-m', 'venv', folder], options)
  if (!made.ok)
    return fallBack(`a virtual environment could not be made (${made.reason}; on Debian and Ubuntu: \`apt install python3-venv\`)`)
  options.report(`Installing ${REQUIREMENTS.join(', ')}`)
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--timeout', '10', '--retries', '1', ...REQUIREMENTS]
  const installed = await step(executable, pip, options)
  if (!installed.ok) return fallBack(`pip could not install ${REQUIREMENTS.join(', ')} (${installed.reason})`)
  const probe = await probePython(executable, options)
  if (probe === null) return fallBack('the new virtual environment does not start')
  await writeFile(join(folder, MARKER), markerText())
  options.report(`Python ${probe.version} is ready`)
  return { executable, version: probe.version, kind: 'managed', notice: null }
}

function markerText(): string {
  return `${JSON.stringify({ requirements: createHash('sha256').update(REQUIREMENTS.join('\n')).digest('hex') })}\n`
}

async function findSystemPython(options: PythonOptions): Promise<Probe | null> {
  for (const candidate of CANDIDATES) {
    const probe = await probePython(candidate, options)
    if (probe !== null && !isTooOld(probe)) return probe
  }
  return null
}

function isTooOld(probe: Probe): boolean {
  const [major, minor] = probe.numbers
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}

function missingNotice(probe: Probe): string | null {
  if (probe.missing.length === 0) return null
  return `${probe.executable} lacks ${probe.missing.join(', ')}: what needs them fails until you install them with \`${probe.executable} -m pip install ${probe.missing.join(' ')}\`.`
}

const PROBE = `import importlib.util, json, sys
wanted = {"jinja2": "jinja2", "pendulum": "pendulum", "dateutil": "python-dateutil", "yaml": "pyyaml"}
print(json.dumps({"executable": sys.executable, "version": ".".join(map(str, sys.version_info[:3])), "numbers": list(sys.version_info[:2]),
  "missing": [package for name, package in wanted.items() if importlib.util.find_spec(name) is None]}))`

/** null = this is no Python that starts. */
function probePython(executable: string, options: PythonOptions): Promise<Probe | null> {
  const { PYTHONPATH: _, ...environment } = options.environment
  return new Promise((resolve) => {
    execFile(executable, ['-c', PROBE], { env: environment, timeout: PROBE_TIMEOUT_MS, cwd: '/' }, (error, stdout) => {
      if (error) return resolve(null)
      try {
        resolve(JSON.parse(stdout) as Probe)
      } catch {
        resolve(null)
      }
    })
  })
}

/** Runs one command, its lines reported; the reason of a failure is its last line. */
function step(executable: string, args: string[], options: PythonOptions): Promise<{ ok: true } | { ok: false; reason: string }> {
  const { PYTHONPATH: _, ...environment } = options.environment
  return new Promise((resolve) => {
    const child = spawn(executable, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', windowsHide: true })
    let last = ''
    let timedOut = false
    const timer = options.clock.after(STEP_TIMEOUT_MS, () => {
      timedOut = true
      child.kill('SIGKILL')
    })
    const hear = (chunk: Buffer): void => {
      for (const line of chunk.toString('utf8').split(/\r?\n/)) {
        if (line.trim() === '') continue
        last = line.trim().slice(0, 500)
        options.report(last)
      }
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const end = (reason: string | null): void => {
      timer.cancel()
      resolve(reason === null ? { ok: true } : { ok: false, reason: timedOut ? `no end after ${STEP_TIMEOUT_MS / 1000} s` : reason })
    }
    child.on('error', (error) => end(error.message))
    child.on('close', (code) => end(code === 0 ? null : last === '' ? `exit code ${code ?? '?'}` : last))
  })
}

/** Names the parser: another interpreter, another package or another setting may find something else in the same file. */
export async function packageFingerprint(p: { python: PythonEnvironment | null; packageFolder: string; compat: string }): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([p.python?.executable, p.python?.version, p.compat]))
  const folder = join(p.packageFolder, 'vortex')
  const names = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => /\.(py|json)$/.test(name)).sort()
  for (const name of names) hash.update(name).update(await readFile(join(folder, name)))
  return hash.digest('hex')
}
