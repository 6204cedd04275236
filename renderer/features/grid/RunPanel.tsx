/** The chosen run beside the grid: state, what can be done, failed tasks as links, details. */
import { ActionIcon, Group, Text, Tooltip } from '@mantine/core'
import { IconExternalLink, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { errorCode } from '../../api/errors.ts'
import { runQuery } from '../../api/queries.ts'
import { failedTasksQuery } from '../../api/queries/grid.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { RunDetails, RunMenu, TaskCounts } from '../runs/index.ts'
import { useMayOperate } from '../session/index.ts'
import classes from './grid.module.css'

const text = strings.grid

interface RunPanelProps {
  dagId: string
  runId: string
  onTask: (taskId: string) => void
  onClose: () => void
}

export function RunPanel({ dagId, runId, onTask, onClose }: RunPanelProps) {
  const mayOperate = useMayOperate()
  const run = useQuery(runQuery({ dag_id: dagId, run_id: runId }))
  const failures = useQuery(failedTasksQuery({ dag_id: dagId, run_id: runId }, run.data?.task_counts['failed'] ?? 0)).data
  const failed = failures?.data.map(({ task_id }) => task_id) ?? []
  return (
    <>
      <div className={classes['panelHead']}>
        <Group gap={8} wrap="nowrap" miw={0} style={{ flex: 1 }}>
          {run.data ? <StateBadge state={run.data.state} /> : null}
          <Text fw={600} className="ellipsis" title={runId} component="h2" size="md" m={0}>
            {runId}
          </Text>
        </Group>
        <Group gap={2} wrap="nowrap">
          {run.data ? <RunMenu run={run.data} disabled={!mayOperate} onDeleted={onClose} /> : null}
          <Tooltip label={text.openRun}>
            <ActionIcon
              renderRoot={(props) => <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId }} {...props} />}
              aria-label={text.openRun}
            >
              <IconExternalLink size={17} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={`${text.close} (Esc)`}>
            <ActionIcon onClick={onClose} aria-label={text.close}>
              <IconX size={18} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </div>
      {run.data ? (
        <div className={classes['panelBody']}>
          <div className={classes['failed']}>
            <TaskCounts counts={run.data.task_counts} />
          </div>
          {failed.length === 0 ? null : (
            <section className={classes['failed']} aria-label={text.notGood}>
              <Text fw={600} size="sm" component="h3" m={0}>
                {text.notGood}
              </Text>
              {[...new Set(failed)].map((taskId) => (
                <button
                  key={taskId}
                  type="button"
                  onClick={() => {
                    onTask(taskId)
                  }}
                >
                  {taskId}
                </button>
              ))}
              {failures !== undefined && failures.total > failed.length ? <span>{text.more(failures.total - failed.length)}</span> : null}
            </section>
          )}
          <RunDetails run={run.data} />
        </div>
      ) : run.isError ? (
        errorCode(run.error) === 'not_found' ? (
          <Empty title={strings.runs.notFound} />
        ) : (
          <Failed error={run.error} onRetry={() => void run.refetch()} />
        )
      ) : (
        <div className={classes['failed']}>
          <RowsSkeleton rows={5} />
        </div>
      )}
    </>
  )
}
