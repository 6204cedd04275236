/** Which task instances a worker holds, and which use or await the slots of a pool. */
import type { Engine } from './engine.ts'
import type { Instance } from './model.ts'
import type { EngineQueries, LiveTask } from './ports.ts'

/** Waiting ones that are put in order: sorting a hundred thousand would hold the engine up. */
const ORDERED_MAX = 5000

export function liveTasks(e: Engine, p: Parameters<EngineQueries['liveTasks']>[0]): ReturnType<EngineQueries['liveTasks']> {
  const found: LiveTask[] = []
  const worker = p.worker_id === undefined ? undefined : e.workers.get(p.worker_id)
  const attempts = p.worker_id === undefined ? e.live.values() : (worker?.attempts ?? [])
  for (const live of attempts) {
    if (p.pool !== undefined && live.instance.record.pool !== p.pool) continue
    found.push(liveTask(live.instance, live.started_at))
  }
  let total = found.length
  if (p.pool !== undefined) {
    for (const instance of e.instances.values()) {
      const { record } = instance
      if (record.pool !== p.pool || instance.live !== null || (record.state !== 'scheduled' && record.state !== 'deferred')) continue
      if (++total <= ORDERED_MAX) found.push(liveTask(instance, record.scheduled_time))
    }
  }
  found.sort((a, b) => rank(a) - rank(b) || b.priority_weight - a.priority_weight || (a.since ?? 0) - (b.since ?? 0))
  return { tasks: found.slice(0, p.limit), total }
}

const ORDER = ['running', 'restarting', 'queued', 'deferred', 'scheduled']
const rank = ({ state }: LiveTask): number => (ORDER.indexOf(state) + ORDER.length + 1) % (ORDER.length + 1)

function liveTask({ record, run }: Instance, since: number | null): LiveTask {
  const { task_id, map_index, try_number, state, pool, pool_slots, queue, priority_weight, worker_id } = record
  return {
    dag_id: run.record.dag_id,
    run_id: run.record.run_id,
    task_id,
    map_index,
    try_number,
    state,
    pool,
    pool_slots,
    queue,
    priority_weight,
    worker_id,
    since,
  }
}
