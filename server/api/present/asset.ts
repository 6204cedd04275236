/** Assets and their events as the contract's shapes. */
import type { Asset, AssetCondition, AssetConditionStep, AssetDetail, AssetEvent, AssetSchedule } from '#contract/asset.ts'
import type { AssetStep } from '#contract/dagSpec.ts'
import type { DagRunState } from '#contract/states.ts'
import type { AssetEventWithRun, AssetRow, AssetUserRow, AssetUsers } from '#db/assets.ts'
import type { AssetEventRecord, DagRecord } from '#db/records.ts'
import { arrivedOf, isOf } from '#domain/assets.ts'
import { iso, isoOrNull } from './instant.ts'

/** Steps of a condition that a page shows; a longer one is told in words alone. */
const STEPS_MAX = 500

export function presentAssetEvent(event: AssetEventRecord, source_run_state: DagRunState | null): AssetEvent {
  return {
    id: event.id,
    uri: event.uri,
    name: event.name,
    group: event.asset_group,
    extra: event.extra,
    alias: event.alias,
    at: iso(event.at),
    source_dag_id: event.source_dag_id,
    source_run_id: event.source_run_id,
    source_run_state,
    source_task_id: event.source_task_id,
    source_map_index: event.source_map_index,
    // Rows of runs and DAGs keep events as they were before there was this field.
    created_by: event.created_by ?? null,
  }
}

const withRun = (event: AssetEventWithRun): AssetEvent => presentAssetEvent(event, event.source_run_state)

export function presentAsset(row: AssetRow): Asset {
  const { uri, name, asset_group, producers, consumers, readers, newest } = row
  return { uri, name, group: asset_group, producers, consumers, readers, last_event: newest && withRun(newest) }
}

export function presentAssetDetail(uri: string, users: AssetUsers): AssetDetail {
  const { uses } = users
  const tasks = (used_as: AssetUserRow['used_as']) =>
    uses.flatMap((use) => (use.used_as === used_as && use.task_id !== null ? [{ ...userOf(use), task_id: use.task_id }] : []))
  return {
    uri,
    name: users.name,
    group: users.asset_group,
    last_event: users.newest && withRun(users.newest),
    aliases: users.aliases,
    producers: tasks('outlet'),
    consumers: uses
      .filter(({ used_as }) => used_as === 'schedule')
      .map((use) => ({ ...userOf(use), condition: use.asset_schedule, queued_events: use.queued, queued_at: isoOrNull(use.queued_at) })),
    readers: tasks('inlet'),
    is_cut: users.is_cut,
  }
}

function userOf({ dag_id, dag_display_name, is_paused, alias }: AssetUserRow) {
  return { dag_id, dag_display_name, is_paused, alias }
}

export function presentAssetSchedule(dag: DagRecord): AssetSchedule | null {
  const { asset_schedule, asset_uses, queued_asset_events } = dag
  return asset_schedule === null ? null : { condition: asset_schedule, ...arrivedOf(asset_uses, queued_asset_events) }
}

export function presentAssetCondition(dag: DagRecord, steps: readonly AssetStep[]): AssetCondition {
  const is_cut = steps.length > STEPS_MAX
  return {
    dag_id: dag.dag_id,
    condition: dag.asset_schedule,
    steps: is_cut ? [] : steps.map((step) => presentStep(step, dag.queued_asset_events)),
    is_cut,
  }
}

function presentStep(step: AssetStep, queued: readonly AssetEventRecord[]): AssetConditionStep {
  if (step.step !== 'asset') return step
  const { type, name, uri } = step.asset
  const arrived = queued.filter((event) => isOf(event, step.asset))
  const newest = arrived.at(-1)
  return {
    step: 'asset',
    type,
    name,
    // By name alone: what came says which asset it is.
    uri: uri ?? (type === 'asset' ? (newest?.uri ?? null) : null),
    events: arrived.length,
    arrived_at: newest === undefined ? null : iso(newest.at),
  }
}
