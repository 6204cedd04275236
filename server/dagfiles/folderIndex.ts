/**
 * What lies in the DAG folder: an index of folders and files, refreshed folder by folder.
 *
 * A refresh lists a folder and stats its files; contents are read by others, and only when a stat differs. Symbolic links are
 * followed, as Airflow does; a folder is entered once per path and never below itself.
 */
import { readFile, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDagFileName, isDataDagName } from '#contract/dagFileNames.ts'
import { IGNORE_FILE_BYTES_MAX, parseIgnoreFile, type IgnoreRules, type IgnoreSyntax } from './airflowIgnore.ts'
import { DATA_BYTES_MAX } from './saysDags.ts'

/** More entries are no DAG folder but a disk; what is beyond is not read, and said. */
export const ENTRIES_MAX = 200_000
export const DEPTH_MAX = 32
/** Files that are stat'ed at once: libuv has four threads. */
const STATS_AT_ONCE = 64
/** Enough to see what is wrong. */
const NOTICES_MAX = 10

const SKIPPED = new Set(['__pycache__', 'node_modules', 'site-packages', 'venv', 'env', 'logs'])
/** Twin of python/vortex/loading/data_files.py: what tasks write rather than read. */
const OUTPUT = /(\.(log|tmp|swp|pid|lock|pyc|pyo|db|sqlite|sqlite3|db-wal|db-shm|db-journal)|~)$/i
const IGNORE_FILE = '.airflowignore'

export interface FileStat {
  size: number
  mtime_ms: number
  ino: number
}
interface Folder {
  files: Map<string, FileStat>
  folders: Set<string>
  rules: IgnoreRules | null
  real: string
}

/** Paths are relative to the root, with forward slashes; the root itself is ''. */
export class FolderIndex {
  readonly root: string
  readonly notices: string[] = []
  #syntax: IgnoreSyntax | null
  #folders = new Map<string, Folder>()
  #entries = 0
  #dagFiles: ReadonlySet<string> = new Set()
  /** Listings of data files by folder, as long as nothing changes: each parse of a folder's ten thousand files asks for the same one. */
  readonly #listings = new Map<string, string>()

  constructor(root: string, syntax: IgnoreSyntax | null) {
    this.root = root
    this.#syntax = syntax
  }

  /** YAML and JSON files among them are no data of the DAG files beside them. */
  set dagFiles(files: ReadonlySet<string>) {
    this.#dagFiles = files
    this.#listings.clear()
  }

  folders(): string[] {
    return [...this.#folders.keys()]
  }

  /** Lists folders again (with new folders below them) and returns the paths of files that came, went or changed. */
  async refresh(folders: Iterable<string>): Promise<Set<string>> {
    const changed = new Set<string>()
    for (const folder of folders) await this.#refreshFolder(folder, changed, depthOf(folder))
    return changed
  }

  async refreshAll(): Promise<Set<string>> {
    const changed = new Set<string>()
    const known = new Set(['', ...this.#folders.keys()])
    for (const folder of known) if (folder === '' || this.#folders.has(folder)) await this.#refreshFolder(folder, changed, depthOf(folder))
    return changed
  }

  async #refreshFolder(path: string, changed: Set<string>, depth: number): Promise<void> {
    const count = changed.size
    await this.#listFolder(path, changed, depth)
    if (changed.size > count) this.#listings.clear()
  }

  async #listFolder(path: string, changed: Set<string>, depth: number): Promise<void> {
    const before = this.#folders.get(path)
    const absolute = join(this.root, path)
    const found = await listFolder(absolute)
    if (found === null) {
      if (before) this.#forget(path, changed)
      return
    }
    const files = new Map<string, FileStat>()
    for (const { name, file } of found.files) {
      const known = before?.files.get(name)
      files.set(name, file)
      if (!known || known.size !== file.size || known.mtime_ms !== file.mtime_ms || known.ino !== file.ino)
        changed.add(joinPath(path, name))
    }
    for (const name of before?.files.keys() ?? []) if (!files.has(name)) changed.add(joinPath(path, name))
    for (const name of before?.folders ?? []) if (!found.folders.has(name)) this.#forget(joinPath(path, name), changed)
    const rules = changed.has(joinPath(path, IGNORE_FILE)) || !before ? await this.#readRules(absolute, files) : before.rules
    this.#entries += files.size - (before?.files.size ?? 0)
    this.#folders.set(path, { files, folders: found.folders, rules, real: found.real })
    for (const name of found.folders) {
      const below = joinPath(path, name)
      if (this.#folders.has(below) || !(await this.#mayEnter(path, below, depth))) continue
      await this.#refreshFolder(below, changed, depth + 1)
    }
  }

  async #mayEnter(parent: string, path: string, depth: number): Promise<boolean> {
    if (this.#entries >= ENTRIES_MAX || depth >= DEPTH_MAX) {
      const notice = `The DAG folder holds more than ${ENTRIES_MAX.toLocaleString('en')} files or ${DEPTH_MAX} levels; some are not read. Point VORTEX_DAGS_FOLDER at the DAG files alone.`
      this.#note(notice)
      return false
    }
    const real = await realpath(join(this.root, path)).catch(() => null)
    // A link to a folder above itself would go on for ever.
    for (let above: string | null = parent; real !== null && above !== null; above = parentOf(above)) {
      if (this.#folders.get(above)?.real === real) return false
    }
    return real !== null
  }

  async #readRules(absolute: string, files: Map<string, FileStat>): Promise<IgnoreRules | null> {
    const entry = files.get(IGNORE_FILE)
    if (!entry || entry.size > IGNORE_FILE_BYTES_MAX) return null
    const text = await readFile(join(absolute, IGNORE_FILE), 'utf8').catch(() => null)
    if (text === null) return null
    const rules = parseIgnoreFile(text, this.#syntax)
    for (const problem of rules.problems.slice(0, 3)) this.#note(`${join(absolute, IGNORE_FILE)}: ${problem}. The line is not used.`)
    return rules
  }

  #note(notice: string): void {
    if (this.notices.length < NOTICES_MAX && !this.notices.includes(notice)) this.notices.push(notice)
  }

  #forget(path: string, changed: Set<string>): void {
    const folder = this.#folders.get(path)
    if (!folder) return
    this.#folders.delete(path)
    this.#entries -= folder.files.size
    for (const name of folder.files.keys()) changed.add(joinPath(path, name))
    for (const name of folder.folders) this.#forget(joinPath(path, name), changed)
  }

  stat(path: string): FileStat | null {
    const [folder, name] = splitPath(path)
    return this.#folders.get(folder)?.files.get(name) ?? null
  }

  /** Every file with its stat, in order of path. */
  files(): [path: string, file: FileStat][] {
    const found: [string, FileStat][] = []
    for (const [path, folder] of this.#folders) for (const [name, file] of folder.files) found.push([joinPath(path, name), file])
    return found.sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Files that may define DAGs and that no .airflowignore excludes, in order of path. */
  candidates(): string[] {
    const found: string[] = []
    for (const [path, folder] of this.#folders) {
      for (const [name, { size }] of folder.files) {
        // Larger ones are data, which nobody reads to find that out.
        if (!isDagFileName(name) || (isDataDagName(name) && size > DATA_BYTES_MAX)) continue
        if (!this.isIgnored(joinPath(path, name))) found.push(joinPath(path, name))
      }
    }
    return found.sort()
  }

  isIgnored(path: string): boolean {
    const parts = path.split('/')
    for (let depth = 0; depth < parts.length; depth += 1) {
      const rules = this.#folders.get(parts.slice(0, depth).join('/'))?.rules
      if (rules?.ignores(parts.slice(depth).join('/'))) return true
    }
    return false
  }

  /** Names, sizes and times of the data files in a folder and below it: a text that changes when they do. */
  dataListing(folder: string, kept: Map<string, string>): string {
    const known = kept.get(folder) ?? this.#listings.get(folder)
    if (known !== undefined) {
      kept.set(folder, known)
      return known
    }
    const entry = this.#folders.get(folder)
    const lines: string[] = []
    const data = [...(entry?.files ?? [])].filter(([name]) => isData(name) && !this.#dagFiles.has(joinPath(folder, name)))
    for (const [name, file] of data.sort(([a], [b]) => (a < b ? -1 : 1))) lines.push(`${name} ${file.size} ${file.mtime_ms}`)
    for (const name of [...(entry?.folders ?? [])].sort()) {
      const below = this.#folders.has(joinPath(folder, name)) ? this.dataListing(joinPath(folder, name), kept) : ''
      if (below !== '') lines.push(`${name}/`, below)
    }
    const text = lines.join('\n')
    kept.set(folder, text)
    this.#listings.set(folder, text)
    return text
  }
}

/** Whether a change of this file may change the data that travels with a DAG file. */
export function isData(name: string): boolean {
  return !name.endsWith('.py') && !name.startsWith('.') && !OUTPUT.test(name)
}

async function listFolder(
  absolute: string,
): Promise<{ files: { name: string; file: FileStat }[]; folders: Set<string>; real: string } | null> {
  const entries = await readdir(absolute, { withFileTypes: true }).catch(() => null)
  const real = await realpath(absolute).catch(() => null)
  if (entries === null || real === null) return null
  const files: { name: string; file: FileStat }[] = []
  const folders = new Set<string>()
  const wanted = entries.filter((entry) => (!entry.name.startsWith('.') || entry.name === IGNORE_FILE) && !SKIPPED.has(entry.name))
  if (entries.some((entry) => entry.name === 'pyvenv.cfg')) return { files, folders, real }
  for (let start = 0; start < wanted.length; start += STATS_AT_ONCE) {
    await Promise.all(
      wanted.slice(start, start + STATS_AT_ONCE).map(async (entry) => {
        if (entry.isDirectory()) return void folders.add(entry.name)
        const found = await stat(join(absolute, entry.name)).catch(() => null)
        if (found === null) return
        if (found.isDirectory()) folders.add(entry.name)
        else if (found.isFile()) files.push({ name: entry.name, file: { size: found.size, mtime_ms: found.mtimeMs, ino: found.ino } })
      }),
    )
  }
  return { files, folders, real }
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
export function splitPath(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf('/')
  return at < 0 ? ['', path] : [path.slice(0, at), path.slice(at + 1)]
}
function parentOf(path: string): string | null {
  return path === '' ? null : splitPath(path)[0]
}
function depthOf(path: string): number {
  return path === '' ? 0 : path.split('/').length
}
