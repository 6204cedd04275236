/**
 * Parses DAG files of a folder: the interpreter, the hosts, and the hash that says whether a result still holds.
 *
 * Invariant: `parse` answers with a result only if what it read is what lies there when the hash is made; else it rejects with
 * FileChanged, and the caller parses again.
 */
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { BundleFile, ParseResult } from '#contract/dagSpec.ts'
import { VortexError } from '#contract/errors.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { DagFileRecord } from '#db/records.ts'
import { FileChanged } from './bundle.ts'
import type { DagFolder } from './dagFolder.ts'
import { splitPath } from './folderIndex.ts'
import { besideOf, type HashSources, inputHash } from './inputHash.ts'
import { HostGone } from './parseHostProcess.ts'
import type { ImportQuestions } from './importQuestions.ts'
import { ParseHosts } from './parseHosts.ts'
import { checkedResult, inputsOf } from './parseOutcome.ts'
import { packageFingerprint, preparePython, PythonMissing, type PythonEnvironment } from './pythonEnvironment.ts'

/** Of what a failed import printed, this much is shown below its traceback. */
const OUTPUT_SHOWN = 8_000

export interface DagFileParserOptions {
  folder: DagFolder
  clock: Clock
  logger: Logger
  /** The environment of authors' code (childEnvironment.ts). */
  environment: Readonly<Record<string, string>>
  /** VORTEX_PYTHON. */
  python: string | null
  /** Where the managed Python environment lies. */
  python_folder: string
  package_folder: string
  compat: 'auto' | '2' | '3'
  limits: Record<string, number> | undefined
  questions: ImportQuestions
  connectionStamp(conn_id: string): Promise<string | null>
}

export class DagFileParser {
  readonly #o: DagFileParserOptions
  #found: Promise<PythonEnvironment> | null = null
  #hosts: ParseHosts | null = null
  #sources: HashSources | null = null
  #packages = ''
  #isStopped = false
  python: PythonEnvironment | null = null
  /** Parses since the start. */
  parsed = 0

  constructor(options: DagFileParserOptions) {
    this.#o = options
  }

  /** Finds or makes the interpreter. Rejects with PythonMissing; the next call tries again. */
  async findPython(): Promise<PythonEnvironment> {
    const { python, python_folder, environment, clock, logger } = this.#o
    this.#found ??= preparePython({ python, dataFolder: python_folder, environment, clock, report: (line) => logger.info(line) }).then(
      (found) => {
        if (found.notice !== null) logger.warn(found.notice)
        return found
      },
    )
    try {
      this.python = await this.#found
    } catch (error) {
      this.#found = null
      throw error
    }
    return this.python
  }

  /** Must have resolved before anything is parsed or hashed. Starts no process but to find Python. */
  async prepare(): Promise<void> {
    if (this.#hosts !== null) return
    const { clock, environment, folder, logger, package_folder, compat, questions, connectionStamp } = this.#o
    const { executable } = await this.findPython()
    const fingerprint = await packageFingerprint({ python: this.python, packageFolder: package_folder, compat })
    if (this.#isStopped) throw new HostGone('Parsing has been stopped.')
    const { variable } = questions
    this.#sources = { index: folder.index, contents: folder.contents, fingerprint, environment, variable, connectionStamp }
    const onTrouble = (message: string): void => logger.warn(message)
    this.#hosts = new ParseHosts({ executable, environment, parallel: availableParallelism(), clock, questions, onTrouble })
  }

  /**
   * Starts a host, so that the next parse need not wait for one: that takes longer than a person waits for a saved file. What is installed
   * from now on is a change of packages.
   */
  async warmUp(): Promise<void> {
    await this.packagesChanged()
  }

  /** Whether packages were installed or removed since the last call: a fresh host then sees them. */
  async packagesChanged(): Promise<boolean> {
    const info = await this.#hosts?.info().catch(() => null)
    const times = await Promise.all(
      (info?.site_packages ?? []).map((path) =>
        stat(path).then(
          (found) => found.mtimeMs,
          () => 0,
        ),
      ),
    )
    const packages = times.join(' ')
    const isNew = this.#packages !== '' && packages !== this.#packages
    this.#packages = packages
    if (isNew) this.#hosts?.recycle()
    return isNew
  }

  /** `listings` keeps what the hashes of one pass have in common. `isFresh`: see inputHash. */
  hash(file: string, inputs: DagFileRecord['inputs'], p: { listings: Map<string, string>; isFresh: boolean }): Promise<string> {
    if (this.#sources === null) throw new HostGone('DAG files are not read yet.')
    return inputHash({ file, inputs, sources: this.#sources, ...p })
  }

  async parse(file: string, known: DagFileRecord | null): Promise<{ result: ParseResult; hash: string }> {
    const { folder, compat, limits } = this.#o
    if (this.#hosts === null) throw new HostGone('DAG files are not read yet.')
    const before = (await folder.contents.look(join(folder.root, file)))?.sha256
    // Data files as they are listed now: one that comes during the parse must not count as read.
    const listings = new Map<string, string>()
    folder.index.dataListing(splitPath(file)[0], listings)
    const request = { root: folder.root, file, compat, generation: folder.generation, ...(limits ? { limits } : {}) }
    const { result: found, output } = await this.#hosts.parse(request)
    this.parsed += 1
    await this.#checkUnchanged(file, before, found.bundle_files)
    const result = withOutput(checkedResult(found), output)
    return { result, hash: await this.hash(file, inputsOf(result, known), { listings, isFresh: false }) }
  }

  /** What unsaved text would define. Nothing is counted as read, and nothing kept. */
  async parseText(p: { file: string; text: string; signal: AbortSignal }): Promise<ParseResult> {
    const { folder, compat, limits } = this.#o
    try {
      await this.prepare()
      if (this.#hosts === null) throw new HostGone('Parsing has been stopped.')
      const request = {
        root: folder.root,
        file: p.file,
        compat,
        generation: folder.generation,
        source: p.text,
        ...(limits ? { limits } : {}),
      }
      const { result, output } = await this.#hosts.parse(request, p.signal)
      return withOutput(checkedResult(result), output)
    } catch (error) {
      if (!(error instanceof PythonMissing || error instanceof HostGone)) throw error
      throw new VortexError('invalid_state', `The text cannot be read: ${error.message}`, null, { cause: error })
    }
  }

  /** The hash is made of what lies there now; it may only be stored if that is what the parse read. */
  async #checkUnchanged(file: string, before: string | undefined, read: readonly BundleFile[]): Promise<void> {
    const { contents, root } = this.#o.folder
    if ((await contents.look(join(root, file)))?.sha256 !== before) throw new FileChanged(`${file} changed while it was parsed`)
    for (const { path, sha256 } of read) {
      const now = (await contents.look(join(root, path))) ?? (await contents.look(besideOf(root, path) ?? ''))
      if (now?.sha256 !== sha256) throw new FileChanged(`${path} changed while ${file} was parsed`)
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#hosts?.stop()
  }
}

function withOutput(result: ParseResult, output: string): ParseResult {
  if (result.error === null || output.trim() === '') return result
  return {
    ...result,
    error: { ...result.error, traceback: `${result.error.traceback}\nOutput of the import:\n${output.slice(-OUTPUT_SHOWN)}` },
  }
}
