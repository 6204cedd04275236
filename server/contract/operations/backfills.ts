/** Operations on backfills. */
import { Type } from 'typebox'
import { Backfill, BackfillBody, BackfillInterval } from '../dagRun.ts'
import { Enum, Key, Nullable, Page, Strict, pageQuery } from '../schema.ts'
import { DagParams, type Operation } from './operation.ts'

export const backfillsOperations = {
  createBackfill: {
    method: 'POST',
    path: '/api/dags/:dag_id/backfill',
    role: 'Operator',
    tag: 'backfills',
    summary: 'Runs a DAG over a past range. A dry run lists exactly the runs that would start.',
    params: DagParams,
    body: BackfillBody,
    ok: Strict({
      message: Type.String(),
      backfill: Nullable(Backfill),
      intervals: Type.Array(BackfillInterval),
      intervals_queued: Type.Integer(),
      left_out: Nullable(Type.String({ description: "dates that the DAG's own timetable has not been asked about, in words" })),
    }),
  },
  listBackfills: {
    method: 'GET',
    path: '/api/dags/:dag_id/backfills',
    role: 'Viewer',
    tag: 'backfills',
    summary: 'Backfills of a DAG, newest first.',
    params: DagParams,
    query: Strict(pageQuery),
    ok: Page(Backfill),
  },
  backfillProgress: {
    method: 'GET',
    path: '/api/dags/:dag_id/backfill/progress',
    role: 'Viewer',
    tag: 'backfills',
    summary: 'Progress of the newest backfill.',
    params: DagParams,
    ok: Strict({ dag_id: Type.String(), progress: Type.Number(), backfill: Nullable(Backfill) }),
  },
  setBackfillState: {
    method: 'POST',
    path: '/api/dags/:dag_id/backfills/:backfill_id/:action',
    role: 'Operator',
    tag: 'backfills',
    summary: 'Pauses, resumes or cancels a backfill.',
    params: Strict({ dag_id: Key, backfill_id: Type.Integer(), action: Enum(['pause', 'resume', 'cancel'] as const) }),
    ok: Backfill,
  },
} as const satisfies Record<string, Operation>
