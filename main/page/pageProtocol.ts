/**
 * The scheme of the page: `vortex-app://<connection>/<path>`. Page files and API are one origin, and each connection is an origin of its
 * own, so that nothing kept for one controller is seen by another one's page.
 */
import { net, protocol } from 'electron'
import { proxyToServer, type ProxyOptions } from './apiProxy.ts'
import { servePage } from './staticFiles.ts'

export const SCHEME = 'vortex-app'
export const pageUrl = (connection: string, path: string): string => `${SCHEME}://${connection}${path}`

/** Before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
}

/** `api` answers null for a connection that does not exist. */
export function servePages(p: { folder: string; api: (connection: string) => Omit<ProxyOptions, 'fetch'> | null }): void {
  protocol.handle(SCHEME, (request) => {
    const { hostname, pathname, search } = new URL(request.url)
    const api = p.api(hostname)
    if (api === null) return new Response('There is no such connection.', { status: 404 })
    if (pathname !== '/api' && !pathname.startsWith('/api/')) return servePage(p.folder, pathname)
    return proxyToServer(request, `${pathname}${search}`, { ...api, fetch: systemFetch })
  })
}

/** Chromium's network: the system's proxies and certificates. */
export const systemFetch: typeof fetch = (input, init) => net.fetch(input as string, { ...init, bypassCustomProtocolHandlers: true })
