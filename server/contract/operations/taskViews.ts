/** Operations behind the pages of a run and of a task instance: index and search of logs, rendered fields, notes, marking many. */
import { Type } from 'typebox'
import { Affected, DagRunDetail } from '../dagRun.ts'
import { LOG_LEVELS } from '../logLines.ts'
import { Enum, Key, Strict } from '../schema.ts'
import { TaskInstance } from '../taskInstance.ts'
import { LogIndex, LogMatches, Note, RenderedFields, RunContext } from '../taskViews.ts'
import { RunParams, TaskParams, mapIndex, type Operation } from './operation.ts'

const attempt = { attempt: Type.Optional(Type.Integer({ minimum: 1, description: 'without it: the newest' })) }
const mark = Enum(['success', 'failed', 'skipped'] as const)

export const taskViewsOperations = {
  getLogIndex: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/logs/index',
    role: 'Viewer',
    tag: 'tasks',
    summary: "Where the lines of an attempt's log begin, so that any part of a large one can be read by line. Goes on by at most 128 MiB.",
    params: TaskParams,
    query: Strict({
      ...mapIndex,
      ...attempt,
      from: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'first block wanted' })),
    }),
    ok: LogIndex,
  },
  searchLog: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/logs/search',
    role: 'Viewer',
    tag: 'tasks',
    summary: "Lines of an attempt's log that hold a text, or have a level. Looks at 64 MiB at most; `next_*` go on from there.",
    params: TaskParams,
    query: Strict({
      ...mapIndex,
      ...attempt,
      q: Type.Optional(Type.String({ maxLength: 500, default: '' })),
      level: Type.Optional(Enum(LOG_LEVELS, { default: 'debug', description: 'this level and above' })),
      offset: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'where a line begins' })),
      line: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'number of the line at `offset`' })),
      level_before: Type.Optional(Enum(LOG_LEVELS, { default: 'info', description: '`next_level` of the call before' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 1000 })),
    }),
    ok: LogMatches,
  },
  getRendered: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/rendered',
    role: 'Viewer',
    tag: 'tasks',
    summary: 'The template fields of an attempt, as the DAG has them and as they were rendered. Secrets are masked as in its log.',
    params: TaskParams,
    query: Strict({ ...mapIndex, ...attempt }),
    ok: RenderedFields,
  },
  setTaskNote: {
    method: 'PUT',
    path: '/api/dags/:dag_id/runs/:run_id/tasks/:task_id/note',
    role: 'Operator',
    tag: 'tasks',
    summary: 'Writes the note of a task instance.',
    params: TaskParams,
    body: Strict({ note: Note, ...mapIndex }),
    ok: TaskInstance,
  },
  setRunNote: {
    method: 'PUT',
    path: '/api/dags/:dag_id/runs/:run_id/note',
    role: 'Operator',
    tag: 'runs',
    summary: 'Writes the note of a run.',
    params: RunParams,
    body: Strict({ note: Note }),
    ok: DagRunDetail,
  },
  markTaskInstances: {
    method: 'POST',
    path: '/api/dags/:dag_id/runs/:run_id/mark-tasks',
    role: 'Operator',
    tag: 'tasks',
    summary:
      'Sets task instances to success, failed or skipped, with those upstream, downstream, before and after if wanted. Running attempts are killed.',
    params: RunParams,
    body: Strict({
      task_ids: Type.Array(Key, { minItems: 1, maxItems: 10_000 }),
      map_index: Type.Optional(Type.Integer({ minimum: -1, description: 'only this one of a single mapped task' })),
      state: mark,
      include_upstream: Type.Optional(Type.Boolean({ default: false })),
      include_downstream: Type.Optional(Type.Boolean({ default: false })),
      include_past: Type.Optional(Type.Boolean({ default: false })),
      include_future: Type.Optional(Type.Boolean({ default: false })),
      dry_run: Type.Optional(Type.Boolean({ default: false, description: 'list what would change and change nothing' })),
    }),
    ok: Affected,
  },
  getRunContext: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/context',
    role: 'Viewer',
    tag: 'runs',
    summary: 'The runs before and after a run, and how long runs of its DAG usually take.',
    params: RunParams,
    ok: RunContext,
  },
} as const satisfies Record<string, Operation>
