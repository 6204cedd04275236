/** The built page, from the app's own files, with the headers that the controller sends. */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
}
/** Styles may be inline because the component library writes its theme into a style element; scripts may not. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
  "form-action 'none'",
].join('; ')
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** The file at a path of the page; a path without a file is a view of the page itself. */
export async function servePage(folder: string, pathname: string): Promise<Response> {
  const decoded = decode(pathname)
  if (decoded === null) return new Response('This path cannot be read.', { status: 400, headers: HEADERS })
  const isFile = extname(decoded) in TYPES
  const file = isFile ? await read(folder, decoded) : null
  if (file !== null) return answer(file, TYPES[extname(decoded)] ?? '', decoded.startsWith('/assets/'))
  if (isFile && decoded.startsWith('/assets/')) return new Response('There is no such file.', { status: 404, headers: HEADERS })
  const page = await read(folder, '/index.html')
  if (page === null) return new Response('The page is not built. Run: npm run build', { status: 500, headers: HEADERS })
  return answer(page, TYPES['.html'] ?? '', false)
}

function decode(pathname: string): string | null {
  try {
    const decoded = decodeURIComponent(pathname)
    return decoded.includes('\0') ? null : decoded
  } catch {
    return null
  }
}

async function read(folder: string, path: string): Promise<Buffer | null> {
  const full = join(folder, normalize(path))
  if (!full.startsWith(folder + sep)) return null
  return readFile(full).catch(() => null)
}

function answer(content: Buffer, type: string, isHashed: boolean): Response {
  const cache = isHashed ? 'public, max-age=31536000, immutable' : 'no-cache'
  return new Response(new Uint8Array(content), { headers: { ...HEADERS, 'content-type': type, 'cache-control': cache } })
}
