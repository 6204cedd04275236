/** Pausing and unpausing: the switch moves at once and moves back if the server refuses. What unpausing starts is asked about first. */
import { useMutation, useQueryClient, type InfiniteData } from '@tanstack/react-query'
import type { Dag, DagDetail } from '#contract/dag.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { tellError } from '../../ui/act.ts'
import { askUnpause } from '../schedule/index.ts'

type DagList = InfiniteData<{ data: Dag[] }>

export function useSetPaused(dagId: string) {
  const client = useQueryClient()
  const write = (is_paused: boolean) => {
    client.setQueriesData<DagList>(
      { queryKey: queryKeys.dagLists },
      (list) =>
        list && {
          ...list,
          pages: list.pages.map((page) => ({ ...page, data: page.data.map((dag) => (dag.id === dagId ? { ...dag, is_paused } : dag)) })),
        },
    )
    client.setQueryData<DagDetail>(queryKeys.dagDetail(dagId), (dag) => dag && { ...dag, is_paused })
  }
  const { mutate } = useMutation({
    mutationFn: (paused: boolean) => (paused ? api.pauseDag : api.unpauseDag)({ params: { dag_id: dagId } }),
    onMutate: (paused) => {
      write(paused)
    },
    onError: (error, paused) => {
      write(!paused)
      tellError(error)
    },
    // The next run depends on the switch.
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.dag(dagId) }),
  })
  return {
    mutate: (paused: boolean) => {
      if (paused) mutate(true)
      else
        void askUnpause(client, dagId, () => {
          mutate(false)
        })
    },
  }
}
