/** The attempts of one session: which refs its worker may report on, ask for, and write logs of. */
import type { AttemptRef } from '#scheduler/ports.ts'
import type { DagRunRecord, TaskInstanceRecord } from '#db/records.ts'
import type { ReadStore } from '#db/store.ts'
import { refKey } from './codec.ts'

/** Ended attempts whose log is not complete yet; a worker sends those within seconds, so more are leftovers. */
const ENDED_KEPT_MAX = 20_000

/** What messages about an attempt need to know of it. */
export interface AttemptContext {
  run: Pick<DagRunRecord, 'id' | 'dag_id' | 'run_id' | 'logical_date' | 'run_after'>
  task_instance: Pick<TaskInstanceRecord, 'task_id' | 'map_index'>
}

export interface HeldAttempt {
  key: string
  ref: AttemptRef
  /** Reports go to the engine, which compares the lease itself. Over with the commit of its end. */
  canReport: boolean
  /** The attempt is alive, so its task may ask for XComs, Variables, runs. */
  canAsk: boolean
  /** Its log may grow. Over when the log is complete, which may be after the end. */
  canLog: boolean
  /** The engine wants it ended; perhaps because its run is deleted. */
  isKilled: boolean
  context: AttemptContext | null
}

export class HeldAttempts {
  readonly #store: Pick<ReadStore, 'taskInstanceById'>
  readonly #held = new Map<string, HeldAttempt>()

  constructor(store: Pick<ReadStore, 'taskInstanceById'>) {
    this.#store = store
  }

  /** The attempt of a ref, or undefined if this worker has nothing to do with it. */
  get(ref: AttemptRef): HeldAttempt | undefined {
    return this.#held.get(refKey(ref))
  }

  add(ref: AttemptRef, p: { canReport: boolean; canAsk: boolean; canLog: boolean; context?: AttemptContext }): HeldAttempt {
    const key = refKey(ref)
    const known = this.#held.get(key)
    if (known !== undefined) return known
    const { canReport, canAsk, canLog, context = null } = p
    const held: HeldAttempt = { key, ref, canReport, canAsk, canLog, isKilled: false, context }
    this.#held.set(key, held)
    return held
  }

  killed(ref: AttemptRef): void {
    const held = this.get(ref)
    if (held !== undefined) held.isKilled = true
  }

  delete(ref: AttemptRef): void {
    this.#held.delete(refKey(ref))
  }

  ended(held: HeldAttempt): void {
    held.canReport = false
    held.canAsk = false
    this.#forgetDone(held)
    if (this.#held.size <= ENDED_KEPT_MAX) return
    for (const [key, other] of this.#held) {
      if (!other.canReport) this.#held.delete(key)
      if (this.#held.size <= ENDED_KEPT_MAX) return
    }
  }

  logComplete(held: HeldAttempt): void {
    held.canLog = false
    this.#forgetDone(held)
  }

  /** Names of the attempt: known since its assignment, or read once after a reconnect. Null = its rows are deleted. */
  async contextOf(held: HeldAttempt): Promise<AttemptContext | null> {
    held.context ??= await this.#store.taskInstanceById({ id: held.ref.task_instance_id })
    return held.context
  }

  #forgetDone(held: HeldAttempt): void {
    if (!held.canReport && !held.canLog) this.#held.delete(held.key)
  }
}
