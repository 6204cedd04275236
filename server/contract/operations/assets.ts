/** Operations of assets: what tasks make and DAGs wait for, and their events. */
import { Type } from 'typebox'
import { Asset, AssetCondition, AssetDetail, AssetEvent, AssetUri } from '../asset.ts'
import { Json, Page, Strict } from '../schema.ts'
import { DagParams, RunParams, type Operation } from './operation.ts'

const uriQuery = { uri: AssetUri }

export const assetsOperations = {
  listAssets: {
    method: 'GET',
    path: '/api/assets',
    role: 'Viewer',
    tag: 'assets',
    summary: 'Assets that DAGs name or events are of, by name, each with its newest event.',
    query: Strict({
      search: Type.Optional(Type.String({ maxLength: 200, description: 'part of the name, the URI or the group' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
    }),
    ok: Page(Asset),
  },
  getAsset: {
    method: 'GET',
    path: '/api/assets/detail',
    role: 'Viewer',
    tag: 'assets',
    summary: 'One asset: the tasks that update it, the DAGs that wait for it, the tasks that read its events.',
    query: Strict(uriQuery),
    ok: AssetDetail,
  },
  listAssetEvents: {
    method: 'GET',
    path: '/api/assets/events',
    role: 'Viewer',
    tag: 'assets',
    summary: 'Events of one asset, newest first. They are not counted: there may be millions.',
    query: Strict({
      ...uriQuery,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      cursor: Type.Optional(Type.String({ maxLength: 200, description: 'next_cursor of the page before' })),
    }),
    ok: Strict({ data: Type.Array(AssetEvent), next_cursor: Type.Union([Type.String(), Type.Null()]) }),
  },
  createAssetEvent: {
    method: 'POST',
    path: '/api/assets/events',
    role: 'Operator',
    tag: 'assets',
    summary: 'Records an event by hand: the asset was updated by something that VORTEX did not run. DAGs that wait for it may start.',
    body: Strict({
      uri: AssetUri,
      extra: Type.Optional(Type.Record(Type.String(), Json, { description: 'what consumers are told of the update; at most 64 KiB' })),
    }),
    ok: AssetEvent,
  },
  getAssetCondition: {
    method: 'GET',
    path: '/api/dags/:dag_id/asset-condition',
    role: 'Viewer',
    tag: 'assets',
    summary: "What a DAG's schedule waits for, and what of it has arrived since its last run for assets.",
    params: DagParams,
    ok: AssetCondition,
  },
  getRunAssetEvents: {
    method: 'GET',
    path: '/api/dags/:dag_id/runs/:run_id/asset-events',
    role: 'Viewer',
    tag: 'assets',
    summary: 'Events of assets that triggered a run, newest first.',
    params: RunParams,
    query: Strict({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
    }),
    ok: Page(AssetEvent),
  },
} as const satisfies Record<string, Operation>
