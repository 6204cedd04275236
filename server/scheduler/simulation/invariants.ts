/**
 * What must hold after every step of a simulation, checked as it happens: at each commit, each start of a process, each
 * acknowledgement, and each callback.
 *
 * LEADERS  at most one controller is sure to lead
 * OVERLAP  two processes of one task instance are alive at once
 * TWICE    an attempt starts twice, or without a committed row that gives it to this worker under this token
 * LOST     a result was acknowledged and its attempt is still open, or its XCom is missing; an attempt that ended changes its end
 * TABLE    a task instance changes its state by an edge that is not in the table, or without a line in the ledger
 * CONFLICT memory and database disagreed (the engine starts again then, and nobody would notice)
 * ORPHAN   a process lives on long after its attempt was ended, although a controller leads
 * EARLY    a run ends while a task instance of it is unfinished, or while a process of it is wanted
 */
import { isFinished, type AttemptState, type TaskInstanceState } from '#contract/states.ts'
import type { EngineCommit } from '#db/store.ts'
import { TASK_INSTANCE_TRANSITIONS } from '#domain/taskInstance.ts'
import type { AttemptReport } from '../ports.ts'
import type { SimDatabase } from './simDatabase.ts'
import type { PhysicalAttempt } from './simProcesses.ts'

export interface Violation {
  kind: string
  detail: string
}

/**
 * A process that is not wanted any more is told so, or loses its lease (5.4 s): a leader answers its worker, or does not. Four seconds
 * for the kill, and some for what is on its way.
 */
const ORPHAN_MS = 11_000
/**
 * Names of 2.x and 3.x may meet (DagEntry.run_id_suffix). A parse may tell of a DAG whose deletion is decided and not committed: then
 * memory has what the database is about to lose, until the first conflict.
 */
const HARMLESS_CONFLICT = /^(dag_runs insert|DAG |task instance \d+: .* is undefined\/undefined|dag_run \d+ does not exist)/
/** Later ones of the same seed follow from the first. */
const KEPT_MAX = 20

export class Invariants {
  readonly violations: Violation[] = []
  readonly physical: PhysicalAttempt[] = []
  /** Runs that were moved to another version. */
  readonly moved = new Set<number>()
  readonly #db: SimDatabase
  readonly #alive = new Map<number, PhysicalAttempt>()
  readonly #aliveByRun = new Map<number, Set<PhysicalAttempt>>()
  readonly #started = new Set<string>()
  readonly #statesBefore = new Map<number, TaskInstanceState>()
  readonly #attemptsBefore = new Map<string, AttemptState>()
  /** When an attempt's row got its end. */
  readonly #closedAt = new Map<string, number>()
  readonly #now: () => number
  #leader = ''
  #epoch = 0
  #leadsSince = 0

  constructor(db: SimDatabase, now: () => number) {
    this.#db = db
    this.#now = now
    db.watch = {
      before: (commit) => this.#before(commit),
      after: (commit) => this.#after(commit),
      conflict: (detail) => {
        if (!HARMLESS_CONFLICT.test(detail)) this.found('CONFLICT', detail)
      },
    }
  }

  found(kind: string, detail: string): void {
    if (this.violations.length < KEPT_MAX) this.violations.push({ kind, detail: `${detail} (at ${this.#now()} ms)` })
  }

  /** After each callback. */
  step(sure: readonly { holder: string }[]): void {
    if (sure.length > 1) this.found('LEADERS', `${sure.map(({ holder }) => holder).join(' and ')} are both sure to lead`)
    const leader = sure[0]?.holder ?? ''
    if (leader === '' || leader !== this.#leader) this.#leadsSince = this.#now()
    this.#leader = leader
    if (this.#db.leader.epoch !== this.#epoch) this.#forgetKilled()
  }

  /** A new term does not know of killed attempts whose runs have ended: their slots are free while their processes are being ended. */
  #forgetKilled(): void {
    this.#epoch = this.#db.leader.epoch
    for (const physical of this.#alive.values())
      if (this.#closedAt.has(`${physical.task_instance_id}:${physical.attempt}`)) physical.freed ??= this.#now()
  }

  // --- processes -----------------------------------------------------------------------------------------------------------

  began(physical: PhysicalAttempt): void {
    this.physical.push(physical)
    const { task_instance_id: id, task_id, attempt, token } = physical
    const other = this.#alive.get(id)
    if (other !== undefined)
      this.found(
        'OVERLAP',
        `attempt ${attempt} of ${task_id} (${id}) begins on ${physical.worker_id}, ${other.attempt} lives on ${other.worker_id}`,
      )
    this.#alive.set(id, physical)
    const ofRun = this.#aliveByRun.get(physical.dag_run_id)
    if (ofRun === undefined) this.#aliveByRun.set(physical.dag_run_id, new Set([physical]))
    else ofRun.add(physical)
    const key = `${id}:${attempt}`
    if (this.#started.has(key)) this.found('TWICE', `attempt ${key} of ${task_id} begins twice`)
    this.#started.add(key)
    const row = this.#db.attempts.get(key)
    const isDeleted = row === undefined && !this.#db.instances.has(id) && id <= this.#db.maxIds.task_instance
    if (!isDeleted && (row?.lease_token !== token || row.worker_id !== physical.worker_id))
      this.found('TWICE', `attempt ${key} of ${task_id} begins without a committed row for ${physical.worker_id}`)
  }

  ended(physical: PhysicalAttempt): void {
    if (this.#alive.get(physical.task_instance_id) === physical) this.#alive.delete(physical.task_instance_id)
    this.#aliveByRun.get(physical.dag_run_id)?.delete(physical)
    const { task_instance_id, task_id, attempt, worker_id } = physical
    const since = Math.max(this.#closedAt.get(`${task_instance_id}:${attempt}`) ?? Infinity, this.#leadsSince)
    if (this.#leader !== '' && this.#now() - since > ORPHAN_MS)
      this.found(
        'ORPHAN',
        `attempt ${attempt} of ${task_id} (${task_instance_id}) lived on ${worker_id} until now, unwanted since ${since} ms`,
      )
  }

  // --- reports -------------------------------------------------------------------------------------------------------------

  acked(reports: readonly AttemptReport[]): void {
    for (const report of reports) {
      if (report.type !== 'ended') continue
      const { task_instance_id, attempt, lease_token } = report.ref
      const row = this.#db.attempts.get(`${task_instance_id}:${attempt}`)
      if (row?.lease_token !== lease_token) continue
      if (row.state === 'queued' || row.state === 'running')
        this.found('LOST', `attempt ${task_instance_id}:${attempt} is ${row.state} after its end (${report.outcome}) was acknowledged`)
      const instance = this.#db.instances.get(task_instance_id)
      if (row.state !== 'success' || instance?.try_number !== attempt || instance.state !== 'success') continue
      for (const { key, value_json } of report.xcoms) {
        const xcom = this.#db.xcoms.get(`${instance.dag_run_id} ${instance.task_id} ${instance.map_index} ${key}`)
        if (xcom?.value !== value_json) this.found('LOST', `XCom ${key} of ${instance.task_id} is ${xcom?.value}, reported ${value_json}`)
      }
    }
  }

  // --- commits -------------------------------------------------------------------------------------------------------------

  #before(commit: EngineCommit): void {
    this.#statesBefore.clear()
    this.#attemptsBefore.clear()
    for (const { id } of commit.task_instances_update) {
      const row = this.#db.instances.get(id)
      if (row !== undefined) this.#statesBefore.set(id, row.state)
    }
    for (const row of commit.task_instances_insert) this.#statesBefore.set(row.id, 'none')
    for (const { task_instance_id, attempt } of commit.attempts_update) {
      const row = this.#db.attempts.get(`${task_instance_id}:${attempt}`)
      if (row !== undefined) this.#attemptsBefore.set(`${task_instance_id}:${attempt}`, row.state)
    }
  }

  #after(commit: EngineCommit): void {
    this.#checkStates(commit)
    for (const { task_instance_id, attempt, set } of commit.attempts_update) {
      const key = `${task_instance_id}:${attempt}`
      const before = this.#attemptsBefore.get(key)
      if (set.state !== undefined && set.state !== 'running' && !this.#closedAt.has(key)) this.#closedAt.set(key, this.#now())
      if (set.state === undefined || before === undefined || before === 'queued' || before === 'running' || before === set.state) continue
      this.found('LOST', `attempt ${task_instance_id}:${attempt} had ended as ${before} and becomes ${set.state}`)
    }
    const deleted = new Set(commit.dag_runs_delete)
    for (const { id, set } of commit.dag_runs_update) {
      if (set.dag_version_id !== undefined) this.moved.add(id)
      if ((set.state === 'success' || set.state === 'failed') && !deleted.has(id)) this.#checkEnd(id, set.state)
    }
  }

  /** The ledger tells the whole way of each task instance, and each step of it is in the table. */
  #checkStates(commit: EngineCommit): void {
    const at = this.#statesBefore
    for (const { kind, task_instance_id: id, from_state, to_state, cause } of commit.ledger_insert) {
      if (kind !== 'task_instance.state' || id === null) continue
      const from = from_state as TaskInstanceState
      const to = to_state as TaskInstanceState
      const current = at.get(id)
      if (current !== undefined && current !== from)
        this.found('TABLE', `task instance ${id}: ${cause} takes it from ${from}, but it is ${current}`)
      if (!TASK_INSTANCE_TRANSITIONS[from].includes(to)) this.found('TABLE', `task instance ${id}: ${from} -> ${to} (${cause})`)
      at.set(id, to)
    }
    for (const [id, state] of at) {
      const row = this.#db.instances.get(id)
      if (row !== undefined && row.state !== state && row.state !== 'removed')
        this.found('TABLE', `task instance ${id} (${row.task_id}) is ${row.state}, its ledger says ${state}`)
    }
  }

  #checkEnd(dag_run_id: number, state: string): void {
    const run = this.#db.runs.get(dag_run_id)
    if (run?.state !== state) return
    for (const row of this.#db.instances.values())
      if (row.dag_run_id === dag_run_id && !isFinished(row.state))
        this.found('EARLY', `run ${run.run_id} ends as ${state} while ${row.task_id} is ${row.state}`)
    for (const physical of this.#aliveByRun.get(dag_run_id) ?? []) {
      const attempt = this.#db.attempts.get(`${physical.task_instance_id}:${physical.attempt}`)
      // One that was asked to end, or whose lease has ended, takes a moment.
      if (attempt?.state === 'queued' || attempt?.state === 'running')
        this.found('EARLY', `run ${run.run_id} ends as ${state} while attempt ${physical.attempt} of ${physical.task_id} runs`)
    }
  }
}
