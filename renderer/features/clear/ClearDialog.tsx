/** Clearing: choose which task instances, see exactly which ones it is, then do it. */
import { Badge, Button, Chip, Group, Loader, Modal, ScrollArea, SegmentedControl, Stack, Text } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Affected } from '#contract/dagRun.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import { api } from '../../api/client.ts'
import { queryKeys, type RunRef } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { Failed } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'

const text = strings.clear
/** Rows of the preview; the count says how many there are in all. */
const ROWS_SHOWN = 200

const CHOICES = ['include_upstream', 'include_downstream', 'include_past', 'include_future', 'only_failed'] as const
type Choice = (typeof CHOICES)[number]
const LABELS: Record<Choice, string> = {
  include_upstream: text.upstream,
  include_downstream: text.downstream,
  include_past: text.past,
  include_future: text.future,
  only_failed: text.onlyFailed,
}

interface ClearDialogProps {
  run: RunRef
  /** Empty = all tasks of the run. */
  taskIds: readonly string[]
  onClose: () => void
}

export function ClearDialog({ run, taskIds, onClose }: ClearDialogProps) {
  const client = useQueryClient()
  const [chosen, setChosen] = useState<string[]>(taskIds.length === 0 ? [] : ['include_downstream'])
  const [version, setVersion] = useState<'original' | 'newest'>('original')
  // A whole run has no up or down; other runs and "only failed" still mean something.
  const offered = taskIds.length === 0 ? CHOICES.slice(2) : CHOICES
  const body = {
    task_ids: [...taskIds],
    version,
    ...Object.fromEntries(CHOICES.map((choice) => [choice, chosen.includes(choice)])),
  }
  const { dag_id, run_id } = run
  const preview = useQuery({
    queryKey: queryKeys.clearPreview(run, body),
    queryFn: () => api.clearRun({ params: { dag_id, run_id }, body: { ...body, dry_run: true } }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
  })
  const clear = useMutation({
    mutationFn: () => api.clearRun({ params: { dag_id, run_id }, body }),
    onError: tellError,
    onSuccess: ({ task_instances }) => {
      tell(text.done(task_instances.length))
      void client.invalidateQueries({ queryKey: ['run', dag_id] })
      void client.invalidateQueries({ queryKey: queryKeys.runLists(dag_id) })
      onClose()
    },
  })
  const count = preview.data?.task_instances.length ?? 0
  return (
    <Modal opened onClose={onClose} title={text.title} closeButtonProps={{ 'aria-label': strings.common.close }}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {text.lead}
        </Text>
        <Chip.Group multiple value={chosen} onChange={setChosen}>
          <Group gap={6}>
            {offered.map((choice) => (
              <Chip key={choice} value={choice} size="xs">
                {LABELS[choice]}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <Group gap="xs">
          <Text size="sm">{text.version}</Text>
          <SegmentedControl
            size="xs"
            aria-label={text.version}
            value={version}
            onChange={(value) => {
              setVersion(value === 'newest' ? 'newest' : 'original')
            }}
            data={[
              { value: 'original', label: text.original },
              { value: 'newest', label: text.newest },
            ]}
          />
        </Group>
        {preview.isError ? (
          <Failed error={preview.error} onRetry={() => void preview.refetch()} />
        ) : (
          <AffectedList affected={preview.data} isOld={preview.isPlaceholderData} />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {strings.common.cancel}
          </Button>
          <Button
            data-autofocus
            disabled={count === 0 || preview.isPlaceholderData}
            loading={clear.isPending}
            onClick={() => {
              clear.mutate()
            }}
          >
            {text.submit(count)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function AffectedList({ affected, isOld }: { affected: Affected | undefined; isOld: boolean }) {
  if (!affected) return <Loader size="sm" />
  const all = affected.task_instances
  if (all.length === 0) return <Text size="sm">{text.none}</Text>
  const runs = new Set(all.map(({ run_id }) => run_id))
  return (
    <div style={{ opacity: isOld ? 0.5 : 1 }} aria-busy={isOld}>
      <Text size="sm" fw={550} mb={4} role="status">
        {text.affected(all.length)}
      </Text>
      <ScrollArea.Autosize mah={260} type="auto" style={{ border: '1px solid var(--line)', borderRadius: 8 }}>
        <Stack gap={0} p={6}>
          {all.slice(0, ROWS_SHOWN).map((each) => (
            <Group key={`${each.run_id} ${each.task_id} ${each.map_index}`} gap={8} wrap="nowrap" px={4} py={2}>
              <StateBadge state={each.state as TaskInstanceState} />
              <Text size="sm" className="ellipsis" title={each.task_id}>
                {each.task_id}
              </Text>
              {each.map_index >= 0 ? (
                <Badge size="xs" variant="default">
                  {strings.tasks.mapIndex(each.map_index)}
                </Badge>
              ) : null}
              {runs.size > 1 ? (
                <Text size="xs" c="dimmed" className="ellipsis" title={each.run_id}>
                  {each.run_id}
                </Text>
              ) : null}
            </Group>
          ))}
          {all.length > ROWS_SHOWN ? (
            <Text size="xs" c="dimmed" px={4}>
              {text.more(all.length - ROWS_SHOWN)}
            </Text>
          ) : null}
        </Stack>
      </ScrollArea.Autosize>
    </div>
  )
}
