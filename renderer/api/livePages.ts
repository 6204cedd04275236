/**
 * Pages of a list that changes while it is read.
 *
 * Pages follow each other by the server's cursor, so what comes or goes above a page neither repeats nor skips rows. When the list is
 * read again, only the first page is asked for, and those that an event has marked as out of date: twenty loaded pages cost one request
 * a second, not twenty. What an event writes into rows reaches all pages anyway; beyond that a page is as old as KEPT_MS at most, when
 * the list is read the next time.
 *
 * A page that was read again keeps its end where it was (its `next`), or every page behind it would have to be read as well.
 */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query'

export interface ListPage<T = unknown> {
  data: T[]
  total: number
  /** Where the next page begins; null = there is none. */
  next: PageParam | null
  /** When it was read, ms since the epoch; 0 = out of date. */
  read_at: number
}
export type PageList<T = unknown> = InfiniteData<ListPage<T>, PageParam>
/** A cursor; where the order has none, the number of rows before the page. */
export type PageParam = string | number

const KEPT_MS = 30_000
/** The contract's largest page. */
const LIMIT_MAX = 500

/** Pages that were read before are asked for again: events were missed. */
let forgottenAt = 0
export function forgetPages(): void {
  forgottenAt = Date.now()
}

/** Says of the pages with such a row that they are out of date. Whether there were any, in any of the lists. */
export function outdatePages<T>(
  client: QueryClient,
  queryKey: QueryKey,
  has: (page: ListPage<T>, index: number, pages: ListPage<T>[]) => boolean,
): boolean {
  let isKnown = false
  client.setQueriesData<PageList<T>>({ queryKey }, (list) => {
    if (!list?.pages.some(has)) return list
    isKnown = true
    return { ...list, pages: list.pages.map((page, index) => (has(page, index, list.pages) ? { ...page, read_at: 0 } : page)) }
  })
  return isKnown
}

interface Request {
  limit: number
  at: { cursor: string } | { offset: number }
}
interface Answer<T> {
  data: T[]
  total: number
  next_cursor: string | null
}
interface LivePages<T> {
  queryKey: QueryKey
  idOf: (row: T) => string
  limit: number
  read: (request: Request, signal: AbortSignal) => Promise<Answer<T>>
  /** The order has no cursor: pages by their number of rows. */
  byOffset?: boolean
}

export function livePages<T>({ queryKey, idOf, limit, read, byOffset = false }: LivePages<T>) {
  return {
    initialPageParam: 0 as PageParam,
    queryFn: async ({ pageParam, client, signal }: { pageParam: PageParam; client: QueryClient; signal: AbortSignal }) => {
      const list = client.getQueryData<PageList<T>>(queryKey)
      const index = list?.pageParams.indexOf(pageParam) ?? -1
      const held = list?.pages[index]
      if (held && index > 0 && held.read_at > Math.max(forgottenAt, Date.now() - KEPT_MS)) return held
      const at = typeof pageParam === 'string' ? { cursor: pageParam } : { offset: pageParam }
      // It may have grown by rows that came.
      const rows = Math.min(LIMIT_MAX, Math.max(limit, held?.data.length ?? 0))
      const { data, total, next_cursor } = await read({ limit: rows, at }, signal)
      const end = typeof pageParam === 'number' ? pageParam + data.length : 0
      const page = { data, total, next: byOffset ? (data.length > 0 && end < total ? end : null) : next_cursor, read_at: Date.now() }
      return held ? withOldEnd(page, held, list?.pages.slice(index + 1) ?? [], idOf) : page
    },
    getNextPageParam: ({ next }: ListPage<T>): PageParam | null => next,
  }
}

/** The page as it is now, up to where it ended before, if that is still to be seen. */
function withOldEnd<T>(page: ListPage<T>, held: ListPage<T>, later: ListPage<T>[], idOf: (row: T) => string): ListPage<T> {
  if (held.next === null || later.length === 0) return page
  const now = new Set(page.data.map(idOf))
  const common = held.data.findLastIndex((row) => now.has(idOf(row)))
  const last = held.data[common]
  // Nothing of it is left: as many rows came as a page has.
  if (last === undefined || held.data.length >= LIMIT_MAX) return page
  const pushedOut = held.data.slice(common + 1)
  if (pushedOut.length > 0) return { ...page, data: [...page.data, ...pushedOut], next: held.next }
  // Rows went: what moved up from the next page stays there.
  const below = new Set(later.flatMap(({ data }) => data.map(idOf)))
  const end = page.data.findIndex((row) => idOf(row) === idOf(last)) + 1
  const data = page.data.filter((row, at) => at < end || !below.has(idOf(row)))
  return { ...page, data, next: held.next }
}

/** All rows that were read. One that moved up is still on the page where it was: its first place is the right one. */
export function rowsOf<T>(list: { pages: { data: T[] }[] } | undefined, idOf: (row: T) => string): T[] {
  const rows = new Map<string, T>()
  for (const { data } of list?.pages ?? [])
    for (const row of data) {
      const id = idOf(row)
      if (!rows.has(id)) rows.set(id, row)
    }
  return [...rows.values()]
}
