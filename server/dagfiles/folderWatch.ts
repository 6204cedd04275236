/**
 * Tells which folders changed, soon after they did. On Linux one inotify watch per folder (Node's recursive watch takes one per
 * file); on macOS and Windows one recursive watch of the system. A watch that fails is only slower: the service rescans anyway.
 */
import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Clock, Timer } from '#runtime/clock.ts'
import { splitPath } from './folderIndex.ts'

/** A burst (git checkout, rsync, an editor's rename dance) is one report: after this much quiet ... */
const QUIET_MS = 40
/** ... or at the latest after this long. */
const LONGEST_MS = 250
/** inotify's default limit is 8,192 watches per user on older kernels; leave most of them to others. */
export const WATCHES_MAX = 4_000

export class FolderWatch {
  #root: string
  #clock: Clock
  #report: (folders: Set<string>) => void
  #watchers = new Map<string, FSWatcher>()
  #pending = new Set<string>()
  #timer: Timer | null = null
  #firstAt = 0
  #recursive = process.platform === 'darwin' || process.platform === 'win32'
  /** Why some changes are noticed late, or null. */
  notice: string | null = null

  constructor(p: { root: string; clock: Clock; report: (folders: Set<string>) => void }) {
    this.#root = p.root
    this.#clock = p.clock
    this.#report = p.report
  }

  /** Watches exactly these folders (relative, '' = the root) and the link that the root may be. */
  sync(folders: readonly string[]): void {
    const wanted = new Set(this.#recursive ? [''] : folders.slice(0, WATCHES_MAX))
    if (!this.#recursive && folders.length > WATCHES_MAX)
      this.notice = `More than ${WATCHES_MAX} folders: changes in the others are noticed within a minute.`
    for (const [folder, watcher] of this.#watchers) {
      if (folder !== PARENT && !wanted.has(folder)) this.#drop(folder, watcher)
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder)
    if (!this.#watchers.has(PARENT)) this.#watchParent()
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(join(this.#root, folder), { recursive: this.#recursive, persistent: false }, (_event, name) => {
        this.#note(this.#recursive && typeof name === 'string' ? splitPath(name.replaceAll('\\', '/'))[0] : folder)
        // The folder itself was replaced or removed: its watch is dead.
        if (!this.#recursive && _event === 'rename' && name === basename(join(this.#root, folder))) this.#drop(folder, watcher)
      })
      watcher.on('error', () => this.#drop(folder, watcher))
      this.#watchers.set(folder, watcher)
    } catch (error) {
      this.notice = `Changes in ${folder === '' ? 'the DAG folder' : folder} are noticed within a minute: ${error instanceof Error ? error.message : String(error)}. On Linux raise fs.inotify.max_user_watches.`
    }
  }

  /** A root that is a symbolic link (git-sync) is replaced in its parent folder. */
  #watchParent(): void {
    const name = basename(this.#root)
    try {
      const watcher = watch(dirname(this.#root), { persistent: false }, (_event, changed) => {
        if (changed !== name) return
        for (const [folder, open] of this.#watchers) if (folder !== PARENT) this.#drop(folder, open)
        this.#note('')
        this.#note(EVERYTHING)
      })
      watcher.on('error', () => this.#drop(PARENT, watcher))
      this.#watchers.set(PARENT, watcher)
    } catch {
      // The parent may not be readable; the slow rescan notices a swap.
    }
  }

  #note(folder: string): void {
    const now = this.#clock.monotonic()
    if (this.#pending.size === 0) this.#firstAt = now
    this.#pending.add(folder)
    this.#timer?.cancel()
    const wait = Math.max(0, Math.min(QUIET_MS, this.#firstAt + LONGEST_MS - now))
    this.#timer = this.#clock.after(wait, () => {
      const folders = this.#pending
      this.#pending = new Set()
      this.#timer = null
      this.#report(folders)
    })
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close()
    if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder)
  }

  close(): void {
    this.#timer?.cancel()
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }
}

/** Reported when the whole folder may be another one. Not a path: NUL cannot be in one. */
export const EVERYTHING = '\0everything'
const PARENT = '\0parent'
