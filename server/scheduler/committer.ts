/**
 * Group commit. At most one commit is on its way; what is decided meanwhile goes into the next one, and an idle committer
 * sends at once. So latency stays that of one commit, and throughput is not bound by commits per second.
 *
 * If the database cannot be reached the outcome of the commit on its way is unknown: it is sent again, with the same epoch and
 * number, until the database answers. Effects run only after that, in order. `fenced` ends the term.
 *
 * A `conflict` is refused as a whole, so it is sent again in parts, one per DAG: decisions about different DAGs do not depend on each
 * other. What conflicts then is dropped, and its DAG is read again (reload.ts). Only a conflict that belongs to no DAG ends the term.
 * Data that the database cannot store is refused in the same way: to begin again from the database would lead to the same decision.
 */
import type { Clock } from '#runtime/clock.ts'
import { StoreRefusedData, StoreUnavailable, type EngineCommit, type EngineStore, type LeaderTerm } from '#db/store.ts'
import { partsOf, type RowOwners } from './commitParts.ts'
import { PendingCommit, type Refusal } from './pendingCommit.ts'

/** The term ended while a commit was on its way and unanswered: whether it was made, only the database knows. */
export class OutcomeUnknown extends Error {}

const RETRY_FIRST_MS = 20
const RETRY_LONGEST_MS = 1000

export interface CommitterOptions {
  store: Pick<EngineStore, 'engineCommit'>
  term: LeaderTerm
  clock: Clock
  /** Hands over what is pending and starts a new one. */
  take: () => PendingCommit
  hasPending: () => boolean
  owners: RowOwners
  /** The database refused what was decided about this DAG. Called before the effects of what it took. */
  onConflict: (dag_id: string, refusal: Refusal) => void
  /** The term is over; nothing more will be committed. */
  onTermEnd: (why: TermEnd['why'], detail: string) => void
  onEffectError: (error: unknown) => void
}

interface TermEnd {
  why: Refusal['why'] | 'fenced' | 'failure'
  detail: string
  /** Whether the commit was made, only the database knows. */
  isUnknown: boolean
}

export class Committer {
  readonly #o: CommitterOptions
  #seq: number
  #isBusy = false
  #isScheduled = false
  #isOver = false
  /** Monotonic time since when the commit on its way is unanswered by a database that cannot be reached; null = fine. */
  #stalledSince: number | null = null
  #idleWaiters: (() => void)[] = []
  readonly stats = { commits: 0, stalls: 0 }

  constructor(options: CommitterOptions) {
    this.#o = options
    this.#seq = options.term.commit_seq
  }

  /** Milliseconds for which the database has been out of reach; 0 = it answers. */
  get stalledMs(): number {
    return this.#stalledSince === null ? 0 : this.#o.clock.monotonic() - this.#stalledSince
  }

  /** Something was decided: commit it soon. */
  kick(): void {
    if (this.#isBusy || this.#isScheduled || this.#isOver || !this.#o.hasPending()) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      void this.#run()
    })
  }

  /** Resolves when nothing is pending or on its way. */
  async idle(): Promise<void> {
    if (this.#isOver || (!this.#isBusy && !this.#isScheduled)) return
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  /** Ends the term from outside: nothing more is committed, callers that wait are told. */
  end(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#o.hasPending()) this.#fail(this.#o.take(), error)
    this.#wakeIdle()
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    while (!this.#isOver && this.#o.hasPending()) {
      const pending = this.#o.take()
      const ended = await this.#commit(pending)
      if (ended !== null) {
        // Ended from outside meanwhile: the term that is on now is another one.
        const wasOver = this.#isOver
        this.#isOver = true
        const detail = `the scheduler's term ended: ${ended.why}`
        this.#fail(pending, ended.isUnknown ? new OutcomeUnknown(detail) : new Error(detail))
        if (this.#o.hasPending()) this.#fail(this.#o.take(), new Error(`the scheduler's term ended: ${ended.why}`))
        if (!wasOver) this.#o.onTermEnd(ended.why, ended.detail)
        break
      }
      for (const effect of pending.effects) {
        try {
          effect(pending.dropped)
        } catch (error) {
          this.#o.onEffectError(error)
        }
      }
    }
    this.#isBusy = false
    this.#wakeIdle()
  }

  async #commit(pending: PendingCommit): Promise<TermEnd | null> {
    if (!pending.hasRows) return null
    const commit = pending.build(this.#o.term.epoch, this.#seq + 1)
    const outcome = await this.#send(commit)
    if (outcome === 'committed') return null
    return isRefusal(outcome) ? await this.#commitParts(pending, commit, outcome) : outcome
  }

  async #commitParts(pending: PendingCommit, commit: EngineCommit, whole: TermEnd): Promise<TermEnd | null> {
    // An answer belongs into one commit with what it answers for.
    if (commit.commands_answer?.some(({ dag_id }) => dag_id === null) === true) return whole
    const parts = partsOf(commit, this.#o.owners)
    const refused = new Map<string, Refusal>()
    for (const [dag_id, part] of parts) {
      const outcome = parts.size === 1 ? whole : await this.#send({ ...part, seq: this.#seq + 1 })
      if (outcome === 'committed') continue
      if (dag_id === null && outcome.why === 'data') {
        // Facts of attempts whose runs have left memory, and of workers: nothing is decided by them, and whoever told them would do so again.
        this.#o.onEffectError(new Error(`facts that belong to no DAG in memory are not stored: ${outcome.detail}`))
        continue
      }
      // Other parts may have been made.
      if (!isRefusal(outcome) || dag_id === null) return { ...outcome, isUnknown: parts.size > 1 }
      refused.set(dag_id, outcome)
    }
    for (const [dag_id, refusal] of refused) {
      pending.dropped.set(dag_id, refusal)
      this.#o.onConflict(dag_id, refusal)
    }
    return null
  }

  /** Sends a commit until the database answers. */
  async #send(commit: EngineCommit): Promise<'committed' | TermEnd> {
    let isUnanswered = false
    for (let delay = RETRY_FIRST_MS; ; delay = Math.min(2 * delay, RETRY_LONGEST_MS)) {
      if (this.#isOver) return { why: 'failure', detail: 'stopped', isUnknown: isUnanswered }
      try {
        const outcome = await this.#o.store.engineCommit(commit)
        this.#stalledSince = null
        if (outcome.status === 'committed') {
          this.#seq++
          this.stats.commits++
          return 'committed'
        }
        // Once fenced, an earlier try that nobody answered may have been made in time; a conflict rules that out.
        if (outcome.status === 'fenced') return { why: 'fenced', detail: '', isUnknown: isUnanswered }
        return { why: 'conflict', detail: outcome.detail, isUnknown: false }
      } catch (error) {
        if (error instanceof StoreRefusedData) {
          this.#stalledSince = null
          return { why: 'data', detail: error.message, isUnknown: false }
        }
        if (!(error instanceof StoreUnavailable))
          return { why: 'failure', detail: error instanceof Error ? error.message : String(error), isUnknown: true }
        isUnanswered = true
        if (this.#stalledSince === null) {
          this.#stalledSince = this.#o.clock.monotonic()
          this.stats.stalls++
        }
        await new Promise<void>((resolve) => this.#o.clock.after(delay, resolve))
      }
    }
  }

  #fail(pending: PendingCommit, error: Error): void {
    for (const failure of pending.failures) failure(error)
  }

  #wakeIdle(): void {
    for (const wake of this.#idleWaiters.splice(0)) wake()
  }
}

function isRefusal(end: TermEnd): end is TermEnd & Refusal {
  return end.why === 'conflict' || end.why === 'data'
}
