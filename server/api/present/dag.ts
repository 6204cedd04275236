/** DAG records as the contract's shapes. */
import type { Dag, DagDetail, DagTasks, DagVersion, ImportError, Task } from '#contract/dag.ts'
import type { TaskSpec } from '#contract/dagSpec.ts'
import type { DagFileRecord, DagRecord, DagRunRecord, DagVersionRecord } from '#db/records.ts'
import type { RunStateCounts } from '#db/filters.ts'
import { compileGraph } from '#domain/graph.ts'
import { presentAssetSchedule } from './asset.ts'
import { iso, isoOrNull } from './instant.ts'

/** What a DAG's row does not hold itself. */
export interface DagSurroundings {
  /** Newest first. */
  recent_runs: readonly DagRunRecord[]
  run_counts: RunStateCounts
  import_error: DagFileRecord['error']
  is_favourite: boolean
}
export const NO_RUNS: RunStateCounts = { queued: 0, running: 0, success: 0, failed: 0 }
export const NO_SURROUNDINGS: DagSurroundings = { recent_runs: [], run_counts: NO_RUNS, import_error: null, is_favourite: false }

export function presentDag(dag: DagRecord, around: DagSurroundings): Dag {
  const newest = around.recent_runs[0]
  return {
    id: dag.dag_id,
    dag_display_name: dag.dag_display_name,
    description: dag.description,
    owner: dag.owner,
    tags: dag.tags,
    file: dag.file,
    created_at: iso(dag.created_at),
    updated_at: iso(dag.updated_at),
    schedule_interval: dag.schedule,
    asset_schedule: presentAssetSchedule(dag),
    timezone: dag.timezone,
    is_paused: dag.is_paused,
    is_stale: dag.is_stale,
    is_dynamic: dag.is_dynamic,
    has_import_error: around.import_error !== null,
    catchup: dag.catchup,
    max_active_runs: dag.max_active_runs,
    max_active_tasks: dag.max_active_tasks,
    version: dag.version,
    task_count: dag.task_count,
    last_run: newest ? isoOrNull(newest.start_time) : null,
    last_run_state: newest?.state ?? null,
    next_run: isoOrNull(dag.next_run_after),
    next_logical_date: isoOrNull(dag.next_logical_date),
    active_runs: around.run_counts.queued + around.run_counts.running,
    run_counts: around.run_counts,
    is_favourite: around.is_favourite,
    recent_runs: around.recent_runs
      .map((run) => ({
        run_id: run.run_id,
        state: run.state,
        run_type: run.run_type,
        logical_date: isoOrNull(run.logical_date),
        run_after: iso(run.run_after),
        start_time: isoOrNull(run.start_time),
        end_time: isoOrNull(run.end_time),
      }))
      .reverse(),
  }
}

export function presentDagDetail(dag: DagRecord, around: DagSurroundings, version: DagVersionRecord): DagDetail {
  const { spec } = version
  return {
    ...presentDag(dag, around),
    doc_md: spec.doc_md,
    dialect: spec.dialect,
    start_date: spec.start_date,
    end_date: spec.end_date,
    timetable: spec.timetable.type === 'computed' ? { ...spec.timetable, runs: [], history: [], manual: { type: 'runs' } } : spec.timetable,
    dagrun_timeout_ms: spec.dagrun_timeout_ms,
    max_consecutive_failed_dag_runs: spec.max_consecutive_failed_dag_runs,
    fail_fast: spec.fail_fast,
    params: spec.params,
    callbacks: spec.callbacks,
    notices: spec.notices,
    import_error: around.import_error === null ? null : { file: dag.file, ...around.import_error },
  }
}

type VersionTasks = Pick<DagTasks, 'tasks' | 'dependencies' | 'dependency_labels' | 'task_groups'>

/** A version never changes. Compiling 5,000 tasks takes some 50 ms of the engine's own thread, presenting them 10. */
const presented = new WeakMap<DagVersionRecord, VersionTasks>()

export function presentDagTasks(dag: Dag, version: DagVersionRecord): DagTasks {
  const known = presented.get(version) ?? presentTasks(version.spec)
  presented.set(version, known)
  return { dag_id: version.spec.dag_id, dag, version: version.version, ...known }
}

function presentTasks(spec: DagVersionRecord['spec']): VersionTasks {
  const { index, weights, mappings } = compileGraph(spec)
  return {
    tasks: spec.tasks.map((task) => {
      const at = index.get(task.task_id) ?? -1
      return presentTask(task, { priority_weight: weights[at] ?? task.priority_weight, is_mapped: mappings[at] != null })
    }),
    dependencies: spec.edges.map(([upstream, downstream]) => [upstream, downstream]),
    dependency_labels: spec.edges.map(([, , label]) => label),
    task_groups: spec.task_groups,
  }
}

function presentTask(task: TaskSpec, p: { priority_weight: number; is_mapped: boolean }): Task {
  return {
    id: task.task_id,
    name: task.task_display_name ?? task.task_id,
    operator: task.operator,
    task_type: task.kind,
    command: task.bash?.command ?? textOf(task.template_fields['bash_command']),
    config: task.template_fields,
    max_retries: task.retries,
    retry_delay_secs: task.retry_delay_ms / 1000,
    pool: task.pool,
    pool_slots: task.pool_slots,
    queue: task.queue,
    task_group: task.group_id,
    execution_timeout: task.execution_timeout_ms === null ? null : task.execution_timeout_ms / 1000,
    trigger_rule: task.trigger_rule,
    priority_weight: p.priority_weight,
    weight_rule: task.weight_rule,
    depends_on_past: task.depends_on_past,
    owner: task.owner,
    doc_md: task.doc_md,
    ui_color: task.ui_color,
    is_setup: task.is_setup,
    is_teardown: task.is_teardown,
    stub_package: task.stub_package,
    is_mapped: p.is_mapped,
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function presentVersion(version: Omit<DagVersionRecord, 'spec'>): DagVersion {
  return {
    id: version.id,
    dag_id: version.dag_id,
    version: version.version,
    file_path: version.file,
    hash: version.hash,
    created_at: iso(version.created_at),
  }
}

export function presentImportError(file: DagFileRecord): ImportError {
  const error = file.error ?? { kind: '', message: '', traceback: '', line: null }
  return { file: file.file, ...error, at: iso(file.parsed_at), dag_ids: file.dag_ids }
}
