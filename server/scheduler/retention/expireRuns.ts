/** Which finished runs may go, and their end in the engine: one step and one commit for a batch. */
import type { EndedRun } from '#db/retention.ts'
import type { Engine } from '../engine.ts'
import { instant } from '../liveEventsOf.ts'

/** In the ledger. */
export const RETENTION = 'retention'

/**
 * Decided in the very step that deletes, so that what memory knows by then counts. A run stays
 * - while it is in memory (a clear has made it active again, a command looks at it) or an attempt of it may still be alive;
 * - if it is its DAG's newest finished run, so that every DAG shows how it went last;
 * - if it is the newest run, or the newest success, that comes before a run that is active or yet to come: depends_on_past and
 *   the templates' previous success look at it;
 * - if it lies in the range of a backfill that is not over, which counts its runs and their failures.
 */
export function mayExpire(e: Engine, run: EndedRun): boolean {
  if (run.newer_id === null || e.runs.has(run.id) || e.reloading.has(run.dag_id)) return false
  for (const { instance } of e.live.values()) if (instance.record.dag_run_id === run.id) return false
  const date = run.logical_date
  if (date === null) return true
  for (const { record } of e.backfills.values())
    if (record.dag_id === run.dag_id && record.start_date <= date && date <= record.end_date) return false
  return (
    !isLookedBackAt(e, run, date, run.next_run_date) && (run.state !== 'success' || !isLookedBackAt(e, run, date, run.next_success_date))
  )
}

/** From a run without a successor of its kind, or from an active run up to that successor. */
function isLookedBackAt(e: Engine, run: EndedRun, date: number, next: number | null): boolean {
  if (next === null) return true
  for (const { isActive, record } of e.dags.get(run.dag_id)?.runs.values() ?? [])
    if (isActive && record.logical_date !== null && record.logical_date > date && record.logical_date <= next) return true
  return false
}

/** Deletes those runs that may go, with everything that hangs on them; returns how many. */
export function expireRuns(e: Engine, runs: readonly EndedRun[], before: number): number {
  const expired = Map.groupBy(
    runs.filter((run) => mayExpire(e, run)),
    (run) => run.dag_id,
  )
  let count = 0
  for (const [dag_id, gone] of expired) {
    for (const { id } of gone) e.pending.deleteRun(id)
    const dag = e.dags.get(dag_id)
    if (dag !== undefined) dag.successes++
    e.ledger({
      kind: 'dag_run.deleted',
      dag_id,
      cause: RETENTION,
      actor: RETENTION,
      message: `${gone.length} ${gone.length === 1 ? 'run' : 'runs'} that ended before ${instant(before)}`,
    })
    e.publish({ type: 'dag', dag_id })
    count += gone.length
  }
  return count
}
