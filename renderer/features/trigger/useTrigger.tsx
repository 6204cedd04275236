/** Starts the run, unpauses the DAG if that was asked for, and tells where the run is. */
import { Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { VortexError } from '#contract/errors.ts'
import { api } from '../../api/client.ts'
import { errorCode, errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { identified, type TriggerBody } from './runIdentity.ts'

const text = strings.trigger
/** Long enough to reach the link. */
const LINK_MS = 15_000

export function useTrigger({ id: dagId, dialect }: { id: string; dialect: '2' | '3' }, onDone: () => void) {
  const client = useQueryClient()
  const start = useStart(dagId, dialect)
  const params = { dag_id: dagId }
  return useMutation({
    mutationFn: async ({ body, unpause }: { body: TriggerBody; unpause: boolean }) => {
      const run = await start(body)
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

/** Starts one run, however often it is asked: a request whose answer got lost may have been heard. */
function useStart(dagId: string, dialect: '2' | '3') {
  const pressed = useRef<number | null>(null)
  const unanswered = useRef(new Set<string>())
  return async (asked: TriggerBody): Promise<DagRun> => {
    pressed.current ??= serverNow()
    const body = identified(asked, dialect, pressed.current)
    const run_id = body.run_id ?? ''
    try {
      return await api.triggerDag({ params: { dag_id: dagId }, body })
    } catch (error) {
      const code = errorCode(error)
      if (code === 'offline' || code === 'no_answer') unanswered.current.add(run_id)
      else if (code === 'conflict' && unanswered.current.has(run_id) && error instanceof VortexError) {
        const run = await api.getRun({ params: { dag_id: dagId, run_id } })
        // Its conf may have been changed meanwhile: then it is for the person to see which one runs.
        if (JSON.stringify(run.conf) === JSON.stringify(body.conf ?? {})) return run
      } else if (!unanswered.current.has(run_id)) pressed.current = null
      throw error
    }
  }
}
