/**
 * Everything that was decided since the last group commit. Several changes of one row become one update whose expectation is
 * the state the database has, and a row that is inserted in the same commit is inserted as it ends up.
 */
import { VortexError } from '#contract/errors.ts'
import type { AttemptChange, DagRunChange, EngineCommit, TaskInstanceChange } from '#db/store.ts'
import type {
  AssetEventRecord,
  AttemptRecord,
  BackfillIntervalRecord,
  BackfillRecord,
  DagRecord,
  DagRunRecord,
  LedgerRecord,
  TaskInstanceRecord,
  XComRecord,
} from '#db/records.ts'
import { dagOfRows, type RowOwners } from './commitParts.ts'

/** Why the database refused what was decided about a DAG: its rows are other ones, or it cannot store a value. */
export interface Refusal {
  why: 'conflict' | 'data'
  detail: string
}

/** Of which DAGs decisions were dropped, and why. */
type Dropped = ReadonlyMap<string, Refusal>
type Changed<T> = { [K in keyof T]?: T[K] }

export class PendingCommit {
  readonly #runsInserted = new Map<number, DagRunRecord>()
  readonly #instancesInserted = new Map<number, TaskInstanceRecord>()
  readonly #attemptsInserted = new Map<string, AttemptRecord>()
  readonly #runs = new Map<number, DagRunChange>()
  readonly #instances = new Map<number, TaskInstanceChange>()
  readonly #attempts = new Map<string, AttemptChange>()
  readonly #dags = new Map<string, Changed<DagRecord>>()
  readonly #backfillsInserted: { backfill: BackfillRecord; intervals: BackfillIntervalRecord[] }[] = []
  readonly #backfills = new Map<number, Changed<BackfillRecord>>()
  readonly #intervals: { backfill_id: number; ordinal: number; dag_run_id: number }[] = []
  readonly #xcoms: XComRecord[] = []
  readonly #xcomsDeleted: { dag_run_id: number; task_id: string; map_index: number }[] = []
  readonly #ledger: LedgerRecord[] = []
  readonly #assetEvents: AssetEventRecord[] = []
  readonly #runsDeleted: number[] = []
  readonly #dagsDeleted: string[] = []
  readonly #answers: { id: string; answer: () => string; dag_id: string | null }[] = []
  /**
   * Run in order after the commit, and only then: messages to workers, live events, answers to callers. They are told of which DAGs
   * the decisions were dropped (`dropped`); what would speak of those is left out.
   */
  readonly effects: ((dropped: Dropped) => void)[] = []
  /** DAGs of which the database refused the decisions: nothing of them happened. */
  readonly dropped = new Map<string, Refusal>()
  /** DAGs that the step under way decided on. */
  #touched = new Set<string>()
  /** Run instead of the effects if the commit can never happen (fenced). */
  readonly failures: ((error: Error) => void)[] = []

  get isEmpty(): boolean {
    return this.effects.length === 0 && !this.hasRows
  }

  /** False = there is nothing for the database, only effects (an answer, a live event). */
  get hasRows(): boolean {
    return (
      this.#ledger.length > 0 ||
      this.#assetEvents.length > 0 ||
      this.#answers.length > 0 ||
      this.#runs.size > 0 ||
      this.#instances.size > 0 ||
      this.#attempts.size > 0 ||
      this.#dags.size > 0 ||
      this.#backfills.size > 0 ||
      this.#xcoms.length > 0 ||
      this.#xcomsDeleted.length > 0 ||
      this.#runsInserted.size > 0 ||
      this.#instancesInserted.size > 0 ||
      this.#attemptsInserted.size > 0
    )
  }

  /** What is touched from now on belongs to another step. */
  beginStep(): void {
    this.#touched = new Set()
  }

  touch(dag_id: string): void {
    this.#touched.add(dag_id)
  }

  /** For whoever waits for the step under way: `done` if all of it was committed. */
  answer(done: () => void, fail: (error: Error) => void): void {
    const touched = this.#touched
    this.effects.push((dropped) => {
      const refused = [...touched].find((dag_id) => dropped.has(dag_id))
      if (refused === undefined) done()
      else fail(new VortexError('conflict', refusalText(refused, dropped.get(refused))))
    })
    this.failures.push(fail)
  }

  /** Takes back what was decided about a DAG so far. What is decided about it from now on holds. */
  drop(dag_id: string, refusal: Refusal, owners: RowOwners): void {
    this.effects.forEach((effect, i) => {
      this.effects[i] = (dropped) => effect(new Map([...dropped, [dag_id, refusal]]))
    })
    const of = dagOfRows(owners)
    const without = <T>(rows: T[], dagOf: (row: T) => string | null): void => {
      rows.splice(0, rows.length, ...rows.filter((row) => dagOf(row) !== dag_id))
    }
    const forget = <K, T>(rows: Map<K, T>, dagOf: (row: T) => string | null): void => {
      for (const [key, row] of rows) if (dagOf(row) === dag_id) rows.delete(key)
    }
    forget(this.#runsInserted, of.dag_runs_insert)
    forget(this.#instancesInserted, of.task_instances_insert)
    forget(this.#attemptsInserted, of.attempts_insert)
    forget(this.#runs, of.dag_runs_update)
    forget(this.#instances, of.task_instances_update)
    forget(this.#attempts, of.attempts_update)
    for (const id of [...this.#backfills.keys()]) if (owners.ofBackfill(id) === dag_id) this.#backfills.delete(id)
    this.#dags.delete(dag_id)
    without(this.#backfillsInserted, of.backfills_insert)
    without(this.#intervals, of.backfill_intervals_update)
    without(this.#xcoms, of.xcoms_put)
    without(this.#xcomsDeleted, of.xcoms_delete)
    without(this.#ledger, of.ledger_insert)
    without(this.#assetEvents, of.asset_events_insert)
    without(this.#answers, (answer) => answer.dag_id)
    without(this.#runsDeleted, of.dag_runs_delete)
    without(this.#dagsDeleted, of.dags_delete)
  }

  insertRun(record: DagRunRecord, instances: TaskInstanceRecord[]): void {
    this.#runsInserted.set(record.id, record)
    for (const instance of instances) this.#instancesInserted.set(instance.id, instance)
  }

  insertInstance(record: TaskInstanceRecord): void {
    this.#instancesInserted.set(record.id, record)
  }

  /** Applies `set` to the record in memory and remembers it for the database. */
  changeRun(record: DagRunRecord, set: DagRunChange['set']): void {
    if (!this.#runsInserted.has(record.id)) {
      const change = this.#runs.get(record.id) ?? { id: record.id, set: {} }
      Object.assign(change.set, set)
      this.#runs.set(record.id, change)
    }
    Object.assign(record, set)
  }

  changeInstance(record: TaskInstanceRecord, set: TaskInstanceChange['set']): void {
    if (!this.#instancesInserted.has(record.id)) {
      let change = this.#instances.get(record.id)
      if (change === undefined) {
        change = { id: record.id, expect_state: record.state, expect_try_number: record.try_number, set: {} }
        this.#instances.set(record.id, change)
      }
      Object.assign(change.set, set)
    }
    Object.assign(record, set)
  }

  insertAttempt(record: AttemptRecord): void {
    this.#attemptsInserted.set(`${record.task_instance_id}:${record.attempt}`, record)
  }

  changeAttempt(ref: { task_instance_id: number; attempt: number; lease_token: string }, set: AttemptChange['set']): void {
    const key = `${ref.task_instance_id}:${ref.attempt}`
    const inserted = this.#attemptsInserted.get(key)
    if (inserted !== undefined) {
      Object.assign(inserted, set)
      return
    }
    const change = this.#attempts.get(key) ?? {
      task_instance_id: ref.task_instance_id,
      attempt: ref.attempt,
      expect_lease_token: ref.lease_token,
      set: {},
    }
    Object.assign(change.set, set)
    this.#attempts.set(key, change)
  }

  changeDag(record: DagRecord, set: Changed<Omit<DagRecord, 'dag_id'>>): void {
    this.touch(record.dag_id)
    this.#dags.set(record.dag_id, { ...this.#dags.get(record.dag_id), ...set })
    Object.assign(record, set)
  }

  insertBackfill(backfill: BackfillRecord, intervals: BackfillIntervalRecord[]): void {
    this.#backfillsInserted.push({ backfill: { ...backfill }, intervals: intervals.map((interval) => ({ ...interval })) })
  }

  changeBackfill(record: BackfillRecord, set: Changed<Omit<BackfillRecord, 'id' | 'dag_id'>>): void {
    this.#backfills.set(record.id, { ...this.#backfills.get(record.id), ...set })
    Object.assign(record, set)
  }

  setInterval(interval: { backfill_id: number; ordinal: number; dag_run_id: number }): void {
    this.#intervals.push(interval)
  }

  putXCom(record: XComRecord): void {
    this.#xcoms.push(record)
  }

  /** Deletes the XComs of earlier tries; those put before in the same commit go too. */
  deleteXComs(key: { dag_run_id: number; task_id: string; map_index: number }): void {
    this.#xcomsDeleted.push(key)
    for (let i = this.#xcoms.length - 1; i >= 0; i--) {
      const xcom = this.#xcoms[i]
      if (xcom?.dag_run_id === key.dag_run_id && xcom.task_id === key.task_id && xcom.map_index === key.map_index) this.#xcoms.splice(i, 1)
    }
  }

  ledger(entry: LedgerRecord): void {
    if (entry.dag_id !== null) this.touch(entry.dag_id)
    this.#ledger.push(entry)
  }

  assetEvent(event: AssetEventRecord): void {
    this.#assetEvents.push(event)
  }

  deleteRun(id: number): void {
    this.#runsDeleted.push(id)
  }

  deleteDag(dag_id: string): void {
    this.#dagsDeleted.push(dag_id)
  }

  /** This commit carries out a command of another controller; `answer` is asked when the commit is built. */
  answerCommand(id: string, answer: () => string): void {
    const [dag_id = null, ...others] = this.#touched
    this.#answers.push({ id, answer, dag_id: others.length === 0 ? dag_id : null })
  }

  /** The commit as data. Rows are copied, so later changes in memory do not reach into it. */
  build(epoch: number, seq: number): EngineCommit {
    return {
      epoch,
      seq,
      dag_runs_insert: [...this.#runsInserted.values()].map((row) => ({ ...row, task_counts: { ...row.task_counts } })),
      task_instances_insert: [...this.#instancesInserted.values()].map((row) => ({ ...row })),
      attempts_insert: [...this.#attemptsInserted.values()],
      dag_runs_update: [...this.#runs.values()],
      task_instances_update: [...this.#instances.values()],
      attempts_update: [...this.#attempts.values()],
      dags_update: [...this.#dags].map(([dag_id, set]) => ({ dag_id, set })),
      backfills_insert: this.#backfillsInserted,
      backfills_update: [...this.#backfills].map(([id, set]) => ({ id, set })),
      backfill_intervals_update: this.#intervals,
      xcoms_put: this.#xcoms,
      xcoms_delete: this.#xcomsDeleted,
      ledger_insert: this.#ledger,
      asset_events_insert: this.#assetEvents,
      dag_runs_delete: this.#runsDeleted,
      dags_delete: this.#dagsDeleted,
      ...(this.#answers.length === 0
        ? {}
        : { commands_answer: this.#answers.map(({ id, answer, dag_id }) => ({ id, dag_id, answer: answer() })) }),
    }
  }
}

function refusalText(dag_id: string, refusal: Refusal | undefined): string {
  return refusal?.why === 'data'
    ? `The database cannot store what this would change of DAG "${dag_id}" (${refusal.detail}). Nothing was changed but that the DAG is paused.`
    : `The rows of DAG "${dag_id}" were changed by somebody else; it is read again. Nothing was changed; try again.`
}
