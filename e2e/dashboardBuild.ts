/** Builds the renderer for the stories, only if it is missing or older than its sources. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const BUILT = join(ROOT, 'dist/renderer')

/** Returns a copy of the build that stays while another build replaces it. */
export function builtRenderer(): string {
  ensureBuilt()
  const copy = mkdtempSync(join(tmpdir(), 'vortex-renderer-'))
  cpSync(BUILT, copy, { recursive: true })
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  return copy
}

function ensureBuilt(): void {
  const sources = ['renderer', 'server/contract', 'vite.config.ts', 'package-lock.json'].map((path) => newest(join(ROOT, path)))
  if (modified(join(BUILT, 'index.html')) > Math.max(...sources)) return
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
  return Math.max(
    0,
    ...readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => modified(join(entry.parentPath, entry.name))),
  )
}
