/** The head of the task panel, and the views of the task below it. */
import { ActionIcon, Group, Text, Tooltip } from '@mantine/core'
import { IconExternalLink, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { errorCode } from '../../api/errors.ts'
import { taskQuery } from '../../api/queries.ts'
import type { PanelChange, TaskPanelSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { MappedTask } from './MappedInstances.tsx'
import { TaskActions } from './TaskActions.tsx'
import classes from './TaskPanel.module.css'
import { TaskDefinition, TaskViews } from './TaskViews.tsx'

interface TaskPanelProps {
  dagId: string
  runId: string | null
  search: TaskPanelSearch
  onChange: (change: PanelChange) => void
  onClose: () => void
}

export function TaskPanel({ dagId, runId, search, onChange, onClose }: TaskPanelProps) {
  const taskId = search.task ?? ''
  const ref = { dag_id: dagId, run_id: runId ?? '', task_id: taskId, map_index: search.map ?? -1 }
  const task = useQuery({ ...taskQuery(ref), enabled: runId !== null })
  const mapOf = search.map === undefined || search.map < 0 ? '' : strings.tasks.mapIndex(search.map)
  return (
    <>
      <div className={classes['head']}>
        <Group gap={8} wrap="nowrap" miw={0} style={{ flex: 1 }}>
          {task.data ? <StateBadge state={task.data.state} /> : null}
          <Text fw={600} className="ellipsis" title={taskId + mapOf} component="h2" size="md" m={0}>
            {taskId}
            {mapOf}
          </Text>
        </Group>
        <Group gap={2} wrap="nowrap">
          {task.data ? <TaskActions task={task.data} compact /> : null}
          {runId === null ? null : (
            <Tooltip label={strings.tasks.openPage}>
              <ActionIcon
                renderRoot={(props) => (
                  <Link
                    to="/dags/$dagId/runs/$runId/tasks/$taskId"
                    params={{ dagId, runId, taskId }}
                    search={search.map === undefined ? {} : { map: search.map }}
                    {...props}
                  />
                )}
                aria-label={strings.tasks.openPage}
              >
                <IconExternalLink size={17} />
              </ActionIcon>
            </Tooltip>
          )}
          <Tooltip label={`${strings.tasks.close} (Esc)`}>
            <ActionIcon onClick={onClose} aria-label={strings.tasks.close}>
              <IconX size={18} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </div>
      {runId === null ? (
        <div className={classes['body']}>
          <Text size="sm" c="dimmed" mb="md">
            {strings.tasks.noRun}
          </Text>
          <TaskDefinition dagId={dagId} taskId={taskId} />
        </div>
      ) : task.isError && !task.data ? (
        errorCode(task.error) === 'not_found' ? (
          ref.map_index < 0 ? (
            <MappedTask task={ref} state={search.istate} onChange={onChange} />
          ) : (
            <Empty title={strings.tasks.notFound} />
          )
        ) : (
          <Failed error={task.error} onRetry={() => void task.refetch()} />
        )
      ) : task.data ? (
        <TaskViews task={task.data} search={search} onChange={onChange} />
      ) : (
        <div className={classes['body']}>
          <RowsSkeleton rows={5} />
        </div>
      )}
    </>
  )
}
