/**
 * The files of the DAG folder as people read and change them. Paths are relative, with forward slashes.
 *
 * Invariants
 * - No path leads out of the folder: its parts are checked, and where symbolic links lead is checked against the folder's real path.
 * - A file is written whole: a temporary file beside it, flushed to disk, takes its name. Its mode stays.
 * - Nothing is written over a text that the writer has not seen: `expected_hash` is compared right before. Writers of this process come
 *   one after the other; against other programs a window of less than a millisecond stays, as every editor has it.
 *
 * Failure: a folder that cannot be written answers invalid_state with the reason and what to do; a temporary file that a crash leaves
 * begins with a dot, so it is never read.
 */
import { createHash, randomUUID } from 'node:crypto'
import { access, constants, lstat, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { FILE_BYTES_MAX, filePathProblem, isDagFileName } from '#contract/dagFileNames.ts'
import { VortexError } from '#contract/errors.ts'
import type { Clock } from '#runtime/clock.ts'
import { ContentCache } from '../contentCache.ts'
import { FolderIndex } from '../folderIndex.ts'

/** A list is read from disk at most this often; a stat of 10,000 files takes 0.2 s of a core. */
const LIST_FRESH_MS = 2_000
const NOT_WRITABLE = new Set(['EROFS', 'EACCES', 'EPERM'])

export interface FileText {
  text: string
  sha256: string
  size: number
  modified_at: number
}
export interface ListedFile {
  path: string
  size: number
  modified_at: number
}

export class FolderFiles {
  readonly root: string
  readonly #clock: Clock
  readonly #readOnly: boolean
  readonly #index: FolderIndex
  readonly #contents: ContentCache
  #listedAt = -Infinity
  #listing: Promise<unknown> | null = null
  #turn: Promise<unknown> = Promise.resolve()

  /** `read_only`: VORTEX_DAGS_READ_ONLY. `syntax`: of .airflowignore. */
  constructor(p: { root: string; clock: Clock; read_only: boolean; syntax: string | undefined }) {
    this.root = p.root
    this.#clock = p.clock
    this.#readOnly = p.read_only
    this.#index = new FolderIndex(p.root, p.syntax === 'glob' || p.syntax === 'regexp' ? p.syntax : null)
    this.#contents = new ContentCache(p.clock)
  }

  /** All files that may be read here, in order of path. */
  async list(): Promise<ListedFile[]> {
    await this.#refresh()
    return this.#index.files().flatMap(([path, file]) => {
      return filePathProblem(path) === null ? [{ path, size: file.size, modified_at: file.mtime_ms }] : []
    })
  }

  async #refresh(): Promise<void> {
    if (this.#clock.monotonic() - this.#listedAt < LIST_FRESH_MS) return
    // Refreshes never overlap; who comes meanwhile gets the same one.
    this.#listing ??= this.#index.refreshAll().finally(() => {
      this.#listing = null
      this.#listedAt = this.#clock.monotonic()
    })
    await this.#listing
  }

  /** Hash, and whether the file is read for DAGs; null = it cannot be read, or leads out of the folder. */
  async look(path: string): Promise<{ sha256: string; is_dag_file: boolean } | null> {
    const real = await this.#existing(path).catch(() => null)
    const found = real === null ? null : await this.#contents.look(real)
    if (found === null) return null
    return { sha256: found.sha256, is_dag_file: isDagFileName(path) && found.mentions_dag && !this.#index.isIgnored(path) }
  }

  async read(path: string): Promise<FileText> {
    return readText(await this.#existing(path), path)
  }

  /** Why files cannot be changed here, or null. `path`: this file's folder rather than the DAG folder itself. */
  async readOnlyReason(path: string | null): Promise<string | null> {
    if (this.#readOnly)
      return 'The server was told not to change the DAG folder (VORTEX_DAGS_READ_ONLY): change the files where they come from.'
    const folder = path === null ? this.root : await this.#place(path).then(dirname, () => this.root)
    const code = await access(await nearestFolder(folder), constants.W_OK).then(
      () => null,
      (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
    )
    return code === null ? null : notWritable(this.root, code)
  }

  /** `expected_hash` null: there must be no such file. */
  write(p: {
    path: string
    text: string
    expected_hash: string | null
  }): Promise<{ file: FileText; change: 'created' | 'saved' | 'unchanged' }> {
    return this.#inTurn(async () => {
      const size = Buffer.byteLength(p.text)
      if (size > FILE_BYTES_MAX) throw tooLarge(p.path, size)
      await this.#refuseReadOnly()
      const target = await this.#place(p.path)
      const before = await this.#expect(target, p.path, p.expected_hash)
      if (before?.text === p.text) return { file: before, change: 'unchanged' }
      await this.#replace(target, p.text)
      return { file: await readText(target, p.path), change: before === null ? 'created' : 'saved' }
    })
  }

  move(p: { path: string; to: string; expected_hash: string }): Promise<void> {
    return this.#inTurn(async () => {
      await this.#refuseReadOnly()
      const from = await this.#existing(p.path)
      await this.#expect(from, p.path, p.expected_hash)
      const to = await this.#place(p.to)
      if ((await lstat(to).catch(() => null)) !== null) throw new VortexError('conflict', `There is a file ${p.to} already.`)
      await this.#attempt(async () => {
        await mkdir(dirname(to), { recursive: true })
        // The file itself, also where a link within the folder stands for it.
        await rename(join(this.root, ...p.path.split('/')), to)
      })
    })
  }

  remove(p: { path: string; expected_hash: string }): Promise<void> {
    return this.#inTurn(async () => {
      await this.#refuseReadOnly()
      await this.#expect(await this.#existing(p.path), p.path, p.expected_hash)
      await this.#attempt(() => rm(join(this.root, ...p.path.split('/'))))
    })
  }

  async #refuseReadOnly(): Promise<void> {
    if (this.#readOnly) throw new VortexError('invalid_state', (await this.readOnlyReason(null)) ?? '')
  }

  /** What lies there now, if it is what the writer has seen; else conflict with what it is. */
  async #expect(target: string, path: string, expected: string | null): Promise<FileText | null> {
    const found = await stat(target).catch(() => null)
    if (found !== null && !found.isFile()) throw new VortexError('invalid_request', `${path} is not a file.`)
    const now = found === null ? null : await readText(target, path)
    if ((now?.sha256 ?? null) === expected) return now
    const details = { path, sha256: now?.sha256 ?? null, text: now?.text ?? null }
    if (now === null) throw new VortexError('conflict', `${path} is not there any more.`, details)
    if (expected === null) throw new VortexError('conflict', `There is a file ${path} already.`, details)
    throw new VortexError('conflict', `${path} has changed since it was read.`, details)
  }

  async #replace(target: string, text: string): Promise<void> {
    const before = await stat(target).catch(() => null)
    const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`)
    await this.#attempt(async () => {
      await mkdir(dirname(target), { recursive: true })
      try {
        const file = await open(temporary, 'wx', 0o666)
        try {
          await file.writeFile(text)
          if (before !== null) {
            await file.chmod(before.mode & 0o7777)
            // Only root may give files away; whoever else writes becomes the owner, as with any editor that replaces files.
            await file.chown(before.uid, before.gid).catch(() => undefined)
          }
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, target)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
      await flushFolder(dirname(target))
    })
  }

  /** The real path of a file that must be there. */
  async #existing(path: string): Promise<string> {
    const target = await this.#place(path)
    const found = await stat(target).catch(() => null)
    if (found === null) throw new VortexError('not_found', `There is no file ${path} in the DAG folder.`)
    if (!found.isFile()) throw new VortexError('invalid_request', `${path} is not a file.`)
    return target
  }

  /** Where a path leads, links resolved; its file may be missing. */
  async #place(path: string): Promise<string> {
    const problem = filePathProblem(path)
    if (problem !== null) throw new VortexError('invalid_request', problem)
    const root = await realpath(this.root).catch(() => null)
    if (root === null) throw new VortexError('invalid_state', `The DAG folder ${this.root} is missing or cannot be read.`)
    const absolute = join(root, ...path.split('/'))
    const missing: string[] = []
    for (let at = absolute; ; at = dirname(at)) {
      const real = await realpath(at).catch(() => null)
      if (real === null) {
        // A link to nothing is there all the same: what is written must not land where it points.
        if ((await lstat(at).catch(() => null)) !== null) throw outside(path)
        missing.unshift(basename(at))
        continue
      }
      if (real !== root && !real.startsWith(root + sep)) throw outside(path)
      if (missing.length > 0 && !(await stat(real)).isDirectory())
        throw new VortexError('invalid_request', `${path} cannot be: a part of its path is a file.`)
      return join(real, ...missing)
    }
  }

  async #attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      const { code = '', message } = cause as NodeJS.ErrnoException
      if (NOT_WRITABLE.has(code)) throw new VortexError('invalid_state', notWritable(this.root, code), null, { cause })
      if (code === 'ENOSPC' || code === 'EDQUOT')
        throw new VortexError('invalid_state', `The disk of the DAG folder ${this.root} is full; nothing was changed.`, null, { cause })
      throw new VortexError('invalid_state', `The DAG folder ${this.root} could not be changed: ${message}.`, null, { cause })
    } finally {
      this.#listedAt = -Infinity
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}

async function readText(real: string, path: string): Promise<FileText> {
  const found = await stat(real)
  if (found.size > FILE_BYTES_MAX) throw tooLarge(path, found.size)
  const content = await readFile(real)
  const sha256 = createHash('sha256').update(content).digest('hex')
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
    return { text, sha256, size: content.length, modified_at: found.mtimeMs }
  } catch {
    throw new VortexError('invalid_state', `${path} is no UTF-8 text, so it cannot be shown or changed here.`)
  }
}

function tooLarge(path: string, size: number): VortexError {
  const limit = FILE_BYTES_MAX.toLocaleString('en')
  return new VortexError('too_large', `${path} has ${size.toLocaleString('en')} bytes; up to ${limit} can be shown and changed here.`)
}

function outside(path: string): VortexError {
  return new VortexError('forbidden', `${path} is a link that leads out of the DAG folder. Change the file where it lies.`)
}

function notWritable(root: string, code: string): string {
  const why = code === 'EROFS' ? 'it is mounted read-only' : `the server may not write there (${code})`
  return `The DAG folder ${root} cannot be changed: ${why}. Change the files where they come from, or let the server's user write.`
}

async function nearestFolder(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) if ((await stat(at).catch(() => null)) !== null || at === dirname(at)) return at
}

/** The new name survives a power cut too. Some systems cannot flush a folder; there it is as safe as any rename. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
