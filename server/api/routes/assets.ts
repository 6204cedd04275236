/** Assets: list, one asset, events, the condition of a schedule, what triggered a run, an event by hand. */
import { ASSET_EXTRA_CHARS_MAX } from '#contract/asset.ts'
import { VortexError } from '#contract/errors.ts'
import type { DagReader } from '../dagReader.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import { presentAsset, presentAssetCondition, presentAssetDetail, presentAssetEvent } from '../present/asset.ts'
import type { ApiServices } from '../services.ts'

type AssetHandlers = Pick<
  Handlers,
  'listAssets' | 'getAsset' | 'listAssetEvents' | 'createAssetEvent' | 'getAssetCondition' | 'getRunAssetEvents'
>

export function assetHandlers({ store, engine }: ApiServices, dags: DagReader): AssetHandlers {
  async function usersOf(uri: string) {
    const users = await store.assetUsersGet({ uri })
    if (users === null)
      throw new VortexError(
        'not_found',
        `There is no asset "${uri}": no DAG names it, and it has no events. GET /api/assets lists those there are.`,
      )
    return users
  }
  return {
    async listAssets({ query }) {
      const { limit, offset } = pageOf(query)
      const search = query.search === undefined || query.search === '' ? {} : { search: query.search }
      return pageWith(await store.assetList({ limit, offset, ...search }), { limit, offset }, presentAsset)
    },
    getAsset: async ({ query }) => presentAssetDetail(query.uri, await usersOf(query.uri)),
    async listAssetEvents({ query }) {
      const { data, next_cursor } = await store.assetEventPage({ uri: query.uri, limit: query.limit ?? 50, cursor: query.cursor })
      return { data: data.map((event) => presentAssetEvent(event, event.source_run_state)), next_cursor }
    },
    async createAssetEvent({ body }, { principal }) {
      const { uri, extra = {} } = body
      const chars = JSON.stringify(extra).length
      if (chars > ASSET_EXTRA_CHARS_MAX)
        throw new VortexError(
          'invalid_request',
          `extra has ${chars} characters as JSON; at most ${ASSET_EXTRA_CHARS_MAX}. Keep large data where the asset is.`,
          { field: 'extra' },
        )
      const { name, asset_group } = await usersOf(uri)
      const event = await engine.assetUpdate({ name, uri, group: asset_group, extra, actor: principal.username })
      return presentAssetEvent(event, null)
    },
    async getAssetCondition(_, { object: dag }) {
      const { spec } = await dags.version(dag.dag_version_id)
      return presentAssetCondition(dag, spec.asset_condition ?? [])
    },
    async getRunAssetEvents({ query }, { object: run }) {
      const { limit, offset } = pageOf(query)
      const events = (run.asset_events ?? []).toReversed()
      const page = events.slice(offset, offset + limit)
      const states = await store.dagRunStates({
        runs: page.flatMap(({ source_dag_id: dag_id, source_run_id: run_id }) =>
          dag_id === null || run_id === null ? [] : { dag_id, run_id },
        ),
      })
      const data = page.map((event) => ({ event, state: states.get(`${event.source_dag_id}\n${event.source_run_id}`) ?? null }))
      return pageWith({ data, total: events.length, next_cursor: null }, { limit, offset }, ({ event, state }) =>
        presentAssetEvent(event, state),
      )
    },
  }
}
