/** What can be done with one task instance. */
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import {
  IconArrowForwardUp,
  IconCheck,
  IconChevronDown,
  IconDots,
  IconEraser,
  IconPlayerStop,
  IconRefresh,
  IconX,
} from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { useCommands } from '../../commands/index.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { ClearDialog, MarkDialog, type Mark } from '../clear/index.ts'
import { useMayOperate } from '../session/index.ts'

const text = strings.tasks
const MARKS = [
  { state: 'success', icon: IconCheck, keys: 'shift+s' },
  { state: 'failed', icon: IconX, keys: 'shift+f' },
  { state: 'skipped', icon: IconArrowForwardUp, keys: undefined },
] as const
type Asked = 'clear' | 'kill' | Mark

export function TaskActions({ task, compact = false }: { task: TaskInstance; compact?: boolean }) {
  const mayOperate = useMayOperate()
  const [asked, setAsked] = useState<Asked | null>(null)
  const retry = useRetry(task)
  const canRetry = task.state === 'failed' || task.state === 'upstream_failed'
  const isAlive = task.state === 'running' || task.state === 'queued'
  useActionKeys(mayOperate, setAsked)
  const close = () => {
    setAsked(null)
  }
  return (
    <>
      {canRetry ? (
        <Action
          compact={compact}
          label={text.retry}
          icon={<IconRefresh size={compact ? 18 : 15} />}
          disabled={!mayOperate}
          onClick={retry}
        />
      ) : null}
      {isAlive ? (
        <Action
          compact={compact}
          label={strings.mark.kill}
          icon={<IconPlayerStop size={compact ? 18 : 15} />}
          disabled={!mayOperate}
          isDanger
          onClick={() => {
            setAsked('kill')
          }}
        />
      ) : null}
      <Action
        compact={compact}
        label={text.clear}
        icon={<IconEraser size={compact ? 18 : 15} />}
        disabled={!mayOperate}
        onClick={() => {
          setAsked('clear')
        }}
      />
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
                setAsked(state)
              }}
            >
              {text.marks[state]} …
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {asked === 'clear' ? (
        <ClearDialog run={task} taskIds={[task.task_id]} mapIndex={task.map_index < 0 ? undefined : task.map_index} onClose={close} />
      ) : null}
      {asked === null || asked === 'clear' ? null : (
        <MarkDialog
          run={task}
          taskIds={[task.task_id]}
          mapIndex={task.map_index < 0 ? undefined : task.map_index}
          state={asked === 'kill' ? 'failed' : asked}
          isKill={asked === 'kill'}
          onClose={close}
        />
      )}
    </>
  )
}

function useActionKeys(mayOperate: boolean, ask: (asked: Asked) => void): void {
  useCommands(
    mayOperate
      ? [
          {
            id: 'task-clear',
            title: text.clear,
            group: 'act',
            keys: ['shift+c'],
            run: () => {
              ask('clear')
            },
          },
          ...MARKS.map(({ state, keys }) => ({
            id: `task-mark-${state}`,
            title: text.marks[state],
            group: 'act' as const,
            ...(keys === undefined ? {} : { keys: [keys] }),
            run: () => {
              ask(state)
            },
          })),
        ]
      : [],
  )
}

/** What a failed task needs most often: it and what failed with it run again, without a question. */
function useRetry(task: TaskInstance): () => void {
  const client = useQueryClient()
  const { dag_id, run_id, task_id } = task
  const retry = useMutation({
    mutationFn: () =>
      api.clearRun({ params: { dag_id, run_id }, body: { task_ids: [task_id], only_failed: true, include_downstream: true } }),
    onError: tellError,
    onSuccess: () => {
      tell(text.retried(task_id))
      void client.invalidateQueries({ queryKey: queryKeys.run(task) })
    },
  })
  return () => {
    if (!retry.isPending) retry.mutate()
  }
}

interface ActionProps {
  compact: boolean
  label: string
  icon: React.ReactNode
  disabled: boolean
  isDanger?: boolean
  onClick: () => void
}

function Action({ compact, label, icon, disabled, isDanger = false, onClick }: ActionProps) {
  if (!compact) {
    return (
      <Button
        size="xs"
        variant={isDanger ? 'light' : 'default'}
        {...(isDanger ? { color: 'red' } : {})}
        leftSection={icon}
        disabled={disabled}
        onClick={onClick}
      >
        {label}
      </Button>
    )
  }
  return (
    <Tooltip label={label}>
      <ActionIcon disabled={disabled} onClick={onClick} aria-label={label} {...(isDanger ? { color: 'red' } : {})}>
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}
