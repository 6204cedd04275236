/** Builds the renderer for the stories, only if it is missing or older than its sources. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
export const RENDERER_FOLDER = join(ROOT, 'dist/renderer')

export function ensureRendererBuilt(): void {
  const sources = ['renderer', 'server/contract', 'vite.config.ts', 'package-lock.json'].map((path) => newest(join(ROOT, path)))
  if (modified(join(RENDERER_FOLDER, 'index.html')) > Math.max(...sources)) return
  // A process of its own: within the test runner React would be built in its development form.
  execFileSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: 'production', VITEST: undefined },
    stdio: 'inherit',
  })
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
function newest(path: string): number {
  if (!statSync(path).isDirectory()) return modified(path)
  return Math.max(0, ...readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => modified(join(entry.parentPath, entry.name))))
}
