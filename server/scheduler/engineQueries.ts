/** Answers from the engine's memory; cheap, never waiting. */
import type { EngineService } from './engineService.ts'
import type { Engine } from './engine.ts'
import type { DagEntry } from './model.ts'
import type { EngineQueries, PoolUsage, WorkerView } from './ports.ts'
import { liveTasks } from './liveTasks.ts'
import { lastScheduled, nextPlanned, restrictionOf } from './schedule.ts'
import { why } from './why.ts'

export function createEngineQueries({ service }: { service: EngineService }): EngineQueries {
  return {
    role: () => service.role,
    why(p) {
      const e = service.engine
      const run = e?.dags.get(p.dag_id)?.runs.get(p.run_id)
      const instance = run?.instances.find(({ record }) => record.task_id === p.task_id && record.map_index === p.map_index)
      return e === null || instance === undefined ? null : why(e, instance)
    },
    poolUsage() {
      const usage = new Map<string, PoolUsage>()
      const of = (pool: string): PoolUsage => {
        let entry = usage.get(pool)
        if (entry === undefined) usage.set(pool, (entry = { running: 0, queued: 0, deferred: 0, waiting: 0 }))
        return entry
      }
      for (const live of service.engine?.live.values() ?? []) of(live.instance.record.pool)[live.state] += live.instance.record.pool_slots
      for (const { record } of service.engine?.instances.values() ?? []) {
        if (record.state === 'scheduled') of(record.pool).waiting++
        else if (record.state === 'deferred') of(record.pool).deferred += record.pool_slots
      }
      return usage
    },
    workers: () =>
      [...(service.engine?.workers.values() ?? [])].map((worker): WorkerView => ({
        worker_id: worker.hello.worker_id,
        hostname: worker.hello.hostname,
        status: worker.is_connected ? (worker.is_draining ? 'draining' : 'active') : 'offline',
        capacity: worker.hello.capacity,
        active_tasks: worker.attempts.size,
        queues: worker.hello.queues,
        labels: worker.hello.labels,
        version: worker.hello.version,
        last_heartbeat: worker.last_heartbeat_at,
        connected_at: worker.connected_at,
      })),
    counts() {
      const e = service.engine
      let running = 0
      for (const live of e?.live.values() ?? []) if (live.state === 'running') running++
      return { runnable: e?.ready.size ?? 0, running, parallelism: e?.settings.parallelism ?? 0 }
    },
    dagSchedule({ dag_id }) {
      const dag = service.engine?.dags.get(dag_id)
      if (dag === undefined) return null
      const { spec } = dag.version
      const { is_paused, is_stale, max_active_runs } = dag.record
      return {
        spec: spec.timetable,
        last: lastScheduled(dag),
        restriction: restrictionOf(dag),
        dialect: spec.dialect,
        is_paused,
        is_stale,
        max_active_runs,
        active_runs: dag.active,
        held_runs: [...dag.runs.values()].filter((run) => run.isActive && run.record.run_type !== 'manual').length,
        run_id_suffix: dag.run_id_suffix,
      }
    },
    liveTasks: (p) => (service.engine === null ? { tasks: [], total: 0 } : liveTasks(service.engine, p)),
    nextRuns({ dag_id, count }) {
      const e = service.engine
      const dag = e?.dags.get(dag_id)
      if (e === null || dag === undefined) return []
      const runs: ReturnType<EngineQueries['nextRuns']> = []
      let next = nextPlanned(e, dag)
      while (next !== null && runs.length < count) {
        runs.push({
          run_after: next.run_after,
          logical_date: next.logical_date,
          data_interval_start: next.interval.start,
          data_interval_end: next.interval.end,
        })
        next = dag.timetable.next({ last: next, restriction: restrictionOf(dag), now: Math.max(e.now, next.run_after) })
      }
      return runs
    },
    plannedRuns({ dag_ids, from, to, max }) {
      const e = service.engine
      if (e === null) return []
      return dag_ids.flatMap((dag_id) => {
        const dag = e.dags.get(dag_id)
        return dag === undefined || dag.record.is_paused ? [] : [{ dag_id, run_after: plannedTimes(e, dag, { from, to, max }) }]
      })
    },
  }
}

/** Runs of one DAG that are passed over on the way to a window far ahead: one that runs each minute is not followed for a month. */
const RUNS_PASSED = 500

function plannedTimes(e: Engine, dag: DagEntry, { from, to, max }: { from: number; to: number; max: number }): number[] {
  // How long a continuous run takes is unknown, so only its next start is.
  const limit = dag.version.spec.timetable.type === 'continuous' ? 1 : max
  const times: number[] = []
  let next = nextPlanned(e, dag)
  for (let passed = 0; next !== null && next.run_after < to && times.length < limit && passed < RUNS_PASSED; passed++) {
    if (next.run_after >= from) times.push(next.run_after)
    next = dag.timetable.next({ last: next, restriction: restrictionOf(dag), now: Math.max(e.now, next.run_after) })
  }
  return times
}
