/** The grid of a DAG. */
import { Type } from 'typebox'
import { Grid } from '../grid.ts'
import { Enum, Instant, Strict } from '../schema.ts'
import { DAG_RUN_STATES, RUN_TYPES } from '../states.ts'
import { DagParams, type Operation } from './operation.ts'

export const gridOperations = {
  getGrid: {
    method: 'GET',
    path: '/api/dags/:dag_id/grid',
    role: 'Viewer',
    tag: 'dags',
    summary: 'Tasks by runs: the states of many runs in one answer. A page may hold fewer runs than asked for if they are very large.',
    params: DagParams,
    query: Strict({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25, description: 'runs' })),
      cursor: Type.Optional(Type.String({ maxLength: 200, description: 'next_cursor of the page before' })),
      rows: Type.Optional(Type.String({ maxLength: 64, description: 'rows_id of rows that the caller holds' })),
      state: Type.Optional(Enum(DAG_RUN_STATES)),
      run_type: Type.Optional(Enum(RUN_TYPES)),
      logical_date_from: Type.Optional(Instant),
      logical_date_to: Type.Optional(Instant),
    }),
    ok: Grid,
  },
} as const satisfies Record<string, Operation>
