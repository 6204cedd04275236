/**
 * The composition root: configuration in, started services out. The only file that knows every part.
 *
 * Start order: store, then the engine tries to lead, then the swarm listens (a returning worker is welcomed at once), then the
 * API listens; DAG files and the local worker follow in the background. Stop order is the reverse; each part bounds its own.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join, relative, sep } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { createAccounts, type Accounts } from './api/auth/accounts.ts'
import { createPasswords } from './api/auth/passwords.ts'
import { buildApp } from './api/buildApp.ts'
import type { DagFilesPort } from './api/services.ts'
import { DagFilesService } from './dagfiles/dagFilesService.ts'
import { folderAnswers } from './dagfiles/folderAnswers.ts'
import { VortexError } from './contract/errors.ts'
import { openStore } from './db/openStore.ts'
import type { Store } from './db/store.ts'
import { addressesOf, swarmAddress } from './runtime/addresses.ts'
import { systemClock } from './runtime/clock.ts'
import { loadConfig, processIdentity, takeSecrets, type Config, type ConfigOptions } from './runtime/config.ts'
import { makeDataFolder, publishAddress, sharedToken } from './runtime/dataFolder.ts'
import { createLiveEvents } from './runtime/liveEvents.ts'
import { createLogger, type Logger } from './runtime/logger.ts'
import { checkStart } from './runtime/startChecks.ts'
import { StorageMeter } from './runtime/storageMeter.ts'
import { INSTALL_ROOT, IS_BUNDLED, readVersion } from './runtime/version.ts'
import { filesWithOldLists } from './scheduler/computedLists.ts'
import { createEngineCommands } from './scheduler/engineCommands.ts'
import { createEngineQueries } from './scheduler/engineQueries.ts'
import { createSwarmInbox } from './scheduler/swarmInbox.ts'
import { createTemplateDates } from './scheduler/templateDates.ts'
import { ClusterEngine } from './scheduler/cluster/clusterEngine.ts'
import { EngineService } from './scheduler/engineService.ts'
import { DEFAULT_SETTINGS } from './scheduler/model.ts'
import { RetentionService } from './scheduler/retention/retentionService.ts'
import { hashToken } from './swarm/authentication.ts'
import { checkSharedToken } from './swarm/sharedTokenCheck.ts'
import { SwarmService } from './swarm/swarmService.ts'
import { keySourceOf } from './vault/keySource.ts'
import { createConnections } from '#vault/connections.ts'
import { createVault, type Vault } from './vault/vault.ts'
import { LocalWorkerProcess } from './worker/localWorkerProcess.ts'

export interface RunningServer {
  /** Base URL without a trailing slash. */
  url: string
  config: Config
  /** One-time sign-in link, while the admin has no password; else null. */
  sign_in_link: string | null
  /** Key for the command line on this machine. */
  api_key: string
  logger: Logger
  store: Store
  /** What the operator should know, one sentence each. */
  warnings: string[]
  /** Resolves when every DAG file that was there at the start has been looked at. */
  dagsReady: Promise<void>
  /** `leave_worker`: the local worker goes on with its attempts and waits for the next controller. */
  stop(p?: { leave_worker?: boolean }): Promise<void>
}

export interface ServerExtras {
  /** Only these DAG files, relative to the DAG folder; null = all. */
  only_files?: readonly string[] | null
  /** Where the managed Python environment lies; default: the data folder. */
  python_folder?: string
  log_level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** A key of the first admin for as long as this server lives; from the program that started it. */
  launch_token?: string
}

export async function startServer(options: ConfigOptions = {}, extras: ServerExtras = {}): Promise<RunningServer> {
  const secrets = takeSecrets()
  const config = loadConfig(options)
  const logger = createLogger({ level: extras.log_level ?? config.logLevel })
  const clock = systemClock
  const version = readVersion()
  const warnings = await checkStart(config)
  await makeDataFolder(config.dataFolder)
  const stack: ((p: { leave_worker?: boolean }) => Promise<unknown>)[] = []
  const stop = async (p: { leave_worker?: boolean } = {}): Promise<void> => {
    for (const close of stack.splice(0).reverse())
      await close(p).catch((error: unknown) => logger.error({ err: error }, 'a part did not stop cleanly'))
  }
  try {
    const store = await openStore(
      config.databaseUrl === null
        ? {
            folder: config.dataFolder,
            synchronous: config.sqliteSynchronous === 'full' ? 'FULL' : 'NORMAL',
            onProblem: (problem) =>
              problem === null ? logger.info({}, 'the database saves again') : logger.error({ problem }, 'the database does not save'),
          }
        : { database_url: config.databaseUrl },
    )
    stack.push(() => store.close())
    const events = createLiveEvents({ clock })
    stack.push(async () => events.close())
    const holder = processIdentity()
    const listening: { api: number | null } = { api: null }
    const reserved = new Set<string>()
    const cluster: ClusterEngine = new ClusterEngine({
      cluster: store.cluster,
      clock,
      logger,
      events,
      holder,
      newId: randomUUID,
      addresses: () => addressesOf(config, { api: listening.api, swarm: swarm.port }),
      service: () => service,
      commandsFor: (asked) => createEngineCommands({ service, store, clock, reserved, ...(asked === undefined ? {} : { asked }) }),
      queries: () => engine,
      onOthers: () => swarm.controllersChanged(),
    })
    const { publish } = cluster
    const vault = await createVault({ store, source: keySourceOf({ ...config, kek: secrets.kek }), clock })
    const connections = createConnections({ store, vault, clock })

    const workerToken = await sharedToken(join(config.dataFolder, 'worker.token'), secrets.workerToken)
    let dagFiles: DagFilesService | null = null
    let datesOf: ReturnType<typeof createTemplateDates> | null = null
    const socket_path = config.workerCapacity > 0 ? join(config.dataFolder, 'swarm.sock') : null
    const swarm = new SwarmService({
      store,
      clock,
      logger,
      publish,
      token_hash: hashToken(workerToken),
      socket_path,
      resolveSecrets: (wanted) => resolveSecrets(vault, wanted),
      connection: (conn_id) => connections.find(conn_id),
      datesOf: (attempt) => datesOf?.(attempt) ?? NO_DATES,
      onVariableChanged: (key) => dagFiles?.variableChanged(key),
      listen: swarmAddress(config),
      lease_ms: config.leaseMs,
      log_cap_bytes: config.logCapBytes,
      xcom_cap_bytes: config.xcomCapBytes,
      dags_folder: config.dagsFolder,
    })
    const service = new EngineService({
      store,
      clock,
      logger,
      publish,
      holder,
      newToken: () => randomBytes(12).toString('base64url'),
      workers: swarm,
      settings: { ...DEFAULT_SETTINGS, parallelism: config.parallelism, lease_ms: config.leaseMs },
      onTerm: (epoch) => {
        cluster.onTerm(epoch)
        retention.onTerm(epoch)
        if (store.cluster === null) return
        if (epoch === null) dagFiles?.pause()
        else dagFiles?.resume()
      },
    })
    const engine = { ...createEngineCommands({ service, store, clock, reserved }), ...createEngineQueries({ service }) }
    const retention: RetentionService = new RetentionService({
      days: config.retentionDays,
      store,
      service,
      commands: engine,
      clock,
      logger,
    })
    const storage = new StorageMeter({ measure: () => store.storageSize(), clock })
    datesOf = createTemplateDates({ service, store })
    swarm.connectEngine({
      inbox: createSwarmInbox({ service, store, clock }),
      commands: engine,
      role: engine.role,
      leader: () => (cluster.leader === null || cluster.leader.holder === holder ? null : cluster.leader),
      otherControllers: () => cluster.others,
    })
    // Before it may lead: whoever leads now learns of this controller first.
    await cluster.start()
    stack.push(() => cluster.stop())
    await checkSharedToken(store, { holder, token_hash: hashToken(workerToken) })
    await service.start()
    stack.push(() => service.stop())
    for (const housekeeping of [retention, storage]) {
      await housekeeping.start()
      stack.push(() => housekeeping.stop())
    }
    stack.push(() => swarm.stop())
    await swarm.start()

    const passwords = createPasswords()
    const accounts = createAccounts({ store, passwords, clock, logger })
    const admin = await accounts.ensureAdmin({ password: secrets.adminPassword })
    if (extras.launch_token !== undefined) accounts.acceptLaunchToken({ token: extras.launch_token, username: admin.username })
    const api_key = await localKey(join(config.dataFolder, 'cli.key'), accounts, admin.username)
    const leaderFiles = cluster.dagFiles({
      variableChanged: (key) => dagFiles?.variableChanged(key),
      connectionChanged: (conn_id) => dagFiles?.connectionChanged(conn_id),
      fileChanged: (file) => dagFiles?.fileChanged(file),
      dagDeleted: (dag_id) => dagFiles?.dagDeleted(dag_id) ?? [],
    })
    const dagFilesPort: DagFilesPort = {
      ...leaderFiles,
      ...folderAnswers({
        service: () => dagFiles,
        config,
        package_folder: join(INSTALL_ROOT, 'python'),
        environment: process.env,
        clock,
      }),
    }
    const services = {
      store,
      engine: { ...engine, ...cluster.commands() },
      leader: cluster.queries(),
      leaderOf: () => cluster.leader,
      dagFiles: dagFilesPort,
      storage: () => ({ retention_days: config.retentionDays, measured: storage.last }),
      vault,
      connections,
      accounts,
      passwords,
      events,
      clock,
      logger,
      version,
    }
    const { app, url, port } = await listen(services, config, () => service.stats)
    listening.api = port
    stack.push(() => app.close())
    stack.push(await publishAddress(config.dataFolder, url))

    dagFiles = new DagFilesService({
      store,
      clock,
      logger,
      publish,
      engine,
      connection: (conn_id) => connections.find(conn_id),
      dags_folder: config.dagsFolder,
      data_folder: config.dataFolder,
      python: config.python,
      package_folder: join(INSTALL_ROOT, 'python'),
      paused_default: config.pausedDefault,
      compat: config.compat,
      environment: process.env,
      only: extras.only_files ?? null,
      old_lists: () => filesWithOldLists(service.engine, clock.now()),
      ...(extras.python_folder === undefined ? {} : { python_folder: extras.python_folder }),
    })
    const files = dagFiles
    stack.push(() => files.stop())
    const dagsReady = service.whenLeading().then(() => files.start())
    dagsReady.catch((error: unknown) => logger.error({ err: error }, 'DAG files cannot be read'))
    if (socket_path !== null) {
      const worker = new LocalWorkerProcess({
        clock,
        logger,
        socket_path,
        data_folder: config.dataFolder,
        token_file: join(config.dataFolder, 'worker.token'),
        capacity: config.workerCapacity,
        python: () => files.python(),
        package_folder: join(INSTALL_ROOT, 'python'),
        command: { file: process.execPath, args: [workerProgram()] },
      })
      stack.push((p) => (p.leave_worker === true ? worker.leave() : worker.stop()))
      void worker.start().catch((error: unknown) => logger.error({ err: error }, 'the local worker cannot start'))
    }
    const sign_in_link = admin.has_password ? null : `${url}/sign-in#link=${await accounts.createLoginLink(admin.username)}`
    return { url, config, sign_in_link, api_key, logger, store, warnings, dagsReady, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export interface EmbeddedOptions {
  /** Absolute path of the one DAG file to load; null = all of `dags_folder`. */
  file: string | null
  dags_folder: string
  /** State of this run: database, logs, sockets. */
  data_folder: string
  /** The user's own data folder: holds the managed Python environment, which takes seconds to make. */
  home_folder: string
  /** Told while something takes long. */
  report: (line: string) => void
}

/** A server for one terminal (`vortex run`): every DAG is paused, so only what is triggered runs. */
export async function startEmbedded(options: EmbeddedOptions): Promise<{
  url: string
  api_key: string
  dag_ids: string[]
  import_errors: { file: string; message: string; traceback: string; line: number | null }[]
  stop: () => Promise<void>
}> {
  const server = await startServer(
    {
      dataFolder: options.data_folder,
      dagsFolder: options.dags_folder,
      host: '127.0.0.1',
      port: 0,
      pausedDefault: true,
      sqliteSynchronous: 'normal',
    },
    {
      log_level: 'error',
      python_folder: options.home_folder,
      only_files: options.file === null ? null : [relative(options.dags_folder, options.file).split(sep).join('/')],
    },
  )
  try {
    await server.dagsReady
    const files = await server.store.dagFileList()
    const dags = await server.store.dagList({ limit: 500, offset: 0, include_stale: false })
    return {
      url: server.url,
      api_key: server.api_key,
      dag_ids: dags.data.map(({ dag_id }) => dag_id),
      import_errors: files.flatMap(({ file, error }) =>
        error === null ? [] : [{ file, message: error.message, traceback: error.traceback, line: error.line }],
      ),
      stop: () => server.stop(),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** The worker program: from the bundle if this is the bundle. */
function workerProgram(): string {
  return IS_BUNDLED ? join(INSTALL_ROOT, 'dist/server/worker.mjs') : join(INSTALL_ROOT, 'server/worker/workerMain.ts')
}

const NO_DATES = {
  prev_success_interval_start: null,
  prev_success_interval_end: null,
  prev_success_start: null,
  prev_success_end: null,
  prev_logical_date: null,
  next_logical_date: null,
}

async function listen(
  services: Parameters<typeof buildApp>[0],
  config: Config,
  commits: () => { commits: number; stalls: number },
): Promise<{ app: FastifyInstance; url: string; port: number }> {
  const tls =
    config.tlsCert === null || config.tlsKey === null ? null : { cert: await readFile(config.tlsCert), key: await readFile(config.tlsKey) }
  const renderer = join(INSTALL_ROOT, 'dist/renderer')
  const app = await buildApp(services, {
    port: config.port,
    allowed_hosts: config.allowedHosts,
    trusted_proxies: config.trustedProxies,
    tls,
    renderer_folder: existsSync(renderer) ? renderer : null,
    commits,
  })
  await app.listen({ host: config.host, port: config.port })
  const { port } = app.server.address() as AddressInfo
  const host =
    config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host.includes(':') ? `[${config.host}]` : config.host
  return { app, url: `${tls === null ? 'http' : 'https'}://${host}:${port}`, port }
}

/** Values for the names that the vault has; a name that is left out makes the swarm fail the attempt and say so. */
async function resolveSecrets(vault: Vault, wanted: Record<string, string>): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [env, name] of Object.entries(wanted)) {
    const values = await vault.resolve([name]).catch((error: unknown) => {
      if (error instanceof VortexError && (error.code === 'not_found' || error.code === 'vault_unavailable')) return null
      throw error
    })
    const value = values?.get(name)
    if (value !== undefined) found[env] = value.reveal()
  }
  return found
}

/** The key that the command line on this machine uses. A key that is no longer valid is replaced. */
async function localKey(path: string, accounts: Accounts, username: string): Promise<string> {
  const known = await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  )
  if (known !== null && (await accounts.byApiKey(known)) !== null) return known
  const { api_key } = await accounts.createApiKey({ username, name: 'command line on the server', expires_at: null })
  await writeFile(path, `${api_key}\n`, { mode: 0o600 })
  await chmod(path, 0o600)
  return api_key
}
