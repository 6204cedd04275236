/** One task instance as a page of its own: the same views as the panel, with the whole window. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { errorCode } from '../../api/errors.ts'
import { taskQuery } from '../../api/queries.ts'
import { shortNote } from '../../lib/format.ts'
import type { TaskChange } from '../../search.ts'
import { spanOf } from '../../lib/taskSpan.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { Fact, PageHeader } from '../shell/index.ts'
import { MappedTask } from './MappedInstances.tsx'
import { TaskActions } from './TaskActions.tsx'
import classes from './TaskPanel.module.css'
import { TaskViews } from './TaskViews.tsx'

const route = getRouteApi('/_app/dags/$dagId/runs/$runId/tasks/$taskId')

export function TaskPage() {
  const { dagId, runId, taskId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const task = useQuery(taskQuery({ dag_id: dagId, run_id: runId, task_id: taskId, map_index: search.map ?? -1 }))
  const isMissing = task.isError && !task.data && errorCode(task.error) === 'not_found'
  const isWhole = isMissing && search.map === undefined
  if (task.isError && !task.data && !isWhole) {
    return (
      <Failed isPage error={task.error} onRetry={() => void task.refetch()} {...(isMissing ? { title: strings.tasks.notFound } : {})} />
    )
  }
  const change = (part: TaskChange) =>
    void navigate({
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
      replace: true,
    })
  return (
    <>
      <PageHeader
        title={taskId + (search.map === undefined ? '' : strings.tasks.mapIndex(search.map))}
        mono
        trail={[
          <Link key="dags" to="/dags">
            {strings.dags.title}
          </Link>,
          <Link key="dag" to="/dags/$dagId" params={{ dagId }} className="ellipsis" title={dagId}>
            {dagId}
          </Link>,
          <Link key="runs" to="/dags/$dagId/runs" params={{ dagId }}>
            {strings.runs.title}
          </Link>,
          <Link key="run" to="/dags/$dagId/runs/$runId" params={{ dagId, runId }} className="ellipsis" title={runId}>
            {runId}
          </Link>,
        ]}
        marks={task.data ? <StateBadge state={task.data.state} size="md" /> : null}
        actions={task.data ? <TaskActions task={task.data} /> : null}
        facts={
          task.data ? (
            <>
              <Fact label={strings.tasks.operator} isMinor>
                {task.data.operator}
              </Fact>
              <Fact label={strings.tasks.columns.attempt}>{strings.tasks.attemptOf(task.data.try_number, task.data.max_tries)}</Fact>
              <Fact label={strings.tasks.duration}>
                <Elapsed {...spanOf(task.data)} />
              </Fact>
              {task.data.note === null ? null : <Fact label={strings.note.label}>{shortNote(task.data.note)}</Fact>}
            </>
          ) : undefined
        }
      />
      <div style={{ height: 10 }} />
      {isWhole ? (
        <MappedTask task={{ dag_id: dagId, run_id: runId, task_id: taskId, map_index: -1 }} state={search.istate} onChange={change} />
      ) : task.data ? (
        <div className={classes['page']}>
          <TaskViews task={task.data} search={search} onChange={change} />
        </div>
      ) : (
        <div style={{ padding: '8px 24px' }}>
          <RowsSkeleton />
        </div>
      )}
    </>
  )
}
