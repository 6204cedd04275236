/** The note of a run or of a task instance: Markdown that people leave for each other. Written by Operators, read by everybody. */
import { Button, Group, Text, Textarea } from '@mantine/core'
import { IconNote, IconPencil } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { NOTE_CHARS_MAX } from '#contract/taskViews.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { useMayOperate } from '../session/index.ts'
import classes from './Note.module.css'

const Markdown = lazy(() => import('../../ui/Markdown.tsx').then(({ Markdown: component }) => ({ default: component })))
const text = strings.note
const { discardTitle, discardText, discard } = strings.common

type NoteOf = { kind: 'run'; run: DagRun } | { kind: 'task'; task: TaskInstance }

export function Note({ of }: { of: NoteOf }) {
  const client = useQueryClient()
  const mayOperate = useMayOperate()
  const [draft, setDraft] = useState<string | null>(null)
  const note = of.kind === 'run' ? of.run.note : of.task.note
  const save = useMutation({
    mutationFn: (value: string) => writeNote(of, value),
    onError: tellError,
    onSuccess: () => {
      setDraft(null)
      void client.invalidateQueries({ queryKey: queryKeys.run(of.kind === 'run' ? of.run : of.task) })
    },
  })
  if (draft !== null) {
    return (
      <form
        className={classes['note']}
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(draft)
        }}
      >
        <Textarea
          data-autofocus
          autoFocus
          autosize
          minRows={2}
          maxRows={12}
          maxLength={NOTE_CHARS_MAX}
          label={text.label}
          description={text.hint(NOTE_CHARS_MAX - draft.length)}
          value={draft}
          onChange={(event) => {
            setDraft(event.currentTarget.value)
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save.mutate(draft)
            if (event.key !== 'Escape') return
            event.stopPropagation()
            if (draft === (note ?? '')) setDraft(null)
            else
              confirmAction({
                title: discardTitle,
                text: discardText,
                confirm: discard,
                danger: true,
                onConfirm: () => {
                  setDraft(null)
                },
              })
          }}
        />
        <Group gap="xs" mt={8} justify="flex-end">
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setDraft(null)
            }}
          >
            {strings.common.cancel}
          </Button>
          <Button size="xs" type="submit" loading={save.isPending}>
            {text.save}
          </Button>
        </Group>
      </form>
    )
  }
  const edit = () => {
    setDraft(note ?? '')
  }
  if (note === null) {
    return mayOperate ? (
      <Button size="compact-xs" variant="subtle" mb="sm" leftSection={<IconNote size={15} />} onClick={edit}>
        {text.add}
      </Button>
    ) : null
  }
  return (
    <section className={classes['note']} aria-label={text.label}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div className={classes['text']}>
          <Suspense fallback={<Text size="sm">{note}</Text>}>
            <Markdown text={note} />
          </Suspense>
        </div>
        {mayOperate ? (
          <Button size="compact-xs" variant="subtle" leftSection={<IconPencil size={14} />} onClick={edit}>
            {text.edit}
          </Button>
        ) : null}
      </Group>
    </section>
  )
}

async function writeNote(of: NoteOf, value: string): Promise<unknown> {
  const note = value.trim() === '' ? null : value
  if (of.kind === 'run') return await api.setRunNote({ params: { dag_id: of.run.dag_id, run_id: of.run.run_id }, body: { note } })
  const { dag_id, run_id, task_id, map_index } = of.task
  return await api.setTaskNote({ params: { dag_id, run_id, task_id }, body: { note, map_index } })
}
