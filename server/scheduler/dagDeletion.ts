/**
 * The history of a DAG that is to be deleted goes first, in batches beside scheduling: in one commit, hundreds of thousands of task
 * instances would hold up everybody's for as long as the database takes for them (50 us each).
 *
 * The DAG is paused meanwhile, so that no new run begins. Whatever ends this in the middle leaves a paused DAG with a shorter history,
 * and the same command goes on from there. What is small goes in one commit with the DAG.
 */
import { VortexError } from '#contract/errors.ts'
import type { DagRunRecord } from '#db/records.ts'
import type { ReadStore } from '#db/store.ts'
import { dagOf, refuseActiveRuns, setPaused } from './commands.ts'
import type { Engine } from './engine.ts'
import type { EngineService } from './engineService.ts'

/** Task instances deleted by one commit: about 100 ms of the database. A larger run goes by itself. */
const BATCH_TASK_INSTANCES = 2_000
/** Runs looked at and deleted at once. */
const BATCH_RUNS = 500

export async function deleteHistory(
  service: Pick<EngineService, 'commit' | 'leading'>,
  store: Pick<ReadStore, 'dagRecentRuns'>,
  p: { dag_id: string; actor: string },
): Promise<void> {
  refuseActiveRuns(dagOf(service.leading(), p.dag_id))
  for (let isPaused = false; ;) {
    const runs = (await store.dagRecentRuns({ dag_ids: [p.dag_id], limit: BATCH_RUNS })).get(p.dag_id) ?? []
    const batch = batchOf(service.leading(), runs)
    if (batch.length === 0 || (batch.length === runs.length && runs.length < BATCH_RUNS)) return
    await service.commit((e) => {
      refuseActiveRuns(dagOf(e, p.dag_id))
      if (!isPaused) setPaused(e, { ...p, paused: true })
      deleteRuns(e, p, batchOf(e, batch))
    })
    isPaused = true
  }
}

/** Oldest last: newest first is what the store gives, and the order does not matter for what goes altogether. */
function batchOf(e: Engine, runs: readonly DagRunRecord[]): DagRunRecord[] {
  const batch: DagRunRecord[] = []
  const alive = new Set([...e.live.values()].map(({ instance }) => instance.record.dag_run_id))
  let size = 0
  for (const run of runs) {
    // What is in memory, or may still run, goes with the DAG itself.
    if (e.runs.has(run.id) || alive.has(run.id) || (run.state !== 'success' && run.state !== 'failed')) continue
    size += Math.max(
      1,
      Object.values(run.task_counts).reduce((sum, n) => sum + n, 0),
    )
    if (size > BATCH_TASK_INSTANCES && batch.length > 0) break
    batch.push(run)
  }
  return batch
}

function deleteRuns(e: Engine, p: { dag_id: string; actor: string }, runs: readonly DagRunRecord[]): void {
  if (runs.length === 0) return
  if (e.reloading.has(p.dag_id)) throw new VortexError('conflict', `DAG "${p.dag_id}" is being read again; try again.`)
  for (const { id } of runs) e.pending.deleteRun(id)
  const dag = dagOf(e, p.dag_id)
  dag.newest_success = undefined
  dag.successes++
  e.ledger({
    kind: 'dag_run.deleted',
    dag_id: p.dag_id,
    cause: 'user',
    actor: p.actor,
    message: `${runs.length} ${runs.length === 1 ? 'run' : 'runs'} of a DAG that is being deleted`,
  })
}
