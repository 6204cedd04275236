/**
 * Builds what `npm start` and the packages run: dist/renderer (the dashboard), dist/server (CLI, controller, worker and the
 * SQLite thread as ES modules) and dist/desktop (Electron's main process and preload script). Skips what is newer than its sources.
 */
import { build as bundle } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** Entries of the server, by the name of the file in dist/server. */
export const SERVER_ENTRIES: Record<string, string> = {
  vortex: 'server/cli/main.ts',
  worker: 'server/worker/workerMain.ts',
  sqliteThread: 'server/db/sqlite/thread/entry.ts',
  pluginHost: 'plugins/host/main.ts',
  pluginApi: 'plugins/api/index.ts',
}

/** Packages that stay outside the bundle: native add-ons find their files beside themselves. */
const EXTERNAL = ['better-sqlite3', 'pg-native']

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sourceFiles(path)
    else if (!/\.test\.tsx?$/.test(entry.name)) yield path
  }
}

/** Names, sizes and times of the sources: enough to notice a change, quick enough for every start. */
function fingerprint(parts: string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    const path = join(root, part)
    if (!existsSync(path)) continue
    for (const file of statSync(path).isDirectory() ? sourceFiles(path) : [path]) {
      const { size, mtimeMs } = statSync(file)
      hash.update(`${file} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.digest('hex')
}

function isFresh(target: string, print: string): boolean {
  const stamp = join(root, 'dist', `${target}.stamp`)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === print && existsSync(join(root, 'dist', target))
}

function stamp(target: string, print: string): void {
  writeFileSync(join(root, 'dist', `${target}.stamp`), print)
}

/** A server that runs may still load a chunk of the build before; it has an hour. */
const KEEP_CHUNKS_MS = 3_600_000

function removeOldChunks(folder: string, outputs: Record<string, unknown>): void {
  const current = new Set(Object.keys(outputs).map((path) => basename(path)))
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())) {
    const path = join(folder, name)
    if (!current.has(name) && statSync(path).mtimeMs < Date.now() - KEEP_CHUNKS_MS) rmSync(path)
  }
}

/** Bundles the server. About a second. */
export async function buildServer(): Promise<boolean> {
  const print = fingerprint(['server', 'plugins', 'package-lock.json', 'scripts/build.ts'])
  if (isFresh('server', print)) return false
  await buildPlugins(join(root, 'dist/plugins'))
  mkdirSync(join(root, 'dist/server'), { recursive: true })
  const { metafile } = await bundle({
    metafile: true,
    absWorkingDir: root,
    entryPoints: Object.entries(SERVER_ENTRIES).map(([out, path]) => ({ in: path, out })),
    outdir: 'dist/server',
    outExtension: { '.js': '.mjs' },
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    sourcemap: 'linked',
    minifySyntax: true,
    external: EXTERNAL,
    // Packages written as CommonJS call require for Node's own modules.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    define: { "process.env['VORTEX_BUNDLED']": '"1"', 'process.env.VORTEX_BUNDLED': '"1"' },
    logLevel: 'warning',
  })
  removeOldChunks(join(root, 'dist/server'), metafile.outputs)
  stamp('server', print)
  return true
}

/** Each shipped plugin as one file, which imports the API from the host that runs it; what a plugin loads late stays in files of its own. */
export async function buildPlugins(outdir: string): Promise<void> {
  const names = readdirSync(join(root, 'plugins')).filter((name) => existsSync(join(root, 'plugins', name, 'plugin.ts')))
  const { metafile } = await bundle({
    metafile: true,
    absWorkingDir: root,
    entryPoints: [
      ...names.map((name) => ({ in: `plugins/${name}/plugin.ts`, out: name })),
      { in: 'plugins/sql/sqliteProcess.ts', out: 'sqliteProcess' },
    ],
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    // ES modules first: of AWS's client a third falls away, and it is loaded in 0.04 s instead of 0.06.
    mainFields: ['module', 'main'],
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    external: [...EXTERNAL, 'vortex/plugin'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  removeOldChunks(outdir, metafile.outputs)
  // `vortex plugins new` puts the types beside a new plugin.
  cpSync(join(root, 'plugins/api'), join(outdir, 'api'), { recursive: true })
}

/** Builds the dashboard with vite. Some ten seconds, up to half a minute on a small machine: `announce` says so before. */
export function buildRenderer(announce: () => void = () => undefined): boolean {
  const print = fingerprint(['renderer', 'server/contract', 'package-lock.json', 'vite.config.ts'])
  if (isFresh('renderer', print)) return false
  announce()
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const result = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status !== 0) throw new Error('The dashboard could not be built; the messages above say why.')
  stamp('renderer', print)
  return true
}

/** Bundles the desktop app's own code. Under a second. */
export async function buildDesktop(): Promise<boolean> {
  const print = fingerprint(['main', 'server/contract', 'package-lock.json', 'scripts/build.ts'])
  if (isFresh('desktop', print)) return false
  const { calls, events } = await import('../main/bridge/channels.ts')
  const settings = { absWorkingDir: root, bundle: true, format: 'cjs' as const, external: ['electron'], logLevel: 'warning' as const }
  await bundle({
    ...settings,
    entryPoints: ['main/index.ts'],
    outfile: 'dist/desktop/main.cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    minifySyntax: true,
  })
  // The preload script runs in a sandbox, where nothing can be required but Electron's own part: it gets the names of the table only.
  await bundle({
    ...settings,
    entryPoints: ['main/preload/preload.ts'],
    outfile: 'dist/desktop/preload.cjs',
    platform: 'browser',
    target: 'chrome128',
    define: { CALL_NAMES: JSON.stringify(Object.keys(calls)), EVENT_NAMES: JSON.stringify(Object.keys(events)) },
  })
  stamp('desktop', print)
  return true
}

if (import.meta.main) {
  if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true })
  await buildServer()
  await buildDesktop()
  buildRenderer()
}
