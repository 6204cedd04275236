/** One HTTP request as a task makes it: address and sign-in of a connection, redirects, limits, and failures in words. */
import { readFile } from 'node:fs/promises'
import * as tls from 'node:tls'
import type { Connection, TaskContext } from 'vortex/plugin'

export interface RequestConfig {
  url?: string
  http_conn_id?: string
  endpoint?: string
  method?: string
  headers?: Record<string, string>
  data?: unknown
  query?: Record<string, unknown>
  timeout_seconds: number
  max_response_bytes: number
  max_redirects: number
  verify_tls: boolean
  ca_file?: string
}

export interface Answer {
  status: number
  status_text: string
  text: string
  /** For messages: without what a query or the user's name in it may give away. */
  place: string
}

/** Options of requests that Airflow keeps in a connection's extra; every other text in it is a header. */
const OPTIONS = new Set([
  'proxies',
  'proxy',
  'stream',
  'verify',
  'cert',
  'max_redirects',
  'check_response',
  'trust_env',
  'timeout',
  'allow_redirects',
  'headers',
])
const DEFAULT_CONNECTION = 'http_default'
const REDIRECTS = new Set([301, 302, 303, 307, 308])

interface Target {
  url: URL
  headers: Headers
  verify: boolean
  ca_file: string | null
}

/** Sends it, follows redirects, and reads the answer whole. Rejects with an Error in words. */
export async function send(config: RequestConfig, context: TaskContext): Promise<Answer> {
  const target = await targetOf(config, context)
  await trust(target)
  const { method, body, headers } = bodyOf(config, target)
  const timeout = AbortSignal.timeout(config.timeout_seconds * 1000)
  const signal = AbortSignal.any([context.signal, timeout])
  let request: Hop = { url: target.url, method, body, headers }
  for (let hop = 0; ; hop += 1) {
    const place = placeOf(request)
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        body: request.body,
        redirect: 'manual',
        signal,
      })
      const location = response.headers.get('location')
      if (!REDIRECTS.has(response.status) || location === null || config.max_redirects === 0)
        return await answerOf(response, config.max_response_bytes, place)
      await response.body?.cancel()
      if (hop >= config.max_redirects) throw new Error(`${place} redirects once more after ${config.max_redirects} times (max_redirects).`)
      request = redirected(request, new URL(location, request.url), response.status)
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason
      if (timeout.aborted)
        throw new Error(`${place} did not answer within ${config.timeout_seconds} s (timeout_seconds).`, { cause: undefined })
      throw inWords(error, place)
    }
  }
}

interface Hop {
  url: URL
  method: string
  headers: Headers
  body: string | null
}

async function targetOf(config: RequestConfig, context: TaskContext): Promise<Target> {
  const whole = config.url ?? (/^https?:\/\//i.test(config.endpoint ?? '') ? config.endpoint : undefined)
  if (whole !== undefined && config.http_conn_id === undefined)
    return { url: urlOf(whole, config), headers: new Headers(config.headers), verify: config.verify_tls, ca_file: config.ca_file ?? null }
  const connection = await context.connection(config.http_conn_id ?? DEFAULT_CONNECTION)
  const { extra } = connection
  const headers = new Headers()
  if (connection.login !== null)
    headers.set('authorization', `Basic ${Buffer.from(`${connection.login}:${connection.password ?? ''}`).toString('base64')}`)
  const more = typeof extra['headers'] === 'object' && extra['headers'] !== null ? Object.entries(extra['headers']) : []
  for (const [name, value] of [...Object.entries(extra).filter(([key]) => !OPTIONS.has(key)), ...more]) headers.set(name, String(value))
  if (headers.has('authorization')) await context.mask([headers.get('authorization')])
  for (const [name, value] of Object.entries(config.headers ?? {})) headers.set(name, value)
  return {
    url: urlOf(whole ?? baseOf(connection) + slashed(config.endpoint ?? ''), config),
    headers,
    verify: config.verify_tls && extra['verify'] !== false,
    ca_file: config.ca_file ?? (typeof extra['verify'] === 'string' ? extra['verify'] : null),
  }
}

function baseOf({ conn_id, host, schema, port }: Connection): string {
  if (host === null || host === '') throw new Error(`The connection ${conn_id} has no host. Set it to the server's name or address.`)
  const base = host.includes('://') ? host : `${schema === null || schema === '' ? 'http' : schema}://${host}`
  return `${base.replace(/\/+$/, '')}${port === null ? '' : `:${port}`}`
}

function slashed(endpoint: string): string {
  return endpoint === '' || /^[/?]/.test(endpoint) ? endpoint : `/${endpoint}`
}

function urlOf(text: string, config: RequestConfig): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(`${JSON.stringify(text.replace(/\?.*/s, ''))} is no URL of http or https.`)
  // fetch refuses them, and a log would show them.
  if (url.username !== '' || url.password !== '')
    throw new Error('The URL holds a user name or a password. Put them into a connection, and name it in http_conn_id.')
  const isQuery = !hasBody(methodOf(config)) && typeof config.data === 'object' && config.data !== null && !Array.isArray(config.data)
  for (const [name, value] of Object.entries({ ...config.query, ...(isQuery ? (config.data as object) : {}) }))
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      if (one !== null) url.searchParams.append(name, typeof one === 'string' ? one : JSON.stringify(one))
  return url
}

function methodOf(config: RequestConfig): string {
  return config.method ?? (config.data === undefined ? 'GET' : 'POST')
}

function hasBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

function bodyOf(config: RequestConfig, target: Target): { method: string; body: string | null; headers: Headers } {
  const method = methodOf(config)
  if (config.data === undefined || config.data === null || !hasBody(method)) return { method, body: null, headers: target.headers }
  const isText = typeof config.data === 'string'
  if (!isText && !target.headers.has('content-type')) target.headers.set('content-type', 'application/json')
  return { method, body: isText ? (config.data as string) : JSON.stringify(config.data), headers: target.headers }
}

/** This process makes one attempt's requests: what it trusts may be set for all of it. */
async function trust(target: Target): Promise<void> {
  if (target.url.protocol !== 'https:') return
  if (!target.verify) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  if (target.ca_file === null) return
  const pem = await readFile(target.ca_file, 'utf8').catch((cause: unknown) => {
    throw new Error(`The certificate file ${target.ca_file ?? ''} cannot be read.`, { cause })
  })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), pem])
}

/** As browsers do it; what signs in stays with the server that it is meant for. */
function redirected(request: Hop, url: URL, status: number): Hop {
  const headers = new Headers(request.headers)
  const becomesGet = status === 303 || ((status === 301 || status === 302) && request.method === 'POST')
  if (url.origin !== request.url.origin)
    for (const name of [...headers.keys()]) if (name !== 'accept' && name !== 'content-type' && name !== 'user-agent') headers.delete(name)
  if (!becomesGet) return { ...request, url, headers }
  headers.delete('content-type')
  return { url, headers, method: request.method === 'HEAD' ? 'HEAD' : 'GET', body: null }
}

async function answerOf(response: Response, most: number, place: string): Promise<Answer> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > most)
      throw new Error(
        `${place} answered with more than ${most.toLocaleString('en')} bytes (max_response_bytes). Ask for less, or write it to a file in a task of your own.`,
      )
    text += decoder.decode(chunk, { stream: true })
  }
  return { status: response.status, status_text: response.statusText, text: text + decoder.decode(), place }
}

function placeOf({ method, url }: Hop): string {
  return `${method} ${url.origin}${url.pathname}`
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server does not answer',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'there is no way to the host, or it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'there is no way to the host, or it does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; name a file with it in ca_file',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here; name a file with that in ca_file',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here; name a file with that in ca_file',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

function inWords(error: unknown, place: string): Error {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return error instanceof Error ? error : new Error(String(error))
  const found = cause instanceof AggregateError ? (cause.errors[0] as Error) : cause
  const code = (found as NodeJS.ErrnoException).code ?? ''
  return new Error(`${place} failed: ${REASONS[code] ?? found.message}${code === '' ? '' : ` (${code})`}.`)
}
