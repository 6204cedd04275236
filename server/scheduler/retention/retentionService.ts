/**
 * Removes what is older than `--retention-days`: finished runs with their task instances, attempts, XComs, ledger entries and
 * logs; then ledger entries of no run, events of assets, ended backfills, replaced DAG versions, files that no version uses, and workers that are gone.
 *
 * States: idle (no limit, or not leading), waiting (a timer), sweeping (one at a time). A sweep begins soon after a term does,
 * then an hour after the last one ended.
 *
 * Invariants
 * - Runs are deleted by the engine (expireRuns.ts) in the commits that carry everything else, so memory and database agree, a
 *   replaced leader deletes nothing, and a batch has gone as a whole or not at all. Log files follow by the store's own queue.
 * - Nothing is kept between batches but a place in a list: a kill at any moment leaves less to do.
 * - Scheduling comes first: batches are small, and between two of them lies four times as long as the last one took.
 *
 * Failures: a sweep that cannot go on (no database, no leader) is tried again after a minute.
 */
import { VortexError } from '#contract/errors.ts'
import { atMost, type Clock, type Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import type { EndedRun, RetentionStore } from '#db/retention.ts'
import { StoreUnavailable, type AdminStore, type Store } from '#db/store.ts'
import type { EngineService } from '../engineService.ts'
import type { EngineCommands } from '../ports.ts'
import { expireRuns, RETENTION } from './expireRuns.ts'

const DAY_MS = 86_400_000
/** The first seconds of a term belong to the workers' hellos and to what has been waiting. */
const FIRST_MS = 10_000
const EVERY_MS = 3_600_000
const AGAIN_MS = 60_000
/** A batch that is on its way to a database that does not answer ends with the engine's term, which is stopped after this. */
const STOP_WAIT_MS = 1000
/** Runs of one look; most of them fit into a few batches. */
const PAGE = 500
/** Task instances deleted by one commit: 2 to 4 ms of the database. A larger run goes by itself, in one commit. */
const BATCH_TASK_INSTANCES = 50
/** Rows of other kinds removed by one statement. */
const BATCH_ROWS = 100
/** Events of assets that one statement looks at; with each it reads what DAGs have queued. */
const BATCH_ASSET_EVENTS = 500
/** The pause after a batch, as a multiple of what it took, and at least. */
const PAUSE_TIMES = 4
const PAUSE_MIN_MS = 20

export interface RetentionOptions {
  /** 0 = keep everything. */
  days: number
  store: RetentionStore & Pick<AdminStore, 'workerList'> & Pick<Store, 'now'>
  service: Pick<EngineService, 'commit' | 'engine'>
  commands: Pick<EngineCommands, 'workerForget'>
  clock: Clock
  logger: Logger
}

export interface Removed {
  dag_runs: number
  ledger_entries: number
  asset_events: number
  backfills: number
  dag_versions: number
  files: number
  workers: number
}

/** The sweep is to end: this controller stops, or another one leads. */
class Ended extends Error {}

export class RetentionService implements Service {
  readonly #o: RetentionOptions
  #timer: Timer | null = null
  #sweeping: Promise<void> | null = null
  #isStopped = false
  /** Ends the pause that a sweep is in. */
  #wake: (() => void) | null = null

  constructor(options: RetentionOptions) {
    this.#o = options
  }

  async start(): Promise<void> {
    this.#later(FIRST_MS)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#wake?.()
    await atMost(this.#o.clock, STOP_WAIT_MS, this.#sweeping ?? undefined)
  }

  /** A term has begun (its epoch) or ended (null). */
  onTerm(epoch: number | null): void {
    if (epoch !== null) this.#later(FIRST_MS)
  }

  #later(ms: number): void {
    if (this.#isStopped || this.#o.days === 0) return
    this.#timer?.cancel()
    this.#timer = this.#o.clock.after(ms, () => {
      this.#sweeping ??= this.#sweepAndWait().finally(() => (this.#sweeping = null))
    })
  }

  async #sweepAndWait(): Promise<void> {
    if (this.#o.service.engine === null) return
    const { clock, logger } = this.#o
    const began = clock.monotonic()
    try {
      const removed = await this.sweep()
      if (Object.values(removed).some((n) => n > 0))
        logger.info({ ...removed, ms: Math.round(clock.monotonic() - began) }, 'retention removed what is old')
      this.#later(EVERY_MS)
    } catch (error) {
      if (error instanceof Ended) return
      if (!(error instanceof VortexError || error instanceof StoreUnavailable)) logger.error({ err: error }, 'retention failed')
      else logger.warn({ reason: error.message }, 'retention cannot go on; trying again')
      this.#later(AGAIN_MS)
    }
  }

  /** Everything that is too old now. */
  async sweep(): Promise<Removed> {
    const { store, clock, days } = this.#o
    // A controller whose clock runs ahead of the database's must not take that for age.
    const before = Math.min(clock.now(), await store.now()) - days * DAY_MS
    return {
      dag_runs: await this.#sweepRuns(before),
      ledger_entries: await this.#sweepRows(() => store.ledgerPrune({ before, limit: BATCH_ROWS })),
      asset_events: await this.#sweepAssetEvents(before),
      backfills: await this.#sweepRows(() => store.backfillPrune({ before })),
      dag_versions: await this.#sweepRows(async () => {
        const ids = await store.dagVersionsUnused({ before, limit: BATCH_ROWS })
        return ids.length === 0 ? 0 : store.dagVersionsDelete({ ids })
      }),
      files: await this.#sweepRows(async () => {
        const unused = await store.filesUnused({ limit: BATCH_ROWS })
        return unused.bundles.length + unused.blobs.length === 0 ? 0 : store.filesDelete(unused)
      }),
      workers: await this.#sweepWorkers(before),
    }
  }

  async #sweepRuns(before: number): Promise<number> {
    const { store, service } = this.#o
    let count = 0
    let after: EndedRun | null = null
    for (;;) {
      const page: EndedRun[] = await store.dagRunsEnded({ before, after, limit: PAGE })
      for (const batch of batchesOf(page)) count += await this.#gently(() => service.commit((e) => expireRuns(e, batch, before)))
      after = page.at(-1) ?? null
      if (after === null || page.length < PAGE) return count
    }
  }

  /** Until nothing is left to remove. */
  async #sweepRows(remove: () => Promise<number>): Promise<number> {
    for (let count = 0; ;) {
      const removed = await this.#gently(remove)
      if (removed === 0) return count
      count += removed
    }
  }

  async #sweepAssetEvents(before: number): Promise<number> {
    let count = 0
    for (let after: number | null = 0; after !== null;) {
      const from: number = after
      await this.#gently(async () => {
        const { removed, next } = await this.#o.store.assetEventPrune({ before, after: from, limit: BATCH_ASSET_EVENTS })
        count += removed
        after = next
      })
    }
    return count
  }

  async #sweepWorkers(before: number): Promise<number> {
    const { store, service, commands } = this.#o
    let count = 0
    for (const { worker_id, last_heartbeat } of await store.workerList()) {
      const known = service.engine?.workers.get(worker_id)
      if (last_heartbeat >= before || known?.is_connected === true || (known?.attempts.size ?? 0) > 0) continue
      await this.#gently(() => commands.workerForget({ worker_id, actor: RETENTION }))
      count++
    }
    return count
  }

  async #gently<T>(work: () => Promise<T>): Promise<T> {
    const { clock, service } = this.#o
    if (this.#isStopped || service.engine === null) throw new Ended()
    const began = clock.monotonic()
    const result = await work()
    const pause = Math.max(PAUSE_MIN_MS, PAUSE_TIMES * (clock.monotonic() - began))
    let timer: Timer | null = null
    if (!this.#isStopped)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = clock.after(pause, resolve)
      })
    this.#wake = null
    ;(timer as Timer | null)?.cancel()
    return result
  }
}

/** In order, each as large as a commit may be. */
export function batchesOf(runs: readonly EndedRun[]): EndedRun[][] {
  const batches: EndedRun[][] = []
  let size = Infinity
  for (const run of runs) {
    // A run without tasks is a row and a few ledger entries too.
    const weight = Math.max(1, run.task_instances)
    if (size + weight > BATCH_TASK_INSTANCES) {
      batches.push([])
      size = 0
    }
    batches.at(-1)?.push(run)
    size += weight
  }
  return batches
}
