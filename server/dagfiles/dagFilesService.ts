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
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { Health } from '#contract/admin.ts'
import type { ParseResult } from '#contract/dagSpec.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import type { DagFileRecord } from '#db/records.ts'
import { StoreUnavailable } from '#db/store.ts'
import type { EngineCommands } from '#scheduler/ports.ts'
import { FileChanged } from './bundle.ts'
import { childEnvironment } from './childEnvironment.ts'
import { DagFileParser } from './dagFileParser.ts'
import { DagFileRecords } from './dagFileRecords.ts'
import { DagFolder, EMPTY_GRACE_MS } from './dagFolder.ts'
import { eachOf } from './eachOf.ts'
import { EVERYTHING } from './folderWatch.ts'
import { type ImportQuestions, importQuestions } from './importQuestions.ts'
import { ParseQueue, type Priority } from './parseQueue.ts'
import { type PythonEnvironment, PythonMissing } from './pythonEnvironment.ts'
import { ignoreStandby, isStandby } from './standby.ts'
import { type DagFilesStore, ParseStore } from './storeParse.ts'

/** Stands behind the watch: a network folder, a full inotify table. A stat of 10,000 files takes 0.2 s of a core. */
const RESCAN_MS = 60_000
const RETRY_FIRST_MS = 500
const RETRY_LONGEST_MS = 30_000
/** Changed files that are told to open editors by name; of more at once (a checkout) editors learn when they save. */
const TOLD_MAX = 100
/** One more than can run, so that the host is never idle between two answers; few, so that an edited file waits for few. */
const PARSES_AT_ONCE = availableParallelism() + 1
/** Files compared with their record at once: each may read inputs from disk and Variables from the store. */
const COMPARED_AT_ONCE = 16

export interface DagFilesOptions {
  store: DagFilesStore
  engine: Pick<EngineCommands, 'dagsChanged'>
  clock: Clock
  logger: Logger
  publish: (events: LiveEvent[]) => void
  /** Connections for imports that ask for one, with what is secret in them. */
  connection: ImportQuestions['connection']
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
  /** Files whose timetables have to work out further runs; asked with each rescan. */
  old_lists?: () => readonly string[]
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
  readonly #folder: DagFolder
  readonly #parser: DagFileParser
  readonly #queue = new ParseQueue()
  readonly #parseStore: ParseStore
  readonly #records = new DagFileRecords()
  /** Files being parsed -> whether they changed meanwhile. */
  readonly #parsing = new Map<string, boolean>()
  readonly #timers = new Set<Timer>()
  #looking: Promise<void> = Promise.resolve()
  #idleWaiters: (() => void)[] = []
  #failures = 0
  #hasLooked = false
  #isPythonMissing = false
  #toldErrors = -1
  #toldTrouble: string | null = null
  #state: 'new' | 'running' | 'paused' | 'stopped' = 'new'

  constructor(options: DagFilesOptions) {
    this.#o = { ...options, dags_folder: resolve(options.dags_folder) }
    this.#logger = options.logger.child({ part: 'DAG files' })
    const { environment: own, package_folder: packageFolder, data_folder: dataFolder } = options
    const environment = childEnvironment({ environment: own, packageFolder, dataFolder })
    const syntax = environment['AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX']
    this.#folder = new DagFolder({
      root: this.#o.dags_folder,
      only: options.only ?? null,
      syntax,
      clock: options.clock,
      report: (folders) => this.#look(folders),
    })
    this.#parser = new DagFileParser({
      python_folder: options.data_folder,
      limits: undefined,
      ...options,
      ...importQuestions(options),
      folder: this.#folder,
      logger: this.#logger,
      environment,
    })
    this.#parseStore = new ParseStore(this.#o)
  }

  /** The interpreter of tasks, found or made by the first call. Rejects with PythonMissing; the next call tries again. */
  async python(): Promise<string> {
    return (await this.#parser.findPython()).executable
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
    this.#logger.info(
      { files: this.#records.size, parsed: this.#parser.parsed, duration_ms: Math.round(this.#o.clock.monotonic() - began) },
      'the DAG folder is read',
    )
    await this.#parser.warmUp()
  }

  /** Another controller leads, and reads the folder: nothing is looked at, and nothing of a parse that is under way is stored. */
  pause(): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  /** This controller leads again; what another one stored meanwhile is known first. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#inTurn(async () => {
      const records = await this.#o.store.dagFileList()
      this.#records.clear()
      for (const record of records) this.#records.set(record.file, record)
    })
    this.#look(new Set([EVERYTHING]))
    this.#rescanLater()
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    for (const timer of this.#timers) timer.cancel()
    this.#folder.close()
    await this.#parser.stop()
    await this.settled()
  }

  /** Resolves when no look at the folder and no parse is under way or waiting. */
  async settled(): Promise<void> {
    await this.#looking
    if (!this.#isIdle()) await new Promise<void>((done) => this.#idleWaiters.push(done))
  }

  /** A Variable was set or deleted: the files that asked for it while loading are parsed again. */
  variableChanged(key: string): void {
    this.#parseThat(({ variables }) => variables.includes(key))
  }
  connectionChanged(conn_id: string): void {
    this.#parseThat(({ connections }) => connections?.includes(conn_id) === true)
  }
  #parseThat(asked: (inputs: DagFileRecord['inputs']) => boolean): void {
    for (const { file, inputs } of this.#records.values()) if (asked(inputs) && this.#folder.holds(file)) this.#enqueue(file, 'edited')
  }

  /** A DAG was deleted from the store. As in Airflow it is there again after the next parse of a file that defines it: now. */
  dagDeleted(dag_id: string): string[] {
    const files = [...this.#records.values()].filter((record) => record.dag_ids.includes(dag_id) && this.#folder.holds(record.file))
    for (const { file } of files) this.#enqueue(file, 'edited')
    return files.map(({ file }) => file)
  }

  /** The server itself changed this file: no watch has to notice it. Folders above it may be new. */
  fileChanged(file: string): void {
    const parts = file.split('/')
    if (this.#isRunning() && this.#hasLooked) this.#look(new Set(parts.map((_, depth) => parts.slice(0, depth).join('/'))))
  }

  /** What unsaved text would define; also on a controller that does not lead. Nothing of it is stored. */
  parseText(p: { file: string; text: string; signal: AbortSignal }): Promise<ParseResult> {
    return this.#parser.parseText(p)
  }

  /** How far the folder is read, for people who wait for their first DAG. */
  reading(): Health['dag_files'] {
    const waiting = this.#queue.size + this.#parsing.size
    if (this.#hasLooked) return { state: waiting === 0 ? 'ready' : 'reading', waiting }
    if (this.#isPythonMissing) return { state: 'failed', waiting }
    return { state: this.#parser.python === null ? 'preparing' : 'reading', waiting }
  }

  status(): DagFilesStatus {
    const notices = this.#parser.python?.notice == null ? this.#folder.notices : [this.#parser.python.notice, ...this.#folder.notices]
    return {
      python: this.#parser.python,
      files: this.#folder.size,
      waiting: this.#queue.size,
      parsing: this.#parsing.size,
      import_errors: this.#records.errors,
      parsed: this.#parser.parsed,
      notices,
    }
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
    await this.#parser.prepare().catch((error: unknown) => {
      this.#isPythonMissing = error instanceof PythonMissing
      throw error
    })
    const isFirst = this.#folder.size === 0
    const news = await this.#folder.look(folders, this.#records)
    this.#tellTrouble()
    if (news === null || !this.#isRunning()) return
    if (!isFirst && news.changed.length <= TOLD_MAX) this.#o.publish(news.changed.map((file): LiveEvent => ({ type: 'dag_file', file })))
    for (const file of news.gone) await this.#remove(file)
    if (folders.has(EVERYTHING) && !isFirst && (await this.#parser.packagesChanged())) this.#recheckFailed()
    if (news.is_code && !isFirst) this.#recheckFailed()
    if (!isFirst) for (const file of news.naming) this.#enqueue(file, 'recheck')
    await this.#compare(news.touched, isFirst ? 'found' : folders.has(EVERYTHING) ? 'recheck' : 'edited')
    this.#hasLooked = true
    this.#publishErrors()
  }

  #tellTrouble(): void {
    const { trouble } = this.#folder
    if (trouble !== null && trouble !== this.#toldTrouble) {
      this.#logger.warn(trouble)
      this.#later(EMPTY_GRACE_MS, () => this.#look(new Set([EVERYTHING])))
    }
    this.#toldTrouble = trouble
  }

  #recheckFailed(): void {
    for (const record of this.#records.values())
      if (record.error !== null && this.#folder.holds(record.file)) this.#enqueue(record.file, 'recheck')
  }

  /** Queues the files among these whose hash is not that of their newest parse. Unless some were edited, all were looked at. */
  async #compare(files: readonly string[], priority: Priority): Promise<void> {
    const pass = { listings: new Map<string, string>(), isFresh: priority !== 'edited' }
    await eachOf(files, COMPARED_AT_ONCE, async (file) => {
      const record = this.#records.get(file)
      // A first parse that is under way sees by itself whether the file changes.
      if (!this.#folder.holds(file) || (record === undefined && priority === 'recheck' && this.#parsing.has(file))) return
      if (record === undefined || record.hash !== (await this.#parser.hash(file, record.inputs, pass))) this.#enqueue(file, priority)
    })
  }

  async #remove(file: string): Promise<void> {
    this.#queue.remove(file)
    await this.#parseStore.remove(file).catch(ignoreStandby)
    if (this.#records.delete(file)) this.#logger.info({ file }, 'a DAG file is gone')
  }

  #rescanLater(): void {
    this.#later(RESCAN_MS, () => {
      for (const file of this.#o.old_lists?.() ?? []) if (this.#folder.holds(file)) this.#enqueue(file, 'recheck')
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

  #pump(): void {
    while (this.#isRunning() && this.#parsing.size < PARSES_AT_ONCE) {
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
    if (!this.#folder.holds(file)) return
    const known = this.#records.get(file) ?? null
    const { result, hash } = await this.#parser.parse(file, known)
    if (!this.#isRunning() || !this.#folder.holds(file)) return
    const record = await this.#parseStore.save({ result, hash, known })
    this.#records.set(file, record)
    if (record.error !== null) this.#logger.warn({ file, line: record.error.line }, `import error: ${record.error.message}`)
    this.#publishErrors()
  }

  #onFailure(file: string, priority: Priority, error: unknown): void {
    if (!this.#isRunning() || isStandby(error)) return
    if (!(error instanceof StoreUnavailable)) this.#logger.warn({ err: error, file }, 'a DAG file could not be taken over; trying again')
    this.#retryLater(() => {
      if (this.#folder.holds(file)) this.#enqueue(file, priority)
    })
  }

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

  /** Also when the number is the same: one error may have replaced another. Not while there never was one. */
  #publishErrors(): void {
    const count = this.#records.errors
    if (count > 0 || this.#toldErrors > 0) this.#o.publish([{ type: 'import_errors', count }])
    this.#toldErrors = count
  }
}
