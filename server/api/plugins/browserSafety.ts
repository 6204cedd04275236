/**
 * What keeps other web pages out: the Host allow-list stops DNS rebinding, the Origin check stops forged requests, the
 * headers stop framing, sniffing and injected scripts. No answer carries CORS headers.
 */
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { VortexError } from '#contract/errors.ts'
import { PAGE_HEADERS } from '#contract/pageSafety.ts'

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '::1'])
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Name of a Host header without port and brackets; null if it is not of that form. */
function hostName(header: string): string | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header)
  return match ? (match[1] ?? match[2] ?? '').toLowerCase().replace(/\.$/, '') : null
}

/** The address the caller connected to, as a Host header would write it (IPv4 in IPv6 unwrapped). */
function localAddress(request: FastifyRequest): string {
  return (request.socket.localAddress ?? '').replace(/^::ffff:/, '').toLowerCase()
}

export function useBrowserSafety(app: FastifyInstance, options: { allowed_hosts: readonly string[]; tls: boolean }): void {
  const allowed = new Set(options.allowed_hosts.map((host) => host.toLowerCase().replace(/^\[|\]$/g, '')))

  const checkHost = (request: FastifyRequest): void => {
    const name = hostName(request.headers.host ?? '')
    if (name !== null && (LOOPBACK_NAMES.has(name) || allowed.has(name))) return
    // An address, unlike a name, cannot be rebound: it is right if it is the one that the caller reached.
    if (name !== null && isIP(name) !== 0 && name === localAddress(request)) return
    throw new VortexError('forbidden', 'This host name is not allowed. Add it to VORTEX_ALLOWED_HOSTS (or --allowed-hosts) of the server.')
  }
  const checkOrigin = (request: FastifyRequest): void => {
    const { origin, host } = request.headers
    if (origin === undefined) return
    const parsed = URL.canParse(origin) ? new URL(origin) : null
    if (
      parsed !== null &&
      /^https?:$/.test(parsed.protocol) &&
      (parsed.host === host?.toLowerCase() || withDefaultPort(parsed) === host?.toLowerCase())
    )
      return
    throw new VortexError('forbidden', 'This request comes from another web site and was refused.')
  }

  app.addHook('onRequest', async (request, reply) => {
    setSafetyHeaders(request, reply)
    if (options.tls) reply.header('strict-transport-security', 'max-age=31536000')
    checkHost(request)
    if (request.url.startsWith('/api')) reply.header('cache-control', 'no-store')
    if (request.url.startsWith('/api') || !SAFE_METHODS.has(request.method)) checkOrigin(request)
  })
}

/** The headers of every answer. */
export function setSafetyHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(PAGE_HEADERS).header('x-request-id', request.id)
}

/** `host:port` with the port written out, as some clients do. */
function withDefaultPort(url: URL): string {
  return url.port === '' ? `${url.host}:${url.protocol === 'https:' ? 443 : 80}` : url.host
}

/** A state change that rests on a cookie must prove that our own page sent it. */
export function requireOwnPage(request: FastifyRequest): void {
  if (SAFE_METHODS.has(request.method) || request.headers.origin !== undefined || request.headers['sec-fetch-site'] === 'same-origin')
    return
  throw new VortexError('forbidden', 'A change with a session cookie needs an Origin header. Scripts use an API key instead.')
}
