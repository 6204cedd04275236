/** Finds out who calls, and refuses who may not: before the body is read, so that nobody probes without a right. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { VortexError } from '#contract/errors.ts'
import type { Role } from '#contract/states.ts'
import { SESSION_LIFE_MS } from '#runtime/limits.ts'
import type { Accounts, Principal } from '../auth/accounts.ts'
import { includesRole } from '../policy.ts'
import { requireOwnPage } from './browserSafety.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Weakest role that may call the route; null = everybody. A route without it refuses to start. */
    role?: Role | null
  }
  interface FastifyRequest {
    principal: Principal | null
  }
}

export interface SessionCookie {
  name: string
  tls: boolean
}
/** Cookies know no ports: the name holds it, so that two servers on one host do not end each other's sessions. */
export function sessionCookie(p: { port: number; tls: boolean }): SessionCookie {
  return { name: `${p.tls ? '__Host-' : ''}vortex_session_${p.port}`, tls: p.tls }
}

export function useAuthentication(app: FastifyInstance, options: { accounts: Accounts; cookie: SessionCookie }): void {
  const { accounts, cookie } = options

  const identify = async (request: FastifyRequest): Promise<Principal | null> => {
    const { authorization } = request.headers
    if (authorization !== undefined) return accounts.byApiKey(authorization.replace(/^Bearer +/i, ''))
    const token = request.cookies[cookie.name]
    if (token === undefined) return null
    const principal = await accounts.bySession(token)
    if (principal !== null) requireOwnPage(request)
    return principal
  }

  app.addHook('onRoute', (route) => {
    if (route.config?.role === undefined) throw new Error(`Route ${String(route.method)} ${route.url} has no row in the policy table.`)
  })
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    const { role } = request.routeOptions.config
    // Unknown paths have no route and so no role: their handler answers 404 or a static file.
    if (role === null || role === undefined) return
    request.principal = await identify(request)
    if (request.principal === null) throw new VortexError('unauthorized', 'Sign in, or send an API key as "Authorization: Bearer <key>".')
    if (!includesRole(request.principal.role, role))
      throw new VortexError('forbidden', `This needs the role ${role}; yours is ${request.principal.role}.`)
  })
}

/** Sets or clears the session cookie. Behind a proxy that ends TLS, the page's own https origin asks for Secure. */
export function setSessionCookie(p: { request: FastifyRequest; reply: FastifyReply; cookie: SessionCookie; token: string | null }): void {
  const secure = p.cookie.tls || p.request.headers.origin?.startsWith('https://') === true
  const options = { path: '/', httpOnly: true, sameSite: 'strict', secure } as const
  if (p.token === null) p.reply.clearCookie(p.cookie.name, options)
  else p.reply.setCookie(p.cookie.name, p.token, { ...options, maxAge: SESSION_LIFE_MS / 1000 })
}
