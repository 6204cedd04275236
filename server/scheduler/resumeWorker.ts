/** The end of a drain (workers.ts): the worker takes attempts again. */
import { VortexError } from '#contract/errors.ts'
import type { Engine } from './engine.ts'

/** A worker that drains by itself, because it is being stopped, says so again when it hears this, and drains on. */
export function resumeWorker(e: Engine, p: { worker_id: string; actor: string }): void {
  const worker = e.workers.get(p.worker_id)
  if (worker === undefined) throw new VortexError('not_found', `There is no worker "${p.worker_id}".`)
  if (!worker.is_connected)
    throw new VortexError('invalid_state', `Worker "${p.worker_id}" is not connected, so it cannot be told. Try again when it is back.`)
  if (!worker.is_draining) return
  worker.is_draining = false
  e.drained.delete(p.worker_id)
  e.ledger({
    kind: 'worker.resumed',
    cause: 'user',
    actor: p.actor,
    message: p.worker_id,
  })
  e.pending.effects.push(() => e.dependencies.workers.drain({ worker_id: p.worker_id, is_over: true }))
  e.publish({ type: 'worker', worker_id: p.worker_id, status: 'active' })
}
