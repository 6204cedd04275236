/** Records as live events. Values are copied at once: the events leave after the commit. */
import type { LiveEvent } from '#contract/events.ts'
import type { DagRunRecord } from '#db/records.ts'
import type { Instance } from './model.ts'

/** Milliseconds as an ISO instant. */
export function instant(ms: number): string
export function instant(ms: number | null): string | null
export function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

export function runEvent(run: DagRunRecord): LiveEvent {
  return {
    type: 'dag_run',
    dag_id: run.dag_id,
    run_id: run.run_id,
    run_type: run.run_type,
    state: run.state,
    logical_date: instant(run.logical_date),
    run_after: instant(run.run_after),
    start_time: instant(run.start_time),
    end_time: instant(run.end_time),
    task_counts: { ...run.task_counts } as Record<string, number>,
  }
}

export function taskInstanceEvent(instance: Instance): LiveEvent {
  const { record, run } = instance
  return {
    type: 'task_instance',
    dag_id: run.record.dag_id,
    run_id: run.record.run_id,
    task_id: record.task_id,
    map_index: record.map_index,
    state: record.state,
    try_number: record.try_number,
    scheduled_time: instant(record.scheduled_time),
    queued_time: instant(record.queued_time),
    start_time: instant(record.start_time),
    end_time: instant(record.end_time),
  }
}
