/** Operations that tell how a DAG and its runs went over time: Gantt, calendar, durations, audit, version changes. */
import { Type } from 'typebox'
import {
  ATTEMPT_SPANS_MAX,
  AttemptSpan,
  AUDIT_ORIGINS,
  AuditPage,
  BackfillRun,
  Calendar,
  CALENDAR_DAYS_MAX,
  CALENDAR_UNITS,
  Durations,
  VersionChanges,
  VersionRuns,
} from '../insights.ts'
import { Enum, Key, Page, Strict, pageQuery } from '../schema.ts'
import { DagParams, RunParams, type Operation } from './operation.ts'

export const insightsOperations = {
  runAttempts: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/attempts',
    role: 'Viewer',
    tag: 'runs',
    summary:
      'When the attempts of a run waited and ran, for its timeline. Of a task instance that was tried once and has ended, the task instance itself tells it.',
    params: RunParams,
    query: Strict({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: ATTEMPT_SPANS_MAX, default: ATTEMPT_SPANS_MAX })),
      cursor: pageQuery.cursor,
    }),
    ok: Page(AttemptSpan),
  },
  dagCalendar: {
    method: 'GET',
    path: '/api/dags/:dag_id/calendar',
    role: 'Viewer',
    tag: 'dags',
    summary: 'Past runs by state and planned runs, by day or hour of the DAG’s time zone.',
    params: DagParams,
    query: Strict({
      from: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'first day, in the DAG’s time zone' }),
      days: Type.Integer({ minimum: 1, maximum: CALENDAR_DAYS_MAX, description: 'number of days; at most 31 by the hour' }),
      unit: Type.Optional(Enum(CALENDAR_UNITS, { default: 'day' })),
    }),
    ok: Calendar,
  },
  dagDurations: {
    method: 'GET',
    path: '/api/dags/:dag_id/durations',
    role: 'Viewer',
    tag: 'dags',
    summary: 'How long the newest runs of a DAG and its slowest tasks took.',
    params: DagParams,
    query: Strict({
      runs: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 60 })),
      tasks: Type.Optional(Type.Integer({ minimum: 0, maximum: 20, default: 8 })),
    }),
    ok: Durations,
  },
  dagEvents: {
    method: 'GET',
    path: '/api/dags/:dag_id/events',
    role: 'Viewer',
    tag: 'dags',
    summary: 'Audit log of a DAG, newest first: who did what, and what the engine did with which cause.',
    params: DagParams,
    query: Strict({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
      cursor: pageQuery.cursor,
      origin: Type.Optional(Enum(AUDIT_ORIGINS, { description: 'only what people did, or only what the engine did' })),
      kind: Type.Optional(Type.String({ maxLength: 100, description: 'such as dag_run.created' })),
      actor: Type.Optional(Type.String({ maxLength: 250, description: 'user name, worker id, or scheduler' })),
    }),
    ok: AuditPage,
  },
  versionChanges: {
    method: 'GET',
    path: '/api/dags/:dag_id/versions/:version/changes',
    role: 'Viewer',
    tag: 'versions',
    summary: 'What a version changed in the graph and in the fields of DAG and tasks, compared with another one (default: the one before).',
    params: Strict({ dag_id: Key, version: Type.Integer({ minimum: 1 }) }),
    query: Strict({ with: Type.Optional(Type.Integer({ minimum: 1 })) }),
    ok: VersionChanges,
  },
  versionRuns: {
    method: 'GET',
    path: '/api/dags/:dag_id/version-runs',
    role: 'Viewer',
    tag: 'versions',
    summary: 'How many runs each version has, newest version first.',
    params: DagParams,
    query: Strict(pageQuery),
    ok: Page(VersionRuns),
  },
  backfillRuns: {
    method: 'GET',
    path: '/api/dags/:dag_id/backfills/:backfill_id/runs',
    role: 'Viewer',
    tag: 'backfills',
    summary: 'The intervals of a backfill in the order in which they run, with the states of their runs.',
    params: Strict({ dag_id: Key, backfill_id: Type.Integer() }),
    query: Strict(pageQuery),
    ok: Page(BackfillRun),
  },
} as const satisfies Record<string, Operation>
