/** What Home, the timeline, the palette and saved views read. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../client.ts'
import { nextOffset } from '../nextOffset.ts'
import { queryKeys, type TimelineFilter } from '../queryKeys.ts'

/** Rows of the timeline that are read at once: more than fit on a screen. */
const TIMELINE_ROWS = 50
const ERROR_ROWS = 100

/** Lamps of Home. A database that goes away sends no event, so a page that is looked at asks now and then. */
const LAMPS_MS = 20_000
export const lampsQuery = queryOptions({
  queryKey: queryKeys.health,
  queryFn: ({ signal }) => api.health({ signal }),
  refetchInterval: LAMPS_MS,
})

export const overviewQuery = queryOptions({ queryKey: queryKeys.overview, queryFn: ({ signal }) => api.getOverview({ signal }) })

export const timelineQuery = (filter: TimelineFilter) =>
  infiniteQueryOptions({
    queryKey: queryKeys.timeline(filter),
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => {
      const { from, to, search, favourite } = filter
      return api.getTimeline({
        signal,
        query: {
          from,
          to,
          limit: TIMELINE_ROWS,
          offset: pageParam,
          ...(search === undefined ? {} : { search }),
          ...(favourite === undefined ? {} : { favourite }),
        },
      })
    },
    getNextPageParam: nextOffset,
    // While the next window is read the bars of the one before stay.
    placeholderData: keepPreviousData,
  })

export const searchQuery = (text: string) =>
  queryOptions({
    queryKey: queryKeys.search(text),
    queryFn: ({ signal }) => api.search({ signal, query: { q: text } }),
    placeholderData: keepPreviousData,
  })

export const viewsQuery = queryOptions({ queryKey: queryKeys.views, queryFn: ({ signal }) => api.listViews({ signal }), staleTime: 60_000 })

export const dagFacetsQuery = queryOptions({
  queryKey: queryKeys.dagFacets,
  queryFn: ({ signal }) => api.dagFacets({ signal }),
  staleTime: 60_000,
})

export const importErrorListQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: queryKeys.importErrorList(search),
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      api.listImportErrors({ signal, query: { limit: ERROR_ROWS, offset: pageParam, ...(search === '' ? {} : { search }) } }),
    getNextPageParam: nextOffset,
    placeholderData: keepPreviousData,
  })
