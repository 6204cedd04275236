/** What can be done with a run; each asks before it destroys, and tells how it went. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { DagRun } from '#contract/dagRun.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'

const text = strings.runs
export type RunMark = 'success' | 'failed'

export function useRunActions(onDeleted?: () => void) {
  const client = useQueryClient()
  const changed = (run: DagRun) => client.invalidateQueries({ queryKey: queryKeys.run(run) })
  const params = ({ dag_id, run_id }: DagRun) => ({ params: { dag_id, run_id } })
  const cancel = useMutation({
    mutationFn: (run: DagRun) => api.cancelRun(params(run)),
    onError: tellError,
    onSuccess: (_, run) => {
      tell(text.cancelled)
      void changed(run)
    },
  })
  const retry = useMutation({
    mutationFn: (run: DagRun) => api.retryRun(params(run)),
    onError: tellError,
    onSuccess: ({ task_instances }, run) => {
      tell(text.retried(task_instances.length))
      void changed(run)
    },
  })
  const mark = useMutation({
    mutationFn: ({ run, state }: { run: DagRun; state: RunMark }) => api.markRun({ ...params(run), body: { state } }),
    onError: tellError,
    onSuccess: (_, { run, state }) => {
      tell(text.marked(strings.states[state]))
      void changed(run)
    },
  })
  const remove = useMutation({
    mutationFn: (run: DagRun) => api.deleteRun(params(run)),
    onError: tellError,
    onSuccess: (_, run) => {
      tell(text.deleted)
      void client.invalidateQueries({ queryKey: queryKeys.runLists(run.dag_id) })
      void client.invalidateQueries({ queryKey: queryKeys.dagLists })
      onDeleted?.()
    },
  })
  return {
    cancel: (run: DagRun) => {
      confirmAction({
        title: text.cancel,
        text: text.cancelConfirm(run.run_id),
        confirm: text.cancel,
        danger: true,
        onConfirm: () => {
          cancel.mutate(run)
        },
      })
    },
    retry: (run: DagRun) => {
      retry.mutate(run)
    },
    mark: (run: DagRun, state: RunMark) => {
      confirmAction({
        title: state === 'success' ? text.markSuccess : text.markFailed,
        text: text.markConfirm(run.run_id, strings.states[state]),
        confirm: state === 'success' ? text.markSuccess : text.markFailed,
        danger: state === 'failed',
        onConfirm: () => {
          mark.mutate({ run, state })
        },
      })
    },
    remove: (run: DagRun) => {
      confirmAction({
        title: text.delete,
        text: text.deleteConfirm(run.run_id),
        confirm: text.delete,
        danger: true,
        onConfirm: () => {
          remove.mutate(run)
        },
      })
    },
  }
}

export const isActive = (run: { state: string }): boolean => run.state === 'running' || run.state === 'queued'
