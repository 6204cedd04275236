/** What the admin pages read. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../client.ts'
import { queryKeys } from '../queryKeys.ts'

/** The contract's largest page: more workers than one controller serves. */
const WORKERS_MAX = 500
const PAGE_ROWS = 100
/** Heartbeats, loads and sizes are no events: pages that show them read them again this often while they are open. */
const REREAD_MS = 5000

export const workersQuery = queryOptions({
  queryKey: queryKeys.workerList,
  queryFn: () => api.listWorkers({ query: { limit: WORKERS_MAX } }),
  refetchInterval: REREAD_MS,
})
export const swarmStatusQuery = queryOptions({
  queryKey: queryKeys.swarmStatus,
  queryFn: () => api.swarmStatus(),
  refetchInterval: REREAD_MS,
})
export const workerTasksQuery = (worker_id: string) =>
  queryOptions({
    queryKey: queryKeys.workerTasks(worker_id),
    queryFn: () => api.listWorkerTasks({ params: { worker_id }, query: { limit: 100 } }),
  })

export const poolsQuery = queryOptions({ queryKey: queryKeys.poolList, queryFn: () => api.listPools() })
export const poolTasksQuery = (name: string) =>
  queryOptions({
    queryKey: queryKeys.poolTasks(name),
    queryFn: () => api.listPoolTasks({ params: { name }, query: { limit: 100 } }),
  })

export const variablesQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.variableList(search),
    initialPageParam: 0,
    queryFn: ({ pageParam }) => api.listVariables({ query: { limit: PAGE_ROWS, offset: pageParam, ...(search === '' ? {} : { search }) } }),
    getNextPageParam: ({ data, total, offset }) => (data.length > 0 && offset + data.length < total ? offset + data.length : undefined),
    placeholderData: keepPreviousData,
  })
export const variableUsesQuery = (key: string) =>
  queryOptions({ queryKey: queryKeys.variableUses(key), queryFn: () => api.getVariableUses({ params: { key } }) })

export const connectionsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.connectionList(search),
    initialPageParam: 0,
    queryFn: ({ pageParam }) =>
      api.listConnections({ query: { limit: PAGE_ROWS, offset: pageParam, ...(search === '' ? {} : { search }) } }),
    getNextPageParam: ({ data, total, offset }) => (data.length > 0 && offset + data.length < total ? offset + data.length : undefined),
    placeholderData: keepPreviousData,
  })

export const secretsQuery = queryOptions({ queryKey: queryKeys.secrets, queryFn: () => api.listSecrets() })
export const usersQuery = queryOptions({ queryKey: queryKeys.users, queryFn: () => api.listUsers() })
export const apiKeysQuery = queryOptions({ queryKey: queryKeys.apiKeys, queryFn: () => api.listApiKeys() })

/** With the time of the reading, so that two of them make a rate. */
export const systemQuery = queryOptions({
  queryKey: queryKeys.system,
  queryFn: async () => {
    const [system, health, swarm] = await Promise.all([api.system(), api.health(), api.swarmStatus()])
    return { system, health, swarm, at: Date.now() }
  },
  refetchInterval: REREAD_MS,
})
