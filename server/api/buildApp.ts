/**
 * The HTTP server: REST API from the operation table, live events, metrics, the built renderer. It listens nowhere by
 * itself; the caller does.
 *
 * Order for each request: safety headers, Host, Origin; who calls and may it (before the body is read); body, validation;
 * load the object that the path names; handler; serialise what the schema names. Everything that goes wrong ends in
 * plugins/errors.ts.
 * Invariants: no route without a role (refused at start); no handler without an entry and no entry without a handler
 * (refused by the compiler); no answer field that the contract does not name.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import { BODY_BYTES_MAX, PATH_PARAM_MAX, REQUEST_TIMEOUT_MS } from '#runtime/limits.ts'
import { createDagReader } from './dagReader.ts'
import type { Handlers } from './handlers.ts'
import type { ApiServices } from './services.ts'
import { createParamsCheck } from './params.ts'
import { sessionCookie, useAuthentication } from './plugins/authentication.ts'
import { setSafetyHeaders, useBrowserSafety } from './plugins/browserSafety.ts'
import { sendClientError, sendError, useErrors } from './plugins/errors.ts'
import { useEventStream } from './plugins/eventStream.ts'
import { useMetrics, type CommitStats } from './plugins/metrics.ts'
import { useOperations } from './plugins/operations.ts'
import { contractSchemas } from './plugins/schemas.ts'
import { useStaticFiles } from './plugins/staticFiles.ts'
import { useTrustedProxies } from './plugins/trustedProxies.ts'
import { backfillHandlers } from './routes/backfills.ts'
import { dagFileHandlers } from './routes/dagFiles.ts'
import { pluginHandlers } from './routes/plugins.ts'
import { bulkHandlers } from './routes/bulk.ts'
import { dagHandlers } from './routes/dags.ts'
import { gridHandlers } from './routes/grid.ts'
import { overviewHandlers } from './routes/overview.ts'
import { personalHandlers } from './routes/personal.ts'
import { poolHandlers } from './routes/pools.ts'
import { assetHandlers } from './routes/assets.ts'
import { insightHandlers } from './routes/insights.ts'
import { runHandlers } from './routes/runs.ts'
import { scheduleHandlers } from './routes/schedule.ts'
import { connectionHandlers } from './routes/connections.ts'
import { secretHandlers } from './routes/secrets.ts'
import { serverHandlers } from './routes/server.ts'
import { sessionHandlers } from './routes/session.ts'
import { swarmHandlers } from './routes/swarm.ts'
import { taskHandlers } from './routes/tasks.ts'
import { taskViewHandlers } from './routes/taskViews.ts'
import { userHandlers } from './routes/users.ts'
import { variableHandlers } from './routes/variables.ts'

export interface ApiOptions {
  /** Port that the caller will listen on: part of the session cookie's name. */
  port: number
  /** Names beside loopback's that a Host header may have. */
  allowed_hosts: readonly string[]
  /** Addresses and CIDR ranges of reverse proxies, whose X-Forwarded-For is believed. */
  trusted_proxies: readonly string[]
  /** PEM texts; null = plain HTTP. */
  tls: { cert: string | Buffer; key: string | Buffer } | null
  /** Folder of the built renderer; null = there is none. */
  renderer_folder: string | null
  /** Totals of the engine's group commits, if it counts them. */
  commits?: () => CommitStats
  /** For tests: event streams. */
  event_stream?: { clients_max?: number; user_clients_max?: number; heartbeat_ms?: number }
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

function buildHandlers(services: ApiServices): Handlers {
  const dags = createDagReader(services.store, services.clock)
  const checkParams = createParamsCheck()
  return {
    ...sessionHandlers(services),
    ...serverHandlers(services),
    ...dagHandlers(services, dags, checkParams),
    ...dagFileHandlers(services, dags),
    ...pluginHandlers(services),
    ...bulkHandlers(services, dags, checkParams),
    ...overviewHandlers(services),
    ...personalHandlers(services),
    ...backfillHandlers(services, dags, checkParams),
    ...assetHandlers(services, dags),
    ...insightHandlers(services, dags),
    ...runHandlers(services, dags),
    ...taskHandlers(services, dags),
    ...taskViewHandlers(services, dags),
    ...gridHandlers(services),
    ...poolHandlers(services),
    ...variableHandlers(services),
    ...secretHandlers(services),
    ...connectionHandlers(services),
    ...userHandlers(services),
    ...swarmHandlers(services),
    ...scheduleHandlers(services, dags),
  }
}

export async function buildApp(services: ApiServices, options: ApiOptions): Promise<FastifyInstance> {
  const { accounts, logger, events, clock } = services
  const tls = options.tls !== null
  const schemas = contractSchemas()
  const cookie = sessionCookie({ port: options.port, tls })
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    // Of what follows from it only `request.ip` is used: names and schemes are read from headers and settings.
    trustProxy: options.trusted_proxies.length === 0 ? false : [...options.trusted_proxies],
    schemaController: schemas.controller,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: PATH_PARAM_MAX },
    // A path that cannot be decoded fails before any hook.
    frameworkErrors: (error, request, reply) => {
      setSafetyHeaders(request, reply)
      sendError(error, request, reply)
    },
    clientErrorHandler: sendClientError,
    // `https: null` is plain HTTP.
    https: options.tls as { cert: string; key: string } | null,
  }) as unknown as FastifyInstance
  app.removeContentTypeParser('text/plain')

  useErrors(app)
  useTrustedProxies(app, { logger })
  schemas.use(app)
  useBrowserSafety(app, { allowed_hosts: options.allowed_hosts, tls })
  await app.register(fastifyCookie)
  useAuthentication(app, { accounts, cookie })
  useOperations(app, { services, handlers: buildHandlers(services), cookie })
  const stream = useEventStream(app, {
    events,
    clock,
    logger,
    ...options.event_stream,
    async stillAllowed(request) {
      const { authorization } = request.headers
      if (authorization !== undefined) return (await accounts.byApiKey(authorization.replace(/^Bearer +/i, ''))) !== null
      return request.principal?.session_hash != null && (await accounts.bySessionHash(request.principal.session_hash)) !== null
    },
  })
  useMetrics(app, { services, event_clients: stream.clients, commits: options.commits })
  useOpenApi(app, services.version)
  useStaticFiles(app, { folder: options.renderer_folder, logger })
  app.addHook('onResponse', async (request, reply) => {
    logger.debug(
      {
        request_id: request.id,
        method: request.method,
        route: request.routeOptions.url,
        address: request.ip,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        username: request.principal?.username,
      },
      'request',
    )
  })
  await app.ready()
  return app
}

function useOpenApi(app: FastifyInstance, version: string): void {
  let text: string | null = null
  app.get('/api/openapi.json', { config: { role: null } }, async (_, reply) => {
    if (text === null) {
      const { buildOpenApi } = await import('./openapi.ts')
      text = JSON.stringify(buildOpenApi({ version }))
    }
    return reply.type('application/json; charset=utf-8').send(text)
  })
}
