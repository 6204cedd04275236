/**
 * What each route loads, gzipped: its own chunk and everything that it imports, beside what every page has already. Reads the build's
 * manifest (`npm run build` first). Fails if a route or the common part is over its limit.
 *
 *   node scripts/bundleSizes.ts [--folder dist/renderer] [--all]
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'

interface Entry {
  file: string
  name?: string
  src?: string
  isEntry?: boolean
  isDynamicEntry?: boolean
  imports?: string[]
  css?: string[]
}

/** Kilobytes of script and style, gzipped. What every page loads: a second on a slow mobile connection (1.6 Mbit/s). */
const COMMON_LIMIT_KB = 270
const ROUTE_LIMIT_KB = 130
/** Routes that show what is large by nature, each with its reason. */
const LARGER: Readonly<Record<string, { kb: number; why: string }>> = {
  'features/editor': { kb: 420, why: 'the code editor with its languages' },
  'features/dag/DagGraphTab': { kb: 160, why: 'React Flow, and the task panel with its log beside it' },
  'features/durations': { kb: 150, why: 'the chart library' },
  'features/runs/RunPage': { kb: 190, why: 'graph, log and task list of a run' },
}

const { values } = parseArgs({
  options: { folder: { type: 'string', default: 'dist/renderer' }, all: { type: 'boolean', default: false } },
})
const folder = resolve(import.meta.dirname, '..', values.folder)
const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8')) as Record<string, Entry>

const sizes = new Map<string, number>()
function sizeOf(file: string): number {
  const known = sizes.get(file) ?? gzipSync(readFileSync(join(folder, file))).length / 1_000
  sizes.set(file, known)
  return known
}

/** Files of an entry and of all that it imports. */
function filesOf(key: string, seen = new Set<string>(), files = new Set<string>()): Set<string> {
  const entry = manifest[key]
  if (entry === undefined || seen.has(key)) return files
  seen.add(key)
  files.add(entry.file)
  for (const style of entry.css ?? []) files.add(style)
  for (const next of entry.imports ?? []) filesOf(next, seen, files)
  return files
}

const sum = (files: Iterable<string>): number => [...files].reduce((total, file) => total + sizeOf(file), 0)
const print = (name: string, kb: number, limit: number, note = ''): void => {
  process.stdout.write(`${name.padEnd(52)} ${kb.toFixed(0).padStart(5)} kB  of ${limit} kB ${kb > limit ? 'OVER' : 'ok'} ${note}\n`)
}

const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry === true)
if (entry === undefined) throw new Error(`${folder} holds no build with a manifest. Run \`npm run build\` first.`)
const common = filesOf(entry)
let over = 0
print('every page', sum(common), COMMON_LIMIT_KB)
if (sum(common) > COMMON_LIMIT_KB) over += 1

/** Routes are what the router names; other dynamic parts (dialogs, messages) come with --all. */
const router = readFileSync(join(import.meta.dirname, '../renderer/router.tsx'), 'utf8')
const isRoute = (key: string): boolean => router.includes(`'./${key}'`)
const parts = Object.entries(manifest).filter(([key, { isDynamicEntry }]) => isDynamicEntry === true && (values.all || isRoute(key)))
if (!parts.some(([key]) => isRoute(key)))
  throw new Error('No route was found in the manifest: has the form of renderer/router.tsx changed?')
for (const [key] of parts.sort(([a], [b]) => a.localeCompare(b))) {
  const own = [...filesOf(key)].filter((file) => !common.has(file))
  const larger = Object.entries(LARGER).find(([prefix]) => key.startsWith(prefix))?.[1]
  const limit = larger?.kb ?? ROUTE_LIMIT_KB
  const kb = sum(own)
  if (kb > limit) over += 1
  print(key, kb, limit, larger?.why ?? '')
}
if (over > 0) {
  process.stderr.write(
    `${over} over the limit. Load what only some need with a dynamic import, or write down here why it must be larger.\n`,
  )
  process.exitCode = 1
}
