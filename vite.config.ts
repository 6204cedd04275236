/**
 * Builds the renderer into dist/renderer: hashed assets, one chunk per route (renderer/router.tsx names them), no inline script.
 * `VORTEX_DEV_SERVER` is the controller that the development server forwards /api to.
 */
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/**
 * The page's own content policy, beside the header that the controller sends. Styles may be inline because the component library
 * writes its theme into a style element; scripts may not. Development needs inline scripts for hot reload, so it goes without.
 */
const CONTENT_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ')

const OPERATION_TABLE = join(import.meta.dirname, 'server/contract/routes.ts')

const contentPolicy: Plugin = {
  name: 'vortex-content-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_POLICY }, injectTo: 'head-prepend' },
  ],
}

/**
 * The page needs method and path of each operation; schemas are for the server. Leaving them out keeps the schema library (36 kB)
 * out of the page. Types come from the real file, which this one is made of, so the two cannot differ.
 */
const operationTable: Plugin = {
  name: 'vortex-operation-table',
  apply: 'build',
  enforce: 'pre',
  async load(id) {
    if (id !== OPERATION_TABLE) return null
    const { routes, ...constants } = (await import(OPERATION_TABLE)) as Record<string, unknown> & {
      routes: Record<string, { method: string; path: string }>
    }
    const slim = Object.fromEntries(Object.entries(routes).map(([operation, { method, path }]) => [operation, { method, path }]))
    return Object.entries({ routes: slim, ...constants })
      .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
      .join('\n')
  },
}

export default defineConfig({
  root: 'renderer',
  plugins: [react(), contentPolicy, operationTable],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    // Which file holds what: scripts/bundleSizes.ts reads it.
    manifest: true,
    target: 'es2023',
    // The first versions that know light-dark(); for older ones the minifier would rewrite it to something that our theme switch misses.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // A data: URL would be refused by font-src and saves nothing worth having.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: {
    port: 5173,
    proxy: {
      '/api': {
        target: process.env['VORTEX_DEV_SERVER'] ?? 'http://127.0.0.1:8080',
        // The page's own sources in renderer/api have the same beginning.
        bypass: ({ url }) => (url !== undefined && /\.tsx?(\?|$)/.test(url) ? url : undefined),
      },
    },
  },
})
