/** Why a task instance is not running: each reason with a link to what it is about. */
import { Alert, Text } from '@mantine/core'
import { IconCircleCheck, IconHandStop } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { whyQuery } from '../../api/queries.ts'
import { isFinished } from '#contract/states.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { stateWord } from '../../ui/StateBadge.tsx'
import classes from './TaskPanel.module.css'

const text = strings.why

/** These tell where it is, not what holds it. */
const NOT_HELD: ReadonlySet<string> = new Set(['running', 'finished', 'queued', 'restarting'])

export function Why({ task }: { task: TaskInstance }) {
  const why = useQuery(whyQuery(task))
  if (why.isError) return <Failed error={why.error} onRetry={() => void why.refetch()} />
  if (!why.data) return <RowsSkeleton rows={2} />
  const { state, runnable, reasons } = why.data
  const held = reasons.filter(({ code }) => !NOT_HELD.has(code))
  const isEnded = isFinished(state)
  if (held.length === 0) {
    const words = isEnded ? (reasons[0]?.message ?? text.finished) : (reasons[0]?.message ?? text.runnable)
    return (
      <Alert color={runnable ? 'green' : 'gray'} icon={<IconCircleCheck size={18} />}>
        {words} {isEnded ? null : reasons.map((reason, at) => <ReasonLink key={at} task={task} link={reason.link} />)}
      </Alert>
    )
  }
  return (
    <>
      <Text size="sm" fw={600} mb={4}>
        {isEnded ? text.ended(stateWord(state)) : text.held}
      </Text>
      {held.map((reason, at) => (
        <div key={at} className={classes['reason']}>
          <IconHandStop size={17} style={{ flexShrink: 0, marginTop: 2, color: 'var(--state-up_for_retry-fill)' }} aria-hidden />
          <span style={{ overflowWrap: 'anywhere' }}>
            {reason.message} <ReasonLink task={task} link={reason.link} />
          </span>
        </div>
      ))}
    </>
  )
}

function ReasonLink({ task, link }: { task: TaskInstance; link: Record<string, string> }) {
  const { task_id: taskId, run_id: runId = task.run_id, dag_id: dagId = task.dag_id } = link
  if (taskId !== undefined) {
    return (
      <Link to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId, taskId }}>
        {text.openTask(taskId)}
      </Link>
    )
  }
  if (link['run_id'] !== undefined) {
    return (
      <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId }}>
        {text.openRun(runId)}
      </Link>
    )
  }
  const { pool, worker_id: workerId } = link
  if (pool !== undefined) {
    return (
      <Link to="/admin/pools" search={{ open: pool }}>
        {text.openPool(pool)}
      </Link>
    )
  }
  if (workerId !== undefined && workerId !== '') {
    return (
      <Link to="/admin/workers" search={{ open: workerId }}>
        {text.openWorker}
      </Link>
    )
  }
  if (link['dag_id'] !== undefined) {
    return (
      <Link to="/dags/$dagId" params={{ dagId }}>
        {text.openDag(dagId)}
      </Link>
    )
  }
  return null
}
