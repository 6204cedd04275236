/** What the admin pages read. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../client.ts'
import { nextOffset } from '../nextOffset.ts'
import { queryKeys } from '../queryKeys.ts'

/** The contract's largest page: more workers than one controller serves. */
const WORKERS_MAX = 500
const PAGE_ROWS = 100
/** Heartbeats, loads and sizes are no events: pages that show them read them again this often while they are open. */
const REREAD_MS = 5000

export const workersQuery = queryOptions({
  queryKey: queryKeys.workerList,
  queryFn: ({ signal }) => api.listWorkers({ signal, query: { limit: WORKERS_MAX } }),
  refetchInterval: REREAD_MS,
})
export const swarmStatusQuery = queryOptions({
  queryKey: queryKeys.swarmStatus,
  queryFn: ({ signal }) => api.swarmStatus({ signal }),
  refetchInterval: REREAD_MS,
})
export const workerTasksQuery = (worker_id: string) =>
  queryOptions({
    queryKey: queryKeys.workerTasks(worker_id),
    queryFn: ({ signal }) => api.listWorkerTasks({ signal, params: { worker_id }, query: { limit: 100 } }),
  })

export const poolsQuery = queryOptions({ queryKey: queryKeys.poolList, queryFn: ({ signal }) => api.listPools({ signal }) })
export const poolTasksQuery = (name: string) =>
  queryOptions({
    queryKey: queryKeys.poolTasks(name),
    queryFn: ({ signal }) => api.listPoolTasks({ signal, params: { name }, query: { limit: 100 } }),
  })

export const variablesQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.variableList(search),
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      api.listVariables({ signal, query: { limit: PAGE_ROWS, offset: pageParam, ...(search === '' ? {} : { search }) } }),
    getNextPageParam: nextOffset,
    placeholderData: keepPreviousData,
  })
export const variableUsesQuery = (key: string) =>
  queryOptions({ queryKey: queryKeys.variableUses(key), queryFn: ({ signal }) => api.getVariableUses({ signal, params: { key } }) })

export const connectionsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.connectionList(search),
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      api.listConnections({ signal, query: { limit: PAGE_ROWS, offset: pageParam, ...(search === '' ? {} : { search }) } }),
    getNextPageParam: nextOffset,
    placeholderData: keepPreviousData,
  })

export const secretsQuery = queryOptions({ queryKey: queryKeys.secrets, queryFn: ({ signal }) => api.listSecrets({ signal }) })
export const usersQuery = queryOptions({ queryKey: queryKeys.users, queryFn: ({ signal }) => api.listUsers({ signal }) })
export const apiKeysQuery = queryOptions({ queryKey: queryKeys.apiKeys, queryFn: ({ signal }) => api.listApiKeys({ signal }) })

/** With the time of the reading, so that two of them make a rate. */
export const systemQuery = queryOptions({
  queryKey: queryKeys.system,
  queryFn: async ({ signal }) => {
    const [system, health, swarm] = await Promise.all([api.system({ signal }), api.health({ signal }), api.swarmStatus({ signal })])
    return { system, health, swarm, at: Date.now() }
  },
  refetchInterval: REREAD_MS,
})
