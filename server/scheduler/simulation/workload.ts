/** Random DAGs, limits and commands for a simulation. */
import type { AssetRef, AssetStep, DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import { TRIGGER_RULES } from '#contract/states.ts'
import type { DagRecord, DagVersionRecord } from '#db/records.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { hashOf, Random } from './random.ts'
import { BRANCH, DEFERRABLE, SENSOR, SHORT_CIRCUIT } from './behaviour.ts'
import type { SimDatabase } from './simDatabase.ts'

export function task(p: Partial<TaskSpec> & { task_id: string }): TaskSpec {
  return makeTaskSpec(p.task_id, { retry_delay_ms: 1000, ignore_first_depends_on_past: false, ...p })
}

export function spec(p: Partial<DagSpec> & { dag_id: string }): DagSpec {
  return makeDagSpec(p.dag_id, {
    file: 'sim.py',
    start_date: null,
    timetable: { type: 'null' },
    schedule: null,
    is_paused_upon_creation: false,
    tasks: [],
    edges: [],
    ...p,
  })
}

/** Stores a DAG with one version, as a parse would. */
export function addDag(db: SimDatabase, dagSpec: DagSpec, id: number): { dag: DagRecord; version: DagVersionRecord } {
  const version: DagVersionRecord = {
    id,
    dag_id: dagSpec.dag_id,
    version: 1,
    hash: String(id),
    spec: dagSpec,
    bundle_hash: '',
    file: dagSpec.file,
    created_at: 0,
  }
  const record: DagRecord = {
    dag_id: dagSpec.dag_id,
    file: dagSpec.file,
    is_paused: false,
    is_stale: false,
    dag_version_id: id,
    version: 1,
    description: null,
    dag_display_name: null,
    owner: 'sim',
    tags: [],
    catchup: false,
    schedule: dagSpec.schedule,
    timezone: 'UTC',
    max_active_runs: dagSpec.max_active_runs,
    max_active_tasks: dagSpec.max_active_tasks,
    task_count: dagSpec.tasks.length,
    is_dynamic: false,
    next_run_after: null,
    next_logical_date: null,
    next_interval_start: null,
    next_interval_end: null,
    last_scheduled_logical_date: null,
    last_scheduled_interval_start: null,
    last_scheduled_interval_end: null,
    last_scheduled_run_after: null,
    consecutive_failed_runs: 0,
    queued_asset_events: [],
    asset_uses: [],
    asset_schedule: null,
    created_at: 0,
    updated_at: 0,
  }
  db.dags.set(dagSpec.dag_id, record)
  db.versions.set(id, version)
  return { dag: record, version }
}

/** Stores a newer version of a DAG, as a parse would. */
export function addVersion(db: SimDatabase, dagSpec: DagSpec, id: number): void {
  const dag = db.dags.get(dagSpec.dag_id)
  if (dag === undefined) throw new Error(`no DAG ${dagSpec.dag_id}`)
  const version = dag.version + 1
  db.versions.set(id, {
    id,
    dag_id: dagSpec.dag_id,
    version,
    hash: String(id),
    spec: dagSpec,
    bundle_hash: '',
    file: dagSpec.file,
    created_at: 0,
  })
  Object.assign(dag, {
    dag_version_id: id,
    version,
    max_active_runs: dagSpec.max_active_runs,
    max_active_tasks: dagSpec.max_active_tasks,
    task_count: dagSpec.tasks.length,
  })
}

/**
 * A random acyclic DAG of up to 12 tasks with limits of every kind now and then. A calm one has nothing whose outcome depends on
 * other runs or on how long things take.
 */
export function randomDag(random: Random, p: { dag_id: string; isScheduled: boolean; isCalm: boolean }): DagSpec {
  const count = random.int(1, 12)
  const tasks: TaskSpec[] = []
  const edges: DagSpec['edges'] = []
  for (let i = 0; i < count; i++) {
    tasks.push(randomTask(random, `t${i}`, p.isCalm))
    for (let up = 0; up < i; up++) if (random.chance(0.25)) edges.push([`t${up}`, `t${i}`, null])
  }
  // Of its own: what else a seed does stays as it was.
  const forMapping = new Random(hashOf(JSON.stringify([p.dag_id, tasks, edges])))
  const forWaiting = new Random(hashOf(JSON.stringify([p.dag_id, edges, tasks])))
  const callbacks = forWaiting.chance(0.3) ? ['success', 'failure'] : []
  if (forWaiting.chance(0.4))
    for (const one of tasks) if (one.operator === 'BashOperator' && forWaiting.chance(0.4)) one.operator = DEFERRABLE
  const asset_condition = assetsOf(forWaiting, p.dag_id, tasks)
  const task_groups = forMapping.chance(0.25) ? mapSome(forMapping, tasks, edges) : []
  return spec({
    dag_id: p.dag_id,
    tasks,
    edges,
    task_groups,
    callbacks,
    ...(asset_condition === null ? {} : { asset_condition }),
    dialect: random.pick(['2', '3']),
    max_active_runs: random.int(1, 4),
    max_active_tasks: random.int(1, 8),
    fail_fast: !p.isCalm && random.chance(0.05),
    start_date: p.isScheduled ? '2025-12-31T23:00:00.000Z' : null,
    catchup: random.chance(0.5),
    schedule: p.isScheduled ? 'every minute' : null,
    timetable: p.isScheduled ? { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' } : { type: 'null' },
    dagrun_timeout_ms: !p.isCalm && random.chance(0.1) ? 30_000 : null,
  })
}

const ASSETS = ['a', 'b'].map((name): AssetRef => ({ type: 'asset', name, uri: name, group: 'asset', extra: {} }))

/** The first DAG updates assets now and then; the others may wait for both, or for either of them. */
function assetsOf(random: Random, dag_id: string, tasks: TaskSpec[]): AssetStep[] | null {
  if (dag_id === 'dag0') {
    for (const one of tasks) if (random.chance(0.2)) one.outlets = [random.pick(ASSETS)]
    return null
  }
  if (random.chance(0.7)) return null
  return [...ASSETS.map((asset): AssetStep => ({ step: 'asset', asset })), { step: random.pick(['all', 'any']), of: 2 }]
}

/** Maps some tasks over what one above them returns, or over literals, and now and then two neighbours as a group. */
function mapSome(random: Random, tasks: TaskSpec[], edges: DagSpec['edges']): DagSpec['task_groups'] {
  const isGrouped = tasks.length > 3 && random.chance(0.4)
  const first = isGrouped ? random.int(1, tasks.length - 2) : Infinity
  tasks.forEach((one, i) => {
    const above = edges.filter(([, down]) => down === one.task_id).map(([up]) => up)
    if (i === first || i === first + 1) one.group_id = 'g'
    else if (random.chance(0.3))
      one.map_length = above.length > 0 ? [{ step: 'xcom', task_id: random.pick(above) }] : [{ step: 'literal', length: random.int(0, 3) }]
  })
  if (!isGrouped) return []
  // A group waits for its source with all its tasks.
  for (const i of [first, first + 1]) if (!edges.some(([up, down]) => up === 't0' && down === `t${i}`)) edges.push(['t0', `t${i}`, null])
  return [{ group_id: 'g', label: 'g', parent_id: null, tooltip: '', ui_color: '', map_length: [{ step: 'xcom', task_id: 't0' }] }]
}

function randomTask(random: Random, task_id: string, isCalm: boolean): TaskSpec {
  return task({
    task_id,
    kind: random.chance(0.1) ? 'empty' : 'bash',
    operator: random.pick(['BashOperator', 'BashOperator', 'BashOperator', SENSOR, BRANCH, SHORT_CIRCUIT]),
    retries: random.int(0, 3),
    retry_delay_ms: random.int(0, 3000),
    trigger_rule: random.chance(isCalm ? 0.3 : 0.7)
      ? 'all_success'
      : random.pick(TRIGGER_RULES.filter((rule) => rule !== 'all_done_setup_success')),
    depends_on_past: !isCalm && random.chance(0.1),
    wait_for_downstream: !isCalm && random.chance(0.05),
    priority_weight: random.int(1, 5),
    weight_rule: random.pick(['downstream', 'upstream', 'absolute']),
    pool: random.chance(0.3) ? 'narrow' : 'default_pool',
    pool_slots: random.int(1, 2),
    max_active_tis_per_dag: random.chance(0.1) ? 1 : null,
    max_active_tis_per_dagrun: random.chance(0.1) ? 1 : null,
  })
}
