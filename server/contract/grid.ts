/** Wire shape of the grid: runs of a DAG with the states of their task instances, packed. */
import { Type, type Static } from 'typebox'
import { DAG_RUN_STATES, RUN_TYPES } from './states.ts'
import { Enum, Instant, Nullable, Strict } from './schema.ts'

/** Tasks and groups in the order of the graph, each group before its members. */
export const GridRow = Strict({
  id: Type.String({ description: 'task id or group id' }),
  label: Type.String(),
  parent: Nullable(Type.String({ description: 'group around it' })),
  operator: Nullable(Type.String({ description: 'null = it is a group' })),
  is_removed: Type.Boolean({ description: 'the newest version of the DAG does not have it any more' }),
})
export type GridRow = Static<typeof GridRow>

export const GridRun = Strict({
  run_id: Type.String(),
  run_type: Enum(RUN_TYPES),
  state: Enum(DAG_RUN_STATES),
  logical_date: Nullable(Instant),
  run_after: Instant,
  start_time: Nullable(Instant),
  end_time: Nullable(Instant),
  version: Type.Integer({ description: 'number of the DAG version that the run is pinned to' }),
  task_counts: Type.Record(Type.String(), Type.Integer(), { description: 'task instances by state' }),
  states: Type.String({
    description:
      'base64: one byte per row of `rows`. 0 = no task instance, else the place of its state in the list of task instance states, ' +
      'counted from 1. A mapped task shows its most telling state; bytes of groups are 0.',
  }),
  tries: Type.String({ description: 'base64: one byte per row, the number of the newest attempt, at most 255' }),
  durations: Type.String({
    description:
      'base64: two bytes per row, little-endian. 0 = none; below 4096: milliseconds + 1; else, with e = (code >> 11) - 1 and ' +
      'm = code & 2047: (2048 + m) * 2^e - 1 milliseconds. Of a mapped task the longest.',
  }),
  begun: Type.Array(Type.Tuple([Type.Integer(), Instant]), {
    description: 'rows whose task instance has begun and not ended, with its start',
  }),
  mapped: Type.Array(Type.Tuple([Type.Integer(), Type.String()]), {
    description: 'rows of mapped tasks with the states of their instances: base64, one byte per map index',
  }),
})
export type GridRun = Static<typeof GridRun>

export const Grid = Strict({
  dag_id: Type.String(),
  rows_id: Type.String({ description: 'names this list of rows; pass it as `rows` to get a further page without them' }),
  rows: Nullable(Type.Array(GridRow), { description: 'null = the rows that `rows` of the query named' }),
  runs: Type.Array(GridRun, { description: 'newest first' }),
  next_cursor: Nullable(Type.String({ description: 'continues with older runs; null = there are none' })),
})
export type Grid = Static<typeof Grid>
