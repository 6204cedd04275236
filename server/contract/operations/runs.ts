/** Operations on DAG runs. */
import { Type } from 'typebox'
import { ClearBody, Cleared, DagRun, DagRunDetail } from '../dagRun.ts'
import { LedgerEntry, XComEntry } from '../taskInstance.ts'
import { DAG_RUN_STATES, RUN_TYPES } from '../states.ts'
import { Enum, Instant, Key, Page, Strict, pageQuery } from '../schema.ts'
import { Message, DagParams, RunParams, type Operation } from './operation.ts'

export const runsOperations = {
  listRuns: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs',
    role: 'Viewer',
    tag: 'runs',
    summary: 'Runs of a DAG, newest first. `~` as DAG id lists the runs of all DAGs.',
    params: DagParams,
    query: Strict({
      ...pageQuery,
      state: Type.Optional(Enum(DAG_RUN_STATES)),
      run_type: Type.Optional(Enum(RUN_TYPES)),
      logical_date_from: Type.Optional(Instant),
      logical_date_to: Type.Optional(Instant),
      ended_from: Type.Optional(Type.String({ format: 'date-time', description: 'runs that ended later, and those that go on' })),
      ended_to: Type.Optional(Type.String({ format: 'date-time', description: 'runs that ended earlier' })),
    }),
    ok: Page(DagRun),
  },
  getRun: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id',
    role: 'Viewer',
    tag: 'runs',
    summary: 'One run.',
    params: RunParams,
    ok: DagRunDetail,
  },
  deleteRun: {
    method: 'DELETE',
    path: '/api/dags/:dag_id/runs/:run_id',
    role: 'Operator',
    tag: 'runs',
    summary: 'Deletes a finished run with its task instances, logs and XComs.',
    params: RunParams,
    ok: Message,
  },
  cancelRun: {
    method: 'POST',
    path: '/api/dags/:dag_id/runs/:run_id/cancel',
    role: 'Operator',
    tag: 'runs',
    summary: 'Ends a run: running tasks are killed with their whole process trees, others are skipped, the run fails.',
    params: RunParams,
    ok: DagRunDetail,
  },
  clearRun: {
    method: 'POST',
    path: '/api/dags/:dag_id/runs/:run_id/clear',
    role: 'Operator',
    tag: 'runs',
    summary: 'Resets task instances so that they run again as new attempts.',
    params: RunParams,
    body: ClearBody,
    ok: Cleared,
  },
  retryRun: {
    method: 'POST',
    path: '/api/dags/:dag_id/runs/:run_id/retry',
    role: 'Operator',
    tag: 'runs',
    summary: 'Clears the failed task instances and everything downstream of them.',
    params: RunParams,
    ok: Cleared,
  },
  markRun: {
    method: 'POST',
    path: '/api/dags/:dag_id/runs/:run_id/mark',
    role: 'Operator',
    tag: 'runs',
    summary: 'Sets a run and its unfinished task instances to success or failed.',
    params: RunParams,
    body: Strict({ state: Enum(['success', 'failed'] as const) }),
    ok: DagRunDetail,
  },
  runXcoms: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/xcom',
    role: 'Viewer',
    tag: 'xcom',
    summary: 'XComs of a run, without their values.',
    params: RunParams,
    query: Strict(pageQuery),
    ok: Page(XComEntry),
  },
  runEvents: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/events',
    role: 'Viewer',
    tag: 'runs',
    summary: 'Everything that happened to a run and its task instances, with causes.',
    params: RunParams,
    query: Strict({
      ...pageQuery,
      task_id: Type.Optional(Key),
      run_only: Type.Optional(Type.Boolean({ default: false, description: 'only what happened to the run itself' })),
      to_state: Type.Optional(Type.String({ maxLength: 30, description: 'only changes to this state' })),
    }),
    ok: Page(LedgerEntry),
  },
} as const satisfies Record<string, Operation>
