/** Task instances, attempts, XComs and ledger entries as the contract's shapes. */
import type { Attempt, LedgerEntry, TaskInstance, XComEntry } from '#contract/taskInstance.ts'
import type { AttemptRecord, DagRunRecord, NamedLedgerRecord, TaskInstanceRecord, XComRecord } from '#db/records.ts'
import { iso, isoOrNull } from './instant.ts'

export function presentTaskInstance(run: DagRunRecord, instance: TaskInstanceRecord): TaskInstance {
  const logical_date = isoOrNull(run.logical_date)
  const { start_time, end_time } = instance
  return {
    id: instance.id,
    dag_id: run.dag_id,
    run_id: run.run_id,
    task_id: instance.task_id,
    map_index: instance.map_index,
    state: instance.state,
    try_number: instance.try_number,
    max_tries: instance.max_tries,
    retry_count: Math.max(0, instance.try_number - 1),
    operator: instance.operator,
    logical_date,
    execution_date: logical_date,
    scheduled_time: isoOrNull(instance.scheduled_time),
    queued_time: isoOrNull(instance.queued_time),
    start_time: isoOrNull(start_time),
    end_time: isoOrNull(end_time),
    duration_ms: start_time !== null && end_time !== null ? end_time - start_time : null,
    next_try_at: isoOrNull(instance.next_try_at),
    waiting_since: isoOrNull(instance.waiting_since),
    pool: instance.pool,
    pool_slots: instance.pool_slots,
    queue: instance.queue,
    priority_weight: instance.priority_weight,
    worker_id: instance.worker_id,
    state_reason: instance.state_reason,
    note: instance.note,
    rendered_map_index: instance.rendered_map_index,
  }
}

export function presentAttempt(attempt: AttemptRecord & { log_bytes: number; log_truncated: boolean }): Attempt {
  return {
    attempt: attempt.attempt,
    state: attempt.state,
    worker_id: attempt.worker_id,
    hostname: attempt.hostname,
    pid: attempt.pid,
    queued_time: iso(attempt.queued_time),
    start_time: isoOrNull(attempt.start_time),
    end_time: isoOrNull(attempt.end_time),
    exit_code: attempt.exit_code,
    signal: attempt.signal,
    reason: attempt.reason,
    max_rss_bytes: attempt.max_rss_bytes,
    log_bytes: attempt.log_bytes,
    log_truncated: attempt.log_truncated,
  }
}

export function presentXcom(run: DagRunRecord, xcom: Omit<XComRecord, 'value'>): XComEntry {
  const { task_id, map_index, key, size } = xcom
  return { dag_id: run.dag_id, run_id: run.run_id, task_id, map_index, key, size, timestamp: iso(xcom.timestamp) }
}

export function presentLedgerEntry(entry: NamedLedgerRecord): LedgerEntry {
  const { id, kind, dag_id, run_id, task_id, map_index, attempt, from_state, to_state, cause, actor, message } = entry
  return { id, at: iso(entry.at), kind, dag_id, run_id, task_id, map_index, attempt, from_state, to_state, cause, actor, message }
}
