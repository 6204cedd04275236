/** The built page, from the app's own files, with the headers that the controller sends. */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { PAGE_HEADERS } from '#contract/pageSafety.ts'

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
/** The file at a path of the page; a path without a file is a view of the page itself. */
export async function servePage(folder: string, pathname: string): Promise<Response> {
  const decoded = decode(pathname)
  if (decoded === null) return new Response('This path cannot be read.', { status: 400, headers: PAGE_HEADERS })
  const isFile = extname(decoded) in TYPES
  const file = isFile ? await read(folder, decoded) : null
  if (file !== null) return answer(file, TYPES[extname(decoded)] ?? '', decoded.startsWith('/assets/'))
  if (isFile && decoded.startsWith('/assets/')) return new Response('There is no such file.', { status: 404, headers: PAGE_HEADERS })
  const page = await read(folder, '/index.html')
  if (page === null) return new Response('The page is not built. Run: npm run build', { status: 500, headers: PAGE_HEADERS })
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
  return new Response(new Uint8Array(content), { headers: { ...PAGE_HEADERS, 'content-type': type, 'cache-control': cache } })
}
