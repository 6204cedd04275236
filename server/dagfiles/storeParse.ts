/** Takes what a parse found to the store, the engine and the screens. */
import type { ParseResult } from '#contract/dagSpec.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { Clock } from '#runtime/clock.ts'
import type { BundleRecord, DagFileRecord } from '#db/records.ts'
import type { AdminStore, DagFileSaved, DagStore, ReadStore } from '#db/store.ts'
import type { EngineCommands } from '#scheduler/ports.ts'
import { bundleHash, readBlobs } from './bundle.ts'
import { recordOf } from './parseOutcome.ts'

/** Hashes of contents known to be stored. 200,000 of them are 20 MB; beyond it the store is asked again. */
const STORED_MAX = 200_000
/** Import errors are read on a page; a DAG file with a thousand duplicates needs no thousand lines. */
const DUPLICATES_SHOWN = 5

export type DagFilesStore = DagStore & Pick<AdminStore, 'variableGet' | 'connectionGet'> & Pick<ReadStore, 'dagGet'>

export interface StoreParseOptions {
  store: DagFilesStore
  engine: Pick<EngineCommands, 'dagsChanged'>
  publish: (events: LiveEvent[]) => void
  clock: Clock
  dags_folder: string
  paused_default: boolean
}

export class ParseStore {
  readonly #o: StoreParseOptions
  readonly #stored = new Set<string>()
  /** The newest of each DAG that the engine does not know yet; null = no file defines it any more. */
  readonly #untold = new Map<string, DagFileSaved['changed'][number] | null>()
  #telling: Promise<void> = Promise.resolve()

  constructor(options: StoreParseOptions) {
    this.#o = options
  }

  /** Rejects with FileChanged if a file is not any more what the parse read, or as the store does. */
  async save(p: { result: ParseResult; hash: string; known: DagFileRecord | null }): Promise<DagFileRecord> {
    const { store, clock } = this.#o
    const { result } = p
    const record = recordOf({ ...p, now: clock.now() })
    if (result.error === null) await this.#putBlobs(result)
    const bundle: BundleRecord | null = result.error === null ? { hash: bundleHash(result.bundle_files), files: result.bundle_files } : null
    const saved = await store.dagFileSave({
      record,
      specs: result.error === null ? result.dags : [],
      bundle,
      paused_default: this.#o.paused_default,
      now: record.parsed_at,
    })
    const kept = await this.#saveDuplicates(record, saved)
    try {
      await this.#putAgain(result, saved.missing_blobs)
    } finally {
      // Also if the file has changed again meanwhile: the store will not call this version new a second time.
      await this.#tell(saved.changed, saved.stale)
    }
    return kept
  }

  async remove(file: string): Promise<void> {
    const { stale } = await this.#o.store.dagFileDelete({ file, now: this.#o.clock.now() })
    await this.#tell([], stale)
  }

  async #putBlobs(result: ParseResult): Promise<void> {
    const { store, dags_folder } = this.#o
    const unknown = result.bundle_files.filter((file) => !this.#stored.has(file.sha256))
    if (unknown.length === 0) return
    const have = new Set(await store.blobsHave({ hashes: unknown.map((file) => file.sha256) }))
    const missing = unknown.filter((file) => !have.has(file.sha256))
    if (missing.length > 0) await store.blobsPut({ blobs: await readBlobs({ root: dags_folder, files: missing }) })
    if (this.#stored.size > STORED_MAX) this.#stored.clear()
    for (const file of unknown) this.#stored.add(file.sha256)
  }

  /** Retention has removed them while nothing used them: this file once had other contents, and now has these again. */
  async #putAgain(result: ParseResult, missing: string[]): Promise<void> {
    if (missing.length === 0) return
    for (const sha256 of missing) this.#stored.delete(sha256)
    await this.#putBlobs(result)
  }

  /** DAG ids that another file owns are an import error of this file; its other DAGs are stored. */
  async #saveDuplicates(record: DagFileRecord, saved: DagFileSaved): Promise<DagFileRecord> {
    if (saved.duplicates.length === 0) return record
    const shown = saved.duplicates.slice(0, DUPLICATES_SHOWN).map((one) => `${one.dag_id} (defined in ${one.owner_file})`)
    const more = saved.duplicates.length > DUPLICATES_SHOWN ? ` and ${saved.duplicates.length - DUPLICATES_SHOWN} more` : ''
    const message = `Another DAG file defines the same DAG id: ${shown.join(', ')}${more}. Rename the DAG in one of the files, or remove one.`
    const duplicates = new Set(saved.duplicates.map((one) => one.dag_id))
    const kept: DagFileRecord = {
      ...record,
      dag_ids: record.dag_ids.filter((id) => !duplicates.has(id)),
      error: { kind: 'duplicate', message, traceback: '', line: null },
    }
    await this.#o.store.dagFileSave({
      record: kept,
      specs: [],
      bundle: null,
      paused_default: this.#o.paused_default,
      now: record.parsed_at,
    })
    return kept
  }

  /**
   * The engine first: an event makes screens read what it holds. What the engine could not take is told with the next call, since
   * the store will not call it changed again. One telling at a time: files are stored side by side, and what one of them could not
   * tell must not be forgotten when another one succeeds.
   */
  #tell(changed: DagFileSaved['changed'], stale: string[]): Promise<void> {
    for (const one of changed) this.#untold.set(one.dag.dag_id, one)
    for (const dag_id of stale) this.#untold.set(dag_id, null)
    const told = this.#telling.then(() => this.#tellAll())
    this.#telling = told.catch(() => undefined)
    return told
  }

  async #tellAll(): Promise<void> {
    const news = new Map(this.#untold)
    if (news.size === 0) return
    await this.#o.engine.dagsChanged({
      changed: [...news.values()].filter((one) => one !== null),
      stale: [...news].filter(([, one]) => one === null).map(([dag_id]) => dag_id),
    })
    // What came meanwhile is for the next telling.
    for (const [dag_id, one] of news) if (this.#untold.get(dag_id) === one) this.#untold.delete(dag_id)
    this.#o.publish([...news.keys()].map((dag_id): LiveEvent => ({ type: 'dag', dag_id })))
  }
}
