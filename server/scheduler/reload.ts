/**
 * Takes one DAG out of memory and reads it again, after the database refused what was decided about it (a row was changed or
 * deleted by somebody else, a name is taken). The other DAGs and the term go on.
 *
 * Until it is back: commands for it are refused, and so are reports and hellos of attempts that nobody knows, because they may be
 * its attempts; their workers say them again. Attempts that the database has as alive stay with their workers, with a new lease, and
 * keep their slots all the while.
 *
 * Data that the database cannot store (a number beyond its column) would be decided again: the DAG is paused first, in a commit of its
 * own that says why. If the same happens again and again, to what is running already, its active runs fail.
 */
import type { EngineSnapshot, EngineStore } from '#db/store.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import { keepEvents, queueMissed } from './assets.ts'
import type { RowOwners } from './commitParts.ts'
import { forgetLive } from './dispatch.ts'
import type { Cause, Engine } from './engine.ts'
import { beginRuns, takeRows } from './engineLoad.ts'
import { forgetErrands } from './errands.ts'
import { restoreKilled } from './leftAttempts.ts'
import { releaseSlots } from './limits.ts'
import type { DagEntry, LiveAttempt } from './model.ts'
import type { Refusal } from './pendingCommit.ts'
import { abortRun } from './runs.ts'

/** A DAG that conflicts again and again is read again at most so often. */
const SLOWEST_MS = 1000
const FIRST_MS = 50
/** So long without a conflict, and the next one counts as the first. */
const PEACE_MS = 60_000
/** A new run of which the scheduler chose the name. Those that people choose say nothing of the schedule's. */
const SCHEDULERS_NAME = /dag_runs insert.*\b(scheduled|backfill)__\d/s
/** So many refusals of data within the peace: it comes from a run, not from the schedule that was paused. */
const REFUSALS_MAX = 3

const UNSTORABLE: Cause = {
  cause: 'data_refused',
  actor: 'scheduler',
  message: 'the database cannot store what was decided about it; the history of the DAG says what',
}

export interface ReloadsOptions {
  store: Pick<EngineStore, 'engineLoad'>
  clock: Clock
  logger: Logger
  /** One step of the engine; false = its term is over. */
  step: (e: Engine, work: () => void) => boolean
}

export class Reloads {
  readonly #o: ReloadsOptions
  readonly #conflicts = new Map<string, { count: number; at: number; taken: number; unstorable: number }>()
  /** Slots of what workers may still run of a DAG that is out of memory. */
  readonly #slots = new Map<string, { e: Engine; held: LiveAttempt['held'] }>()

  constructor(options: ReloadsOptions) {
    this.#o = options
  }

  /** The database refused what was decided about this DAG; it has none of it. */
  conflict(e: Engine, dag_id: string, refusal: Refusal): void {
    const { clock, logger } = this.#o
    const { why, detail } = refusal
    const now = clock.monotonic()
    const known = this.#conflicts.get(dag_id)
    const isFirst = known === undefined || now - known.at > PEACE_MS
    const count = isFirst ? 0 : known.count + 1
    const unstorable = (isFirst ? 0 : known.unstorable) + (why === 'data' ? 1 : 0)
    // Names of 2.x are made of the logical date, those of 3.x of the moment: a DAG that changes its dialect may meet one of its past.
    const taken = (known?.taken ?? 0) + (why === 'conflict' && SCHEDULERS_NAME.test(detail) ? 1 : 0)
    this.#conflicts.set(dag_id, { count, at: now, taken, unstorable })
    const what =
      why === 'data' ? 'the database cannot store what was decided about a DAG' : 'the database holds something else than memory for a DAG'
    logger.error({ dag_id, detail, count }, `${what}; reading it again`)
    e.pending.drop(dag_id, refusal, ownersIn(e))
    const dag = e.dags.get(dag_id)
    this.#slots.set(dag_id, { e, held: [...this.#slotsOf(e, dag_id), ...evict(e, dag_id)] })
    const wait = count === 0 ? 0 : Math.min(SLOWEST_MS, FIRST_MS * 2 ** count)
    if (why === 'data' && dag !== undefined && unstorable <= REFUSALS_MAX) this.#pause(e, dag, detail, () => this.#later(e, dag_id, wait))
    else this.#later(e, dag_id, wait)
  }

  /** Nothing else of the DAG may be in that commit: it would be refused with it. So `then` comes after it. */
  #pause(e: Engine, dag: DagEntry, detail: string, then: () => void): void {
    const { dag_id } = dag.record
    this.#o.step(e, () => {
      e.pending.changeDag({ ...dag.record }, { is_paused: true, updated_at: e.now })
      e.ledger({
        kind: 'dag.paused',
        dag_id,
        cause: 'data_refused',
        actor: 'scheduler',
        message: `the database cannot store what was decided: ${detail}`,
      })
      e.publish({ type: 'dag', dag_id })
      e.pending.answer(then, then)
    })
  }

  /** What an earlier term left here concerns nobody. */
  #slotsOf(e: Engine, dag_id: string): LiveAttempt['held'] {
    const slots = this.#slots.get(dag_id)
    return slots?.e === e ? slots.held : []
  }

  #later(e: Engine, dag_id: string, wait: number): void {
    this.#o.clock.after(wait, () => void this.#reload(e, dag_id))
  }

  async #reload(e: Engine, dag_id: string): Promise<void> {
    const { store, clock, logger, step } = this.#o
    try {
      e.reloading.set(dag_id, 'reading')
      const snapshot = await store.engineLoad()
      // A newer version was stored while it was read.
      if (e.reloading.get(dag_id) === 'stale') return this.#later(e, dag_id, 0)
      step(e, () => {
        releaseSlots(e, this.#slotsOf(e, dag_id))
        this.#slots.delete(dag_id)
        const { taken, unstorable } = this.#conflicts.get(dag_id) ?? { taken: 0, unstorable: 0 }
        adopt(e, snapshot, { dag_id, taken, mustFail: unstorable >= REFUSALS_MAX, monotonic: clock.monotonic() })
      })
    } catch (error) {
      logger.warn({ err: error, dag_id }, 'cannot read a DAG again; trying again')
      this.#later(e, dag_id, SLOWEST_MS)
    }
  }
}

/** Which DAG a row belongs to, by what is in memory. */
export function ownersIn(e: Engine): RowOwners {
  return {
    ofRun: (id) => e.runs.get(id)?.record.dag_id ?? null,
    ofInstance: (id) => e.instances.get(id)?.run.record.dag_id ?? ownerOfRemoved(e, id),
    ofBackfill: (id) => e.backfills.get(id)?.record.dag_id ?? null,
  }
}

/** A task that its run's newer version does not have is out of the index, but its row was changed with the run. */
function ownerOfRemoved(e: Engine, id: number): string | null {
  for (const run of e.runs.values())
    for (const rows of run.removed.values()) if (rows.some((row) => row.id === id)) return run.record.dag_id
  return null
}

/** Memory forgets a DAG with all its active runs. Killed attempts of runs that had left memory before stay: they still hold slots. */
function evict(e: Engine, dag_id: string): LiveAttempt['held'] {
  const slots: LiveAttempt['held'] = []
  e.reloading.set(dag_id, 'waiting')
  for (const live of [...e.live.values()]) {
    const { run } = live.instance
    if (run.record.dag_id !== dag_id || e.runs.get(run.record.id) !== run) continue
    forgetLive(e, live)
    slots.push(...live.held)
  }
  for (const run of [...e.runs.values()]) {
    if (run.record.dag_id !== dag_id) continue
    forgetErrands(e, run)
    for (const instance of run.instances) {
      e.ready.withdraw(instance)
      e.instances.delete(instance.record.id)
    }
    e.runs.delete(run.record.id)
  }
  for (const { record } of e.backfills.values()) if (record.dag_id === dag_id) e.backfills.delete(record.id)
  const dag = e.dags.get(dag_id)
  if (dag !== undefined) keepEvents(e, dag)
  e.dags.delete(dag_id)
  return slots
}

function adopt(e: Engine, snapshot: EngineSnapshot, p: { dag_id: string; taken: number; mustFail: boolean; monotonic: number }): void {
  e.reloading.delete(p.dag_id)
  const isOf = (dag_id: string): boolean => dag_id === p.dag_id
  const known = new Set(e.workers.values())
  takeRows(e, snapshot, isOf)
  const dag = e.dags.get(p.dag_id)
  for (const run of dag?.runs.values() ?? []) for (const instance of run.instances) restoreKilled(e, instance, true)
  // Whoever is not known any more may still hold what the database has as alive: a whole lease from now on.
  for (const worker of e.workers.values()) if (!known.has(worker)) worker.last_heard = p.monotonic
  askHolders(e, dag)
  if (dag !== undefined && p.taken > 0) dag.run_id_suffix = `_${p.taken + 1}`
  if (p.mustFail) for (const run of dag?.runs.values() ?? []) abortRun(e, run, UNSTORABLE, { live: 'failed', teardowns: 'end' })
  beginRuns(e, isOf)
  queueMissed(e, p.dag_id)
}

/**
 * A worker may have said hello while the DAG was out of memory, without an attempt that the database still has with it: nobody missed it
 * then, and nobody would. On a new session it says again what it holds.
 */
function askHolders(e: Engine, dag: DagEntry | undefined): void {
  const holders = new Set([...(dag?.runs.values() ?? [])].flatMap((run) => run.instances.flatMap(({ live }) => live?.worker_id ?? [])))
  for (const worker_id of holders)
    if (e.workers.get(worker_id)?.is_connected === true) e.pending.effects.push(() => e.dependencies.workers.disconnect({ worker_id }))
}
