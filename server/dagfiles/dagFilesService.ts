/**
 * DAG files: from the folder to stored versions.
 *
 * Start: every file whose content and inputs hash to what its newest parse had is taken as it is; the others are parsed. Then the
 * folder is watched; a change parses what it concerns, edited files first. A slow rescan stands behind the watch.
 *
 * States of a DAG file: waiting (in the queue) -> parsing -> known (its record in the store).
 * Invariants
 * - At most one parse of a file runs at a time; a change during it queues the file again.
 * - What is stored is what was parsed: contents are checked against the hashes that the parse saw, else it is parsed again.
 * - A file that fails keeps its last good versions in force. It is parsed again when Python files of the folder, installed packages
 *   or anything that it read change.
 * - Nothing that an author writes runs in this process.
 *
 * Failure: a parse host that dies is replaced (parseHosts.ts). While the database is out of reach a file is tried again with
 * growing delays. Without any Python the service says so and tries again with each rescan. A folder that cannot be read, or is
 * suddenly empty, keeps its DAGs (dagFolder.ts).
 */
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { BundleFile, ParseResult } from '#contract/dagSpec.ts'
import { VortexError } from '#contract/errors.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import type { DagFileRecord } from '#db/records.ts'
import { StoreUnavailable } from '#db/store.ts'
import type { EngineCommands } from '#scheduler/ports.ts'
import { FileChanged } from './bundle.ts'
import { childEnvironment } from './childEnvironment.ts'
import { DagFolder, EMPTY_GRACE_MS } from './dagFolder.ts'
import { eachOf } from './eachOf.ts'
import { splitPath } from './folderIndex.ts'
import { EVERYTHING } from './folderWatch.ts'
import { besideOf, type HashSources, inputHash } from './inputHash.ts'
import { HostGone } from './parseHostProcess.ts'
import { ParseHosts } from './parseHosts.ts'
import { checkedResult, inputsOf } from './parseOutcome.ts'
import { ParseQueue, type Priority } from './parseQueue.ts'
import { packageFingerprint, preparePython, type PythonEnvironment } from './pythonEnvironment.ts'
import { type DagFilesStore, ParseStore } from './storeParse.ts'

/** Stands behind the watch: a network folder, a full inotify table. A stat of 10,000 files takes 0.2 s of a core. */
const RESCAN_MS = 60_000
const RETRY_FIRST_MS = 500
const RETRY_LONGEST_MS = 30_000
/** Files compared with their record at once: each may read inputs from disk and Variables from the store. */
const COMPARED_AT_ONCE = 16
/** Of what a failed import printed, this much is shown below its traceback. */
const OUTPUT_SHOWN = 8_000

export interface DagFilesOptions {
  store: DagFilesStore
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
  /** Limits of one parse (python/vortex/loading/limits.py). */
  limits?: Record<string, number>
}

export interface DagFilesStatus {
  python: PythonEnvironment | null
  files: number
  waiting: number
  parsing: number
  import_errors: number
  /** Parses since the start. */
  parsed: number
  /** What the operator should know. */
  notices: string[]
}

export class DagFilesService implements Service {
  readonly #o: DagFilesOptions
  readonly #logger: Logger
  readonly #environment: Record<string, string>
  readonly #folder: DagFolder
  readonly #queue = new ParseQueue()
  readonly #parseStore: ParseStore
  readonly #records = new Map<string, DagFileRecord>()
  /** Files being parsed -> whether they changed meanwhile. */
  readonly #parsing = new Map<string, boolean>()
  readonly #timers = new Set<Timer>()
  #pythonFound: Promise<PythonEnvironment> | null = null
  #python: PythonEnvironment | null = null
  #hosts: ParseHosts | null = null
  #sources: HashSources | null = null
  #looking: Promise<void> = Promise.resolve()
  #idleWaiters: (() => void)[] = []
  #packages = ''
  #failures = 0
  #parsed = 0
  #toldErrors = -1
  #toldTrouble: string | null = null
  #state: 'new' | 'running' | 'stopped' = 'new'

  constructor(options: DagFilesOptions) {
    this.#o = { ...options, dags_folder: resolve(options.dags_folder) }
    this.#logger = options.logger.child({ part: 'DAG files' })
    this.#environment = childEnvironment({ environment: options.environment, packageFolder: options.package_folder })
    const syntax = this.#environment['AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX']
    this.#folder = new DagFolder({ root: this.#o.dags_folder, only: options.only ?? null, syntax, clock: options.clock, report: (folders) => this.#look(folders) })
    this.#parseStore = new ParseStore(this.#o)
  }

  /** The interpreter of tasks, found or made by the first call. Rejects with PythonMissing; the next call tries again. */
  async python(): Promise<string> {
    const { python, python_folder, data_folder, clock } = this.#o
    this.#pythonFound ??= preparePython({
      python, dataFolder: python_folder ?? data_folder, environment: this.#environment, clock, report: (line) => this.#logger.info(line),
    }).then((found) => {
      if (found.notice !== null) this.#logger.warn(found.notice)
      return found
    })
    try {
      this.#python = await this.#pythonFound
    } catch (error) {
      this.#pythonFound = null
      throw error
    }
    return this.#python.executable
  }

  /** Resolves when every file that is there has been compared with its record, and parsed if it had to be. */
  async start(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'running'
    const began = this.#o.clock.monotonic()
    for (const record of await this.#o.store.dagFileList()) this.#records.set(record.file, record)
    this.#look(new Set([EVERYTHING]))
    this.#rescanLater()
    await this.settled()
    this.#logger.info({ files: this.#records.size, parsed: this.#parsed, duration_ms: Math.round(this.#o.clock.monotonic() - began) }, 'the DAG folder is read')
    // Warm before the first edit: starting a host takes longer than a person waits for a saved file.
    await this.#hosts?.info().catch(() => null)
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    for (const timer of this.#timers) timer.cancel()
    this.#folder.close()
    await this.#hosts?.stop()
    await this.settled()
  }

  /** Resolves when no look at the folder and no parse is under way or waiting. */
  async settled(): Promise<void> {
    await this.#looking
    if (!this.#isIdle()) await new Promise<void>((done) => this.#idleWaiters.push(done))
  }

  /** A Variable was set or deleted: the files that asked for it while loading are parsed again. */
  variableChanged(key: string): void {
    for (const { file, inputs } of this.#records.values()) if (inputs.variables.includes(key) && this.#folder.holds(file)) this.#enqueue(file, 'edited')
  }

  status(): DagFilesStatus {
    const notices = this.#python?.notice == null ? this.#folder.notices : [this.#python.notice, ...this.#folder.notices]
    return { python: this.#python, files: this.#folder.size, waiting: this.#queue.size, parsing: this.#parsing.size, import_errors: this.#importErrors(), parsed: this.#parsed, notices }
  }

  // looking

  #look(folders: Set<string>): void {
    this.#inTurn(() => this.#lookNow(folders))
  }

  #inTurn(work: () => Promise<void>): void {
    this.#looking = this.#looking.then(async () => {
      if (this.#state !== 'running') return
      await work().catch((error: unknown) => {
        if (this.#isRunning()) this.#logger.warn({ err: error }, 'the DAG folder could not be looked through; trying again')
        this.#retryLater(() => this.#look(new Set([EVERYTHING])))
      })
    })
  }

  async #lookNow(folders: Set<string>): Promise<void> {
    await this.#prepareHosts()
    const isFirst = this.#folder.size === 0
    const news = await this.#folder.look(folders, this.#records)
    this.#tellTrouble()
    if (news === null || !this.#isRunning()) return
    for (const file of news.gone) await this.#remove(file)
    if (folders.has(EVERYTHING) && !isFirst) await this.#checkPackages()
    if (news.is_code && !isFirst) this.#recheckFailed()
    if (!isFirst) for (const file of news.naming) this.#enqueue(file, 'recheck')
    await this.#compare(news.touched, isFirst ? 'found' : folders.has(EVERYTHING) ? 'recheck' : 'edited')
    this.#publishErrors()
  }

  async #prepareHosts(): Promise<void> {
    if (this.#hosts !== null) return
    const { clock, store, package_folder, compat } = this.#o
    const executable = await this.python()
    const variable = async (key: string): Promise<string | null> => (await store.variableGet({ key }))?.value ?? null
    const fingerprint = await packageFingerprint({ python: this.#python, packageFolder: package_folder, compat })
    this.#sources = { index: this.#folder.index, contents: this.#folder.contents, fingerprint, environment: this.#environment, variable }
    this.#hosts = new ParseHosts({
      executable, environment: this.#environment, parallel: availableParallelism(), clock, variable, onTrouble: (message) => this.#logger.warn(message),
    })
    // Stopped while Python was prepared: nobody else would stop these.
    if (!this.#isRunning()) await this.#hosts.stop()
  }

  #tellTrouble(): void {
    const { trouble } = this.#folder
    if (trouble !== null && trouble !== this.#toldTrouble) {
      this.#logger.warn(trouble)
      this.#later(EMPTY_GRACE_MS, () => this.#look(new Set([EVERYTHING])))
    }
    this.#toldTrouble = trouble
  }

  /** Packages were installed or removed: a fresh host sees them, and files that failed may load now. */
  async #checkPackages(): Promise<void> {
    const info = await this.#hosts?.info().catch(() => null)
    const times = await Promise.all((info?.site_packages ?? []).map((folder) => stat(folder).then((found) => found.mtimeMs, () => 0)))
    const packages = times.join(' ')
    const isNew = this.#packages !== '' && packages !== this.#packages
    this.#packages = packages
    if (!isNew) return
    this.#hosts?.recycle()
    this.#recheckFailed()
  }

  #recheckFailed(): void {
    for (const record of this.#records.values()) if (record.error !== null && this.#folder.holds(record.file)) this.#enqueue(record.file, 'recheck')
  }

  /** Queues the files among these whose hash is not that of their newest parse. */
  async #compare(files: readonly string[], priority: Priority): Promise<void> {
    const listings = new Map<string, string>()
    await eachOf(files, COMPARED_AT_ONCE, async (file) => {
      const record = this.#records.get(file)
      if (!this.#folder.holds(file)) return
      if (record === undefined || record.hash !== (await this.#hash(file, record.inputs, listings))) this.#enqueue(file, priority)
    })
  }

  #hash(file: string, inputs: DagFileRecord['inputs'], listings: Map<string, string>): Promise<string> {
    if (this.#sources === null) throw new HostGone('DAG files are not read yet.')
    return inputHash({ file, inputs, sources: this.#sources, listings })
  }

  async #remove(file: string): Promise<void> {
    this.#queue.remove(file)
    await this.#parseStore.remove(file).catch(ignoreStandby)
    if (this.#records.delete(file)) this.#logger.info({ file }, 'a DAG file is gone')
  }

  #rescanLater(): void {
    this.#later(RESCAN_MS, () => {
      this.#look(new Set([EVERYTHING]))
      this.#rescanLater()
    })
  }

  // parsing

  #enqueue(file: string, priority: Priority): void {
    if (!this.#isRunning()) return
    if (this.#parsing.has(file)) this.#parsing.set(file, true)
    else this.#queue.add(file, priority)
    this.#pump()
  }

  /** One more than can run, so that the host is never idle between two answers; few, so that an edited file waits for few. */
  #pump(): void {
    while (this.#isRunning() && this.#parsing.size <= availableParallelism()) {
      const next = this.#queue.take()
      if (next === null) break
      this.#parsing.set(next.file, false)
      void this.#parse(next.file, next.priority)
    }
    if (this.#isIdle()) for (const done of this.#idleWaiters.splice(0)) done()
  }

  async #parse(file: string, priority: Priority): Promise<void> {
    let isChanged = false
    try {
      await this.#parseOnce(file)
      this.#failures = 0
    } catch (error) {
      isChanged = error instanceof FileChanged
      if (!isChanged) this.#onFailure(file, priority, error)
    }
    isChanged ||= this.#parsing.get(file) === true
    this.#parsing.delete(file)
    if (isChanged && this.#folder.holds(file)) this.#enqueue(file, 'edited')
    else this.#pump()
  }

  async #parseOnce(file: string): Promise<void> {
    const { dags_folder, compat, limits } = this.#o
    if (this.#hosts === null || !this.#folder.holds(file)) return
    const before = (await this.#folder.contents.look(join(dags_folder, file)))?.sha256
    // Data files as they are listed now: one that comes during the parse must not count as read.
    const listings = new Map<string, string>()
    this.#folder.index.dataListing(splitPath(file)[0], listings)
    const { generation } = this.#folder
    const { result: found, output } = await this.#hosts.parse({ root: dags_folder, file, compat, generation, ...(limits ? { limits } : {}) })
    this.#parsed += 1
    if (!this.#isRunning() || !this.#folder.holds(file)) return
    await this.#checkUnchanged(file, before, found.bundle_files)
    const result = withOutput(checkedResult(found), output)
    const known = this.#records.get(file) ?? null
    const hash = await this.#hash(file, inputsOf(result, known), listings)
    const record = await this.#parseStore.save({ result, hash, known })
    this.#records.set(file, record)
    if (record.error !== null) this.#logger.warn({ file, line: record.error.line }, `import error: ${record.error.message}`)
    this.#publishErrors()
  }

  /** The hash is made of what lies there now; it may only be stored if that is what the parse read. */
  async #checkUnchanged(file: string, before: string | undefined, read: readonly BundleFile[]): Promise<void> {
    const root = this.#o.dags_folder
    const { contents } = this.#folder
    if ((await contents.look(join(root, file)))?.sha256 !== before) throw new FileChanged(`${file} changed while it was parsed`)
    for (const { path, sha256 } of read) {
      const now = (await contents.look(join(root, path))) ?? (await contents.look(besideOf(root, path) ?? ''))
      if (now?.sha256 !== sha256) throw new FileChanged(`${path} changed while ${file} was parsed`)
    }
  }

  #onFailure(file: string, priority: Priority, error: unknown): void {
    if (!this.#isRunning() || isStandby(error)) return
    if (!(error instanceof StoreUnavailable)) this.#logger.warn({ err: error, file }, 'a DAG file could not be taken over; trying again')
    this.#retryLater(() => {
      if (this.#folder.holds(file)) this.#enqueue(file, priority)
    })
  }

  // small things

  #isRunning(): boolean {
    return this.#state === 'running'
  }

  #isIdle(): boolean {
    return this.#parsing.size === 0 && (this.#queue.size === 0 || !this.#isRunning())
  }

  #retryLater(work: () => void): void {
    const delay = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures, 10))
    this.#failures += 1
    this.#later(delay, work)
  }

  #later(ms: number, work: () => void): void {
    const timer = this.#o.clock.after(ms, () => {
      this.#timers.delete(timer)
      if (this.#isRunning()) work()
    })
    this.#timers.add(timer)
  }

  #importErrors(): number {
    return [...this.#records.values()].filter(({ error }) => error !== null).length
  }

  /** Also when the number is the same: one error may have replaced another. Not while there never was one. */
  #publishErrors(): void {
    const count = this.#importErrors()
    if (count > 0 || this.#toldErrors > 0) this.#o.publish([{ type: 'import_errors', count }])
    this.#toldErrors = count
  }
}

function withOutput(result: ParseResult, output: string): ParseResult {
  if (result.error === null || output.trim() === '') return result
  return { ...result, error: { ...result.error, traceback: `${result.error.traceback}\nOutput of the import:\n${output.slice(-OUTPUT_SHOWN)}` } }
}

/** Another controller leads now, and its own service reads the folder. */
function isStandby(error: unknown): boolean {
  return error instanceof VortexError && error.code === 'not_leader'
}
function ignoreStandby(error: unknown): void {
  if (!isStandby(error)) throw error
}
