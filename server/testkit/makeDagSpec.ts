/** A small valid DAG spec for tests: `chain` of tasks, overridable. */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'

export function makeTaskSpec(task_id: string, change: Partial<TaskSpec> = {}): TaskSpec {
  return {
    task_id, task_display_name: null, operator: 'BashOperator', kind: 'bash',
    bash: { command: `echo ${task_id}`, env: null, append_env: false, cwd: null, skip_on_exit_codes: [99] },
    group_id: null, owner: 'airflow', doc_md: null, ui_color: '#f0ede4', trigger_rule: 'all_success', retries: 0, retry_delay_ms: 300_000,
    retry_exponential_backoff: 0, max_retry_delay_ms: null, execution_timeout_ms: null, depends_on_past: false, ignore_first_depends_on_past: true,
    wait_for_downstream: false, wait_for_past_depends_before_skipping: false, priority_weight: 1, weight_rule: 'downstream', pool: 'default_pool',
    pool_slots: 1, queue: 'default', max_active_tis_per_dag: null, max_active_tis_per_dagrun: null, start_date: null, end_date: null,
    do_xcom_push: true, is_setup: false, is_teardown: false, on_failure_fail_dagrun: false, callbacks: [], secrets: {},
    template_fields: { bash_command: `echo ${task_id}` }, stub_package: null, ...change,
  }
}

export function makeDagSpec(dag_id: string, change: Partial<DagSpec> = {}): DagSpec {
  return {
    format: 1, dag_id, dag_display_name: null, description: 'a DAG for tests', doc_md: null, dialect: '3', file: `${dag_id}.py`, owner: 'airflow',
    tags: ['test'], timezone: 'UTC', start_date: '2026-01-01T00:00:00.000Z', end_date: null,
    timetable: { type: 'cron_trigger', crons: ['0 0 * * *'], timezone: 'UTC', interval_ms: 0, run_immediately: false },
    schedule: '@daily', catchup: false, max_active_runs: 16, max_active_tasks: 16, dagrun_timeout_ms: null,
    max_consecutive_failed_dag_runs: 0, fail_fast: false, is_paused_upon_creation: true, params: {}, callbacks: [],
    tasks: [makeTaskSpec('extract'), makeTaskSpec('load')], edges: [['extract', 'load', null]], task_groups: [], notices: [], ...change,
  }
}
