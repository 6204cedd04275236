/** Finished runs, written through the store's own engine commits, so that every constraint, counter and total holds. */
import { compileGraph } from '#domain/graph.ts'
import { compileTimetable, formatRunId } from '#domain/schedule/timetable.ts'
import type { DagRecord, DagVersionRecord } from '#db/records.ts'
import type { EngineCommit, LeaderTerm, Store } from '#db/store.ts'
import { pastRun, type Ids, type PastRun } from './pastRun.ts'
import { randomOf, type Random } from './random.ts'

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
/** Task instances of one engine commit: it takes about 0.3 s on SQLite, and the leader's lease is renewed in between. */
const BATCH = 20_000
const LEASE_MS = 60_000
/** Of each DAG so many runs are told in full by the ledger. */
const TOLD_RUNS = 2
const HOLDER = 'seed'

/** What a DAG gets. */
export interface DagHistory {
  runs: number
  is_paused: boolean
  task_seconds: number
  /** Share of runs that fail; null = some DAGs fail often, most hardly ever. */
  failures: number | null
}

export interface WrittenHistory {
  runs: number
  task_instances: number
  /** Newest run of each DAG. */
  newest: Map<string, PastRun>
}

/** Of a database that no server works on; `historyOf` null = the DAG stays as it is. */
export async function writeHistory(store: Store, historyOf: (dag: DagRecord) => DagHistory | null): Promise<WrittenHistory> {
  const writer = await HistoryWriter.open(store)
  const { dags, dag_versions, max_ids } = await store.engineLoad()
  const ids: Ids = { dag_run: max_ids.dag_run + 1, task_instance: max_ids.task_instance + 1, ledger: max_ids.ledger + 1 }
  const random = randomOf(20_26)
  const now = await store.now()
  const versions = new Map(dag_versions.map((version) => [version.id, version]))
  const newest = new Map<string, PastRun>()
  for (const dag of dags) {
    const version = versions.get(dag.dag_version_id)
    const history = historyOf(dag)
    if (version === undefined || history === null) continue
    for (const past of pastRuns({ ...history, version, now }, ids, random)) {
      await writer.add(past)
      newest.set(dag.dag_id, past)
    }
    const last = newest.get(dag.dag_id)?.run
    writer.changeDag(dag.dag_id, {
      is_paused: history.is_paused,
      ...(last?.run_type === 'scheduled'
        ? {
            last_scheduled_logical_date: last.logical_date,
            last_scheduled_interval_start: last.data_interval_start,
            last_scheduled_interval_end: last.data_interval_end,
            last_scheduled_run_after: last.run_after,
          }
        : {}),
    })
  }
  await writer.close()
  return { runs: writer.runs, task_instances: writer.task_instances, newest }
}

type RunsOf = DagHistory & { version: DagVersionRecord; now: number }

/** The last runs that the DAG's own timetable would have made; a DAG without a schedule was triggered, twice a day or more often. */
function* pastRuns({ version, runs, now, failures, task_seconds }: RunsOf, ids: Ids, random: Random): Generator<PastRun> {
  const { spec } = version
  const graph = compileGraph(spec)
  const timetable = compileTimetable(spec.timetable)
  const restriction = { earliest: null, latest: null, catchup: true }
  const failure = failures ?? random() ** 6 * 0.6
  const common = { version, graph, task_seconds }
  if (spec.schedule === null) {
    const between = Math.min(DAY_MS / 2, YEAR_MS / runs)
    for (let i = runs; i > 0; i -= 1) {
      const at = Math.round(now - (i - random() / 2) * between)
      const run_id = formatRunId({ run_type: 'manual', logical_date: at, run_after: at, dialect: spec.dialect })
      const interval = { start: at, end: at }
      const plan = { run_id, run_type: 'manual' as const, logical_date: at, interval, run_after: at, fails: random() < failure }
      yield pastRun({ ...common, ...plan, is_told_in_full: i <= TOLD_RUNS }, ids, random)
    }
    return
  }
  const due = [...timetable.between({ from: now - (runs + 3) * DAY_MS, to: now, restriction })].filter(({ run_after }) => run_after <= now)
  const chosen = due.slice(-runs)
  for (const [at, planned] of chosen.entries()) {
    const run_id = formatRunId({
      run_type: 'scheduled',
      logical_date: planned.logical_date,
      run_after: planned.run_after,
      dialect: spec.dialect,
    })
    const is_told_in_full = chosen.length - at <= TOLD_RUNS
    const plan = { run_id, run_type: 'scheduled' as const, ...planned, fails: random() < failure, is_told_in_full }
    yield pastRun({ ...common, ...plan }, ids, random)
  }
}

/** Collects rows into engine commits of one leader's term. */
class HistoryWriter {
  runs = 0
  task_instances = 0
  readonly #store: Store
  readonly #term: LeaderTerm
  #seq: number
  #commit: EngineCommit

  static async open(store: Store): Promise<HistoryWriter> {
    const term = await store.leaderAcquire({ holder: HOLDER, lease_ms: LEASE_MS })
    if (term === null) throw new Error('A server works on this database. Stop it first.')
    return new HistoryWriter(store, term)
  }

  private constructor(store: Store, term: LeaderTerm) {
    this.#store = store
    this.#term = term
    this.#seq = term.commit_seq
    this.#commit = this.#empty()
  }

  async add({ run, task_instances, attempts, ledger }: PastRun): Promise<void> {
    this.runs += 1
    this.task_instances += task_instances.length
    this.#commit.dag_runs_insert.push(run)
    for (const row of task_instances) this.#commit.task_instances_insert.push(row)
    for (const row of attempts) this.#commit.attempts_insert.push(row)
    for (const row of ledger) this.#commit.ledger_insert.push(row)
    if (this.#commit.task_instances_insert.length >= BATCH) await this.#flush()
  }

  changeDag(dag_id: string, set: EngineCommit['dags_update'][number]['set']): void {
    this.#commit.dags_update.push({ dag_id, set })
  }

  async close(): Promise<void> {
    await this.#flush()
    await this.#store.leaderResign({ holder: HOLDER, epoch: this.#term.epoch })
  }

  async #flush(): Promise<void> {
    const outcome = await this.#store.engineCommit(this.#commit)
    if (outcome.status !== 'committed') throw new Error(`The history was refused: ${JSON.stringify(outcome)}`)
    this.#seq += 1
    this.#commit = this.#empty()
    await this.#store.leaderRenew({ holder: HOLDER, epoch: this.#term.epoch, lease_ms: LEASE_MS })
  }

  #empty(): EngineCommit {
    return {
      epoch: this.#term.epoch,
      seq: this.#seq + 1,
      dag_runs_insert: [],
      task_instances_insert: [],
      attempts_insert: [],
      dag_runs_update: [],
      task_instances_update: [],
      attempts_update: [],
      dags_update: [],
      backfills_insert: [],
      backfills_update: [],
      backfill_intervals_update: [],
      xcoms_put: [],
      xcoms_delete: [],
      ledger_insert: [],
      asset_events_insert: [],
      dag_runs_delete: [],
      dags_delete: [],
    }
  }
}
