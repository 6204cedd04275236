/** A run within the list of runs: its own graph if it is small, otherwise the states of its tasks. */
import { Loader, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { taskInstancesQuery } from '../../api/queries.ts'
import type { GraphChange, GraphSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Failed } from '../../ui/PageState.tsx'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import classes from './RunInline.module.css'

const DagGraph = lazy(() => import('../graph/index.ts').then(({ DagGraph: component }) => ({ default: component })))
const text = strings.runRows

/** A larger graph says nothing in a strip of this height. */
const GRAPH_MAX = 30
const CHIPS_MAX = 150
/** What a person looks for comes first. */
const FIRST = ['failed', 'upstream_failed', 'running', 'up_for_retry', 'restarting', 'queued', 'scheduled', 'deferred']
const rank = ({ state }: TaskInstance): number => (FIRST.includes(state) ? FIRST.indexOf(state) : FIRST.length)

export function RunInline({ run }: { run: DagRun }) {
  const list = useQuery(taskInstancesQuery(run))
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  if (!list.data) return <Loader size="sm" type="dots" />
  const tasks = list.data.data
  return tasks.length <= GRAPH_MAX ? <InlineGraph run={run} /> : <Chips run={run} tasks={tasks} />
}

function InlineGraph({ run }: { run: DagRun }) {
  const navigate = useNavigate()
  const [search, setSearch] = useState<GraphSearch>({})
  const change = (part: GraphChange) => {
    if (part.task !== undefined) {
      void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId: run.dag_id, runId: run.run_id }, search: { task: part.task } })
      return
    }
    setSearch((before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)))
  }
  return (
    <div className={classes['graph']}>
      <Suspense fallback={<Loader size="sm" type="dots" />}>
        <DagGraph dagId={run.dag_id} version={run.version} run={run} search={search} onChange={change} />
      </Suspense>
    </div>
  )
}

function Chips({ run, tasks }: { run: DagRun; tasks: readonly TaskInstance[] }) {
  const sorted = tasks.toSorted((a, b) => rank(a) - rank(b))
  // The list may be cut; the counts are of the whole run.
  const total = Object.values(run.task_counts).reduce((sum, count) => sum + count, 0)
  return (
    <div className={classes['chips']}>
      {sorted.slice(0, CHIPS_MAX).map((task) => (
        <Link
          key={task.id}
          to="/dags/$dagId/runs/$runId/tasks/$taskId"
          params={{ dagId: run.dag_id, runId: run.run_id, taskId: task.task_id }}
          search={task.map_index < 0 ? {} : { map: task.map_index }}
          className={classes['chip']}
          title={`${task.task_id}: ${stateWord(task.state)}`}
        >
          <StateIcon state={task.state} size={14} label />
          <span className="ellipsis">
            {task.task_id}
            {task.map_index < 0 ? '' : strings.tasks.mapIndex(task.map_index)}
          </span>
        </Link>
      ))}
      {tasks.length > CHIPS_MAX ? (
        <Text size="xs" c="dimmed" px={6}>
          {text.more(Math.max(total, tasks.length) - CHIPS_MAX)}
        </Text>
      ) : null}
    </div>
  )
}
