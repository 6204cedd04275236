/** Favourites: the star turns at once and turns back if the server refuses. */
import { useMutation, useQueryClient, type InfiniteData } from '@tanstack/react-query'
import type { Dag, DagDetail } from '#contract/dag.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { tellError } from '../../ui/act.ts'

type DagList = InfiniteData<{ data: Dag[] }>

export function useSetFavourite(dagId: string) {
  const client = useQueryClient()
  const write = (is_favourite: boolean) => {
    client.setQueriesData<DagList>(
      { queryKey: queryKeys.dagLists },
      (list) =>
        list && {
          ...list,
          pages: list.pages.map((page) => ({ ...page, data: page.data.map((dag) => (dag.id === dagId ? { ...dag, is_favourite } : dag)) })),
        },
    )
    client.setQueryData<DagDetail>(queryKeys.dagDetail(dagId), (dag) => dag && { ...dag, is_favourite })
  }
  return useMutation({
    mutationFn: (isFavourite: boolean) => (isFavourite ? api.addFavourite : api.removeFavourite)({ params: { dag_id: dagId } }),
    onMutate: write,
    onError: (error, isFavourite) => {
      write(!isFavourite)
      tellError(error)
    },
  })
}
