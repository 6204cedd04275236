/** The OpenAPI 3.1 document, made from the operation table. Loaded when somebody asks for it. */
import type { TSchema } from 'typebox'
import { ERRORS, type ErrorCode } from '#contract/errors.ts'
import { EVENTS_PATH, routes, type Operation } from '#contract/routes.ts'
import * as admin from '#contract/admin.ts'
import * as dag from '#contract/dag.ts'
import * as dagRun from '#contract/dagRun.ts'
import * as dagSpec from '#contract/dagSpec.ts'
import { LiveEvent } from '#contract/events.ts'
import * as taskInstance from '#contract/taskInstance.ts'

type Json = { [name: string]: unknown }

/** Schemas that have a name of their own in the contract, by identity. */
const NAMED = new Map<object, string>(
  [admin, dag, dagRun, dagSpec, taskInstance, { LiveEvent }].flatMap((module) =>
    Object.entries(module).flatMap(([name, value]) => (typeof value === 'object' ? [[value as object, name] as const] : [])),
  ),
)
const TAGS: Record<string, string> = {
  session: 'Sign-in and the own account',
  server: 'The controller itself',
  dags: 'DAGs',
  versions: 'Versions of DAGs',
  backfills: 'Backfills',
  runs: 'DAG runs',
  tasks: 'Task instances',
  xcom: 'XComs',
  pools: 'Pools',
  variables: 'Variables',
  secrets: 'Secrets',
  connections: 'Connections',
  users: 'Users and API keys',
  swarm: 'Workers',
  events: 'Live events',
}

export function buildOpenApi(p: { version: string }): Json {
  const schemas: Json = { Error: ERROR_SCHEMA }
  const paths: Record<string, Json> = {}
  for (const [id, operation] of Object.entries(routes) as [string, Operation][]) {
    const path = operation.path.replace(/:([a-z_]+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describeOperation({ id, operation, schemas }) }
  }
  paths[EVENTS_PATH] = { get: describeEvents(schemas) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'VORTEX',
      version: p.version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Fields are snake_case, instants ISO 8601 in UTC. Unknown fields are refused. Clients branch on the code of an error, never on its text.',
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key (vx_...). The bare key as the whole header works too.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'vortex_session_<port>',
          description: 'Set by sign-in. Changes also need an Origin header.',
        },
      },
    },
  }
}

const ERROR_SCHEMA: Json = {
  type: 'object',
  required: ['code', 'message', 'details', 'request_id'],
  additionalProperties: false,
  properties: {
    code: {
      type: 'string',
      enum: Object.keys(ERRORS),
      description: Object.entries(ERRORS)
        .map(([code, { status, meaning }]) => `${code} (${status}): ${meaning}`)
        .join(' '),
    },
    message: { type: 'string', description: 'What, where, and how to mend it.' },
    details: {},
    request_id: { type: ['string', 'null'] },
  },
}

function describeOperation(p: { id: string; operation: Operation; schemas: Json }): Json {
  const { id, operation, schemas } = p
  const parameters = [...parametersOf(operation.params, 'path', schemas), ...parametersOf(operation.query, 'query', schemas)]
  return {
    operationId: id,
    summary: operation.summary,
    tags: [operation.tag],
    security: operation.role === null ? [] : [{ apiKey: [] }, { session: [] }],
    ...(operation.role === null ? {} : { description: `Needs the role ${operation.role} or a stronger one.` }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body
      ? {
          requestBody: {
            required: Array.isArray((operation.body as Json)['required']),
            content: { 'application/json': { schema: convert(operation.body, schemas) } },
          },
        }
      : {}),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: convert(operation.ok, schemas) } } },
      ...errorResponses(operation),
    },
  }
}

function describeEvents(schemas: Json): Json {
  return {
    operationId: 'liveEvents',
    tags: ['events'],
    security: [{ apiKey: [] }, { session: [] }],
    summary:
      'Committed changes as server-sent events; each data line is one LiveEvent. Resumes with Last-Event-ID; `reset` means: read everything again.',
    description:
      'At the opening and every 15 s comes a named event `beat`, without an id, with the `server_time`: after 45 s of silence the connection is dead.',
    parameters: [
      { name: 'dag_id', in: 'query', required: false, schema: { type: 'string' }, description: 'only events of this DAG' },
      { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
    ],
    responses: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: convert(LiveEvent, schemas) } } },
      401: errorResponse(['unauthorized']),
      429: errorResponse(['rate_limited']),
    },
  }
}

function parametersOf(schema: TSchema | undefined, where: 'path' | 'query', schemas: Json): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, value]) => {
    const description = value['description']
    return {
      name,
      in: where,
      required: required.includes(name),
      schema: convert(value, schemas),
      ...(typeof description === 'string' ? { description } : {}),
    }
  })
}

function errorResponses(operation: Operation): Json {
  const codes: ErrorCode[] = ['invalid_request', 'internal', 'database_unavailable']
  if (operation.role !== null) codes.push('unauthorized', 'forbidden')
  if (operation.params) codes.push('not_found')
  if (operation.method !== 'GET') codes.push('conflict', 'invalid_state', 'too_large', 'not_leader')
  if (operation.path.endsWith('/trigger') || operation.path.endsWith('/backfill')) codes.push('invalid_params')
  if (operation.path.startsWith('/api/login')) codes.push('rate_limited', 'unauthorized')
  if (operation.tag === 'secrets' || operation.tag === 'connections') codes.push('vault_unavailable')
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  return Object.fromEntries([...byStatus].map(([status, list]) => [String(status), errorResponse(list)]))
}
function errorResponse(codes: readonly ErrorCode[]): Json {
  return {
    description: codes.map((code) => `${code}: ${ERRORS[code].meaning}`).join(' '),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}

/** A plain copy of a schema in which named schemas are references. */
function convert(schema: unknown, schemas: Json): unknown {
  if (Array.isArray(schema)) return schema.map((item) => convert(item, schemas))
  if (typeof schema !== 'object' || schema === null) return schema
  const name = NAMED.get(schema)
  if (name === undefined) return copy(schema, schemas)
  // Reserved before the copy, so that a schema that holds itself ends.
  if (!(name in schemas)) {
    schemas[name] = {}
    schemas[name] = copy(schema, schemas)
  }
  return { $ref: `#/components/schemas/${name}` }
}
function copy(schema: object, schemas: Json): Json {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, convert(value, schemas)]))
}
