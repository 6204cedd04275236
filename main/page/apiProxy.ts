/**
 * A request of the page, sent on to the controller with the key added here: the page never holds it. Answers stream through, live
 * events among them, and what the page closes is closed towards the controller too.
 */
import type { ErrorCode } from '#contract/errors.ts'
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
  /** The controller refused the key. */
  onRefused: () => void
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
  const ended = new AbortController()
  try {
    const answer = await options.fetch(`${upstream.url}${path}`, {
      method: request.method,
      headers: { ...pick(request.headers, REQUEST_HEADERS), authorization: `Bearer ${upstream.key}` },
      ...(request.method === 'GET' || request.method === 'HEAD' ? {} : { body: await request.arrayBuffer() }),
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: ended.signal,
    })
    if (answer.status === 401) options.onRefused()
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

/** In the form of the controller's own errors, so that the page shows it as one. */
function failure(message: string): Response {
  return Response.json({ code: 'not_leader' satisfies ErrorCode, message, details: null }, { status: 503 })
}
