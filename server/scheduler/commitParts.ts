/**
 * A commit by the DAGs that its rows belong to. Decisions about different DAGs do not depend on each other, but for assets: what of them
 * is lost with a part is told again (assets.ts, `keepEvents`).
 */
import type { EngineCommit } from '#db/store.ts'

/** Which DAG a row belongs to, as memory knows it; null = it cannot tell. */
export interface RowOwners {
  ofRun(dag_run_id: number): string | null
  ofInstance(task_instance_id: number): string | null
  ofBackfill(backfill_id: number): string | null
}

type List = Exclude<keyof EngineCommit, 'epoch' | 'seq' | 'commands_answer'>
type Row<L extends List> = EngineCommit[L] extends (infer R)[] ? R : never
type DagOf = { [L in List]: (row: Row<L>) => string | null }

/** The DAG of each kind of row. A new kind does not compile until it is named here. */
export function dagOfRows(owners: RowOwners): DagOf {
  const { ofRun, ofInstance, ofBackfill } = owners
  return {
    dag_runs_insert: (row) => row.dag_id,
    task_instances_insert: (row) => ofRun(row.dag_run_id),
    attempts_insert: (row) => ofInstance(row.task_instance_id),
    dag_runs_update: (row) => ofRun(row.id),
    task_instances_update: (row) => ofInstance(row.id),
    attempts_update: (row) => ofInstance(row.task_instance_id),
    dags_update: (row) => row.dag_id,
    backfills_insert: (row) => row.backfill.dag_id,
    backfills_update: (row) => ofBackfill(row.id),
    backfill_intervals_update: (row) => ofBackfill(row.backfill_id),
    xcoms_put: (row) => ofRun(row.dag_run_id),
    xcoms_delete: (row) => ofRun(row.dag_run_id),
    ledger_insert: (row) => row.dag_id,
    asset_events_insert: (row) => row.source_dag_id,
    dag_runs_delete: (id) => ofRun(id),
    dags_delete: (dag_id) => dag_id,
  }
}

function emptyCommit(epoch: number): EngineCommit {
  return {
    epoch,
    seq: 0,
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

/** One commit per DAG, and one under null for what belongs to none (a worker's loss, attempts of runs that have left memory). */
export function partsOf(commit: EngineCommit, owners: RowOwners): Map<string | null, EngineCommit> {
  const parts = new Map<string | null, EngineCommit>()
  const dagOf = dagOfRows(owners)
  const sort = <L extends List>(list: L): void => {
    const of: (row: Row<L>) => string | null = dagOf[list]
    for (const row of commit[list] as Row<L>[]) {
      const dag_id = of(row)
      let part = parts.get(dag_id)
      if (part === undefined) parts.set(dag_id, (part = emptyCommit(commit.epoch)))
      ;(part[list] as Row<L>[]).push(row)
    }
  }
  for (const list of Object.keys(dagOf) as List[]) sort(list)
  for (const answered of commit.commands_answer ?? []) {
    const part = parts.get(answered.dag_id) ?? emptyCommit(commit.epoch)
    parts.set(answered.dag_id, { ...part, commands_answer: [...(part.commands_answer ?? []), answered] })
  }
  return parts
}
