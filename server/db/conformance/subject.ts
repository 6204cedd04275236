/** The store under test, with a leader's term and ids that no other test of the file uses. */
import type { DagSpec } from '#contract/dagSpec.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { AT, makeCommit, makeDagFile, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import type { DagRunRecord, TaskInstanceRecord } from '../records.ts'
import type { CommitOutcome, DagFileSaved, EngineCommit, LeaderTerm, Store } from '../store.ts'

export class Subject {
  readonly store: Store
  #term: LeaderTerm | null = null
  #lastId = 0

  constructor(store: Store) {
    this.store = store
  }

  id(): number {
    return ++this.#lastId
  }

  /** Wins a term; a test that took leadership away calls it again. */
  async lead(): Promise<LeaderTerm> {
    const term = await this.store.leaderAcquire({ holder: 'subject', lease_ms: 600_000 })
    if (term === null) throw new Error('somebody else leads')
    this.#term = term
    return term
  }

  async term(): Promise<LeaderTerm> {
    return this.#term ?? this.lead()
  }

  async try(change: Partial<EngineCommit>): Promise<CommitOutcome> {
    const term = await this.term()
    const outcome = await this.store.engineCommit(makeCommit(term.epoch, term.commit_seq + 1, change))
    if (outcome.status === 'committed') term.commit_seq++
    return outcome
  }

  async commit(change: Partial<EngineCommit>): Promise<void> {
    const outcome = await this.try(change)
    if (outcome.status !== 'committed') throw new Error(`not committed: ${JSON.stringify(outcome)}`)
  }

  async saveFile(file: string, specs: DagSpec[], change: { bundle?: string; now?: number } = {}): Promise<DagFileSaved> {
    return this.store.dagFileSave({
      record: makeDagFile(file, { dag_ids: specs.map((spec) => spec.dag_id) }),
      specs,
      bundle: { hash: change.bundle ?? 'bundle', files: [{ path: file, sha256: 'a'.repeat(64), size: 10 }] },
      paused_default: true,
      now: change.now ?? AT,
    })
  }

  /** A DAG of its own; returns the id of its version. */
  async dag(dag_id: string, change: Partial<DagSpec> = {}): Promise<number> {
    const saved = await this.saveFile(`${dag_id}.py`, [makeDagSpec(dag_id, change)])
    const version = saved.changed[0]?.version.id
    if (version === undefined) throw new Error(`DAG ${dag_id} exists already`)
    return version
  }

  /** A DAG with one run and some task instances. */
  async run(
    dag_id: string,
    tasks: number,
    change: Partial<DagRunRecord> = {},
  ): Promise<{ run: DagRunRecord; tasks: TaskInstanceRecord[] }> {
    const run = makeRun(this.id(), dag_id, await this.dag(dag_id), change)
    const made = Array.from({ length: tasks }, () => makeTaskInstance(this.id(), run.id))
    await this.commit({ dag_runs_insert: [run], task_instances_insert: made })
    return { run, tasks: made }
  }
}

export type SubjectOf = () => Subject

/** Every page of a list, by cursor. */
export async function allPages<T>(read: (cursor: string | undefined) => Promise<{ data: T[]; next_cursor: string | null }>): Promise<T[]> {
  const rows: T[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await read(cursor)
    rows.push(...page.data)
    if (page.next_cursor === null) return rows
    cursor = page.next_cursor
  }
}
