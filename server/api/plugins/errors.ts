/** One error body for everything that goes wrong: `{code, message, details, request_id}`. Never a stack, SQL or path. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ERRORS, VortexError, type ErrorCode } from '#contract/errors.ts'
import { StoreUnavailable } from '#db/store.ts'
import { BODY_BYTES_MAX, UNAVAILABLE_RETRY_SECONDS } from '#runtime/limits.ts'

interface Problem {
  code: ErrorCode
  message: string
  details: unknown
}

const INTERNAL: Problem = {
  code: 'internal',
  message: 'The server failed unexpectedly. Its log holds the failure under this request id.',
  details: null,
}

/** `reason`: of StoreUnavailable. */
export function unavailableMessage(reason: string | null): string {
  return reason === null ? 'The database does not answer.' : `The database does not save: ${reason}.`
}

function describe(error: FastifyError | Error): Problem {
  if (error instanceof VortexError) return { code: error.code, message: error.message, details: error.details ?? null }
  if (error instanceof StoreUnavailable)
    return {
      code: 'database_unavailable',
      message: `${unavailableMessage(error.reason)} Nothing was changed; try again in a few seconds.`,
      details: null,
    }
  // By name: the class belongs to the database's inside.
  if (error.name === 'InvalidCursor')
    return { code: 'invalid_request', message: 'The cursor is not of this list. Start again without one.', details: { field: 'cursor' } }
  if (!('code' in error)) return INTERNAL
  if (error.validation) return describeValidation(error)
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { code: 'too_large', message: `The body is larger than ${BODY_BYTES_MAX} bytes.`, details: null }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return { code: 'invalid_request', message: 'The body must be JSON: send it with Content-Type: application/json.', details: null }
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY')
    return { code: 'invalid_request', message: 'The body is empty. Send JSON, or leave Content-Type out.', details: null }
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError)
    return { code: 'invalid_request', message: 'The body is not valid JSON.', details: null }
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) return { code: 'invalid_request', message: 'The request is malformed.', details: null }
  return INTERNAL
}

function describeValidation(error: FastifyError): Problem {
  const errors = (error.validation ?? []).map(({ instancePath, message = 'is not valid', params }) => {
    const extra = params['additionalProperty'] ?? params['missingProperty']
    const field = [error.validationContext, ...instancePath.split('/').slice(1), ...(typeof extra === 'string' ? [extra] : [])].join('.')
    if (params['additionalProperty'] !== undefined) return { field, message: 'is not a known field' }
    if (params['missingProperty'] !== undefined) return { field, message: 'is required' }
    if (typeof params['pattern'] === 'string')
      return { field, message: `has a character that is not allowed: it must match ${params['pattern']}` }
    const allowed: unknown = params['allowedValues']
    return { field, message: Array.isArray(allowed) ? `must be one of ${allowed.join(', ')}` : message }
  })
  const [first] = errors
  return { code: 'invalid_request', message: first ? `${first.field} ${first.message}.` : 'The request is not valid.', details: { errors } }
}

/** Seconds after which it makes sense to try again; null = trying again changes nothing. */
function retryAfter({ code, details }: Problem): number | null {
  if (code === 'rate_limited')
    return typeof details === 'object' && details !== null && 'retry_after_seconds' in details ? Number(details.retry_after_seconds) : 1
  return code === 'database_unavailable' || code === 'not_leader' ? UNAVAILABLE_RETRY_SECONDS : null
}

export function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = describe(error)
  const { status } = ERRORS[problem.code]
  if (problem.code === 'internal')
    request.log.error({ err: error, request_id: request.id, method: request.method, route: request.routeOptions.url }, 'request failed')
  const seconds = retryAfter(problem)
  if (seconds !== null) reply.header('retry-after', String(seconds))
  // Written without the route's serialiser: that one knows the shape of success only.
  reply
    .code(status)
    .type('application/json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
  reply.send({ ...problem, request_id: request.id })
}

/** Bytes that are not HTTP never become a request; they get the same body. */
export function sendClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const body = JSON.stringify({
    code: 'invalid_request',
    message: 'The request is not valid HTTP, too slow, or its headers are too large.',
    details: null,
    request_id: null,
  })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

export function useErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError | Error>((error, request, reply) => sendError(error, request, reply))
}
