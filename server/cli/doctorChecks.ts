/** The checks of `vortex doctor`. Each answers in a few seconds, changes nothing, and never throws for what it looks for. */
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { access, opendir, readFile, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { loadConfig, type Config } from '#runtime/config.ts'
import { checkDagsFolder, checkTls } from '#runtime/startChecks.ts'

export interface Verdict {
  status: 'ok' | 'warn' | 'fail'
  found: string
  /** How to mend it, or null. */
  mend: string | null
}

export interface Place {
  data_folder: string
  port: number
  python: string | null
  database_url: string | null
  retention_days: string | null
  worker_capacity: string | null
  /** Variables of the environment that hold a secret. */
  secrets: string[]
  server_url: string
  /** Of the server, with the caller's key. */
  workers: () => Promise<readonly { worker_id: string; status: string }[]>
}

type Check = (place: Place) => Promise<Verdict>

const exec = promisify(execFile)
/** No check takes longer; a hung interpreter or database is a finding. */
const CHECK_MS = 5_000
/** Time to get a new one. */
const CERTIFICATE_WARN_DAYS = 14
const MIB = 1024 ** 2
const DISK_WARN_BYTES = 1024 * MIB
const DISK_FAIL_BYTES = 100 * MIB
/** Some millions of task instances: time to decide what is worth keeping. */
const STORAGE_WARN_BYTES = 10 * 1024 * MIB
/** Leases tolerate no more; a database on another host stamps nothing, but logs and schedules would look odd. */
const CLOCK_WARN_MS = 2_000

const ok = (found: string): Verdict => ({ status: 'ok', found, mend: null })
const warn = (found: string, mend: string): Verdict => ({ status: 'warn', found, mend })
const fail = (found: string, mend: string): Verdict => ({ status: 'fail', found, mend })

const checkNode: Check = async () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return ok(`${process.version} at ${process.execPath}`)
  return fail(`${process.version} is too old`, 'Run "npm ci", which installs a private Node 24, or install Node 24.')
}

/** The newest Python on the path, or the configured one. */
async function findPython(place: Place): Promise<{ path: string; version: string } | null> {
  const managed = join(place.data_folder, 'python', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const candidates = place.python === null ? [managed, 'python3', 'python'] : [place.python]
  for (const path of candidates) {
    try {
      const { stdout } = await exec(path, ['-c', 'import sys; print(sys.version.split()[0])'], { timeout: CHECK_MS })
      return { path, version: stdout.trim() }
    } catch {
      // Try the next one.
    }
  }
  return null
}

const checkPython: Check = async (place) => {
  const python = await findPython(place)
  const install = 'Install Python 3.9 or later (Debian: apt install python3 python3-venv), or set VORTEX_PYTHON.'
  if (python === null)
    return fail(place.python === null ? 'no Python was found' : `VORTEX_PYTHON is ${place.python}, which does not start`, install)
  const [major = 0, minor = 0] = python.version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 9)
    ? ok(`${python.version} at ${python.path}`)
    : fail(`${python.version} at ${python.path} is too old`, install)
}

const checkPackages: Check = async (place) => {
  const python = await findPython(place)
  if (python === null) return warn('not looked at: there is no Python', 'Mend Python first.')
  const program = 'import importlib.util as u, sys; print(",".join(n for n in sys.argv[1:] if u.find_spec(n) is None))'
  const { stdout } = await exec(python.path, ['-c', program, 'jinja2', 'pendulum', 'dateutil', 'yaml'], { timeout: CHECK_MS })
  const missing = stdout.trim()
  if (missing === '') return ok('jinja2, pendulum, dateutil and yaml are there')
  if (place.python === null)
    return ok(`${missing.replaceAll(',', ', ')} missing in ${python.path}; the server makes its own environment on first start`)
  return warn(
    `${missing.replaceAll(',', ', ')} missing in ${python.path}`,
    `Run: ${python.path} -m pip install jinja2 pendulum python-dateutil pyyaml`,
  )
}

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null)
    if (found !== null || dirname(folder) === folder) return folder
  }
}

const checkDataFolder: Check = async (place) => {
  const folder = await nearestFolder(place.data_folder)
  const found = await stat(folder)
  if (!found.isDirectory()) return fail(`${folder} is no folder`, 'Set VORTEX_HOME to a folder that the server may write to.')
  const writable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!writable) return fail(`${folder} is not writable`, 'Change its owner, or set VORTEX_HOME to a folder that the server may write to.')
  if (folder !== place.data_folder) return ok(`${place.data_folder} will be made on first start`)
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    return warn(`others can look into ${folder}, which holds keys`, `Run: chmod 700 ${folder}`)
  return ok(folder)
}

/** Tasks of the local worker have the server's user: what that user may read (its environment in /proc above all), they may read. */
const checkSecrets: Check = (place) => {
  if (Number(place.worker_capacity ?? 1) === 0) return Promise.resolve(ok('no tasks run beside the server'))
  if (place.secrets.length === 0)
    return Promise.resolve(ok('none in the environment; the data folder is readable for tasks of the local worker'))
  return Promise.resolve(
    warn(
      `${place.secrets.join(' and ')} can be read by tasks of the local worker, which run as the same user`,
      'If authors of DAGs must not know them: start the server with --worker-capacity 0, and "vortex worker" under a user of its own.',
    ),
  )
}

const bytes = (n: number): string =>
  n >= 1024 * MIB ? `${(n / 1024 / MIB).toFixed(1)} GiB` : `${(n / MIB).toFixed(n < 10 * MIB ? 1 : 0)} MiB`

const checkDisk: Check = async (place) => {
  const { bavail, bsize } = await statfs(await nearestFolder(place.data_folder))
  const free = bavail * bsize
  const text = `${bytes(free)} free for ${place.data_folder}`
  if (free < DISK_FAIL_BYTES) return fail(text, 'Free some space: without it runs stop until there is room.')
  return free < DISK_WARN_BYTES ? warn(text, 'Free some space, or set VORTEX_HOME to a larger disk.') : ok(text)
}

/** What grows, and whether anything ever takes it away. */
const checkStorage: Check = async (place) => {
  const days = Number(place.retention_days ?? 0)
  if (!Number.isInteger(days) || days < 0 || days > 36_500)
    return fail(`VORTEX_RETENTION_DAYS is ${place.retention_days}`, 'Set it to a whole number of days; 0 keeps everything.')
  const found = await storageOf(place).catch(() => null)
  if (found === null) return warn('not looked at: the database does not answer', 'Mend the database first.')
  const { database_bytes, log_bytes, is_part } = found
  const size = `database ${bytes(database_bytes)}, logs ${is_part ? 'more than ' : ''}${bytes(log_bytes)}`
  if (days > 0) return ok(`${size}; finished runs go after ${days} ${days === 1 ? 'day' : 'days'}`)
  if (database_bytes + log_bytes < STORAGE_WARN_BYTES) return ok(`${size}; finished runs are kept for ever`)
  return warn(`${size}; finished runs are kept for ever`, 'Set VORTEX_RETENTION_DAYS (or --retention-days) to remove those that are older.')
}

async function storageOf(place: Place): Promise<{ database_bytes: number; log_bytes: number; is_part: boolean }> {
  if (place.database_url !== null) {
    const { probeDatabase } = await import('./embedded.ts')
    return { ...(await probeDatabase(place.database_url, CHECK_MS)), is_part: false }
  }
  let database_bytes = 0
  for (const end of ['', '-wal']) database_bytes += await diskBytes(join(place.data_folder, `vortex.db${end}`))
  const logs = { bytes: 0, until: Date.now() + CHECK_MS }
  const isWhole = await addTree(join(place.data_folder, 'logs'), logs)
  return { database_bytes, log_bytes: logs.bytes, is_part: !isWhole }
}

/** False = there was no time to look at everything. */
async function addTree(folder: string, sum: { bytes: number; until: number }): Promise<boolean> {
  const entries = await opendir(folder).catch(() => null)
  if (entries === null) return true
  for await (const entry of entries) {
    if (Date.now() > sum.until) return false
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) sum.bytes += await diskBytes(path)
    else if (!(await addTree(path, sum))) return false
  }
  return true
}

async function diskBytes(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  if (found === null) return 0
  return process.platform === 'win32' ? found.size : found.blocks * 512
}

const checkServer: Check = async (place) => {
  const health = await askHealth(place.server_url)
  if (health !== null)
    return health.status === 'ok'
      ? ok(`VORTEX ${health.version} runs at ${place.server_url}`)
      : warn(`VORTEX at ${place.server_url} is degraded: database ${health.database}, scheduler ${health.scheduler}`, 'See its log.')
  if (!Number.isInteger(place.port) || place.port < 0 || place.port > 65_535)
    return fail(`VORTEX_PORT is no port`, 'Set it to a number from 0 to 65535.')
  const problem = await tryPort(place.port)
  if (problem === null) return ok(`no server runs; port ${place.port} is free`)
  return fail(
    `port ${place.port} cannot be opened (${problem}), and no VORTEX answers there`,
    'Stop what uses it, or choose another port with VORTEX_PORT.',
  )
}

interface HealthAnswer {
  status: string
  version: string
  database: string
  scheduler: string
  date: string | null
}

async function askHealth(url: string): Promise<HealthAnswer | null> {
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/api/health`, { signal: AbortSignal.timeout(CHECK_MS), redirect: 'error' })
    const body = (await response.json()) as Partial<HealthAnswer>
    if (typeof body.version !== 'string' || typeof body.scheduler !== 'string') return null
    return {
      status: body.status ?? '',
      version: body.version,
      database: body.database ?? '',
      scheduler: body.scheduler,
      date: response.headers.get('date'),
    }
  } catch {
    return null
  }
}

function tryPort(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(null)))
  })
}

const checkDatabase: Check = async (place) => {
  if (place.database_url === null) {
    const file = join(place.data_folder, 'vortex.db')
    const found = await stat(file).catch(() => null)
    return ok(found === null ? 'SQLite; the file is made on first start' : `SQLite, ${file}, ${(found.size / MIB).toFixed(1)} MiB`)
  }
  const where = describeDatabase(place.database_url)
  try {
    const { probeDatabase } = await import('./embedded.ts')
    const { version, version_number, now } = await probeDatabase(place.database_url, CHECK_MS)
    if (version_number < 140_000) return fail(`PostgreSQL ${version} at ${where} is too old`, 'Use PostgreSQL 14 or later.')
    const skew = Math.abs(now - Date.now())
    if (skew > CLOCK_WARN_MS)
      return warn(
        `PostgreSQL ${version} at ${where}; its clock differs by ${Math.round(skew / 1000)} s`,
        'Let both hosts set their clocks by NTP.',
      )
    return ok(`PostgreSQL ${version} at ${where}`)
  } catch (error) {
    return fail(
      `PostgreSQL at ${where} does not answer: ${error instanceof Error ? error.message : String(error)}`,
      'Check VORTEX_DATABASE_URL, the password and the network.',
    )
  }
}

/** The address without its password. */
function describeDatabase(text: string): string {
  if (!URL.canParse(text)) return 'VORTEX_DATABASE_URL'
  const url = new URL(text)
  return `${url.host}${url.pathname}`
}

const checkClock: Check = async (place) => {
  const now = new Date()
  if (now.getUTCFullYear() < 2026) return fail(`the clock says ${now.toISOString()}`, 'Set it; schedules and certificates depend on it.')
  const health = await askHealth(place.server_url)
  // The header has whole seconds.
  const skew = health?.date ? Math.abs(Date.parse(health.date) - Date.now()) : 0
  if (skew > CLOCK_WARN_MS + 1_000)
    return warn(`differs from the server's by ${Math.round(skew / 1000)} s`, 'Let both hosts set their clocks by NTP.')
  return ok(`${now.toISOString()}, time zone ${Intl.DateTimeFormat().resolvedOptions().timeZone}`)
}

/** Of settings that the server reads together; others are not looked at here. */
function settings(names: readonly string[]): Config {
  return loadConfig({}, Object.fromEntries(names.map((name) => [name, process.env[name]])))
}

const checkDags: Check = async () => {
  try {
    const { dagsFolder } = settings(['VORTEX_DAGS_FOLDER', 'AIRFLOW__CORE__DAGS_FOLDER'])
    const [missing] = await checkDagsFolder(dagsFolder)
    if (missing !== undefined) return warn(missing, "Create it, or set VORTEX_DAGS_FOLDER (in the server's own environment too).")
    await access(dagsFolder, constants.R_OK | constants.X_OK)
    return ok(dagsFolder)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), 'Set VORTEX_DAGS_FOLDER to a folder that the server may read.')
  }
}

const checkCertificate: Check = async () => {
  try {
    const { tlsCert, tlsKey } = settings(['VORTEX_TLS_CERT', 'VORTEX_TLS_KEY'])
    if (tlsCert === null) return ok('none is configured')
    await checkTls({ tlsCert, tlsKey })
    const { subject, validTo } = new X509Certificate(await readFile(tlsCert))
    const days = Math.floor((Date.parse(validTo) - Date.now()) / 86_400_000)
    const text = `${tlsCert} (${subject.replaceAll('\n', ', ')}), valid to ${validTo}`
    if (days < 0) return fail(text, 'It has expired: get a new one and start the server again.')
    return days < CERTIFICATE_WARN_DAYS ? warn(text, 'Renew it and start the server again.') : ok(text)
  } catch (error) {
    return fail(
      error instanceof Error ? error.message : String(error),
      'Set VORTEX_TLS_CERT and VORTEX_TLS_KEY to PEM files that belong together.',
    )
  }
}

const checkWorkers: Check = async (place) => {
  if ((await askHealth(place.server_url)) === null) return ok('not looked at: no server runs')
  const workers = await place.workers().catch(() => null)
  if (workers === null) return warn('not looked at: the server tells them to signed-in users only', 'Set VORTEX_API_KEY.')
  const of = (status: string) => workers.filter((worker) => worker.status === status)
  const [draining] = of('draining')
  const text = `${of('active').length} active, ${of('draining').length} draining, ${of('offline').length} offline`
  if (of('active').length > 0) return ok(text)
  if (draining !== undefined)
    return fail(`${text}: no task starts`, `Let one take tasks again: vortex workers resume ${draining.worker_id}`)
  return fail(
    `${text}: no task starts`,
    'Start one with "vortex worker", or the server with a VORTEX_WORKER_CAPACITY above 0; its log says why none connects.',
  )
}

export const CHECKS: Readonly<Record<string, Check>> = {
  node: checkNode,
  python: checkPython,
  packages: checkPackages,
  'data folder': checkDataFolder,
  'dag folder': checkDags,
  certificate: checkCertificate,
  secrets: checkSecrets,
  disk: checkDisk,
  storage: checkStorage,
  server: checkServer,
  workers: checkWorkers,
  database: checkDatabase,
  clock: checkClock,
}
