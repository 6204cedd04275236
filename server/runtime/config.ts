/**
 * Configuration: one schema, read once at start from command-line options and environment, checked, then frozen.
 * An option wins over its environment variable, which wins over the default. Only this file reads `process.env`.
 */
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { availableParallelism, homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { Type, type Static, type TSchema } from 'typebox'

const Text = (env: string, description: string, more: object = {}) => Type.String({ env, description, minLength: 1, ...more })
const Maybe = (env: string, description: string, more: object = {}) =>
  Type.Union([Text(env, description, more), Type.Null()], { env, description, default: null })
const Count = (env: string, description: string, minimum: number, maximum: number, value: number) =>
  Type.Integer({ env, description, minimum, maximum, default: value })

/** Every setting: name, environment variable, meaning, limits, default. */
export const CONFIG_SCHEMA = {
  dataFolder: Text('VORTEX_HOME', 'folder of database, logs and keys', { default: '~/.vortex' }),
  dagsFolder: Text('VORTEX_DAGS_FOLDER', 'folder of the DAG files', { default: './dags' }),
  dagsReadOnly: Type.Boolean({
    env: 'VORTEX_DAGS_READ_ONLY',
    description: 'nobody changes DAG files through the dashboard or the API',
    default: false,
  }),
  host: Text('VORTEX_HOST', 'address to listen on', { default: '127.0.0.1' }),
  port: Count('VORTEX_PORT', 'port of API and dashboard; 0 = any free one', 0, 65_535, 3000),
  allowedHosts: Type.Array(Type.String(), {
    env: 'VORTEX_ALLOWED_HOSTS',
    description: 'host names that browsers may use, beside loopback names',
    default: [],
  }),
  trustedProxies: Type.Array(Type.String(), {
    env: 'VORTEX_TRUSTED_PROXIES',
    description: 'addresses or CIDR ranges of reverse proxies, whose X-Forwarded-For says who calls',
    default: [],
  }),
  advertiseHost: Maybe('VORTEX_ADVERTISE_HOST', 'name or address by which others reach this controller; default: --host, or the host name'),
  databaseUrl: Maybe('VORTEX_DATABASE_URL', 'postgres://... ; without it a SQLite file in the data folder'),
  swarmListen: Maybe('VORTEX_SWARM_LISTEN', 'host:port for workers on other hosts', {
    pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):[0-9]{1,5}$',
  }),
  swarmPlaintext: Type.Boolean({
    env: 'VORTEX_SWARM_PLAINTEXT',
    description: 'workers on other hosts may connect without TLS',
    default: false,
  }),
  tlsCert: Maybe('VORTEX_TLS_CERT', 'file with the TLS certificate chain (PEM)'),
  tlsKey: Maybe('VORTEX_TLS_KEY', 'file with the TLS private key (PEM)'),
  parallelism: Count('VORTEX_PARALLELISM', 'task instances that may run at once, over all workers', 1, 100_000, 32),
  workerCapacity: Count(
    'VORTEX_WORKER_CAPACITY',
    'attempts that the local worker runs at once; 0 = no local worker',
    0,
    10_000,
    Math.max(4, 2 * availableParallelism()),
  ),
  pausedDefault: Type.Boolean({ env: 'VORTEX_PAUSED_DEFAULT', description: 'new DAGs start paused', default: true }),
  leaseMs: Count(
    'VORTEX_LEASE_MS',
    'lease of workers in milliseconds: what a silent one held is given away after it',
    1_000,
    600_000,
    6_000,
  ),
  logCapBytes: Count('VORTEX_LOG_CAP_BYTES', "kept bytes of one attempt's log", 1_024, 4 * 1024 ** 3, 64 * 1024 ** 2),
  xcomCapBytes: Count('VORTEX_XCOM_CAP_BYTES', 'largest XCom in bytes of JSON', 1_024, 256 * 1024 ** 2, 16 * 1024 ** 2),
  retentionDays: Count('VORTEX_RETENTION_DAYS', 'days after which finished runs go, with their logs and XComs; 0 = never', 0, 36_500, 0),
  sqliteSynchronous: Type.Unsafe<'full' | 'normal'>({
    type: 'string',
    enum: ['full', 'normal'],
    env: 'VORTEX_SQLITE_SYNCHRONOUS',
    description: 'full: a commit survives a power cut',
    default: 'full',
  }),
  compat: Type.Unsafe<'auto' | '2' | '3'>({
    type: 'string',
    enum: ['auto', '2', '3'],
    env: 'VORTEX_COMPAT',
    description: 'Airflow rules for DAG files that do not show theirs',
    default: 'auto',
  }),
  python: Maybe('VORTEX_PYTHON', 'Python interpreter; without it a managed virtual environment'),
  logLevel: Type.Unsafe<'debug' | 'info' | 'warn' | 'error'>({
    type: 'string',
    enum: ['debug', 'info', 'warn', 'error'],
    env: 'VORTEX_LOG_LEVEL',
    description: 'least level that is logged',
    default: 'info',
  }),
  kekFile: Maybe('VORTEX_KEK_FILE', "file with the vault's key-encryption key; default <data folder>/vault.key with SQLite"),
} as const satisfies Record<string, TSchema>

type Settings = { -readonly [K in keyof typeof CONFIG_SCHEMA]: Static<(typeof CONFIG_SCHEMA)[K]> }
/** Secrets of the environment: taken once, removed from it before any child process starts, never part of `Config`. */
export interface ConfigSecrets {
  /** Base64 of the key-encryption key. */
  kek: string | null
  adminPassword: string | null
  /** The workers' token; without it one is made, or found in the data folder. */
  workerToken: string | null
}
export type Config = Readonly<Settings>
/** What the command line may give: the settings' names. */
export type ConfigOptions = { [K in keyof Settings]?: Settings[K] | string | undefined }

/** A value that cannot be used; the message names the setting and says how to mend it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

interface SettingSchema {
  type?: string
  env: string
  default?: unknown
  minimum?: number
  maximum?: number
  enum?: readonly string[]
  pattern?: string
  anyOf?: SettingSchema[]
}

function fail(name: string, env: string, problem: string): never {
  const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new ConfigError(`Setting --${option} (or ${env}) ${problem}.`)
}

const BOOLEANS: Record<string, boolean> = { true: true, yes: true, on: true, 1: true, false: false, no: false, off: false, 0: false }

function parse(name: string, schema: SettingSchema, raw: unknown): unknown {
  const shown = JSON.stringify(raw)
  if (schema.anyOf) return raw === null ? null : parse(name, { ...schema.anyOf[0], env: schema.env }, raw)
  if (schema.type === 'boolean') {
    const value = typeof raw === 'boolean' ? raw : BOOLEANS[String(raw).toLowerCase()]
    return value ?? fail(name, schema.env, `must be true or false, but is ${shown}`)
  }
  if (schema.type === 'integer') {
    const value = typeof raw === 'number' ? raw : /^-?\d{1,15}$/.test(String(raw).trim()) ? Number(raw) : Number.NaN
    const { minimum = -Infinity, maximum = Infinity } = schema
    if (!Number.isInteger(value) || value < minimum || value > maximum)
      fail(name, schema.env, `must be a whole number from ${minimum} to ${maximum}, but is ${shown}`)
    return value
  }
  if (schema.type === 'array') {
    return Object.freeze(
      (Array.isArray(raw) ? raw.map(String) : String(raw).split(',')).map((item) => item.trim()).filter((item) => item !== ''),
    )
  }
  const value = String(raw)
  if (schema.enum && !schema.enum.includes(value)) fail(name, schema.env, `must be one of ${schema.enum.join(', ')}, but is ${shown}`)
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    fail(name, schema.env, `must look like host:port, but is ${shown}`)
  return value
}

function expandHome(path: string): string {
  return resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path)
}

/** Reads, checks and freezes the configuration. Throws ConfigError. */
export function loadConfig(options: ConfigOptions = {}, env: Record<string, string | undefined> = process.env): Config {
  const known: Record<string, SettingSchema> = CONFIG_SCHEMA as unknown as Record<string, SettingSchema>
  for (const name of Object.keys(options)) if (!(name in known)) throw new ConfigError(`There is no setting ${name}.`)
  const settings: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(known)) {
    // An empty variable counts as not set: that is how compose files and unit files leave things out.
    const fromEnvironment = env[schema.env] || (name === 'dagsFolder' ? env['AIRFLOW__CORE__DAGS_FOLDER'] : undefined) || undefined
    settings[name] = parse(name, schema, options[name as keyof Settings] ?? fromEnvironment ?? schema.default)
  }
  return Object.freeze(complete(settings as Settings))
}

function complete(settings: Settings): Settings {
  settings.dataFolder = expandHome(settings.dataFolder)
  settings.dagsFolder = expandHome(settings.dagsFolder)
  if ((settings.tlsCert === null) !== (settings.tlsKey === null))
    throw new ConfigError('VORTEX_TLS_CERT and VORTEX_TLS_KEY belong together: set both or neither.')
  if (settings.databaseUrl !== null && !/^postgres(ql)?:\/\//.test(settings.databaseUrl)) {
    throw new ConfigError(
      'Setting --database-url (or VORTEX_DATABASE_URL) must start with postgres:// or postgresql://. Leave it out for SQLite.',
    )
  }
  if (settings.advertiseHost !== null && !/^[A-Za-z0-9._-]+$|^\[[0-9a-fA-F:]+\]$/.test(settings.advertiseHost))
    throw new ConfigError(
      `VORTEX_ADVERTISE_HOST must be a host name or an address without port or scheme, but is ${JSON.stringify(settings.advertiseHost)}.`,
    )
  for (const host of settings.allowedHosts) {
    if (!/^[A-Za-z0-9._-]+$|^\[[0-9a-fA-F:]+\]$/.test(host))
      throw new ConfigError(`VORTEX_ALLOWED_HOSTS must hold host names without port or scheme, but has ${JSON.stringify(host)}.`)
  }
  for (const proxy of settings.trustedProxies) {
    if (!isAddressRange(proxy))
      throw new ConfigError(
        `VORTEX_TRUSTED_PROXIES must hold addresses or CIDR ranges such as 10.0.0.5 or 10.0.0.0/24, but has ${JSON.stringify(proxy)}.`,
      )
  }
  // On a network the machine's own name is how colleagues reach it; a stranger's page cannot own that name.
  if (!isLoopback(settings.host)) settings.allowedHosts = Object.freeze([...settings.allowedHosts, hostname(), settings.host]) as string[]
  if (settings.kekFile !== null) settings.kekFile = expandHome(settings.kekFile)
  return settings
}

/** A range of everything is refused: with it every caller chooses the address that is written down for it. */
function isAddressRange(text: string): boolean {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : 0
  return bits > 0 && (prefix === undefined || (Number(prefix) >= 1 && Number(prefix) <= bits))
}

/** True if only this machine can connect to the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** Takes the secrets out of the environment, so that no child process inherits them. */
export function takeSecrets(env: Record<string, string | undefined> = process.env): ConfigSecrets {
  const take = (name: string): string | null => {
    const value = env[name]
    delete env[name]
    return value === undefined || value === '' ? null : value
  }
  return { kek: take('VORTEX_KEK'), adminPassword: take('VORTEX_ADMIN_PASSWORD'), workerToken: take('VORTEX_WORKER_TOKEN') }
}

/** An identity for one process start, such as a lease holder's name. */
export function processIdentity(): string {
  return `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`
}
