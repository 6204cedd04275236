/** A whole API for tests: real SQLite in a temporary folder, the real engine without workers, four users. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { createAccounts } from '#api/auth/accounts.ts'
import { createPasswords } from '#api/auth/passwords.ts'
import { buildApp, type ApiOptions } from '#api/buildApp.ts'
import type { ApiServices } from '#api/services.ts'
import type { DagSpec } from '#contract/dagSpec.ts'
import type { Role } from '#contract/states.ts'
import { FolderFiles } from '#dagfiles/editing/folderFiles.ts'
import { openStore } from '#db/openStore.ts'
import type { Store } from '#db/store.ts'
import { systemClock, type Clock } from '#runtime/clock.ts'
import { createLiveEvents } from '#runtime/liveEvents.ts'
import { createLogger } from '#runtime/logger.ts'
import { ClusterEngine } from '#scheduler/cluster/clusterEngine.ts'
import { createEngineCommands } from '#scheduler/engineCommands.ts'
import { createEngineQueries } from '#scheduler/engineQueries.ts'
import { EngineService } from '#scheduler/engineService.ts'
import { DEFAULT_SETTINGS } from '#scheduler/model.ts'
import type { EngineCommands } from '#scheduler/ports.ts'
import { createConnections } from '#vault/connections.ts'
import { createVault } from '#vault/vault.ts'
import { makeDagSpec } from './makeDagSpec.ts'

export const PASSWORD = 'correct horse battery'
export const USERS: Record<'vera' | 'otto' | 'ada' | 'admin', Role> = { vera: 'Viewer', otto: 'Operator', ada: 'Admin', admin: 'Admin' }
export const HOST = 'localhost:3000'
export const ORIGIN = `http://${HOST}`

export interface TestApi {
  app: FastifyInstance
  services: ApiServices
  store: Store
  /** Lines of the server's log, parsed. */
  log: Record<string, unknown>[]
  /** API key of one of `USERS`. */
  keys: Record<keyof typeof USERS, string>
  /** A request with the Host header that a browser at port 3000 sends. */
  call(p: {
    method?: string
    url: string
    as?: keyof typeof USERS | undefined
    cookie?: string
    body?: unknown
    headers?: Record<string, string>
  }): Promise<LightMyRequestResponse>
  saveDag(spec: DagSpec): Promise<void>
  close(): Promise<void>
}

export async function startTestApi(
  p: { clock?: Clock; options?: Partial<ApiOptions>; change?: (services: ApiServices) => Partial<ApiServices> } = {},
): Promise<TestApi> {
  const clock = p.clock ?? systemClock
  const folder = await mkdtemp(join(tmpdir(), 'vortex-api-'))
  const log: Record<string, unknown>[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => (log.push(JSON.parse(chunk.toString()) as Record<string, unknown>), done()),
  })
  const logger = createLogger({ level: 'debug', stream, readable: false })
  const store = await openStore({ folder })
  const events = createLiveEvents({ clock })
  const service = new EngineService({
    store,
    clock: systemClock,
    settings: DEFAULT_SETTINGS,
    holder: 'test',
    newToken: randomUUID,
    publish: (published) => events.publish(published),
    logger,
    workers: {
      assign: () => undefined,
      kill: () => undefined,
      drain: () => undefined,
      disconnect: () => undefined,
      disconnectAll: () => undefined,
    },
  })
  await service.start()
  await service.whenLeading()
  const commands: EngineCommands = createEngineCommands({ service, store, clock: systemClock })
  const engine = { ...commands, ...createEngineQueries({ service }) }
  const passwords = createPasswords({ cost: 2 ** 10 })
  const accounts = createAccounts({ store, passwords, clock, logger })
  const vault = await createVault({ store, source: { kind: 'file', path: join(folder, 'vault.key'), create: true }, clock })
  const dags_folder = join(folder, 'dags')
  await mkdir(dags_folder)
  const dagFiles: ApiServices['dagFiles'] = {
    variableChanged: () => undefined,
    connectionChanged: () => undefined,
    dagDeleted: () => [],
    fileChanged: () => undefined,
    reading: () => ({ state: 'ready', waiting: 0 }),
    plugins: () => Promise.resolve({ plugins: [], problem: null }),
    files: new FolderFiles({ root: dags_folder, clock, read_only: false, syntax: undefined }),
    parseText: () => Promise.reject(new Error('this test has no Python')),
  }
  const leader = new ClusterEngine({
    cluster: null,
    clock: systemClock,
    logger,
    events,
    holder: 'test',
    newId: randomUUID,
    addresses: () => ({ api_address: null, swarm_address: null }),
    service: () => service,
    commandsFor: () => commands,
    queries: () => engine,
    onOthers: () => undefined,
  })
  const services: ApiServices = {
    store,
    engine,
    leader: leader.queries(),
    leaderOf: () => null,
    dagFiles,
    storage: () => ({ retention_days: 0, measured: null }),
    vault,
    connections: createConnections({ store, vault, clock }),
    accounts,
    passwords,
    events,
    clock,
    logger,
    version: '0.0.0-test',
  }
  await accounts.ensureAdmin({ password: PASSWORD })
  const keys = {} as TestApi['keys']
  for (const [username, role] of Object.entries(USERS) as [keyof typeof USERS, Role][]) {
    if (username !== 'admin')
      await store.userCreate({
        username,
        role,
        password_hash: await passwords.hash(PASSWORD),
        created_at: clock.now(),
        last_login_at: null,
      })
    keys[username] = (await accounts.createApiKey({ username, name: 'test', expires_at: null })).api_key
  }
  const app = await buildApp(
    { ...services, ...p.change?.(services) },
    { port: 3000, allowed_hosts: [], trusted_proxies: [], tls: null, renderer_folder: null, ...p.options },
  )

  const saveDag = async (spec: DagSpec): Promise<void> => {
    const content = new TextEncoder().encode(`# ${spec.dag_id}\n`)
    const sha256 = createHash('sha256').update(content).digest('hex')
    await store.blobsPut({ blobs: [{ sha256, content }] })
    const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex')
    const saved = await store.dagFileSave({
      record: {
        file: spec.file,
        hash,
        parsed_at: clock.now(),
        duration_ms: 1,
        dag_ids: [spec.dag_id],
        inputs: { files: [], variables: [], environment: [] },
        error: null,
        fork_hazard: null,
      },
      specs: [spec],
      bundle: { hash, files: [{ path: spec.file, sha256, size: content.length }] },
      paused_default: true,
      now: clock.now(),
    })
    await engine.dagsChanged({ changed: saved.changed, stale: saved.stale })
  }
  await saveDag(makeDagSpec('etl'))

  return {
    app,
    services,
    store,
    log,
    keys,
    saveDag,
    call({ method = 'GET', url, as, cookie, body, headers = {} }) {
      const request: InjectOptions = {
        method: method as 'GET',
        url,
        headers: { host: HOST, ...(as ? { authorization: `Bearer ${keys[as]}` } : {}), ...(cookie ? { cookie } : {}), ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      }
      return app.inject(request)
    },
    async close() {
      await app.close()
      await service.stop()
      events.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** `name=value` of the session cookie that an answer sets. */
export function cookieOf(response: LightMyRequestResponse): string {
  const header = [response.headers['set-cookie']].flat()[0] ?? ''
  return header.split(';')[0] ?? ''
}
