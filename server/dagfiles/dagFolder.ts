/**
 * The DAG folder as the service sees it: which DAG files it holds, and which of them a change may concern.
 *
 * Looks never overlap: each builds on the index that the one before left. A folder that cannot be read keeps all its DAG files,
 * and one that is suddenly empty is looked at again after EMPTY_GRACE_MS before they count as gone: an unmounted disk is an
 * empty folder.
 */
import { readFile, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Clock } from '#runtime/clock.ts'
import type { DagFileRecord } from '#db/records.ts'
import { ContentCache } from './contentCache.ts'
import { eachOf } from './eachOf.ts'
import { FolderIndex, isData, splitPath } from './folderIndex.ts'
import { EVERYTHING, FolderWatch } from './folderWatch.ts'

export const EMPTY_GRACE_MS = 30_000
/** Files read at once to see whether they speak of DAGs. */
const READ_AT_ONCE = 16

export interface FolderNews {
  /** DAG files that may have to be parsed: new, changed, or a file that they depend on changed. */
  touched: string[]
  /** DAG files that name a helper module which is new: no parse can have counted it among its inputs. */
  naming: string[]
  /** Known DAG files that are no longer there. */
  gone: string[]
  /** Every file that came, went or changed, whatever it is. */
  changed: string[]
  /** Python files changed: what failed to import may load now. */
  is_code: boolean
}

export class DagFolder {
  readonly root: string
  readonly index: FolderIndex
  readonly contents: ContentCache
  readonly #clock: Clock
  readonly #only: ReadonlySet<string> | null
  readonly #watch: FolderWatch
  #present = new Set<string>()
  #emptySince: number | null = null
  /** Grows with each look. */
  generation = 0
  /** Why the last look changed nothing, or null. */
  trouble: string | null = null

  constructor(p: {
    root: string
    only: readonly string[] | null
    syntax: string | undefined
    clock: Clock
    report: (folders: Set<string>) => void
  }) {
    this.root = p.root
    this.#clock = p.clock
    this.#only = p.only === null ? null : new Set(p.only)
    this.index = new FolderIndex(p.root, p.syntax === 'glob' || p.syntax === 'regexp' ? p.syntax : null)
    this.contents = new ContentCache(p.clock)
    this.#watch = new FolderWatch({ root: p.root, clock: p.clock, report: p.report })
  }

  holds(file: string): boolean {
    return this.#present.has(file)
  }
  get size(): number {
    return this.#present.size
  }
  get notices(): string[] {
    return [this.trouble, this.#watch.notice, ...this.index.notices].filter((notice): notice is string => notice !== null)
  }

  /** Looks at these folders again (EVERYTHING = all); null = the folder cannot be judged now, see `trouble`. */
  async look(folders: Set<string>, records: ReadonlyMap<string, DagFileRecord>): Promise<FolderNews | null> {
    const isThere = await stat(this.root).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (!isThere) {
      this.trouble = `The DAG folder ${this.root} is missing or cannot be read. DAGs known from it stay as they are; create it, or set VORTEX_DAGS_FOLDER.`
      return null
    }
    this.generation += 1
    const whole = folders.has(EVERYTHING)
    const changed = whole ? await this.index.refreshAll() : await this.index.refresh(folders)
    this.#watch.sync(this.index.folders())
    const present = await this.#dagFiles()
    this.index.dagFiles = present
    if (this.#isSuspiciouslyEmpty(present, records.size)) return null
    this.trouble = null
    return await this.#news({ changed, whole, present, records })
  }

  async #news(p: {
    changed: Set<string>
    whole: boolean
    present: Set<string>
    records: ReadonlyMap<string, DagFileRecord>
  }): Promise<FolderNews> {
    const before = this.#present
    this.#present = p.present
    const naming = await this.#filesNaming(
      [...p.changed].filter((path) => path.endsWith('.py') && !p.present.has(path) && this.index.stat(path) !== null),
    )
    const touched = [...p.present].filter((file) => {
      const record = p.records.get(file)
      return p.whole || record === undefined || !before.has(file) || p.changed.has(file) || dependsOn(record, p.changed)
    })
    const gone = [...new Set([...before, ...(this.#only === null ? p.records.keys() : [])])].filter((file) => !p.present.has(file))
    return { changed: [...p.changed], touched, naming: [...naming], gone, is_code: [...p.changed].some((path) => path.endsWith('.py')) }
  }

  /** Files that no .airflowignore excludes and that speak of DAGs. */
  async #dagFiles(): Promise<Set<string>> {
    const only = this.#only
    if (only !== null) return new Set([...only].filter((file) => this.index.stat(file) !== null))
    const found = new Set<string>()
    await eachOf(this.index.candidates(), READ_AT_ONCE, async (file) => {
      if ((await this.contents.look(join(this.root, file), this.index.stat(file)))?.mentions_dag === true) found.add(file)
    })
    return found
  }

  /** A helper module that is new: a function of these DAG files may import it, though no parse has seen it. */
  async #filesNaming(helpers: string[]): Promise<Set<string>> {
    const found = new Set<string>()
    const stems = new Set(
      helpers
        .map((path) => splitPath(path))
        .map(([folder, name]) => (name === '__init__.py' ? splitPath(folder)[1] : name.slice(0, -3)))
        .filter((stem) => stem !== ''),
    )
    if (stems.size === 0) return found
    await eachOf([...this.#present], READ_AT_ONCE, async (file) => {
      const text = await readFile(join(this.root, file), 'latin1').catch(() => '')
      if ([...stems].some((stem) => text.includes(stem))) found.add(file)
    })
    return found
  }

  #isSuspiciouslyEmpty(present: Set<string>, known: number): boolean {
    const now = this.#clock.monotonic()
    // One file that is gone was deleted; many at once are more often a disk.
    if (present.size > 0 || known < 2 || this.#only !== null) {
      this.#emptySince = null
      return false
    }
    this.#emptySince ??= now
    if (now - this.#emptySince >= EMPTY_GRACE_MS) return false
    this.trouble = `The DAG folder ${this.root} is empty now; its ${known} DAG files count as deleted if it still is in ${EMPTY_GRACE_MS / 1000} s.`
    return true
  }

  close(): void {
    this.#watch.close()
  }
}

function dependsOn(record: DagFileRecord, changed: ReadonlySet<string>): boolean {
  const folder = splitPath(record.file)[0]
  // Inputs outside the folder and listings of folders have no events of their own: they are compared at each occasion.
  if (record.inputs.files.some((name) => changed.has(name) || isAbsolute(name) || name.endsWith('/'))) return true
  for (const path of changed) if (isData(splitPath(path)[1]) && (folder === '' || path.startsWith(`${folder}/`))) return true
  return false
}
