/** The typed client of renderer, CLI and tests: one function per entry of the operation table, over a given fetch. */
import { VortexError, type ErrorCode } from './errors.ts'
import { routes, type Input, type Operation, type OperationId, type Output } from './routes.ts'

declare global {
  /** The one of DOM and of Node, which are not part of the contract's environment. */
  interface AbortSignal {
    readonly aborted: boolean
  }
}

type Given<T> = { [K in keyof T as T[K] extends undefined ? never : K]: T[K] }
/** Beside what is sent: `signal` ends the request when the answer is no longer wanted. */
interface Unsent {
  signal?: AbortSignal
}
type Arguments<Id extends OperationId> = keyof Given<Input<Id>> extends never
  ? [Unsent?]
  : 'query' extends keyof Given<Input<Id>>
    ? 'params' extends keyof Given<Input<Id>>
      ? [Omit<Given<Input<Id>>, 'query'> & { query?: Input<Id>['query'] } & Unsent]
      : [({ query?: Input<Id>['query'] } & Omit<Given<Input<Id>>, 'query'> & Unsent)?]
    : [Given<Input<Id>> & Unsent]

export type Client = { [Id in OperationId]: (...args: Arguments<Id>) => Promise<Output<Id>> }

/** The few things the client needs of a fetch function; DOM's and Node's both fit. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal?: AbortSignal },
) => Promise<{ status: number; text(): Promise<string> }>

export interface ClientOptions {
  /** Base URL without a trailing slash; empty in a page served by the controller. */
  base: string
  fetch: FetchLike
  /** Extra headers of each request, such as Authorization. */
  headers?: () => Record<string, string>
}

interface Parts {
  params?: Record<string, string | number>
  query?: Record<string, string | number | boolean | readonly string[] | undefined>
  body?: unknown
  signal?: AbortSignal
}

/** URL path of an operation with its parameters filled in. */
export function operationUrl(operation: Operation, parts: Parts): string {
  const path = operation.path.replace(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(String(parts.params?.[name])))
  // A list is the same field several times.
  const query = Object.entries(parts.query ?? {})
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((each) => [name, each] as const) : [[name, value] as const]))
    .filter(([, value]) => value !== undefined)
  if (query.length === 0) return path
  return `${path}?${query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')}`
}

/** Makes a client. Each call throws VortexError with the server's code, or `internal` if the answer is not of its form. */
export function createClient(options: ClientOptions): Client {
  const call = async (operation: Operation, parts: Parts = {}): Promise<unknown> => {
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers?.() }
    const init: Parameters<FetchLike>[1] = { method: operation.method, headers, ...(parts.signal ? { signal: parts.signal } : {}) }
    if (parts.body !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(parts.body)
    }
    const response = await options.fetch(options.base + operationUrl(operation, parts), init)
    const text = await response.text()
    let value: unknown
    try {
      value = text === '' ? null : JSON.parse(text)
    } catch (cause) {
      throw new VortexError('internal', `The server answered ${response.status} with something that is not JSON.`, null, { cause })
    }
    if (response.status < 400) return value
    const failure = value as { code?: ErrorCode; message?: string; details?: unknown } | null
    throw new VortexError(
      failure?.code ?? 'internal',
      failure?.message ?? `The server answered ${response.status}.`,
      failure?.details ?? null,
    )
  }
  const client: Record<string, (parts?: Parts) => Promise<unknown>> = {}
  for (const [id, operation] of Object.entries(routes)) client[id] = (parts) => call(operation, parts)
  return client as unknown as Client
}
