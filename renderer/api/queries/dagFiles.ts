/** What pages read of the DAG folder. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../client.ts'
import { queryKeys } from '../queryKeys.ts'

const PAGE_ROWS = 100

export const dagFileListQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.dagFileList(search),
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      api.listDagFiles({ signal, query: { limit: PAGE_ROWS, offset: pageParam, ...(search === '' ? {} : { search }) } }),
    getNextPageParam: (page) => {
      const next = page.offset + page.data.length
      return page.data.length > 0 && next < page.total ? next : undefined
    },
  })

/** Read again when an event names it, and when the window is looked at again: other programs change files too. */
export const dagFileQuery = (path: string) =>
  queryOptions({
    queryKey: queryKeys.dagFile(path),
    queryFn: ({ signal }) => api.getDagFile({ signal, query: { path } }),
    refetchOnWindowFocus: true,
  })
