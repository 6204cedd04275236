/** Walks the operation table once: each entry becomes a route with validation, role, object loading and serialisation. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { VortexError } from '#contract/errors.ts'
import { routes, type Operation, type OperationId } from '#contract/routes.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import { policy, type LoadRequest } from '../policy.ts'
import { setSessionCookie, type SessionCookie } from './authentication.ts'

/** Handlers and loaders as the loop sees them; their own types are checked where they are written. */
type AnyHandler = (input: unknown, context: unknown) => Promise<unknown>
type AnyLoader = (request: LoadRequest) => Promise<unknown>

function hasRequiredFields(schema: TSchema): boolean {
  return 'required' in schema && Array.isArray(schema.required) && schema.required.length > 0
}
/** A POST without a body is as good as `{}` where nothing is required, and nothing is accepted where no body belongs. */
function settleBody(request: FastifyRequest, operation: Operation): void {
  const absent = request.body === undefined || request.body === null
  if (operation.body) {
    if (absent && !hasRequiredFields(operation.body)) request.body = {}
    return
  }
  if (absent || (typeof request.body === 'object' && request.body !== null && Object.keys(request.body).length === 0)) return
  throw new VortexError('invalid_request', 'This operation takes no body.')
}

function mapIndexOf(request: FastifyRequest): number {
  for (const part of [request.query, request.body]) {
    if (typeof part === 'object' && part !== null && 'map_index' in part && typeof part.map_index === 'number') return part.map_index
  }
  return -1
}

export function useOperations(app: FastifyInstance, p: { services: ApiServices; handlers: Handlers; cookie: SessionCookie }): void {
  for (const id of Object.keys(routes) as OperationId[]) {
    const operation: Operation = routes[id]
    const handler = p.handlers[id] as unknown as AnyHandler
    const load = policy[id] as unknown as AnyLoader
    app.route({
      method: operation.method,
      url: operation.path,
      config: { role: operation.role },
      schema: {
        operationId: id,
        ...(operation.params ? { params: operation.params } : {}),
        ...(operation.query ? { querystring: operation.query } : {}),
        ...(operation.body ? { body: operation.body } : {}),
        response: { 200: operation.ok },
      } as object,
      preValidation: async (request) => settleBody(request, operation),
      handler: async (request, reply) => {
        const params = (request.params ?? {}) as Record<string, string | number>
        const object = await load({ services: p.services, principal: request.principal, params, map_index: mapIndexOf(request) })
        const setSession = (token: string | null): void => setSessionCookie({ request, reply, cookie: p.cookie, token })
        const context = { principal: request.principal, object, address: request.ip, setSession }
        return handler({ params, query: request.query, body: request.body }, context)
      },
    })
  }
}
