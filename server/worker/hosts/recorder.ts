/** For tests and benchmarks: an AttemptListener that keeps what it is told and lets one wait for it. */
import type { AttemptRef } from '#scheduler/ports.ts'
import type { AttemptEnd, AttemptListener, AttemptStart, RenderedField } from '../runner.ts'

export interface Recorded {
  pid: number
  log: Buffer[]
  log_length: number
  xcoms: { key: string; value_json: string }[]
  rendered: RenderedField[]
  end: AttemptEnd | null
}

export class Recorder implements AttemptListener {
  readonly attempts = new Map<number, Recorded>()
  keepLog = true
  onRequest: (ref: AttemptRef, p: { id: number; method: string; params_json: string }) => void = () => undefined
  private readonly waiters = new Map<number, ((end: AttemptEnd) => void)[]>()
  private readonly startWaiters = new Map<number, ((pid: number) => void)[]>()

  private of(ref: AttemptRef): Recorded {
    let recorded = this.attempts.get(ref.task_instance_id)
    if (recorded === undefined) {
      recorded = { pid: 0, log: [], log_length: 0, xcoms: [], rendered: [], end: null }
      this.attempts.set(ref.task_instance_id, recorded)
    }
    return recorded
  }

  started(ref: AttemptRef, p: { pid: number }): void {
    this.of(ref).pid = p.pid
    for (const resolve of this.startWaiters.get(ref.task_instance_id) ?? []) resolve(p.pid)
    this.startWaiters.delete(ref.task_instance_id)
  }

  log(ref: AttemptRef, bytes: Uint8Array): void {
    const recorded = this.of(ref)
    recorded.log_length += bytes.length
    if (this.keepLog) recorded.log.push(Buffer.from(bytes))
  }

  xcom(ref: AttemptRef, xcoms: { key: string; value_json: string }[]): void {
    this.of(ref).xcoms.push(...xcoms)
  }

  rendered(ref: AttemptRef, fields: RenderedField[]): void {
    this.of(ref).rendered = fields
  }

  request(ref: AttemptRef, p: { id: number; method: string; params_json: string }): void {
    this.onRequest(ref, p)
  }

  ended(ref: AttemptRef, end: AttemptEnd): void {
    const recorded = this.of(ref)
    if (recorded.end !== null) throw new Error(`attempt ${ref.task_instance_id} ended twice`)
    recorded.end = end
    for (const resolve of this.waiters.get(ref.task_instance_id) ?? []) resolve(end)
    this.waiters.delete(ref.task_instance_id)
  }

  ending(start: AttemptStart): Promise<AttemptEnd> {
    const end = this.attempts.get(start.ref.task_instance_id)?.end
    if (end !== undefined && end !== null) return Promise.resolve(end)
    return new Promise((resolve) =>
      this.waiters.set(start.ref.task_instance_id, [...(this.waiters.get(start.ref.task_instance_id) ?? []), resolve]),
    )
  }

  starting(start: AttemptStart): Promise<number> {
    const pid = this.attempts.get(start.ref.task_instance_id)?.pid
    if (pid !== undefined && pid > 0) return Promise.resolve(pid)
    return new Promise((resolve) =>
      this.startWaiters.set(start.ref.task_instance_id, [...(this.startWaiters.get(start.ref.task_instance_id) ?? []), resolve]),
    )
  }

  logOf(start: AttemptStart): Buffer {
    return Buffer.concat(this.attempts.get(start.ref.task_instance_id)?.log ?? [])
  }
}

let lastId = 0

export function bashStart(
  command: string,
  changes: Partial<AttemptStart> = {},
  bash: Partial<NonNullable<AttemptStart['bash']>> = {},
): AttemptStart {
  const start = pythonStart({ root: '', file: '' }, 't', changes)
  return { ...start, bash: { command, env: {}, replace_env: false, cwd: '', skip_on_exit_codes: [99], push_xcom: true, ...bash } }
}

export function pythonStart(where: { root: string; file: string }, taskId: string, changes: Partial<AttemptStart> = {}): AttemptStart {
  lastId += 1
  const xcom_cap_bytes = changes.xcom_cap_bytes ?? 1024 * 1024
  const at = '2026-01-01T00:00:00+00:00'
  const dates = {
    prev_success_interval_start: null,
    prev_success_interval_end: null,
    prev_success_start: null,
    prev_success_end: null,
    prev_logical_date: null,
    next_logical_date: null,
  }
  const job = {
    format: 1,
    dag_id: 'd',
    run_id: 'r',
    task_id: taskId,
    map_index: -1,
    attempt: 1,
    max_tries: 1,
    run_type: 'manual',
    logical_date: at,
    data_interval_start: at,
    data_interval_end: at,
    run_after: at,
    run_queued_time: at,
    run_start_time: at,
    conf: {},
    triggered_by: null,
    dialect: '2',
    dates,
    hostname: 'here',
    dag_callback: null,
    try_number: 1,
    waiting_since: null,
    asset_events: null,
    deferral: null,
    xcom_cap_bytes,
  }
  return {
    ref: { task_instance_id: lastId, attempt: 1, lease_token: 'lease' },
    kind: 'task',
    dag_id: 'd',
    run_id: 'r',
    task_id: taskId,
    map_index: -1,
    bash: null,
    bundle_hash: 'hash',
    bundle_root: where.root,
    dag_file: where.file,
    job_json: JSON.stringify(job),
    execution_timeout_ms: 0,
    secrets: {},
    log_cap_bytes: 1024 * 1024,
    xcom_cap_bytes,
    ...changes,
  }
}
