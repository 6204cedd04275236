/** Marking task instances, with others if wanted: what changes comes first, and whether something that runs is killed. */
import { Alert, Button, Chip, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { queryKeys, type RunRef } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { Failed } from '../../ui/PageState.tsx'
import { AffectedList } from './AffectedList.tsx'
import { Dialog } from '../../ui/Dialog.tsx'

const text = strings.mark
export type Mark = 'success' | 'failed' | 'skipped'

const CHOICES = [
  ['include_upstream', strings.clear.upstream],
  ['include_downstream', strings.clear.downstream],
  ['include_past', strings.clear.past],
  ['include_future', strings.clear.future],
] as const
/** An attempt in these states has a process, or is about to. */
const ALIVE: ReadonlySet<string> = new Set(['running', 'queued', 'restarting'])

interface MarkDialogProps {
  run: RunRef
  /** With all their map indexes. */
  taskIds: readonly string[]
  /** Only this instance of the one mapped task. */
  mapIndex?: number | undefined
  state: Mark
  /** The point is to end the process; the state that remains is failed. */
  isKill?: boolean
  onClose: () => void
}

export function MarkDialog({ run, taskIds, mapIndex, state, isKill = false, onClose }: MarkDialogProps) {
  const client = useQueryClient()
  const [chosen, setChosen] = useState<string[]>([])
  const { dag_id, run_id } = run
  const body = {
    task_ids: [...taskIds],
    ...(mapIndex === undefined ? {} : { map_index: mapIndex }),
    state,
    ...Object.fromEntries(CHOICES.map(([choice]) => [choice, chosen.includes(choice)])),
  }
  const params = { dag_id, run_id }
  const preview = useQuery({
    queryKey: queryKeys.clearPreview(run, { mark: body }),
    queryFn: ({ signal }) => api.markTaskInstances({ params, body: { ...body, dry_run: true }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
  })
  const mark = useMutation({
    mutationFn: () => api.markTaskInstances({ params, body }),
    onError: tellError,
    onSuccess: ({ task_instances }) => {
      tell(isKill ? text.killed(taskIds.join(', ')) : text.done(task_instances.length, strings.states[state]))
      void client.invalidateQueries({ queryKey: ['run', dag_id] })
      onClose()
    },
  })
  const affected = preview.data?.task_instances
  const count = affected?.length ?? 0
  const alive = affected?.filter((each) => ALIVE.has(each.state)).length ?? 0
  return (
    <Dialog onClose={onClose} title={isKill ? text.killTitle : text.title(strings.states[state])}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {isKill ? text.killLead : text.lead[state]}
        </Text>
        {isKill ? null : (
          <Chip.Group multiple value={chosen} onChange={setChosen}>
            <Group gap={6} role="group" aria-label={strings.clear.which}>
              {CHOICES.map(([choice, label]) => (
                <Chip key={choice} value={choice} size="xs">
                  {label}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        )}
        {alive > 0 && !isKill ? (
          <Alert color="orange" icon={<IconAlertTriangle size={18} />}>
            {text.running(alive)}
          </Alert>
        ) : null}
        {preview.isError ? (
          <Failed error={preview.error} onRetry={() => void preview.refetch()} />
        ) : (
          <AffectedList affected={affected} isOld={preview.isPlaceholderData} head={text.affected(count)} none={text.none} />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" data-autofocus={state === 'failed' || undefined} onClick={onClose}>
            {strings.common.cancel}
          </Button>
          <Button
            data-autofocus={state === 'failed' ? undefined : true}
            disabled={count === 0 || preview.isPlaceholderData || preview.isError}
            loading={mark.isPending}
            {...(state === 'failed' ? { color: 'red' } : {})}
            onClick={() => {
              mark.mutate()
            }}
          >
            {isKill ? text.kill : text.submit(count, strings.states[state])}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
