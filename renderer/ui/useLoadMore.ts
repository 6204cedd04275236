import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useCallback } from 'react'

/** Asks for the next page of a list, unless there is none or it is on its way. The same function as long as the list stays the same. */
export function useLoadMore(
  list: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage'> & { fetchNextPage: () => Promise<unknown> },
): () => void {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  return useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
}
