/**
 * Callbacks of DAGs (Airflow administration-and-deployment/logging-monitoring/callbacks): called on a worker when a run has ended by
 * itself, at least once. The column `dag_runs.callback` is written with the end of the run and emptied when it was called; the ledger
 * says what came of it. A run that people ended, or one without tasks, calls nothing.
 *
 * Invariant: a run whose callback is to be called is in memory, pinned.
 */
import type { Engine } from './engine.ts'
import { addErrand, removeErrand, unplace } from './errands.ts'
import { Errand, type ActiveRun, type Instance } from './model.ts'
import type { EndReport } from './ports.ts'

/** One that takes its worker down with it does so this often. */
const LOSSES_MAX = 3
/** What a line of the ledger holds of its output; the end says most. */
const OUTPUT_CHARS_MAX = 4_000

export function startCallback(e: Engine, run: ActiveRun, reason: string): void {
  const kind = run.record.state === 'success' ? 'success' : 'failure'
  const instance = run.version.spec.callbacks.includes(kind) ? lastOf(run, kind) : undefined
  dropCallback(e, run)
  if (instance === undefined) return
  const callback = { kind, reason, token: e.dependencies.newToken(), task_instance_id: instance.record.id, losses: 0 } as const
  e.pending.changeRun(run.record, { callback })
  restoreCallback(e, run, { isRestored: false })
}

/** The run went on before it was called, and has ended again: only its last end is told. */
function dropCallback(e: Engine, run: ActiveRun): void {
  const { callback } = run.record
  const errand = callback === null ? undefined : e.errands.get(callback.token)
  if (errand === undefined) return
  removeErrand(e, errand, { reporter: null })
  e.pending.changeRun(run.record, { callback: null })
}

export function restoreCallback(e: Engine, run: ActiveRun, p: { isRestored: boolean }): void {
  const { callback } = run.record
  if (callback === null || e.errands.has(callback.token)) return
  const instance = run.instances.find(({ record }) => record.id === callback.task_instance_id) ?? run.instances[0]
  if (instance === undefined) return
  run.pins++
  addErrand(e, new Errand('dag_callback', callback.token, instance, { held: [], isRestored: p.isRestored }))
}

/** Its context is that of the last task instance that failed, or succeeded (Airflow 3.2). */
function lastOf(run: ActiveRun, kind: 'success' | 'failure'): Instance | undefined {
  const state = kind === 'success' ? 'success' : 'failed'
  let last: Instance | undefined
  for (const instance of run.instances) {
    const { record } = instance
    if (record.state === state && (last === undefined || (record.end_time ?? 0) >= (last.record.end_time ?? 0))) last = instance
  }
  return last ?? run.instances[0]
}

export function callbackEnded(e: Engine, errand: Errand, worker_id: string, report: EndReport): void {
  const message = [report.reason, report.output ?? ''].filter((part) => part !== '').join('\n')
  callbackCalled(e, errand, { outcome: report.outcome === 'success' ? 'success' : 'failed', message, by: worker_id })
}

/** Its worker was lost with it. */
export function callbackLost(e: Engine, errand: Errand): void {
  const { run } = errand.instance
  const { callback } = run.record
  if (callback === null) return
  e.pending.touch(run.record.dag_id)
  const losses = callback.losses + 1
  if (losses >= LOSSES_MAX) {
    callbackCalled(e, errand, { outcome: 'failed', message: `${losses} workers were lost while they called it`, by: null })
    return
  }
  e.pending.changeRun(run.record, { callback: { ...callback, losses } })
  unplace(e, errand)
}

function callbackCalled(e: Engine, errand: Errand, p: { outcome: 'success' | 'failed'; message: string; by: string | null }): void {
  const { run } = errand.instance
  const kind = run.record.callback?.kind ?? 'failure'
  removeErrand(e, errand, { reporter: p.by })
  e.pending.changeRun(run.record, { callback: null })
  e.ledger({
    kind: 'dag_run.callback',
    dag_id: run.record.dag_id,
    dag_run_id: run.record.id,
    to_state: p.outcome,
    cause: `on_${kind}_callback`,
    actor: p.by ?? 'scheduler',
    message: p.message === '' ? null : p.message.slice(-OUTPUT_CHARS_MAX),
  })
}
