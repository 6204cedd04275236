/** What plugins there are. They are files: whoever mends one looks again. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../client.ts'
import { queryKeys } from '../queryKeys.ts'

/** The server starts a process for an answer. */
const REREAD_MS = 15_000

export const pluginsQuery = queryOptions({
  queryKey: queryKeys.plugins,
  queryFn: ({ signal }) => api.listPlugins({ signal }),
  refetchInterval: REREAD_MS,
})
