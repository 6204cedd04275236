/** Clearing tasks of a run, a whole run, or several runs: choose which, see exactly which task instances it is, then do it. */
import { Button, Chip, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ClearBody, Cleared } from '#contract/dagRun.ts'
import { api } from '../../api/client.ts'
import { queryKeys, type RunRef } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { Failed } from '../../ui/PageState.tsx'
import { AffectedList, countRuns } from './AffectedList.tsx'
import { Dialog } from '../../ui/Dialog.tsx'

const text = strings.clear

const CHOICES = ['include_upstream', 'include_downstream', 'include_past', 'include_future', 'only_failed'] as const
type Choice = (typeof CHOICES)[number]
const LABELS: Record<Choice, string> = {
  include_upstream: text.upstream,
  include_downstream: text.downstream,
  include_past: text.past,
  include_future: text.future,
  only_failed: text.onlyFailed,
}
/** Requests under way at a time, for several runs. */
const AT_ONCE = 4
const NOTE_MAX = 1000

interface ClearDialogProps {
  /** Runs of one DAG. */
  run: RunRef | readonly RunRef[]
  /** Empty = all tasks of the run. */
  taskIds: readonly string[]
  /** Only this instance of the one mapped task. */
  mapIndex?: number | undefined
  onClose: () => void
  onDone?: () => void
}

export function ClearDialog({ run, taskIds, mapIndex, onClose, onDone }: ClearDialogProps) {
  const client = useQueryClient()
  const runs: readonly RunRef[] = Array.isArray(run) ? run : [run as RunRef]
  const [chosen, setChosen] = useState<string[]>(taskIds.length === 0 ? [] : ['include_downstream'])
  const [version, setVersion] = useState<'original' | 'newest'>('original')
  const [note, setNote] = useState('')
  const offered = offeredChoices(runs.length, taskIds.length)
  const choices: ClearBody = {
    task_ids: [...taskIds],
    ...(mapIndex === undefined ? {} : { map_index: mapIndex }),
    version,
    ...Object.fromEntries(CHOICES.map((choice) => [choice, chosen.includes(choice)])),
  }
  const first = runs[0] ?? { dag_id: '', run_id: '' }
  const preview = useQuery({
    queryKey: queryKeys.clearPreview(first, { ...choices, runs: runs.map(({ run_id }) => run_id) }),
    queryFn: ({ signal }) => clearAll(runs, { ...choices, dry_run: true }, signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
  })
  const clear = useMutation({
    mutationFn: () => clearAll(runs, { ...choices, ...(note.trim() === '' ? {} : { note }) }),
    onError: tellError,
    onSuccess: ({ task_instances }) => {
      tell(text.done(task_instances.length))
      onDone?.()
      onClose()
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['run', first.dag_id] })
      void client.invalidateQueries({ queryKey: queryKeys.runLists(first.dag_id) })
    },
  })
  const affected = preview.data?.task_instances
  const count = affected?.length ?? 0
  return (
    <Dialog onClose={onClose} title={runs.length > 1 ? text.titleRuns(runs.length) : text.title}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {text.lead}
        </Text>
        <Chip.Group multiple value={chosen} onChange={setChosen}>
          <Group gap={6} role="group" aria-label={text.which}>
            {offered.map((choice) => (
              <Chip key={choice} value={choice} size="xs">
                {LABELS[choice]}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <VersionChoice cleared={preview.data} version={version} onChange={setVersion} isOne={runs.length === 1} />
        {preview.isError ? (
          <Failed error={preview.error} onRetry={() => void preview.refetch()} />
        ) : (
          <AffectedList
            affected={affected}
            isOld={preview.isPlaceholderData}
            head={text.affected(count, affected ? countRuns(affected).size : 0)}
            none={text.none}
          />
        )}
        <Textarea
          size="xs"
          autosize
          minRows={1}
          maxRows={4}
          maxLength={NOTE_MAX}
          label={text.note}
          placeholder={text.notePlaceholder}
          value={note}
          onChange={(event) => {
            setNote(event.currentTarget.value)
          }}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {strings.common.cancel}
          </Button>
          <Button
            data-autofocus
            disabled={count === 0 || preview.isPlaceholderData || preview.isError}
            loading={clear.isPending}
            onClick={() => {
              clear.mutate()
            }}
          >
            {text.submit(count)}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

/** A whole run has no up or down, and of several runs each is named already; "only failed" always means something. */
function offeredChoices(runs: number, tasks: number): readonly Choice[] {
  if (runs > 1) return tasks === 0 ? ['only_failed'] : ['include_upstream', 'include_downstream', 'only_failed']
  return tasks === 0 ? CHOICES.slice(2) : CHOICES
}

interface VersionChoiceProps {
  cleared: ClearedRuns | undefined
  version: 'original' | 'newest'
  onChange: (version: 'original' | 'newest') => void
  isOne: boolean
}

/** Says which number runs. Where the newest one runs anyway there is nothing to choose. */
function VersionChoice({ cleared, version, onChange, isOne }: VersionChoiceProps) {
  const original = cleared?.original ?? null
  const newest = cleared?.newest_version ?? null
  if (isOne && original !== null && original === newest) {
    return (
      <Text size="sm" c="dimmed">
        {text.sameVersion(original)}
      </Text>
    )
  }
  return (
    <Group gap="xs">
      <Text size="sm">{text.version}</Text>
      <SegmentedControl
        size="xs"
        aria-label={text.version}
        value={version}
        onChange={(value) => {
          onChange(value === 'newest' ? 'newest' : 'original')
        }}
        data={[
          { value: 'original', label: text.original(isOne ? original : null) },
          { value: 'newest', label: text.newest(newest) },
        ]}
      />
    </Group>
  )
}

interface ClearedRuns {
  task_instances: Cleared['task_instances']
  /** The version that the runs have now; null = they differ. */
  original: number | null
  newest_version: number | null
}

/** One request for each run, a few at a time; together they are one answer. */
async function clearAll(runs: readonly RunRef[], body: ClearBody, unwanted?: AbortSignal): Promise<ClearedRuns> {
  const signal = unwanted === undefined ? {} : { signal: unwanted }
  const answers: Cleared[] = []
  const versions: number[] = []
  for (let at = 0; at < runs.length; at += AT_ONCE) {
    // Another choice was made: the rest of this one's dry runs would be for nobody.
    unwanted?.throwIfAborted()
    const some = await Promise.all(
      runs.slice(at, at + AT_ONCE).map(async ({ dag_id, run_id }) => {
        const answer = await api.clearRun({ params: { dag_id, run_id }, body, ...signal })
        // A dry run with `newest` tells the newest version as the one that runs.
        const original =
          body.version === 'newest' && body.dry_run === true ? await api.getRun({ params: { dag_id, run_id }, ...signal }) : answer
        return { answer, original: original.version }
      }),
    )
    answers.push(...some.map(({ answer }) => answer))
    versions.push(...some.map(({ original }) => original))
  }
  const original = versions[0] ?? null
  return {
    task_instances: answers.flatMap(({ task_instances }) => task_instances),
    original: versions.every((version) => version === original) ? original : null,
    newest_version: answers[0]?.newest_version ?? null,
  }
}
