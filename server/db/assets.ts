/**
 * What pages read of assets. There is no table of them: an asset is what the newest version of a DAG names (`dags.asset_uses`), or
 * what an event is of. A table would have to follow both, versions that go and events that are pruned, and would be wrong in between;
 * both are read in milliseconds.
 */
import type { DagRunState } from '#contract/states.ts'
import type { AssetUse } from '#contract/asset.ts'
import type { AssetEventRecord } from './records.ts'
import type { PageOf, PageRequest } from './page.ts'

export interface AssetRow {
  uri: string
  name: string
  asset_group: string
  /** Tasks that name it as outlet, DAGs that are scheduled on it, tasks that name it as inlet. */
  producers: number
  consumers: number
  readers: number
  newest: AssetEventWithRun | null
}

/** `source_run_state`: null = the run is deleted, or a person recorded the event. */
export type AssetEventWithRun = AssetEventRecord & { source_run_state: DagRunState | null }

/** A use of an asset by a DAG that a file defines. `alias`: it is named there through this alias. */
export interface AssetUserRow {
  dag_id: string
  dag_display_name: string | null
  is_paused: boolean
  asset_schedule: string | null
  used_as: AssetUse['as']
  task_id: string | null
  name: string
  asset_group: string
  alias: string | null
  /** Events of the asset that the DAG has not run for yet, and when the newest came. */
  queued: number
  queued_at: number | null
}

export interface AssetUsers {
  name: string
  asset_group: string
  uses: AssetUserRow[]
  /** There are more uses than were read. */
  is_cut: boolean
  newest: AssetEventWithRun | null
  /** Aliases through which recent events came. */
  aliases: string[]
}

export interface AssetStore {
  /** The newest events of an asset or of an alias, newest first. Null = whatever it is. */
  assetEventList(p: { name: string | null; uri: string | null; alias: string | null; limit: number }): Promise<AssetEventRecord[]>
  /** By name, paged by offset: a cursor would hold names and URIs of 1,500 characters. `search`: part of the name, the URI or the group. */
  assetList(p: Pick<PageRequest, 'limit' | 'offset'> & { search?: string }): Promise<PageOf<AssetRow>>
  /** Who uses an asset; null = no DAG names it and no event is of it. */
  assetUsersGet(p: { uri: string }): Promise<AssetUsers | null>
  /** Events of one asset, newest first. They are not counted: there may be millions. */
  assetEventPage(p: { uri: string; limit: number; cursor?: string | undefined }): Promise<{
    data: AssetEventWithRun[]
    next_cursor: string | null
  }>
  /** States of runs under `${dag_id}\n${run_id}`; a deleted one has none. */
  dagRunStates(p: { runs: { dag_id: string; run_id: string }[] }): Promise<Map<string, DagRunState>>
}
