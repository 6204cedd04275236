/**
 * What must hold at the end of a simulation, when everything is healthy again and has come to rest.
 *
 * STUCK    it has not come to rest: nothing was committed for long, or no end is in sight
 * ACKLOST  a trigger was answered and there is no such run
 * LOST     a success without a process that ended well, or a process that ended well, was accepted, and counts for nothing
 * ORDER    a task with the default rule began before all its upstream tasks had ended
 * POOL     a pool was ever filled beyond its slots
 * LOST     also: a DAG's callback that was not called
 * MEMORY   the engine's memory, its limits, or the counts of a run differ from the rows
 */
import type { DagSpec } from '#contract/dagSpec.ts'
import { isFinished } from '#contract/states.ts'
import { isMet } from '#domain/assets.ts'
import type { Engine } from '../engine.ts'
import type { Violation } from './invariants.ts'
import type { SimDatabase } from './simDatabase.ts'
import type { PhysicalAttempt } from './simProcesses.ts'

export interface Evidence {
  db: SimDatabase
  physical: PhysicalAttempt[]
  /** "dag_id run_id" of triggers that were answered, and not deleted. */
  acked: string[]
  engine: Engine | null
  isAtRest: boolean
  /** Runs that were moved to another version. */
  moved: ReadonlySet<number>
}

export function check(evidence: Evidence): Violation[] {
  return [
    ...stuck(evidence),
    ...ackLost(evidence),
    ...lost(evidence),
    ...order(evidence),
    ...pools(evidence),
    ...memory(evidence),
    ...counts(evidence),
    ...callbacks(evidence),
    ...assets(evidence),
  ]
}

function stuck({ isAtRest, db, engine }: Evidence): Violation[] {
  if (isAtRest) return []
  const open = [...db.runs.values()].filter(({ state, callback }) => state === 'running' || state === 'queued' || callback !== null)
  const rows = [...db.instances.values()].filter((row) => open.some(({ id }) => id === row.dag_run_id) && !isFinished(row.state))
  const errands = [...(engine?.errands.values() ?? [])].map(
    ({ kind, worker_id, instance: { run, record } }) => `${kind} of ${run.record.run_id}/${record.task_id}:${record.state} at ${worker_id}`,
  )
  return [
    {
      kind: 'STUCK',
      detail: `${errands.join(' ')} | ${open.map(({ run_id, state }) => `${run_id}:${state}`).join(' ')} | ${rows.map((row) => `${row.dag_run_id}/${row.task_id}:${row.state}`).join(' ')}`,
    },
  ]
}

function ackLost({ acked, db }: Evidence): Violation[] {
  const known = new Set([...db.runs.values()].map(({ dag_id, run_id }) => `${dag_id} ${run_id}`))
  return acked.filter((key) => !known.has(key)).map((detail) => ({ kind: 'ACKLOST', detail }))
}

/** After these a task instance may differ from its newest attempt. */
const COMMANDED = new Set(['cleared', 'marked', 'new_version', 'cancelled'])

/** A success without a process that ended well (unless a person marked it), or an outcome that no attempt explains. */
function lost({ physical, db }: Evidence): Violation[] {
  const good = new Set(
    physical.filter(({ finished }) => finished === 'success').map((attempt) => `${attempt.task_instance_id}:${attempt.attempt}`),
  )
  const marked = new Set(
    db.ledger.filter(({ cause }) => cause === 'marked' || cause === 'empty_operator').map(({ task_instance_id }) => task_instance_id),
  )
  const found: Violation[] = []
  for (const row of db.instances.values()) {
    if (row.state !== 'success' || row.try_number === 0 || marked.has(row.id)) continue
    if (!good.has(`${row.id}:${row.try_number}`))
      found.push({ kind: 'LOST', detail: `${row.task_id} (${row.id}) is success, but attempt ${row.try_number} never ended well` })
  }
  const touched = new Set(db.ledger.filter(({ cause }) => COMMANDED.has(cause)).map(({ task_instance_id }) => task_instance_id))
  for (const { task_instance_id: id, attempt, state } of db.attempts.values()) {
    const row = db.instances.get(id)
    if (state !== 'success' || row?.try_number !== attempt || row.state === 'success' || touched.has(id)) continue
    found.push({ kind: 'LOST', detail: `attempt ${attempt} of ${row.task_id} (${id}) ended well, but it is ${row.state}` })
  }
  return found
}

/** A task with the default rule began before all its upstreams had ended. Runs that were cleared, marked or moved to another version are left out. */
function order({ physical, db, moved }: Evidence): Violation[] {
  const touched = new Set(db.ledger.filter(({ cause }) => cause === 'cleared' || cause === 'marked').map(({ dag_run_id }) => dag_run_id))
  const found: Violation[] = []
  for (const attempt of physical) {
    const row = db.instances.get(attempt.task_instance_id)
    const run = row === undefined ? undefined : db.runs.get(row.dag_run_id)
    const spec = run === undefined ? undefined : db.versions.get(run.dag_version_id)?.spec
    if (
      run === undefined ||
      spec === undefined ||
      touched.has(run.id) ||
      moved.has(run.id) ||
      attempt.dag_version_id !== run.dag_version_id
    )
      continue
    if (spec.tasks.find(({ task_id }) => task_id === attempt.task_id)?.trigger_rule !== 'all_success') continue
    for (const [up, down] of spec.edges) {
      if (down !== attempt.task_id || isWithinMappedGroup(spec, up, down)) continue
      const alive = physical.find(
        (other) =>
          other.run_id === attempt.run_id &&
          other.task_id === up &&
          db.instances.get(other.task_instance_id)?.dag_run_id === run.id &&
          (other.ended ?? Infinity) > attempt.started,
      )
      if (alive !== undefined) found.push({ kind: 'ORDER', detail: `${down} began at ${attempt.started}, ${up} ended at ${alive.ended}` })
    }
  }
  return found
}

function pools({ physical, db }: Evidence): Violation[] {
  const found: Violation[] = []
  for (const pool of db.pools) {
    const moments = physical
      .filter((attempt) => attempt.pool === pool.name)
      .flatMap((attempt) => {
        const slots = attempt.pool_slots
        return [
          { at: attempt.started, by: slots },
          { at: attempt.freed ?? attempt.ended ?? Infinity, by: -slots },
        ]
      })
    moments.sort((a, b) => a.at - b.at || a.by - b.by)
    let used = 0
    for (const { at, by } of moments) {
      used += by
      if (used > pool.slots) found.push({ kind: 'POOL', detail: `${used} of ${pool.slots} slots of ${pool.name} at ${at}` })
    }
  }
  return found.slice(0, 3)
}

/** At rest nothing is left in memory but what the database says, and every limit is free again. */
function memory({ engine, db, isAtRest }: Evidence): Violation[] {
  if (engine === null || !isAtRest) return []
  const found: Violation[] = []
  if (engine.parallelism.used !== 0) found.push({ kind: 'MEMORY', detail: `parallelism.used is ${engine.parallelism.used}` })
  for (const pool of engine.pools.values())
    if (pool.limit.used !== 0) found.push({ kind: 'MEMORY', detail: `pool ${pool.record.name} has ${pool.limit.used} slots taken` })
  for (const instance of engine.instances.values()) {
    const row = db.instances.get(instance.record.id)
    if (row?.state !== instance.record.state || row.try_number !== instance.record.try_number)
      found.push({ kind: 'MEMORY', detail: `${instance.record.task_id}: memory ${instance.record.state}, database ${row?.state}` })
  }
  return found
}

/** Each last end of a run that no person asked for was told, if the DAG wants that. */
function callbacks({ db, isAtRest, moved }: Evidence): Violation[] {
  if (!isAtRest) return []
  const found: Violation[] = []
  for (const run of db.runs.values()) {
    if (run.callback !== null) found.push({ kind: 'LOST', detail: `the callback of ${run.run_id} was not called` })
    const spec = db.versions.get(run.dag_version_id)?.spec
    const ends = db.ledger.filter(
      ({ dag_run_id, kind }) => dag_run_id === run.id && (kind === 'dag_run.state' || kind === 'dag_run.callback'),
    )
    const last = ends.findLastIndex(({ kind, to_state }) => kind === 'dag_run.state' && (to_state === 'success' || to_state === 'failed'))
    // Of one that was moved to another version nobody knows which one it ended with.
    const isWanted =
      !moved.has(run.id) && spec?.callbacks.length !== 0 && ['success', 'task_failure', 'timed_out'].includes(ends[last]?.cause ?? '')
    const calls = ends.slice(last + 1).filter(({ kind }) => kind === 'dag_run.callback').length
    if (isWanted && calls !== 1)
      found.push({ kind: 'LOST', detail: `the callback of ${run.run_id} was called ${calls} times after its last end` })
  }
  return found
}

/** An event of an asset counts for a DAG at most once, and what a DAG has of them does not suffice for a run. */
function assets({ db, isAtRest }: Evidence): Violation[] {
  const found: Violation[] = []
  for (const dag of db.dags.values()) {
    const runs = [...db.runs.values()].filter((run) => run.dag_id === dag.dag_id)
    const taken = [...dag.queued_asset_events, ...runs.flatMap(({ asset_events }) => asset_events ?? [])].map(({ id }) => id)
    if (new Set(taken).size < taken.length) found.push({ kind: 'TWICE', detail: `an asset event counts twice for ${dag.dag_id}` })
    const condition = db.versions.get(dag.dag_version_id)?.spec.asset_condition ?? []
    if (isAtRest && !dag.is_stale && isMet(condition, dag.queued_asset_events))
      found.push({ kind: 'LOST', detail: `${dag.dag_id} was not run for the asset events that it has` })
  }
  return found
}

function counts({ db, isAtRest }: Evidence): Violation[] {
  const found: Violation[] = []
  for (const run of db.runs.values()) {
    const actual: Record<string, number> = {}
    for (const row of db.instances.values()) if (row.dag_run_id === run.id) actual[row.state] = (actual[row.state] ?? 0) + 1
    const stored = run.task_counts as Record<string, number>
    const same = [...Object.keys(actual), ...Object.keys(stored)].every((state) => actual[state] === stored[state])
    if (isAtRest && !same)
      found.push({ kind: 'MEMORY', detail: `task_counts of ${run.run_id}: ${JSON.stringify(stored)}, rows say ${JSON.stringify(actual)}` })
    if (run.state === 'success' || run.state === 'failed') {
      const open = Object.keys(actual).find((state) => !['success', 'failed', 'skipped', 'upstream_failed', 'removed'].includes(state))
      if (open !== undefined) found.push({ kind: 'LOST', detail: `run ${run.run_id} is ${run.state} with a ${open} task instance` })
    }
  }
  return found
}

/** There each index waits for its own neighbours only. */
function isWithinMappedGroup(spec: DagSpec, up: string, down: string): boolean {
  const groupOf = (task_id: string) => spec.tasks.find((task) => task.task_id === task_id)?.group_id ?? null
  return groupOf(up) !== null && groupOf(up) === groupOf(down)
}
