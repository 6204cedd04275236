/** Random DAGs, limits and commands for a simulation. */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import { TRIGGER_RULES } from '#contract/states.ts'
import type { DagRecord, DagVersionRecord } from '#db/records.ts'
import type { Random } from './random.ts'
import type { SimDatabase } from './simStore.ts'

export function task(p: Partial<TaskSpec> & { task_id: string }): TaskSpec {
  return {
    task_display_name: null,
    operator: 'BashOperator',
    kind: 'bash',
    bash: { command: ':', env: null, append_env: false, cwd: null, skip_on_exit_codes: [99] },
    group_id: null,
    owner: 'sim',
    doc_md: null,
    ui_color: '#fff',
    trigger_rule: 'all_success',
    retries: 0,
    retry_delay_ms: 1000,
    retry_exponential_backoff: 0,
    max_retry_delay_ms: null,
    execution_timeout_ms: null,
    depends_on_past: false,
    ignore_first_depends_on_past: false,
    wait_for_downstream: false,
    wait_for_past_depends_before_skipping: false,
    priority_weight: 1,
    weight_rule: 'downstream',
    pool: 'default_pool',
    pool_slots: 1,
    queue: 'default',
    max_active_tis_per_dag: null,
    max_active_tis_per_dagrun: null,
    start_date: null,
    end_date: null,
    do_xcom_push: true,
    is_setup: false,
    is_teardown: false,
    on_failure_fail_dagrun: false,
    callbacks: [],
    secrets: {},
    template_fields: {},
    stub_package: null,
    ...p,
  }
}

export function spec(p: Partial<DagSpec> & { dag_id: string }): DagSpec {
  return {
    format: 1,
    dag_display_name: null,
    description: null,
    doc_md: null,
    dialect: '3',
    file: 'sim.py',
    owner: 'sim',
    tags: [],
    timezone: 'UTC',
    start_date: null,
    end_date: null,
    timetable: { type: 'null' },
    schedule: null,
    catchup: false,
    max_active_runs: 16,
    max_active_tasks: 16,
    dagrun_timeout_ms: null,
    max_consecutive_failed_dag_runs: 0,
    fail_fast: false,
    is_paused_upon_creation: false,
    params: {},
    callbacks: [],
    tasks: [],
    edges: [],
    task_groups: [],
    notices: [],
    ...p,
  }
}

/** Stores a DAG with one version, as a parse would. */
export function addDag(db: SimDatabase, dagSpec: DagSpec, id: number): void {
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
    created_at: 0,
    updated_at: 0,
  }
  db.dags.set(dagSpec.dag_id, record)
  db.versions.set(id, version)
}

/** Stores a newer version of a DAG, as a parse would. */
export function addVersion(db: SimDatabase, dagSpec: DagSpec): void {
  const dag = db.dags.get(dagSpec.dag_id)
  if (dag === undefined) throw new Error(`no DAG ${dagSpec.dag_id}`)
  const id = Math.max(...db.versions.keys()) + 1
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

/** A random acyclic DAG of up to 12 tasks with limits of every kind now and then. */
export function randomDag(random: Random, dag_id: string, scheduled: boolean): DagSpec {
  const count = random.int(1, 12)
  const tasks: TaskSpec[] = []
  const edges: DagSpec['edges'] = []
  for (let i = 0; i < count; i++) {
    tasks.push(
      task({
        task_id: `t${i}`,
        kind: random.chance(0.1) ? 'empty' : 'bash',
        retries: random.int(0, 3),
        retry_delay_ms: random.int(0, 3000),
        trigger_rule: random.chance(0.8) ? 'all_success' : random.pick(TRIGGER_RULES.filter((rule) => rule !== 'all_done_setup_success')),
        depends_on_past: random.chance(0.1),
        wait_for_downstream: random.chance(0.05),
        priority_weight: random.int(1, 5),
        weight_rule: random.pick(['downstream', 'upstream', 'absolute']),
        pool: random.chance(0.3) ? 'narrow' : 'default_pool',
        pool_slots: random.int(1, 2),
        max_active_tis_per_dag: random.chance(0.1) ? 1 : null,
        max_active_tis_per_dagrun: random.chance(0.1) ? 1 : null,
      }),
    )
    for (let up = 0; up < i; up++) if (random.chance(0.25)) edges.push([`t${up}`, `t${i}`, null])
  }
  return spec({
    dag_id,
    tasks,
    edges,
    dialect: random.pick(['2', '3']),
    max_active_runs: random.int(1, 4),
    max_active_tasks: random.int(1, 8),
    fail_fast: random.chance(0.05),
    start_date: scheduled ? '2025-12-31T23:00:00.000Z' : null,
    catchup: random.chance(0.5),
    schedule: scheduled ? 'every minute' : null,
    timetable: scheduled ? { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' } : { type: 'null' },
    dagrun_timeout_ms: random.chance(0.1) ? 30_000 : null,
  })
}
