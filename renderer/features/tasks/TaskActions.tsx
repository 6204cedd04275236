/** What can be done with one task instance. */
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { IconCheck, IconChevronDown, IconDots, IconEraser, IconArrowForwardUp, IconX } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { useCommands } from '../../commands/index.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { ClearDialog } from '../clear/index.ts'
import { useMayOperate } from '../session/index.ts'

const text = strings.tasks
const MARKS = [
  { state: 'success', icon: IconCheck, keys: 'shift+s' },
  { state: 'failed', icon: IconX, keys: 'shift+f' },
  { state: 'skipped', icon: IconArrowForwardUp, keys: undefined },
] as const
type Mark = (typeof MARKS)[number]['state']

export function TaskActions({ task, compact = false }: { task: TaskInstance; compact?: boolean }) {
  const client = useQueryClient()
  const mayOperate = useMayOperate()
  const [isClearing, setClearing] = useState(false)
  const { dag_id, run_id, task_id, map_index } = task
  const mark = useMutation({
    mutationFn: (state: Mark) => api.markTaskInstance({ params: { dag_id, run_id, task_id }, body: { state, map_index } }),
    onError: tellError,
    onSuccess: (_, state) => {
      tell(text.marked(task_id, strings.states[state]))
      void client.invalidateQueries({ queryKey: queryKeys.run(task) })
    },
  })
  const askMark = (state: Mark) => {
    confirmAction({
      title: text.marks[state],
      text: text.markConfirm(task_id, strings.states[state]),
      confirm: text.marks[state],
      danger: state === 'failed',
      onConfirm: () => {
        mark.mutate(state)
      },
    })
  }
  const openClear = () => {
    setClearing(true)
  }
  useCommands(
    mayOperate
      ? [
          { id: 'task-clear', title: text.clear, group: 'act', keys: ['shift+c'], run: openClear },
          ...MARKS.map(({ state, keys }) => ({
            id: `task-mark-${state}`,
            title: text.marks[state],
            group: 'act' as const,
            ...(keys === undefined ? {} : { keys: [keys] }),
            run: () => {
              askMark(state)
            },
          })),
        ]
      : [],
  )
  return (
    <>
      {compact ? (
        <Tooltip label={text.clear}>
          <ActionIcon disabled={!mayOperate} onClick={openClear} aria-label={text.clear}>
            <IconEraser size={18} />
          </ActionIcon>
        </Tooltip>
      ) : (
        <Button size="xs" variant="default" leftSection={<IconEraser size={15} />} disabled={!mayOperate} onClick={openClear}>
          {text.clear}
        </Button>
      )}
      <Menu>
        <Menu.Target>
          {compact ? (
            <ActionIcon disabled={!mayOperate} aria-label={text.mark}>
              <IconDots size={18} />
            </ActionIcon>
          ) : (
            <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} />} disabled={!mayOperate}>
              {text.mark}
            </Button>
          )}
        </Menu.Target>
        <Menu.Dropdown>
          {MARKS.map(({ state, icon: Shape }) => (
            <Menu.Item
              key={state}
              leftSection={<Shape size={16} />}
              onClick={() => {
                askMark(state)
              }}
            >
              {text.marks[state]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {isClearing ? (
        <ClearDialog
          run={task}
          taskIds={[task_id]}
          onClose={() => {
            setClearing(false)
          }}
        />
      ) : null}
    </>
  )
}
