/** Starts the run, unpauses the DAG if that was asked for, and tells where the run is. */
import { Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import { errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'

const text = strings.trigger
/** Long enough to reach the link. */
const LINK_MS = 15_000

export type TriggerBody = Parameters<typeof api.triggerDag>[0]['body']

export function useTrigger(dagId: string, onDone: () => void) {
  const client = useQueryClient()
  const params = { dag_id: dagId }
  return useMutation({
    mutationFn: async ({ body, unpause }: { body: TriggerBody; unpause: boolean }) => {
      const run = await api.triggerDag({ params, body })
      if (unpause) {
        // The run is there whatever becomes of the switch.
        await api.unpauseDag({ params }).catch((error: unknown) => {
          tellError(new Error(text.unpauseFailed(errorText(error))))
        })
      }
      return run
    },
    onSuccess: (run) => {
      tell(
        <Group justify="space-between" gap="sm">
          <span style={{ overflowWrap: 'anywhere' }}>{text.started(run.run_id)}</span>
          <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run.run_id }}>
            {text.openRun}
          </Link>
        </Group>,
        LINK_MS,
      )
      client.setQueryData(queryKeys.runDetail(run), run)
      void client.invalidateQueries({ queryKey: queryKeys.runLists(dagId) })
      void client.invalidateQueries({ queryKey: queryKeys.dag(dagId) })
      onDone()
    },
  })
}
