/** Which limits hold for a task instance, and the ready queue that all instances under the same limits share. */
import type { Engine } from './engine.ts'
import type { Instance, LiveAttempt } from './model.ts'
import { Limit } from './readyQueues.ts'

/** Limit of a map that is made on first use. */
function limitIn(map: Map<string, Limit>, key: string, code: string, max: number): Limit {
  let limit = map.get(key)
  if (limit === undefined) {
    limit = new Limit(code, key, max)
    map.set(key, limit)
  } else limit.max = max // of the version that was looked at last; a freed slot lets those in that wait
  return limit
}

/** A pool that does not exist has no slots: its tasks wait, and "why" says so. */
export function poolLimit(e: Engine, name: string): Limit {
  let pool = e.pools.get(name)
  if (pool === undefined) {
    pool = { record: { name, slots: 0, description: '', include_deferred: false }, limit: new Limit('pool_missing', name, 0) }
    e.pools.set(name, pool)
  }
  return pool.limit
}

/** Limits of an instance in the order in which they are checked and explained. */
export function limitsOf(e: Engine, instance: Instance): { key: string; limits: { limit: Limit; slots: number }[] } {
  const { record, run, spec } = instance
  const limits = [
    { limit: run.taskSlots, slots: 1 },
    { limit: poolLimit(e, record.pool), slots: record.pool_slots },
  ]
  let key = `${run.taskSlots.name}|${record.pool}|${record.pool_slots}|${record.queue}`
  if (run.record.run_type === 'manual') key += '|manual'
  if (spec.max_active_tis_per_dag !== null) {
    limits.push({ limit: limitIn(run.dag.perDagLimits, spec.task_id, 'max_active_tis_per_dag', spec.max_active_tis_per_dag), slots: 1 })
    key += `|dag:${run.record.dag_id}:${spec.task_id}`
  }
  if (spec.max_active_tis_per_dagrun !== null) {
    limits.push({ limit: limitIn(run.perRunLimits, spec.task_id, 'max_active_tis_per_dagrun', spec.max_active_tis_per_dagrun), slots: 1 })
    key += `|run:${run.record.id}:${spec.task_id}`
  }
  return { key, limits }
}

export function releaseSlots(e: Engine, held: LiveAttempt['held']): void {
  for (const { limit, slots } of held) {
    limit.used -= slots
    e.ready.released(limit)
  }
}
