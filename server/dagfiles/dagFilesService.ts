/**
 * DAG files: from the folder to stored versions.
 *
 * Start: every file whose content and inputs hash to what the newest parse had is taken as it is; the others are parsed. Then
 * the folder is watched; a change parses what it touches, edited files first. A slow rescan stands behind the watch.
 *
 * Invariants
 * - At most one parse of a file runs at a time; a change during it queues the file again.
 * - What is stored is what was parsed: contents are checked against the hashes the parse saw, else it is parsed again.
 * - A file that fails keeps its last good versions in force. Nothing an author writes runs in this process.
 *
 * Failure: a parse host that dies is replaced (parseHosts.ts). While the database is out of reach a file stays queued and is
 * tried again. Without any Python the service says so and tries again with each rescan.
 */
import { join } from 'node:path'
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { BundleFile } from '#contract/dagSpec.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { ParseResult } from '#contract/dagSpec.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import type { DagFileRecord } from '#db/records.ts'
import type { AdminStore, DagFileSaved, DagStore } from '#db/store.ts'
import type { EngineCommands } from '#scheduler/ports.ts'
import { bundleHash, FileChanged, readBlobs } from './bundle.ts'
import { childEnvironment } from './childEnvironment.ts'
import { ContentCache } from './contentCache.ts'
import { FolderIndex, isData, splitPath } from './folderIndex.ts'
import { EVERYTHING, FolderWatch } from './folderWatch.ts'
import { inputHash, type HashSources } from './inputHash.ts'
import { ParseHosts } from './parseHosts.ts'
import { checkedResult, recordOf } from './parseOutcome.ts'
import { ParseQueue, type Priority } from './parseQueue.ts'
import { preparePython, type PythonEnvironment } from './pythonEnvironment.ts'

/** Stands behind the watch: a network folder, a full inotify table, a changed Variable that nobody told of. */
const RESCAN_MS = 60_000
/** After a failure of the store. */
const RETRY_MS = 1_000
/** A file that changes under each parse is given up until its next change. */
const CHANGED_TRIES = 5

export interface DagFilesOptions {
  store: DagStore & Pick<AdminStore, 'variableGet'>
  engine: Pick<EngineCommands, 'dagsChanged'>
  clock: Clock
  logger: Logger
  publish: (events: LiveEvent[]) => void
  dags_folder: string
  data_folder: string
  /** Folder of the managed Python environment; default: the data folder. */
  python_folder?: string
  /** VORTEX_PYTHON. */
  python: string | null
  /** Folder that holds the Python package `vortex`. */
  package_folder: string
  paused_default: boolean
  compat: 'auto' | '2' | '3'
  /** Only these files, relative to the folder; null = all. */
  only?: readonly string[] | null
  environment: Record<string, string | undefined>
}

export class DagFilesService implements Service {
  readonly #o: DagFilesOptions
  readonly #logger: Logger
  readonly #index: FolderIndex
  readonly #contents: ContentCache
  readonly #queue = new ParseQueue()
  readonly #records = new Map<string, DagFileRecord>()
  readonly #running = new Set<string>()
  readonly #again = new Set<string>()
  readonly #timers = new Set<Timer>()
  #python: Promise<PythonEnvironment> | null = null
  #hosts: ParseHosts | null = null
  #sources: HashSources | null = null
  #watch: FolderWatch | null = null
  #isStopped = false
  #scan: Promise<void> = Promise.resolve()
  #idleWaiters: (() => void)[] = []
  #packagesAt = 0

  constructor(options: DagFilesOptions) {
    this.#o = options
    this.#logger = options.logger.child({ part: 'DAG files' })
    this.#index = new FolderIndex(options.dags_folder, null)
    this.#contents = new ContentCache(options.clock)
  }

  /** The interpreter of tasks. Rejects with PythonMissing. */
  async python(): Promise<string> {
    return (await this.#environment()).executable
  }

  /** Resolves when every file that is there has been looked at. */
  async start(): Promise<void> {
    for (const record of await this.#o.store.dagFileList()) this.#records.set(record.file, record)
    const python = await this.#environment()
    if (this.#isStopped) return
    const environment = childEnvironment({ environment: this.#o.environment, packageFolder: this.#o.package_folder })
    const variable = async (key: string): Promise<string | null> => (await this.#o.store.variableGet({ key }))?.value ?? null
    this.#hosts = new ParseHosts({ executable: python.executable, environment, parallel: availableParallelism(), clock: this.#o.clock, variable, onTrouble: (message) => this.#logger.warn(message) })
    this.#sources = { index: this.#index, contents: this.#contents, fingerprint: `${python.executable} ${python.version} ${this.#o.compat} ${await this.#packageAge()}`, environment, variable }
    await this.#index.refreshAll()
    this.#watch = new FolderWatch({ root: this.#o.dags_folder, clock: this.#o.clock, report: (folders) => this.#folderChanged(folders) })
    this.#watch.sync(this.#index.folders())
    for (const notice of this.#index.notices) this.#logger.warn(notice)
    await this.#lookAt(this.#index.pythonFiles(), 'found')
    for (const file of this.#records.keys()) if (!this.#isThere(file)) await this.#removed(file)
    await this.#idle()
    if (!this.#isStopped) this.#rescanLater()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#watch?.close()
    await this.#hosts?.stop()
    for (const wake of this.#idleWaiters.splice(0)) wake()
  }

  /** A Variable changed: files that read it while loading are parsed again. */
  variableChanged(key: string): void {
    for (const record of this.#records.values()) if (record.inputs.variables.includes(key)) this.#enqueue(record.file, 'recheck')
  }

  #environment(): Promise<PythonEnvironment> {
    const { python, python_folder, data_folder, environment, package_folder, clock } = this.#o
    this.#python ??= preparePython({
      python, dataFolder: python_folder ?? data_folder, environment: childEnvironment({ environment, packageFolder: package_folder }), clock, report: (line) => this.#logger.info(line),
    }).then((found) => {
      if (found.notice !== null) this.#logger.warn(found.notice)
      return found
    })
    return this.#python
  }

  /** Newest change of the Python package: another parser may find something else. */
  async #packageAge(): Promise<string> {
    const index = new FolderIndex(join(this.#o.package_folder, 'vortex'), null)
    await index.refreshAll()
    return String(Math.max(0, ...index.pythonFiles().map((file) => index.stat(file)?.mtime_ms ?? 0)))
  }

  #isThere(file: string): boolean {
    return this.#index.stat(file) !== null && !this.#index.isIgnored(file) && (this.#o.only == null || this.#o.only.includes(file))
  }

  // --- changes -----------------------------------------------------------------------------------------------------------

  #folderChanged(folders: Set<string>): void {
    // One after the other: two refreshes of one folder must not mix.
    this.#scan = this.#scan.then(() => this.#refresh(folders)).catch((error: unknown) => this.#logger.error({ err: error }, 'the DAG folder could not be read'))
  }

  async #refresh(folders: Set<string>): Promise<void> {
    if (this.#isStopped) return
    const changed = folders.has(EVERYTHING) ? await this.#index.refreshAll() : await this.#index.refresh(folders)
    this.#watch?.sync(this.#index.folders())
    if (changed.size === 0) return
    const wanted = new Set([...changed].filter((path) => path.endsWith('.py')))
    for (const record of this.#records.values()) if ([...changed].some((path) => isInput(record, path))) wanted.add(record.file)
    if ([...changed].some((path) => path.endsWith('.airflowignore'))) for (const file of this.#index.pythonFiles()) wanted.add(file)
    for (const path of wanted) if (this.#records.has(path) && !this.#isThere(path)) await this.#removed(path)
    await this.#lookAt([...wanted].filter((path) => this.#isThere(path)), 'edited')
  }

  /** Queues the files among these whose hash is not that of their newest parse. */
  async #lookAt(files: readonly string[], priority: Priority): Promise<void> {
    const listings = new Map<string, string>()
    const sources = this.#sources
    if (sources === null) return
    await Promise.all(
      files.filter((file) => this.#isThere(file)).map(async (file) => {
        const known = this.#records.get(file)
        const content = await this.#contents.look(join(this.#o.dags_folder, file))
        if (content === null || (!content.mentions_dag && this.#o.only == null)) {
          if (known !== undefined) await this.#removed(file)
          return
        }
        if (known !== undefined && known.hash === (await inputHash({ file, inputs: known.inputs, sources, listings }))) return
        this.#enqueue(file, known === undefined || priority === 'edited' ? priority : 'found')
      }),
    )
  }

  async #removed(file: string): Promise<void> {
    this.#queue.remove(file)
    this.#records.delete(file)
    const { stale } = await this.#o.store.dagFileDelete({ file, now: this.#o.clock.now() })
    if (stale.length > 0) await this.#o.engine.dagsChanged({ changed: [], stale })
    this.#tell(stale)
  }

  #rescanLater(): void {
    const timer = this.#o.clock.after(RESCAN_MS, () => {
      this.#timers.delete(timer)
      this.#folderChanged(new Set([EVERYTHING]))
      this.#scan = this.#scan.then(async () => {
        await this.#checkPackages()
        await this.#lookAt(this.#index.pythonFiles(), 'recheck')
        if (!this.#isStopped) this.#rescanLater()
      }).catch((error: unknown) => this.#logger.warn({ err: error }, 'the DAG folder could not be looked through'))
    })
    this.#timers.add(timer)
  }

  /** Packages were installed or removed: files that failed may load now. */
  async #checkPackages(): Promise<void> {
    const info = await this.#hosts?.info()
    const times = await Promise.all((info?.site_packages ?? []).map(async (folder) => (await stat(folder).catch(() => null))?.mtimeMs ?? 0))
    const newest = Math.max(0, ...times)
    const isFirst = this.#packagesAt === 0
    if (newest === this.#packagesAt) return
    this.#packagesAt = newest
    if (isFirst) return
    this.#hosts?.recycle()
    for (const record of this.#records.values()) if (record.error !== null) this.#enqueue(record.file, 'recheck')
  }

  // --- parsing -----------------------------------------------------------------------------------------------------------

  #enqueue(file: string, priority: Priority): void {
    if (this.#running.has(file)) this.#again.add(file)
    else this.#queue.add(file, priority)
    this.#pump()
  }

  #pump(): void {
    while (!this.#isStopped && this.#running.size < availableParallelism()) {
      const next = this.#queue.take()
      if (next === null) break
      this.#running.add(next.file)
      void this.#parse(next.file).finally(() => {
        this.#running.delete(next.file)
        if (this.#again.delete(next.file)) this.#queue.add(next.file, 'edited')
        this.#pump()
      })
    }
    if (this.#running.size === 0 && this.#queue.size === 0) for (const wake of this.#idleWaiters.splice(0)) wake()
  }

  async #idle(): Promise<void> {
    if (this.#running.size === 0 && this.#queue.size === 0) return
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  async #parse(file: string): Promise<void> {
    try {
      for (let tries = 1; tries <= CHANGED_TRIES; tries++) {
        try {
          return await this.#parseOnce(file)
        } catch (error) {
          if (!(error instanceof FileChanged)) throw error
        }
      }
    } catch (error) {
      if (this.#isStopped) return
      this.#logger.warn({ err: error, file }, 'a DAG file could not be taken over; trying again')
      const timer = this.#o.clock.after(RETRY_MS, () => {
        this.#timers.delete(timer)
        this.#enqueue(file, 'recheck')
      })
      this.#timers.add(timer)
    }
  }

  async #parseOnce(file: string): Promise<void> {
    const hosts = this.#hosts
    const sources = this.#sources
    if (hosts === null || sources === null || !this.#isThere(file)) return
    const answer = await hosts.parse({ root: this.#o.dags_folder, file, compat: this.#o.compat })
    const result = checkedResult(answer.result)
    const draft = recordOf({ result, hash: '', now: this.#o.clock.now(), error: result.error })
    this.#contents.forget(join(this.#o.dags_folder, file))
    const hash = await inputHash({ file, inputs: draft.inputs, sources, listings: new Map() })
    const record = { ...draft, hash }
    const saved = result.error === null ? await this.#saveVersions(record, result) : await this.#save(record, result, null)
    this.#records.set(file, record)
    if (saved.duplicates.length > 0) await this.#reportDuplicates(record, result, saved)
    if (saved.changed.length > 0 || saved.stale.length > 0) await this.#o.engine.dagsChanged(saved)
    this.#tell([...saved.changed.map(({ dag }) => dag.dag_id), ...saved.stale])
    const problem = this.#records.get(file)?.error
    if (problem != null) this.#logger.warn({ file, line: problem.line }, `import error: ${problem.message}`)
  }

  async #saveVersions(record: DagFileRecord, result: ParseResult): Promise<DagFileSaved> {
    const files = result.bundle_files
    const held = new Set(await this.#o.store.blobsHave({ hashes: files.map(({ sha256 }) => sha256) }))
    const blobs = await readBlobs({ root: this.#o.dags_folder, files: files.filter(({ sha256 }) => !held.has(sha256)) })
    if (blobs.length > 0) await this.#o.store.blobsPut({ blobs })
    return await this.#save(record, result, { hash: bundleHash(files), files })
  }

  #save(record: DagFileRecord, result: ParseResult, bundle: { hash: string; files: ParseResult['bundle_files'] } | null): Promise<DagFileSaved> {
    return this.#o.store.dagFileSave({ record, specs: result.dags, bundle, paused_default: this.#o.paused_default, now: this.#o.clock.now() })
  }

  /** DAG ids that belong to another file: the DAGs of this file that are its own stay, and the clash is told. */
  async #reportDuplicates(record: DagFileRecord, result: ParseResult, saved: DagFileSaved): Promise<void> {
    const told = saved.duplicates.map(({ dag_id, owner_file }) => `DAG id "${dag_id}" is already defined by ${owner_file}.`).join(' ')
    const error = { kind: 'duplicate', message: `${told} Give one of them another dag_id.`, traceback: '', line: null }
    const failed = { ...record, error }
    await this.#save(failed, { ...result, dags: [] }, null)
    this.#records.set(record.file, failed)
  }

  #tell(dag_ids: readonly string[]): void {
    const count = [...this.#records.values()].filter(({ error }) => error !== null).length
    this.#o.publish([...dag_ids.map((dag_id): LiveEvent => ({ type: 'dag', dag_id })), { type: 'import_errors', count }])
  }
}

/** Whether a changed path may change what a parse of this file finds. */
function isInput(record: DagFileRecord, path: string): boolean {
  if (record.file === path || record.inputs.files.includes(path)) return true
  const [folder, name] = splitPath(path)
  if (record.inputs.files.includes(`${folder}/`)) return true
  const home = splitPath(record.file)[0]
  return isData(name) && (home === '' || folder === home || folder.startsWith(`${home}/`))
}
