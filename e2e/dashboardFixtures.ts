/** DAGs, runs and task instances for the dashboard's stories: the shapes of the contract, made up, always the same. */
import type { Dag, DagDetail, DagTasks, Task } from '#contract/dag.ts'
import type { DagRunDetail } from '#contract/dagRun.ts'
import type { DagRunState, TaskInstanceState } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'

/** The fixtures' "now": stories look at fixed dates, so screenshots do not change with the day. */
export const NOW = Date.parse('2026-11-23T09:30:00.000Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR
export const instant = (ms: number): string => new Date(ms).toISOString()

export interface FixtureDag {
  detail: DagDetail
  tasks: DagTasks
  source: string
}

interface DagOptions {
  id: string
  description?: string | null
  tags?: string[]
  schedule?: string | null
  timezone?: string
  paused?: boolean
  owner?: string
  importError?: string | null
  docs?: string | null
  params?: DagDetail['params']
  notices?: string[]
  states?: DagRunState[]
  tasks?: [id: string, operator?: string, group?: string | null][]
  edges?: [string, string, string?][]
  groups?: [id: string, label: string, parent: string | null][]
}

export function makeTask(id: string, operator = 'BashOperator', group: string | null = null): Task {
  return {
    id,
    name: id,
    operator,
    task_type: operator === 'BashOperator' ? 'bash' : operator === 'EmptyOperator' ? 'empty' : 'python',
    command: operator === 'BashOperator' ? `echo "${id} for {{ ds }}" && sleep 1` : '',
    config: {},
    max_retries: 1,
    retry_delay_secs: 300,
    pool: 'default_pool',
    pool_slots: 1,
    queue: 'default',
    task_group: group,
    execution_timeout: 3600,
    trigger_rule: 'all_success',
    priority_weight: 1,
    weight_rule: 'downstream',
    depends_on_past: false,
    owner: 'data',
    doc_md: null,
    ui_color: '#f0ede4',
    is_setup: false,
    is_teardown: false,
    stub_package: null,
    is_mapped: false,
  }
}

function bars(id: string, states: readonly DagRunState[]): Dag['recent_runs'] {
  return states.map((state, at) => {
    const start = NOW - (states.length - 1 - at) * DAY - 90_000
    // A spread of durations that is the same each time.
    const duration = 60_000 * (2 + ((id.length * 7 + at * 13) % 11))
    const isOver = state === 'success' || state === 'failed'
    const run_type = at % 5 === 4 ? 'manual' : 'scheduled'
    return {
      run_id: `${run_type}__${instant(start - HOUR)}`,
      state,
      run_type,
      logical_date: instant(start - HOUR),
      run_after: instant(start),
      start_time: state === 'queued' ? null : instant(start),
      end_time: isOver ? instant(start + duration) : null,
    }
  })
}

function countsOf(states: readonly DagRunState[]): Partial<Record<DagRunState, number>> {
  return Object.fromEntries([...Map.groupBy(states, (state) => state)].map(([state, all]) => [state, all.length]))
}

export function makeDag(options: DagOptions): FixtureDag {
  const { id, tags = [], schedule = '@daily', timezone = 'UTC', paused = false, states = [], groups = [] } = options
  const recent_runs = bars(id, states)
  const newest = recent_runs.at(-1)
  const tasks = (options.tasks ?? [['run']]).map(([task, operator, group]) => makeTask(task, operator, group ?? null))
  const edges = options.edges ?? []
  const detail: DagDetail = {
    id,
    dag_display_name: null,
    description: options.description ?? null,
    owner: options.owner ?? 'data',
    tags,
    file: `${id.split('.')[0] ?? id}.py`,
    created_at: instant(NOW - 90 * DAY),
    updated_at: instant(NOW - 2 * DAY),
    schedule_interval: schedule,
    asset_schedule: null,
    timezone,
    is_paused: paused,
    is_stale: false,
    is_dynamic: false,
    has_import_error: options.importError !== undefined && options.importError !== null,
    catchup: false,
    max_active_runs: 16,
    max_active_tasks: 16,
    version: 3,
    task_count: tasks.length,
    last_run: newest?.start_time ?? null,
    last_run_state: newest?.state ?? null,
    next_run: schedule === null || paused ? null : instant(NOW + 14.5 * HOUR),
    next_logical_date: schedule === null || paused ? null : instant(NOW - 9.5 * HOUR),
    active_runs: recent_runs.filter(({ state }) => state === 'running' || state === 'queued').length,
    recent_runs,
    run_counts: { queued: 0, running: 0, success: 0, failed: 0, ...countsOf(recent_runs.map(({ state }) => state)) },
    is_favourite: false,
    doc_md: options.docs ?? null,
    dialect: '2',
    start_date: instant(NOW - 90 * DAY),
    end_date: null,
    timetable: schedule === null ? { type: 'null' } : { type: 'cron_data_interval', cron: '0 0 * * *', timezone },
    dagrun_timeout_ms: 2 * HOUR,
    max_consecutive_failed_dag_runs: 0,
    fail_fast: false,
    params: options.params ?? {},
    callbacks: [],
    notices: options.notices ?? [],
    import_error:
      options.importError == null
        ? null
        : {
            file: `${id}.py`,
            kind: 'import',
            message: options.importError.split('\n').at(-1) ?? '',
            traceback: options.importError,
            line: 7,
          },
  }
  const {
    doc_md: _1,
    dialect: _2,
    start_date: _3,
    end_date: _4,
    timetable: _5,
    dagrun_timeout_ms: _6,
    max_consecutive_failed_dag_runs: _c,
    fail_fast: _7,
    params: _8,
    callbacks: _9,
    notices: _a,
    import_error: _b,
    ...dag
  } = detail
  return {
    detail,
    source: sourceOf(options, tasks),
    tasks: {
      dag_id: id,
      dag,
      version: 3,
      tasks,
      dependencies: edges.map(([from, to]) => [from, to]),
      dependency_labels: edges.map(([, , label]) => label ?? null),
      task_groups: groups.map(([group_id, label, parent_id]) => ({ group_id, label, parent_id, tooltip: '', ui_color: 'CornflowerBlue' })),
    },
  }
}

function sourceOf(options: DagOptions, tasks: readonly Task[]): string {
  const body = tasks.map(
    ({ id }) => `    ${id.replaceAll(/\W/g, '_')} = BashOperator(task_id="${id}", bash_command="echo {{ ds }}", retries=1)`,
  )
  return `"""${options.description ?? options.id}"""
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

# Every task may be tried twice; a failure waits five minutes.
with DAG(
    dag_id="${options.id}",
    schedule=${options.schedule === null ? 'None' : `"${options.schedule ?? '@daily'}"`},
    start_date=datetime(2026, 8, 25),
    catchup=False,
    dagrun_timeout=timedelta(hours=2),
    tags=${JSON.stringify(options.tags ?? [])},
) as dag:
${body.join('\n')}
`
}

const param = (value: unknown, schema: Record<string, unknown>, description: string | null = null) => ({
  value,
  has_default: true,
  description,
  schema,
})

export function fixtureDags(generated = 40): FixtureDag[] {
  const ok = (count: number): DagRunState[] => Array.from({ length: count }, () => 'success')
  const named = [
    makeDag({
      id: 'etl_sales',
      description: 'Loads the sales of each shop, cleans them and publishes the daily figures.',
      tags: ['etl', 'sales', 'finance', 'critical'],
      schedule: '0 3 * * *',
      timezone: 'Europe/Berlin',
      states: [...ok(9), 'failed', 'success', 'success', 'success', 'running'],
      docs: '    # Sales\n\n    Loads the **sales** of each shop.\n\n    | step | what |\n    |---|---|\n    | extract | one task for each shop |\n\n    - late files: see the [runbook](https://example.org/runbook)\n    - `conf.day` loads one day again\n\n    <script>alert(1)</script>\n',
      notices: ['`provide_context` is accepted and ignored: the context is always given.'],
      params: {
        day: param('2026-11-22', { type: 'string', format: 'date', title: 'Day to load' }, 'The day whose sales are loaded.'),
        shops: param(['berlin', 'paris'], { type: 'array', examples: ['berlin', 'paris', 'rome', 'oslo'], title: 'Shops' }),
        limit: param(1000, { type: 'integer', minimum: 1, title: 'Row limit' }, 'Rows read from each shop at most.'),
        mode: param('full', {
          type: 'string',
          enum: ['full', 'delta'],
          values_display: { full: 'Everything', delta: 'Only what changed' },
        }),
        dry_run: param(false, { type: 'boolean', title: 'Dry run' }, 'Reads, but publishes nothing.'),
        note: param(null, { type: ['null', 'string'], title: 'Note' }),
      },
      tasks: [
        ['start', 'EmptyOperator'],
        ['extract.berlin', 'BashOperator', 'extract'],
        ['extract.paris', 'BashOperator', 'extract'],
        ['extract.rome', 'BashOperator', 'extract'],
        ['transform.join', '@task', 'transform'],
        ['transform.quality.nulls', '@task', 'transform.quality'],
        ['transform.quality.duplicates', '@task', 'transform.quality'],
        ['transform.aggregate', '@task', 'transform'],
        ['choose_target', '@task.branch'],
        ['publish', 'BashOperator'],
        ['publish_preview_to_the_staging_warehouse_of_the_finance_department', 'BashOperator'],
        ['notify', 'PythonOperator'],
      ],
      groups: [
        ['extract', 'extract', null],
        ['transform', 'transform', null],
        ['transform.quality', 'quality', 'transform'],
      ],
      edges: [
        ['start', 'extract.berlin'],
        ['start', 'extract.paris'],
        ['start', 'extract.rome'],
        ['extract.berlin', 'transform.join'],
        ['extract.paris', 'transform.join'],
        ['extract.rome', 'transform.join'],
        ['transform.join', 'transform.quality.nulls'],
        ['transform.join', 'transform.quality.duplicates'],
        ['transform.quality.nulls', 'transform.aggregate'],
        ['transform.quality.duplicates', 'transform.aggregate'],
        ['transform.aggregate', 'choose_target'],
        ['choose_target', 'publish', 'live'],
        ['choose_target', 'publish_preview_to_the_staging_warehouse_of_the_finance_department', 'preview'],
        ['publish', 'notify'],
        ['publish_preview_to_the_staging_warehouse_of_the_finance_department', 'notify'],
      ],
    }),
    makeDag({
      id: 'daily_report',
      description: 'Sends the report.',
      tags: ['reports'],
      schedule: '@daily',
      states: [...ok(12), 'failed', 'failed'],
    }),
    makeDag({ id: 'hourly_sync', description: 'Copies what changed.', tags: ['sync'], schedule: '0 * * * *', states: ok(14) }),
    makeDag({
      id: 'manual_cleanup',
      description: 'Removes old partitions; started by hand.',
      tags: ['ops'],
      schedule: null,
      states: ok(3),
    }),
    makeDag({ id: 'never_ran', description: null, tags: [], schedule: '1 day, 0:00:00', paused: true }),
    makeDag({
      id: 'ml.training.pipeline_with_a_name_that_is_far_too_long_for_any_column_and_still_goes_on_because_somebody_generated_it',
      description: 'A name of more than a hundred characters, which must not break the layout of any page that shows it.',
      tags: ['ml', 'a-tag-that-is-rather-long-too'],
      schedule: '*/15 * * * *',
      states: ['success', 'success', 'queued'],
    }),
    makeDag({
      id: 'broken_now',
      description: 'Its file fails to load now.',
      tags: ['etl'],
      states: ok(5),
      importError: 'SyntaxError: invalid syntax (broken_now.py, line 12)',
    }),
    makeDag({
      id: 'mapped_files',
      description: 'One mapped task for each file.',
      tags: ['etl'],
      states: ok(2),
      tasks: [
        ['list_files', '@task'],
        ['load', '@task'],
        ['report', '@task'],
      ],
      edges: [
        ['list_files', 'load'],
        ['load', 'report'],
      ],
    }),
    wideDag(),
  ]
  const rest = Array.from({ length: generated }, (_, at) =>
    makeDag({
      id: `generated_${String(at + 1).padStart(4, '0')}`,
      description: `Generated in a loop, number ${at + 1}.`,
      tags: ['generated'],
      schedule: '@hourly',
      paused: at % 7 === 3,
      states: at % 11 === 5 ? [...ok(6), 'failed'] : ok(1 + (at % 14)),
    }),
  )
  return [...named, ...rest].sort((a, b) => (a.detail.id < b.detail.id ? -1 : 1))
}

/** 120 tasks in a fan-out, a middle and a fan-in. */
function wideDag(): FixtureDag {
  const tasks: [string, string?, (string | null)?][] = [['begin', 'EmptyOperator']]
  const edges: [string, string][] = []
  for (let at = 0; at < 59; at += 1) {
    tasks.push([`read_${at}`], [`write_${at}`])
    edges.push(['begin', `read_${at}`], [`read_${at}`, `write_${at}`], [`write_${at}`, 'end'])
  }
  tasks.push(['end', 'EmptyOperator'])
  return makeDag({
    id: 'wide_fan_out',
    description: 'A fan-out of 59 branches.',
    tags: ['load-test'],
    schedule: null,
    states: ['success', 'running'],
    tasks: tasks as [string, string?, (string | null)?][],
    edges,
  })
}

export function runsOf({ detail }: FixtureDag): DagRunDetail[] {
  return detail.recent_runs
    .map((bar, at): DagRunDetail => ({
      id: at + 1,
      dag_id: detail.id,
      run_id: bar.run_id,
      run_type: bar.run_type === 'manual' ? 'manual' : 'scheduled',
      state: bar.state,
      logical_date: bar.logical_date,
      execution_date: bar.logical_date,
      data_interval_start: bar.logical_date,
      data_interval_end: bar.start_time,
      run_after: bar.start_time ?? instant(NOW),
      queued_time: bar.start_time ?? instant(NOW),
      start_time: bar.start_time,
      end_time: bar.end_time,
      triggered_by: bar.run_type === 'manual' ? 'ada' : 'scheduler',
      conf: bar.run_type === 'manual' ? { day: '2026-11-22' } : {},
      note: null,
      version: 3,
      backfill_id: null,
      state_reason: bar.state === 'failed' ? 'task_failure' : bar.state === 'success' ? 'success' : null,
      task_counts: {},
    }))
    .reverse()
}

/** States of the tasks of a run that stands at `state`: a running one has come half way, a failed one broke there. */
function stateAt(run: DagRunState, position: number, count: number): TaskInstanceState {
  if (run === 'success') return position === count - 2 && count > 10 ? 'skipped' : 'success'
  if (run === 'queued') return 'none'
  const half = Math.floor(count / 2)
  if (position < half) return 'success'
  if (run === 'failed') return position === half ? 'failed' : 'upstream_failed'
  return position === half ? 'running' : position === half + 1 ? 'queued' : 'none'
}

export function taskInstancesOf(dag: FixtureDag, run: DagRunDetail): TaskInstance[] {
  const list = dag.tasks.tasks
  let id = run.id * 100_000
  const start = run.start_time === null ? null : Date.parse(run.start_time)
  return list.flatMap((task, at) => {
    const mapped = dag.detail.id === 'mapped_files' && task.id === 'load' ? 24 : 0
    return Array.from({ length: Math.max(1, mapped) }, (_, index): TaskInstance => {
      const state = mapped > 0 && index === 7 ? 'failed' : stateAt(run.state, at, list.length)
      const hasStarted = start !== null && !['none', 'queued', 'upstream_failed', 'skipped'].includes(state)
      const started = hasStarted ? start + at * 7000 : null
      const ended = started !== null && state !== 'running' ? started + 4000 + at * 350 : null
      id += 1
      return {
        id,
        dag_id: run.dag_id,
        run_id: run.run_id,
        task_id: task.id,
        map_index: mapped > 0 ? index : -1,
        state,
        try_number: hasStarted ? (state === 'failed' ? 2 : 1) : 0,
        max_tries: 2,
        retry_count: state === 'failed' ? 1 : 0,
        operator: task.operator,
        logical_date: run.logical_date,
        execution_date: run.logical_date,
        scheduled_time: run.start_time,
        queued_time: run.start_time,
        start_time: started === null ? null : instant(started),
        end_time: ended === null ? null : instant(ended),
        duration_ms: started !== null && ended !== null ? ended - started : null,
        next_try_at: null,
        waiting_since: null,
        pool: task.pool,
        pool_slots: 1,
        queue: task.queue,
        priority_weight: 1,
        worker_id: hasStarted ? 'local-1' : null,
        state_reason: state === 'failed' ? 'Exit code 3' : null,
        note: null,
        rendered_map_index: null,
      }
    })
  })
}
