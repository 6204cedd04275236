/**
 * The built renderer. Only files found in its folder at the first request are served, by exact name, so no path can lead
 * elsewhere. Every other path that is not the API's answers index.html: the router in the page knows it.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { VortexError } from '#contract/errors.ts'
import { STATIC_FILE_BYTES_MAX } from '#runtime/limits.ts'
import type { Logger } from '#runtime/logger.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json',
}
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const
/** Folder of the bundler's files whose names carry a hash of their content. */
const HASHED = '/assets/'

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>VORTEX</title>
<body style="font: 16px system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>VORTEX is running</h1><p>The dashboard has not been built. Run <code>npm run build</code> and reload this page.</p>
<p>The API works: see <a href="/api/openapi.json">/api/openapi.json</a>.</p></body></html>`

interface Folder {
  /** URL path -> path on disk. */
  files: Map<string, string>
  /** Of index.html: another one means another build. */
  built_at: number
}

export function useStaticFiles(app: FastifyInstance, options: { folder: string | null; logger: Logger }): void {
  const { folder } = options
  let known: Folder | null = null

  async function current(): Promise<Folder | null> {
    if (folder === null) return null
    const built_at = await stat(join(folder, 'index.html')).then(
      (found) => found.mtimeMs,
      () => null,
    )
    if (built_at === null) return null
    if (known?.built_at !== built_at) known = { files: await listFiles(folder), built_at }
    return known
  }

  app.setNotFoundHandler(async (request, reply) => {
    const path = decodePath(request.url)
    if (path === '/api' || path.startsWith('/api/') || path === '/metrics')
      throw new VortexError('not_found', `There is no ${request.method} ${path}. The API is described at /api/openapi.json.`)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new VortexError('not_found', 'There is nothing here that takes this method.')
    const build = await current()
    if (build === null) return reply.code(503).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(NOT_BUILT)
    if (build.files.has(path)) return sendFile({ request, reply, build, path })
    // A missing asset must not become a page: the browser would report a syntax error instead of a missing file.
    if (path.startsWith(HASHED)) throw new VortexError('not_found', 'There is no such file. Reload the page: the dashboard was updated.')
    return sendFile({ request, reply, build, path: '/index.html' })
  })
}

function decodePath(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? '/'
  try {
    return decodeURIComponent(path)
  } catch {
    throw new VortexError('invalid_request', 'The path is not valid.')
  }
}

async function listFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  // Links are left out: they could lead out of the folder.
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name)
        return [`/${relative(folder, file).split(sep).join('/')}`, file]
      }),
  )
}

async function sendFile(p: { request: FastifyRequest; reply: FastifyReply; build: Folder; path: string }): Promise<FastifyReply> {
  const { request, reply, build, path } = p
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoding = ENCODINGS.find(([name, suffix]) => accepted.includes(name) && build.files.has(path + suffix))
  const file = build.files.get(path + (encoding?.[1] ?? '')) ?? ''
  if ((await stat(file)).size > STATIC_FILE_BYTES_MAX)
    throw new VortexError('not_found', 'This file is too large to be part of the dashboard.')
  const content = await readFile(file)
  reply.type(TYPES[extname(path)] ?? 'application/octet-stream').header('vary', 'accept-encoding')
  if (encoding) reply.header('content-encoding', encoding[0])
  if (path.startsWith(HASHED)) reply.header('cache-control', 'public, max-age=31536000, immutable')
  else {
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
    reply.header('cache-control', 'no-cache').header('etag', etag)
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  }
  return reply.send(request.method === 'HEAD' ? '' : content)
}
