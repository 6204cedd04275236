/** Task instances that a worker runs, or that use or await a pool, each with its link. */
import { Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { LiveTasks } from '#contract/admin.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import classes from './Admin.module.css'

interface LiveTaskListProps {
  query: UseQueryResult<LiveTasks>
  empty: string
  /** Of a pool: slots, priority and worker; of a worker: pool and queue. */
  of: 'pool' | 'worker'
}

const text = strings.admin

export function LiveTaskList({ query, empty, of }: LiveTaskListProps) {
  if (query.data === undefined)
    return query.isError ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : <RowsSkeleton rows={2} height={28} />
  const { data, total } = query.data
  if (data.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {empty}
      </Text>
    )
  return (
    <>
      <ul className={classes['tasks']}>
        {data.map((task) => (
          <li key={`${task.dag_id} ${task.run_id} ${task.task_id} ${task.map_index}`}>
            <StateBadge state={task.state} />
            <Link
              to="/dags/$dagId/runs/$runId/tasks/$taskId"
              params={{ dagId: task.dag_id, runId: task.run_id, taskId: task.task_id }}
              search={task.map_index < 0 ? {} : { map: task.map_index }}
            >
              {task.dag_id} · {task.task_id}
              {task.map_index < 0 ? '' : ` [${task.map_index}]`}
            </Link>
            <span className={classes['dim']}>
              {task.run_id} · {text.attempt(Math.max(1, task.try_number))}
              {of === 'pool'
                ? ` · ${text.slots(task.pool_slots)} · ${text.priority(task.priority_weight)}${task.worker_id === null ? '' : ` · ${text.onWorker(task.worker_id)}`}`
                : ` · ${task.pool} · ${task.queue}`}
            </span>
            {task.since === null ? null : (
              <span className={classes['dim']}>
                <Instant at={task.since} relative />
              </span>
            )}
          </li>
        ))}
      </ul>
      {total > data.length ? (
        <Text size="xs" c="dimmed">
          {text.ofTotal(data.length, total)}
        </Text>
      ) : null}
    </>
  )
}
