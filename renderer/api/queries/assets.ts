/** What pages ask about assets. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Asset } from '#contract/asset.ts'
import { api } from '../client.ts'
import { livePages } from '../livePages.ts'
import { queryKeys, type RunRef } from '../queryKeys.ts'

const ASSET_ROWS = 100
const EVENT_ROWS = 50

export const assetListQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.assetList(search),
    ...livePages<Asset>({
      queryKey: queryKeys.assetList(search),
      idOf: ({ uri }) => uri,
      limit: ASSET_ROWS,
      byOffset: true,
      read: ({ limit, at }, signal) => api.listAssets({ signal, query: { limit, ...at, ...(search === '' ? {} : { search }) } }),
    }),
  })

export const assetQuery = (uri: string) =>
  queryOptions({ queryKey: queryKeys.assetDetail(uri), queryFn: ({ signal }) => api.getAsset({ signal, query: { uri } }) })

export const assetEventsQuery = (uri: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.assetEvents(uri),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.listAssetEvents({ signal, query: { uri, limit: EVENT_ROWS, ...(pageParam === null ? {} : { cursor: pageParam }) } }),
    getNextPageParam: (page) => page.next_cursor,
  })

export const assetConditionQuery = (dagId: string) =>
  queryOptions({
    queryKey: queryKeys.assetCondition(dagId),
    queryFn: ({ signal }) => api.getAssetCondition({ signal, params: { dag_id: dagId } }),
  })

/** What triggered a run never changes. */
export const runAssetEventsQuery = (run: RunRef) =>
  infiniteQueryOptions({
    queryKey: queryKeys.runAssetEvents(run),
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      api.getRunAssetEvents({
        signal,
        params: { dag_id: run.dag_id, run_id: run.run_id },
        query: { limit: EVENT_ROWS, offset: pageParam },
      }),
    getNextPageParam: (page) => {
      const next = page.offset + page.data.length
      return page.data.length > 0 && next < page.total ? next : undefined
    },
    staleTime: Infinity,
  })
