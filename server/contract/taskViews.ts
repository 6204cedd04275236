/** Wire shapes of what the pages of a run and of a task instance show beside the objects themselves. */
import { Type, type Static } from 'typebox'
import { LOG_LEVELS } from './logLines.ts'
import { DAG_RUN_STATES } from './states.ts'
import { Enum, Instant, Json, Nullable, Strict } from './schema.ts'

/** Where the lines of a log begin, one entry for each block of bytes. Line numbers count from 0. */
export const LogIndex = Strict({
  attempt: Type.Integer(),
  size: Type.Integer({ description: 'bytes stored so far' }),
  complete: Type.Boolean(),
  truncated: Type.Boolean(),
  scanned: Type.Integer({ description: 'bytes that the index covers; less than `size` = ask again' }),
  lines: Type.Integer({ description: 'lines within `scanned`' }),
  block_bytes: Type.Integer(),
  from: Type.Integer({ description: 'block of the first entry' }),
  starts: Type.Array(Type.Integer(), { description: 'offset of the first line that begins in or after the block' }),
  first_lines: Type.Array(Type.Integer(), { description: 'number of that line' }),
})
export type LogIndex = Static<typeof LogIndex>

export const LogMatches = Strict({
  size: Type.Integer(),
  matches: Type.Array(
    Strict({
      line: Type.Integer(),
      text: Type.String({ description: 'the line, cut at 4,000 characters' }),
      at: Nullable(Type.Integer(), { description: 'when it came: milliseconds since 1970; null = not known' }),
    }),
  ),
  next_offset: Type.Integer({ description: 'where the search goes on; `size` = everything was looked at' }),
  next_line: Type.Integer(),
  next_level: Enum(LOG_LEVELS),
})
export type LogMatches = Static<typeof LogMatches>

/** The template fields of one attempt. */
export const RenderedFields = Strict({
  attempt: Type.Integer(),
  /** False = no field holds a template, so what the DAG says is what the attempt got. */
  has_templates: Type.Boolean(),
  /** False = the attempt has not rendered its fields (yet), or ended before it did. */
  is_rendered: Type.Boolean(),
  fields: Type.Array(
    Strict({
      name: Type.String(),
      raw: Json,
      rendered: Nullable(Type.String({ description: 'as text; null = as raw' })),
      is_cut: Type.Boolean({ description: 'it was longer than what is kept' }),
    }),
  ),
})
export type RenderedFields = Static<typeof RenderedFields>

const RunBeside = Strict({ run_id: Type.String(), state: Enum(DAG_RUN_STATES), logical_date: Nullable(Instant) })
/** A run among the runs of its DAG. */
export const RunContext = Strict({
  previous: Nullable(RunBeside),
  next: Nullable(RunBeside),
  /** Of the last successful runs before this one. */
  median_duration_ms: Nullable(Type.Number()),
  median_runs: Type.Integer({ description: 'how many runs the median is of' }),
})
export type RunContext = Static<typeof RunContext>

/** The most that fits a note; Airflow's limit. */
export const NOTE_CHARS_MAX = 1000
export const Note = Nullable(Type.String({ maxLength: NOTE_CHARS_MAX }), { description: 'null or empty = no note' })
