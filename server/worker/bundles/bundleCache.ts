/**
 * Bundles on this worker's disk: `<folder>/<hash>/` holds the files of one bundle, `<folder>/<hash>.json` its manifest.
 *
 * Invariants
 * - A folder with a bundle's name holds exactly its files, each with the right SHA-256 when it was put there: it is built
 *   beside and renamed. Folders of an earlier process are checked again at their first use.
 * - Nothing of a bundle is written outside its folder: manifest.ts checks the names, and only fresh folders and files are made.
 * - A bundle in use is never removed. The others go when there are too many, least recently used first.
 *
 * A local worker runs in the DAG folder itself as long as every file of the bundle still has its hash there, so that paths
 * relative to `__file__` mean what the author sees. Between that look and the import lies a moment in which an edit may slip in.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '#runtime/clock.ts'
import type { Connection } from '../session/connection.ts'
import { fetchContents, fetchManifest } from './fetchBundle.ts'
import { type Manifest, type ManifestFile, parseManifest } from './manifest.ts'

export interface BundleUse {
  /** Folder with the bundle's files. */
  root: string
  release(): void
}
export interface BundleCacheOptions {
  folder: string
  clock: Clock
  connection: () => Connection | null
  /** DAG folder on this host, or empty. */
  dagsFolder: () => string
  limit_bytes?: number
}

/** Some thousand versions of usual DAG files. */
const LIMIT_BYTES = 1024 * 1024 * 1024
/** Folders to look through at a start. */
const BUNDLES_MAX = 2_000
const FOLDER_NAME = /^[0-9a-f]{64}$/

interface Cached {
  manifest: Manifest
  bytes: number
  uses: number
  /** Made or checked by this process. */
  isChecked: boolean
}

export class BundleCache {
  readonly #o: BundleCacheOptions
  /** Least recently used first. */
  readonly #cached = new Map<string, Cached>()
  readonly #opening = new Map<string, Promise<Cached>>()
  readonly #manifests = new Map<string, Manifest>()
  /** Hashes of files in the DAG folder, valid while `stamp` is the same. */
  readonly #inPlace = new Map<string, { stamp: string; sha256: string }>()
  #bytes = 0
  #serial = 0

  constructor(options: BundleCacheOptions) {
    this.#o = options
  }

  /** Takes over what an earlier process left. */
  async start(): Promise<void> {
    await mkdir(this.#o.folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#o.folder)) {
      const path = join(this.#o.folder, name)
      if (name.endsWith('.json')) continue
      const manifest = FOLDER_NAME.test(name) ? await this.#readManifest(name) : null
      // Half-built, or half-removed.
      if (manifest === null) await rm(path, { recursive: true, force: true })
      else this.#keep(manifest, false)
    }
    for (const name of await readdir(this.#o.folder))
      if (name.endsWith('.json') && !this.#cached.has(name.slice(0, -5))) await rm(join(this.#o.folder, name), { force: true })
  }

  async open(hash: string): Promise<BundleUse> {
    const inPlace = await this.#openInPlace(hash)
    if (inPlace !== null) return inPlace
    let cached = await this.#materialised(hash)
    // Another bundle's arrival may have pushed it out in between.
    while (this.#cached.get(hash) !== cached) cached = await this.#materialised(hash)
    cached.uses += 1
    this.#cached.delete(hash)
    this.#cached.set(hash, cached)
    let isReleased = false
    return {
      root: join(this.#o.folder, hash),
      release: () => {
        if (isReleased) return
        isReleased = true
        cached.uses -= 1
      },
    }
  }

  // --- in place ------------------------------------------------------------------------------------------------------------

  async #openInPlace(hash: string): Promise<BundleUse | null> {
    const root = this.#o.dagsFolder()
    if (root === '') return null
    const manifest = await this.#manifestOf(hash)
    for (const file of manifest.files) if (!(await this.#isInPlace(root, file))) return null
    return { root, release: () => undefined }
  }

  async #isInPlace(root: string, file: ManifestFile): Promise<boolean> {
    const path = join(root, file.path)
    try {
      const found = await stat(path, { bigint: true })
      if (Number(found.size) !== file.size) return false
      const stamp = `${found.dev}/${found.ino}/${found.size}/${found.mtimeNs}/${found.ctimeNs}`
      const known = this.#inPlace.get(path)
      if (known?.stamp === stamp) return known.sha256 === file.sha256
      const sha256 = sha256Of(await readFile(path))
      this.#inPlace.set(path, { stamp, sha256 })
      return sha256 === file.sha256
    } catch {
      return false
    }
  }

  async #manifestOf(hash: string): Promise<Manifest> {
    const known = this.#manifests.get(hash) ?? this.#cached.get(hash)?.manifest
    if (known !== undefined) return known
    const manifest = await fetchManifest({ connection: this.#o.connection(), hash, now: () => this.#o.clock.now() })
    this.#manifests.set(hash, manifest)
    if (this.#manifests.size > BUNDLES_MAX)
      for (const oldest of [...this.#manifests.keys()].slice(0, BUNDLES_MAX / 2)) this.#manifests.delete(oldest)
    return manifest
  }

  // --- in the cache --------------------------------------------------------------------------------------------------------

  /** One fetch for all who want the same bundle at once. */
  async #materialised(hash: string): Promise<Cached> {
    const cached = this.#cached.get(hash)
    if (cached?.isChecked === true) return cached
    const opening = this.#opening.get(hash) ?? this.#make(hash).finally(() => this.#opening.delete(hash))
    this.#opening.set(hash, opening)
    return await opening
  }

  async #make(hash: string): Promise<Cached> {
    const found = this.#cached.get(hash)
    if (found !== undefined) {
      if (await this.#isWhole(found.manifest)) {
        found.isChecked = true
        return found
      }
      await this.#remove(hash, found)
    }
    const manifest = await this.#manifestOf(hash)
    this.#serial += 1
    const building = join(this.#o.folder, `new-${process.pid}-${this.#serial}`)
    try {
      await this.#build(manifest, building)
      await writeFile(this.#manifestPath(hash), JSON.stringify(manifest))
      await moveInto(building, join(this.#o.folder, hash))
    } catch (error) {
      await rm(building, { recursive: true, force: true })
      throw error
    }
    const made = this.#keep(manifest, true)
    await this.#removeOldest(hash)
    return made
  }

  async #build(manifest: Manifest, folder: string): Promise<void> {
    await mkdir(folder, { mode: 0o700 })
    const places = new Map<string, ManifestFile[]>()
    for (const file of manifest.files) {
      places.set(file.sha256, [...(places.get(file.sha256) ?? []), file])
      await mkdir(dirname(join(folder, file.path)), { recursive: true, mode: 0o700 })
    }
    const have: string[] = []
    for (const [sha256, files] of places) {
      const content = await this.#known(sha256)
      if (content === null) continue
      have.push(sha256)
      await place(folder, files, content)
    }
    if (have.length === places.size) return
    for await (const { sha256, content } of fetchContents({
      connection: this.#o.connection(),
      hash: manifest.hash,
      now: () => this.#o.clock.now(),
      manifest,
      have,
    })) {
      await place(folder, places.get(sha256) ?? [], content)
    }
  }

  /** The content from another bundle, if one has it unharmed: versions of a DAG share most of their files. */
  async #known(sha256: string): Promise<Buffer | null> {
    for (const { manifest } of this.#cached.values()) {
      const file = manifest.files.find((other) => other.sha256 === sha256)
      if (file === undefined) continue
      const content = await readFile(join(this.#o.folder, manifest.hash, file.path)).catch(() => null)
      if (content !== null && sha256Of(content) === sha256) return content
    }
    return null
  }

  async #isWhole(manifest: Manifest): Promise<boolean> {
    for (const file of manifest.files) {
      const content = await readFile(join(this.#o.folder, manifest.hash, file.path)).catch(() => null)
      if (content === null || sha256Of(content) !== file.sha256) return false
    }
    return true
  }

  #keep(manifest: Manifest, isChecked: boolean): Cached {
    const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0)
    const cached = { manifest, bytes, uses: 0, isChecked }
    this.#cached.set(manifest.hash, cached)
    this.#bytes += bytes
    return cached
  }

  async #removeOldest(except: string): Promise<void> {
    const limit = this.#o.limit_bytes ?? LIMIT_BYTES
    for (const [hash, cached] of [...this.#cached]) {
      if (this.#bytes <= limit && this.#cached.size <= BUNDLES_MAX) return
      if (cached.uses === 0 && hash !== except && !this.#opening.has(hash)) await this.#remove(hash, cached)
    }
  }

  async #remove(hash: string, cached: Cached): Promise<void> {
    this.#cached.delete(hash)
    this.#bytes -= cached.bytes
    this.#serial += 1
    const trash = join(this.#o.folder, `old-${process.pid}-${this.#serial}`)
    await rename(join(this.#o.folder, hash), trash).catch(() => undefined)
    await rm(this.#manifestPath(hash), { force: true })
    await rm(trash, { recursive: true, force: true })
  }

  async #readManifest(hash: string): Promise<Manifest | null> {
    try {
      return parseManifest(await readFile(this.#manifestPath(hash), 'utf8'), hash)
    } catch {
      return null
    }
  }

  #manifestPath(hash: string): string {
    return join(this.#o.folder, `${hash}.json`)
  }
}

/** A worker that is just ending may have put the same bundle there meanwhile; ours is known to be whole. */
async function moveInto(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await rename(to, `${from}-other`)
    await rename(from, to)
    await rm(`${from}-other`, { recursive: true, force: true })
  })
}

async function place(folder: string, files: ManifestFile[], content: Buffer): Promise<void> {
  const [first, ...others] = files
  if (first === undefined) return
  // wx: a path that exists already would mean that two names are one file here.
  await writeFile(join(folder, first.path), content, { flag: 'wx', mode: 0o400 })
  for (const other of others) await copyFile(join(folder, first.path), join(folder, other.path))
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
