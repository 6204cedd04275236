/** Operations that look ahead and change nothing. */
import { Type } from 'typebox'
import { SchedulePreview, SchedulePreviewQuery, TriggerPreview, UnpausePreview } from '../schedule.ts'
import { Instant, Strict } from '../schema.ts'
import { DagParams, type Operation } from './operation.ts'

export const scheduleOperations = {
  previewSchedule: {
    method: 'GET',
    path: '/api/dags/:dag_id/schedule-preview',
    role: 'Viewer',
    tag: 'dags',
    summary: 'The runs of a schedule, by the code that creates them; `~` as DAG id = of no DAG.',
    params: DagParams,
    query: SchedulePreviewQuery,
    ok: SchedulePreview,
  },
  previewUnpause: {
    method: 'GET',
    path: '/api/dags/:dag_id/unpause-preview',
    role: 'Viewer',
    tag: 'dags',
    summary: 'Exactly the runs that the scheduler would create if the DAG were unpaused now.',
    params: DagParams,
    ok: UnpausePreview,
  },
  previewTrigger: {
    method: 'GET',
    path: '/api/dags/:dag_id/trigger-preview',
    role: 'Viewer',
    tag: 'dags',
    summary: 'Data interval and run id of a manual run, by the code that creates it.',
    params: DagParams,
    query: Strict({ logical_date: Type.Optional(Instant) }),
    ok: TriggerPreview,
  },
} as const satisfies Record<string, Operation>
