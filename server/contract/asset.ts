/** Wire shapes of assets (Airflow's datasets): what tasks make and DAGs wait for. */
import { Type, type Static } from 'typebox'
import { DAG_RUN_STATES } from './states.ts'
import { Enum, Instant, Json, Nullable, Strict } from './schema.ts'

/** Airflow's own limit of names and URIs. */
export const ASSET_URI_MAX = 1_500
/** What a person may add to an event; a task may add as much (server/swarm/assetEvents.ts). */
export const ASSET_EXTRA_CHARS_MAX = 64 * 1024

/** How a DAG uses an asset: its schedule waits for it, a task of it updates it, a task of it looks at its events. */
export const ASSET_USES = ['schedule', 'outlet', 'inlet'] as const

export const AssetUse = Strict({
  as: Enum(ASSET_USES),
  task_id: Nullable(Type.String({ description: 'null: the DAG itself' })),
  type: Enum(['asset', 'alias'] as const),
  name: Type.String(),
  uri: Nullable(Type.String({ description: 'null: an alias, or a reference by name alone' })),
  group: Type.String(),
})
export type AssetUse = Static<typeof AssetUse>

export const AssetUri = Type.String({ minLength: 1, maxLength: ASSET_URI_MAX, description: 'URI of the asset, as its events have it' })

/** One update of an asset. */
export const AssetEvent = Strict({
  id: Type.Integer(),
  uri: Type.String(),
  name: Type.String(),
  group: Type.String(),
  extra: Type.Record(Type.String(), Json, { description: 'what the task or the person said of the update' }),
  alias: Nullable(Type.String({ description: 'the alias through which the task named the asset' })),
  at: Instant,
  source_dag_id: Nullable(Type.String({ description: 'null: a person recorded it' })),
  source_run_id: Nullable(Type.String()),
  source_run_state: Nullable(Enum(DAG_RUN_STATES), { description: 'null: the run is deleted' }),
  source_task_id: Nullable(Type.String()),
  source_map_index: Nullable(Type.Integer()),
  created_by: Nullable(Type.String({ description: 'who recorded it by hand' })),
})
export type AssetEvent = Static<typeof AssetEvent>

export const Asset = Strict({
  uri: Type.String(),
  name: Type.String(),
  group: Type.String(),
  producers: Type.Integer({ description: 'tasks that name it as an outlet' }),
  consumers: Type.Integer({ description: 'DAGs whose schedule waits for it' }),
  readers: Type.Integer({ description: 'tasks that name it as an inlet' }),
  last_event: Nullable(AssetEvent),
})
export type Asset = Static<typeof Asset>

const dagOfAsset = {
  dag_id: Type.String(),
  dag_display_name: Nullable(Type.String()),
  is_paused: Type.Boolean(),
  alias: Nullable(Type.String({ description: 'the alias that stands for the asset there' })),
}

/** A task that updates an asset or looks at its events. */
export const AssetTask = Strict({ ...dagOfAsset, task_id: Type.String() })
export type AssetTask = Static<typeof AssetTask>

/** A DAG whose schedule waits for an asset. */
export const AssetConsumer = Strict({
  ...dagOfAsset,
  condition: Nullable(Type.String({ description: 'what its schedule waits for, in words' })),
  queued_events: Type.Integer({ description: 'updates of this asset since its last run for assets' }),
  queued_at: Nullable(Instant, { description: 'the newest of them' }),
})
export type AssetConsumer = Static<typeof AssetConsumer>

export const AssetDetail = Strict({
  uri: Type.String(),
  name: Type.String(),
  group: Type.String(),
  last_event: Nullable(AssetEvent),
  aliases: Type.Array(Type.String(), { description: 'through which it was updated lately' }),
  producers: Type.Array(AssetTask),
  consumers: Type.Array(AssetConsumer),
  readers: Type.Array(AssetTask),
  is_cut: Type.Boolean({ description: 'more DAGs use it than are listed' }),
})
export type AssetDetail = Static<typeof AssetDetail>

/** The asset part of a DAG's schedule, in short. */
export const AssetSchedule = Strict({
  condition: Type.String({ description: 'in words, such as "orders and rates"' }),
  wanted: Type.Integer({ description: 'assets and aliases that it names' }),
  arrived: Type.Integer({ description: 'of them those that were updated since the last run for assets' }),
})
export type AssetSchedule = Static<typeof AssetSchedule>

/** A step of the condition of a schedule (AssetStep of dagSpec.ts), with what has arrived. */
export const AssetConditionStep = Type.Union([
  Strict({
    step: Type.Literal('asset'),
    type: Enum(['asset', 'alias'] as const),
    name: Type.String(),
    uri: Nullable(Type.String()),
    events: Type.Integer({ description: 'updates since the last run for assets' }),
    arrived_at: Nullable(Instant, { description: 'the newest of them; null = it is waited for' }),
  }),
  Strict({ step: Enum(['all', 'any'] as const), of: Type.Integer() }),
])
export type AssetConditionStep = Static<typeof AssetConditionStep>

export const AssetCondition = Strict({
  dag_id: Type.String(),
  condition: Nullable(Type.String({ description: 'in words; null = its schedule waits for no asset' })),
  steps: Type.Array(AssetConditionStep, { description: 'a program for a stack machine: `all` and `any` take `of` results before them' }),
  is_cut: Type.Boolean({ description: 'the condition is too long to be shown in steps' }),
})
export type AssetCondition = Static<typeof AssetCondition>
