/** Builds the engine's memory from the database: at the start of a term, and after anything that made memory doubtful. */
import type { DagRecord, DagVersionRecord, PoolRecord, TaskInstanceRecord } from '#db/records.ts'
import type { EngineSnapshot } from '#db/store.ts'
import { compileTimetable, type Timetable } from '#domain/schedule/timetable.ts'
import { activate } from './activeRuns.ts'
import { watchAssets } from './assets.ts'
import { continueBackfill } from './backfills.ts'
import { restoreCallback } from './dagCallbacks.ts'
import { makeReady } from './instances.ts'
import { Engine, type EngineDependencies } from './engine.ts'
import { restoreAttempt } from './leftAttempts.ts'
import { DagEntry, type Instance } from './model.ts'
import { Limit } from './readyQueues.ts'
import { resume, setRunTimeout } from './runs.ts'
import { step } from './step.ts'
import { createDueRuns } from './schedule.ts'

/** A timetable that cannot be compiled plans nothing; the parser has told the author (an older server may have accepted it). */
export function timetableOf(version: DagVersionRecord): Timetable {
  try {
    return compileTimetable(version.spec.timetable)
  } catch {
    return compileTimetable({ type: 'null' })
  }
}

export function makeDagEntry(record: DagRecord, version: DagVersionRecord): DagEntry {
  return new DagEntry(
    record,
    version,
    timetableOf(version),
    new Limit('max_active_tasks', `dag:${record.dag_id}`, version.spec.max_active_tasks),
  )
}

export function setPools(e: Engine, pools: PoolRecord[]): void {
  const names = new Set(pools.map(({ name }) => name))
  for (const record of pools) {
    const max = record.slots < 0 ? Infinity : record.slots
    const known = e.pools.get(record.name)
    if (known === undefined) e.pools.set(record.name, { record, limit: new Limit('pool', record.name, max) })
    else {
      // The limit object may be the one of a pool that did not exist when its first task became runnable.
      known.record = record
      known.limit.max = max
      known.limit.code = 'pool'
      e.ready.released(known.limit)
    }
  }
  for (const [name, pool] of e.pools) {
    if (names.has(name)) continue
    pool.limit.max = 0
    pool.limit.code = 'pool_missing'
  }
}

/** The engine as the database has it. Attempts that were alive keep their leases: their workers have a whole lease to return. */
export function loadEngine(snapshot: EngineSnapshot, dependencies: EngineDependencies, now: number, monotonic: number): Engine {
  const e = new Engine(dependencies)
  e.now = now
  e.began = monotonic
  Object.assign(e.nextId, {
    dag_run: snapshot.max_ids.dag_run + 1,
    task_instance: snapshot.max_ids.task_instance + 1,
    ledger: snapshot.max_ids.ledger + 1,
    backfill: snapshot.max_ids.backfill + 1,
    asset_event: snapshot.max_ids.asset_event + 1,
  })
  setPools(e, snapshot.pools)
  takeRows(e, snapshot, () => true)
  step(e, now, () => beginRuns(e, () => true))
  return e
}

/** DAGs, active runs and live attempts of a snapshot, for the DAGs that are wanted. */
export function takeRows(e: Engine, snapshot: EngineSnapshot, isWanted: (dag_id: string) => boolean): void {
  const versions = new Map(snapshot.dag_versions.map((version) => [version.id, version]))
  for (const record of snapshot.dags) {
    const version = versions.get(record.dag_version_id)
    if (version !== undefined && isWanted(record.dag_id)) e.dags.set(record.dag_id, makeDagEntry(record, version))
  }
  const rows = new Map<number, TaskInstanceRecord[]>()
  for (const row of snapshot.task_instances) {
    const list = rows.get(row.dag_run_id)
    if (list === undefined) rows.set(row.dag_run_id, [row])
    else list.push(row)
  }
  for (const backfill of snapshot.backfills) {
    if (!isWanted(backfill.dag_id)) continue
    e.backfills.set(backfill.id, {
      record: backfill,
      intervals: snapshot.backfill_intervals.filter(({ backfill_id }) => backfill_id === backfill.id),
      active: new Set(),
      hasFailures: snapshot.failed_backfills.includes(backfill.id),
    })
  }
  for (const record of snapshot.dag_runs) {
    const dag = isWanted(record.dag_id) ? e.dags.get(record.dag_id) : undefined
    const version = versions.get(record.dag_version_id)
    if (dag === undefined || version === undefined) continue
    activate(e, dag, record, version, rows.get(record.id) ?? [])
    if (record.backfill_id !== null && record.state !== 'success' && record.state !== 'failed')
      e.backfills.get(record.backfill_id)?.active.add(record.id)
  }
  restoreLive(e, snapshot, isWanted)
}

/** Goes on with what was taken. */
export function beginRuns(e: Engine, isWanted: (dag_id: string) => boolean): void {
  for (const run of e.runs.values()) if (isWanted(run.record.dag_id)) restoreCallback(e, run, { isRestored: true })
  for (const run of e.runs.values())
    if (run.record.state === 'running' && isWanted(run.record.dag_id))
      restart(e, [...run.instances], () => {
        setRunTimeout(e, run)
        resume(e, run)
      })
  for (const dag of e.dags.values()) {
    if (!isWanted(dag.record.dag_id)) continue
    watchAssets(e, dag)
    e.dagsWithRoom.add(dag)
    createDueRuns(e, dag)
  }
  for (const entry of e.backfills.values()) {
    const dag = isWanted(entry.record.dag_id) ? e.dags.get(entry.record.dag_id) : undefined
    if (dag !== undefined) continueBackfill(e, dag, entry)
  }
}

function restart(e: Engine, instances: Instance[], go: () => void): void {
  go()
  for (const instance of instances) if (instance.record.state === 'scheduled') makeReady(e, instance)
}

/** Attempts that were alive, under worker entries that count as silent from now on. */
function restoreLive(e: Engine, snapshot: EngineSnapshot, isWanted: (dag_id: string) => boolean): void {
  for (const attempt of snapshot.attempts) {
    const instance = e.instances.get(attempt.task_instance_id)
    // Of other DAGs memory knows better: what was read may have ended meanwhile.
    if (instance === undefined || instance.live !== null || !isWanted(instance.run.record.dag_id)) continue
    const { record } = instance
    if (record.try_number !== attempt.attempt) continue
    const live = restoreAttempt(e, instance, attempt)
    if (attempt.state === 'running') {
      live.state = 'running'
      live.started_at = attempt.start_time
    }
    live.isKilled = record.state === 'restarting'
  }
}
