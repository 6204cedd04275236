/**
 * Errands: work of workers that is no attempt. A deferred task instance waits for its trigger (deferral.ts), and a DAG's callback is called
 * for a run that has ended (dagCallbacks.ts); docs/decisions/0008-waiting-without-slots.md.
 *
 * An errand may run twice; what counts is decided when its report is committed, so it has no lease. Its column names it, and is what
 * a restart begins with: `task_instances.deferral` without an event, or `dag_runs.callback`.
 */
import { retire } from './activeRuns.ts'
import type { Engine } from './engine.ts'
import { releaseSlots } from './limits.ts'
import type { ActiveRun, Errand, Instance, WorkerEntry } from './model.ts'

/** Coroutines of one event loop (Airflow's triggerer takes 1,000), and processes beside those that the capacity allows. */
const MAX = { trigger: 20_000, dag_callback: 4 }

/** `lease_token` of its ref is its token, a dot, and a name for this giving. */
export function errandOf(e: Engine, lease_token: string): Errand | undefined {
  const dot = lease_token.indexOf('.')
  return dot < 0 ? undefined : e.errands.get(lease_token.slice(0, dot))
}

export function addErrand(e: Engine, errand: Errand): void {
  e.errands.set(errand.token, errand)
  e.unplaced.add(errand, e.isYoung)
}

/** Gives errands to workers. */
export function placeErrands(e: Engine): void {
  if (!e.isYoung) e.unplaced.release()
  for (const group of e.unplaced.groups.values()) {
    for (const errand of group) {
      const worker = leastBusy(e, errand)
      if (worker === null) break
      give(e, errand, worker, `${errand.token}.${e.dependencies.newToken()}`)
      e.assign(errand)
    }
  }
}

function give(e: Engine, errand: Errand, worker: WorkerEntry, lease_token: string): void {
  errand.ref = { ...errand.ref, lease_token }
  errand.worker_id = worker.hello.worker_id
  worker.errands[errand.kind].add(errand)
  e.unplaced.delete(errand)
}

function leastBusy(e: Engine, { kind, instance }: Errand): WorkerEntry | null {
  let best: WorkerEntry | null = null
  for (const worker of e.workers.values()) {
    const { size } = worker.errands[kind]
    if (!worker.is_connected || worker.is_draining || size >= MAX[kind]) continue
    // What a task waits for can be seen where the task itself may run.
    if (kind === 'trigger' && !worker.serves(instance.record.queue)) continue
    if (best === null || size < best.errands[kind].size) best = worker
  }
  return best
}

/** A worker says that it holds this. False = nobody wants it there. */
export function takeHeldErrand(e: Engine, worker: WorkerEntry, lease_token: string): boolean {
  const errand = errandOf(e, lease_token)
  if (errand === undefined) return false
  const isGiven = errand.worker_id !== null
  if (isGiven && (errand.worker_id !== worker.hello.worker_id || errand.ref.lease_token !== lease_token)) return false
  if (!isGiven) give(e, errand, worker, lease_token)
  errand.isSent = true
  return true
}

/** What was sent to a worker and is not in its hello has never arrived. */
export function sendErrandsAgain(e: Engine, worker: WorkerEntry, held: ReadonlySet<string>): void {
  for (const errands of Object.values(worker.errands))
    for (const errand of errands) if (errand.isSent && !held.has(errand.ref.lease_token)) e.assign(errand)
}

/** Its worker has it no more: another one gets it. */
export function unplace(e: Engine, errand: Errand): void {
  detach(e, errand)
  errand.isRestored = false
  e.unplaced.add(errand, e.isYoung)
}

function detach(e: Engine, errand: Errand): void {
  if (errand.worker_id !== null) e.workers.get(errand.worker_id)?.errands[errand.kind].delete(errand)
  errand.worker_id = null
  errand.isSent = false
}

/** It is over, or nobody wants it any more. Unless its worker said so itself, it is told, and nobody waits for that. */
export function removeErrand(e: Engine, errand: Errand, p: { reporter: string | null }): void {
  const { worker_id, ref } = errand
  e.errands.delete(errand.token)
  e.unplaced.delete(errand)
  releaseSlots(e, errand.held)
  detach(e, errand)
  if (errand.kind === 'dag_callback') unpin(e, errand.instance.run)
  if (worker_id === null || worker_id === p.reporter) return
  const { dag_id } = errand.instance.run.record
  e.pending.effects.push((dropped) => {
    if (!dropped.has(dag_id)) e.dependencies.workers.kill({ worker_id, ref, reason: 'not_wanted' })
  })
}

/** Its run was kept for it alone, perhaps. */
function unpin(e: Engine, run: ActiveRun): void {
  run.pins--
  const ending = run.endings
  e.pending.effects.push(() => retire(e, run, ending))
}

/** The instance is deferred no more, whatever the reason. */
export function endWait(e: Engine, { record }: Instance, reporter: string | null = null): void {
  const errand = record.deferral === null ? undefined : e.errands.get(record.deferral.token)
  if (errand !== undefined) removeErrand(e, errand, { reporter })
}

/** The run is being deleted, or its DAG leaves memory. */
export function forgetErrands(e: Engine, run: ActiveRun): void {
  for (const errand of e.errands.values()) if (errand.instance.run === run) removeErrand(e, errand, { reporter: null })
}
