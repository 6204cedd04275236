/** What a worker needs to run an attempt, made of what the engine decided. */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import type { AssignedAttempt } from '#scheduler/ports.ts'
import { assetEventForTask } from './assetEvents.ts'
import type { Assignment, PlainBash } from './gen/vortex/swarm/v1/swarm.ts'
import { XCOM_BYTES_MAX } from './limits.ts'

/** Format of the job document; python/vortex/host/job.py is its reader. */
const JOB_FORMAT = 1
const UINT32_MAX = 0xffff_ffff
/** A callback of a DAG tells people or other programs what became of a run: minutes are plenty. */
const CALLBACK_TIMEOUT_MS = 600_000
/** A task whose time ran out while it waited still gets to hear of it, and to clean up. */
const RESUMED_MS_MIN = 5_000

/** Dates of the neighbouring runs that templates may name; milliseconds, null = there is no such run. */
export interface TemplateDates {
  prev_success_interval_start: number | null
  prev_success_interval_end: number | null
  prev_success_start: number | null
  prev_success_end: number | null
  prev_logical_date: number | null
  next_logical_date: number | null
}
/** Finding a task in a spec of 5,000 by walking would make a fan-out quadratic. Versions are shared by all their runs. */
const tasksBySpec = new WeakMap<DagSpec, Map<string, TaskSpec>>()

export function taskOf(attempt: AssignedAttempt): TaskSpec | undefined {
  const { spec } = attempt.version
  let tasks = tasksBySpec.get(spec)
  if (tasks === undefined) {
    tasks = new Map(spec.tasks.map((task) => [task.task_id, task]))
    tasksBySpec.set(spec, tasks)
  }
  return tasks.get(attempt.task_instance.task_id)
}

/** Environment variable -> name of the vault secret that this attempt receives. Errands receive none: triggers share a process. */
export function secretNamesOf(attempt: AssignedAttempt): Record<string, string> {
  return attempt.kind === 'task' ? (taskOf(attempt)?.secrets ?? {}) : {}
}

/** What the job document holds beside the engine's decision. */
export interface JobFacts {
  now: number
  /** Of the worker. */
  hostname: string
  dates: TemplateDates
  xcom_cap_bytes: number
}

export function buildAssignment(attempt: AssignedAttempt, p: JobFacts & { secrets: Record<string, string> }): Assignment {
  const { run, task_instance, version, ref } = attempt
  const task = taskOf(attempt)
  const bash = attempt.kind === 'task' && task?.kind === 'bash' && task.bash !== null ? plainBash(task, task.bash) : undefined
  return {
    ref,
    dag_id: run.dag_id,
    run_id: run.run_id,
    task_id: task_instance.task_id,
    map_index: task_instance.map_index,
    bundle_hash: version.bundle_hash,
    dag_file: version.file,
    job_json: jobJson(jobDocument(attempt, p)),
    bash,
    execution_timeout_ms: timeoutOf(attempt, task, p.now),
    secrets: p.secrets,
    kind: attempt.kind,
  }
}

/** One that can never be sent would end the worker's stream again and again. */
function jobJson(job: Record<string, unknown>): string {
  const text = JSON.stringify(job)
  const bytes = Buffer.byteLength(text)
  if (bytes > XCOM_BYTES_MAX)
    throw new Error(
      `the run's conf, its asset events and what the task was deferred with have ${bytes} bytes; the limit is ${XCOM_BYTES_MAX}`,
    )
  return text
}

/** 0 = none. What a trigger waits for is limited by the controller. */
function timeoutOf({ kind, task_instance }: AssignedAttempt, task: TaskSpec | undefined, now: number): number {
  if (kind !== 'task') return kind === 'dag_callback' ? CALLBACK_TIMEOUT_MS : 0
  const whole = Math.min(UINT32_MAX, task?.execution_timeout_ms ?? 0)
  const began = task_instance.deferral?.try_started_at
  return whole === 0 || began === undefined ? whole : Math.max(RESUMED_MS_MIN, whole - (now - began))
}

function plainBash(task: TaskSpec, bash: NonNullable<TaskSpec['bash']>): PlainBash {
  return {
    command: bash.command,
    env: bash.env ?? {},
    replace_env: bash.env !== null && !bash.append_env,
    cwd: bash.cwd ?? '',
    skip_on_exit_codes: bash.skip_on_exit_codes,
    push_xcom: task.do_xcom_push,
  }
}

function jobDocument(attempt: AssignedAttempt, { dates, hostname, xcom_cap_bytes }: JobFacts): Record<string, unknown> {
  const { run, task_instance, version } = attempt
  const { continuations, deferral, waiting_since } = task_instance
  return {
    format: JOB_FORMAT,
    dag_id: run.dag_id,
    run_id: run.run_id,
    task_id: task_instance.task_id,
    map_index: task_instance.map_index,
    expanded_ti_count: attempt.expanded_ti_count,
    attempt: attempt.ref.attempt,
    try_number: attempt.ref.attempt - continuations,
    max_tries: task_instance.max_tries - continuations,
    waiting_since: iso(waiting_since),
    deferral: deferral === null ? null : { body: deferral.body, event: deferral.event, output: deferral.output },
    run_type: run.run_type,
    logical_date: iso(run.logical_date),
    data_interval_start: iso(run.data_interval_start),
    data_interval_end: iso(run.data_interval_end),
    run_after: iso(run.run_after),
    run_queued_time: iso(run.queued_time),
    run_start_time: iso(run.start_time),
    conf: run.conf,
    triggered_by: run.triggered_by,
    dialect: version.spec.dialect,
    dates: {
      prev_success_interval_start: iso(dates.prev_success_interval_start),
      prev_success_interval_end: iso(dates.prev_success_interval_end),
      prev_success_start: iso(dates.prev_success_start),
      prev_success_end: iso(dates.prev_success_end),
      prev_logical_date: iso(dates.prev_logical_date),
      next_logical_date: iso(dates.next_logical_date),
    },
    hostname,
    asset_events: run.asset_events?.map(assetEventForTask) ?? null,
    dag_callback:
      attempt.kind === 'dag_callback' && run.callback !== null ? { kind: run.callback.kind, reason: run.callback.reason } : null,
    xcom_cap_bytes,
  }
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
