/**
 * A request of the page, sent on to the controller with the key added here: the page never holds it. Answers stream through, live
 * events among them, and what the page closes is closed towards the controller too.
 */
import type { ErrorCode } from '#contract/errors.ts'
import { isChange, type Change } from './changeGuard.ts'
import { NoUpstream, type Upstream } from '../server/upstream.ts'

/** What the page may say to a server, and a server to the page; cookies and origins are nobody's business here. */
const REQUEST_HEADERS = ['accept', 'content-type', 'last-event-id', 'if-none-match', 'if-match', 'range']
const ANSWER_HEADERS = [
  'content-type',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'cache-control',
  'etag',
  'retry-after',
  'x-request-id',
]

export interface ProxyOptions {
  upstream: () => Promise<Upstream>
  fetch: typeof fetch
  /** Why this change must not be sent; null = it may. */
  refusal: (change: Change) => Promise<string | null>
  /** The controller refused this key. */
  onRefused: (key: string) => void
  /** It could not be reached. */
  onUnreachable: () => void
}

export async function proxyToServer(request: Request, path: string, options: ProxyOptions): Promise<Response> {
  let upstream: Upstream
  try {
    upstream = await options.upstream()
  } catch (error) {
    return failure(error instanceof NoUpstream ? error.message : 'There is no server to ask.')
  }
  const { method } = request
  const body = method === 'GET' || method === 'HEAD' ? null : await request.arrayBuffer()
  if (isChange({ method, path, body })) {
    const refusal = await options.refusal({ method, path })
    if (refusal !== null) return failure(refusal, 403, 'forbidden')
  }
  const ended = new AbortController()
  try {
    const answer = await options.fetch(`${upstream.url}${path}`, {
      method,
      headers: { ...pick(request.headers, REQUEST_HEADERS), authorization: `Bearer ${upstream.key}` },
      ...(body === null ? {} : { body }),
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: ended.signal,
    })
    if (answer.status === 401) return await unauthorized(answer, upstream, options)
    return new Response(answer.body === null ? null : closable(answer.body, ended), {
      status: answer.status,
      headers: pick(answer.headers, ANSWER_HEADERS),
    })
  } catch {
    options.onUnreachable()
    return failure(`${new URL(upstream.url).host} does not answer.`)
  }
}

const pick = (headers: Headers, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? '']] : [])))

/** Electron ends the stream that it was given, not the request behind it. */
function closable(body: ReadableStream<Uint8Array>, ended: AbortController): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel() {
      ended.abort()
    },
  })
}

/** Only a controller's own word drops a key: a login proxy or the portal of a hotel answers 401, too, and knows nothing of it. */
async function unauthorized(answer: Response, upstream: Upstream, options: ProxyOptions): Promise<Response> {
  const content: unknown = await answer.json().catch(() => null)
  if (typeof content !== 'object' || content === null || (content as { code?: unknown }).code !== ('unauthorized' satisfies ErrorCode))
    return failure(
      `${new URL(upstream.url).host} asks for a sign-in that is not VORTEX's: a proxy or the portal of this network stands in between.`,
    )
  options.onRefused(upstream.key)
  return Response.json(content, { status: 401, headers: pick(answer.headers, ANSWER_HEADERS) })
}

/** In the form of the controller's own errors, so that the page shows it as one. */
function failure(message: string, status = 503, code: ErrorCode = 'not_leader'): Response {
  return Response.json({ code, message, details: null }, { status })
}
