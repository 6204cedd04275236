/** The filter that the DAG list, the timeline and bulk actions share, and what a bulk action answers. */
import { Type, type Static } from 'typebox'
import { DAG_RUN_STATES } from './states.ts'
import { Enum, Key, Nullable, Strict } from './schema.ts'

const Tag = Type.String({ minLength: 1, maxLength: 200 })

/** What a DAG must fulfil, every part of it. */
export const dagFilter = {
  search: Type.Optional(Type.String({ maxLength: 200, description: 'part of the id, name or description' })),
  tag: Type.Optional(Type.Union([Tag, Type.Array(Tag, { maxItems: 20 })], { description: 'several: DAGs that have all of them' })),
  owner: Type.Optional(Type.String({ maxLength: 200 })),
  paused: Type.Optional(Type.Boolean()),
  last_run_state: Type.Optional(Enum(DAG_RUN_STATES)),
  import_errors: Type.Optional(Type.Boolean({ description: 'whether its file fails to load now' })),
  favourite: Type.Optional(Type.Boolean({ description: 'true: only favourites of whoever asks' })),
  include_stale: Type.Optional(Type.Boolean({ default: false })),
}
export const DagListFilter = Strict(dagFilter)
export type DagListFilter = Static<typeof DagListFilter>

export const Facet = Strict({ value: Type.String(), count: Type.Integer() })

export const BULK_ACTIONS = ['pause', 'unpause', 'trigger', 'clear_failed'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

/** DAGs of one call that changes something: about a second's work, so that a page can show how far it is. */
export const BULK_DAGS_MAX = 500

export const BulkBody = Strict({
  action: Enum(BULK_ACTIONS),
  dag_ids: Type.Optional(Type.Array(Key, { maxItems: BULK_DAGS_MAX, description: 'these DAGs; else those of `filter`' })),
  filter: Type.Optional(DagListFilter),
  dry_run: Type.Optional(Type.Boolean({ default: false, description: 'tell what would happen and change nothing' })),
})

export const BULK_OUTCOMES = ['done', 'unchanged', 'refused'] as const
/** One DAG of a bulk action. */
export const BulkItem = Strict({
  dag_id: Type.String(),
  /** done: it happened, or would; unchanged: there was nothing to do; refused: it cannot be done, `message` says why. */
  outcome: Enum(BULK_OUTCOMES),
  message: Nullable(Type.String()),
  run_id: Nullable(Type.String({ description: 'the run that was started or cleared' })),
})
export type BulkItem = Static<typeof BulkItem>

export const BulkAnswer = Strict({
  dry_run: Type.Boolean(),
  matched: Type.Integer({ description: 'DAGs that the ids or the filter name' }),
  done: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer(),
  data: Type.Array(BulkItem),
})
export type BulkAnswer = Static<typeof BulkAnswer>
