/** The tasks of a DAG's newest version, with how each went in the newest run; search in the URL, a click opens that instance. */
import { Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconListDetails } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { dagTasksQuery, runListQuery, taskInstancesQuery } from '../../api/queries.ts'
import type { DagTasksSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CutNote } from '../../ui/CutNote.tsx'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useThrottled } from '../gantt/useThrottled.ts'
import { TaskPanelFrame } from '../tasks/index.ts'
import classes from './DagTasksTab.module.css'
import { matchingRows, taskRows, type TaskRow } from './taskTable.ts'

const route = getRouteApi('/_app/dags/$dagId/tasks')
const text = strings.dagTasks
const { columns } = text
const WIDE = {
  columns: 'minmax(180px, 2.4fr) 136px 84px minmax(120px, 1.3fr) minmax(110px, 1fr) minmax(90px, 0.8fr) 64px',
  head: [columns.task, columns.last, columns.duration, columns.operator, columns.rule, columns.pool, columns.retries],
}
/** Below 1100 px, or beside the open panel, what is rarely changed is left to the task's details. */
const MEDIUM = {
  columns: 'minmax(140px, 2fr) 136px 84px minmax(110px, 1fr)',
  head: [columns.task, columns.last, columns.duration, columns.operator],
}
/** Events of a run of thousands of tasks draw the table twice a second, not each for itself. */
const ROWS_MS = 500
const NONE: readonly TaskInstance[] = []

type Change = { [K in keyof DagTasksSearch]?: DagTasksSearch[K] | undefined }

export function DagTasksTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const newest = useInfiniteQuery(runListQuery(dagId, {})).data?.pages[0]?.data[0] ?? null
  const instances = useQuery({ ...taskInstancesQuery(newest ?? { dag_id: '', run_id: '' }), enabled: newest !== null })
  const change = useCallback(
    (part: Change) =>
      void navigate({
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
        replace: !('task' in part),
      }),
    [navigate],
  )
  // A task that the newest run does not have shows what it is.
  const hasRun = newest !== null && instances.data?.data.some(({ task_id }) => task_id === search.task) === true
  return (
    <TaskPanelFrame dagId={dagId} runId={hasRun ? newest.run_id : null} search={search} onChange={change}>
      <TaskTable
        dagId={dagId}
        run={newest}
        instances={instances.data?.data ?? NONE}
        total={instances.data?.total ?? 0}
        search={search}
        onChange={change}
      />
    </TaskPanelFrame>
  )
}

interface TaskTableProps {
  dagId: string
  run: DagRun | null
  instances: readonly TaskInstance[]
  /** Of the run; `instances` may be its beginning. */
  total: number
  search: DagTasksSearch
  onChange: (change: Change) => void
}

function TaskTable({ dagId, run, instances, total, search, onChange }: TaskTableProps) {
  const tasks = useQuery(dagTasksQuery(dagId, null))
  const isNarrow = useMediaQuery('(min-width: 721px) and (max-width: 1100px)', false, { getInitialValueInEffect: false })
  const layout = isNarrow || search.task !== undefined ? MEDIUM : WIDE
  const steady = useThrottled(instances, ROWS_MS)
  const all = useMemo(() => (tasks.data ? taskRows(tasks.data, steady) : []), [tasks.data, steady])
  const rows = useMemo(() => matchingRows(all, search.q), [all, search.q])
  if (tasks.isError && !tasks.data) return <Failed error={tasks.error} onRetry={() => void tasks.refetch()} />
  return (
    <>
      <div className={classes['filters']}>
        <SearchField
          label={text.search}
          width={240}
          value={search.q ?? ''}
          onCommit={(q) => {
            onChange({ q: q === '' ? undefined : q })
          }}
        />
        <Text size="sm" c="dimmed" role="status">
          {tasks.data ? text.count(rows.length, all.length) : null}
        </Text>
        {run === null ? null : (
          <Text size="sm" c="dimmed" className="ellipsis" title={run.run_id}>
            {text.lastRun}{' '}
            <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run.run_id }}>
              {run.run_id}
            </Link>
          </Text>
        )}
      </div>
      {total > instances.length ? <CutNote shown={instances.length} total={total} /> : null}
      {!tasks.data ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton />
        </div>
      ) : rows.length === 0 ? (
        <Empty title={all.length === 0 ? strings.graph.empty : strings.tasks.noMatch} icon={IconListDetails} />
      ) : (
        <VirtualTable
          label={strings.dag.tabs.tasks}
          columns={layout.columns}
          head={layout.head}
          rows={rows}
          total={rows.length}
          rowKey={({ task }) => task.id}
          rowHeight={40}
          rowClass={classes['row']}
          isSelected={({ task }) => task.id === search.task}
          renderRow={(row) => (
            <Row
              row={row}
              isWide={layout === WIDE}
              onOpen={() => {
                onChange({ task: row.task.id, map: undefined, attempt: undefined })
              }}
            />
          )}
        />
      )}
    </>
  )
}

function Row({ row: { task, last }, isWide, onOpen }: { row: TaskRow; isWide: boolean; onOpen: () => void }) {
  return (
    <>
      <div role="cell" className={classes['task']}>
        <button type="button" className={`ellipsis ${classes['open']}`} title={task.id} onClick={onOpen}>
          {task.id}
        </button>
        {last !== null && last.total > 1 ? <span className={classes['minor']}> {strings.graph.mapped(last.total)}</span> : null}
      </div>
      <div role="cell" className={classes['state']}>
        {last === null ? <span className={classes['minor']}>{strings.time.never}</span> : <StateBadge state={last.state} />}
      </div>
      <div role="cell" className={classes['duration']}>
        <Elapsed start={last?.start_time ?? null} end={last?.end_time ?? null} />
      </div>
      <div role="cell" className={`ellipsis ${classes['operator']}`} title={task.operator}>
        {task.operator}
      </div>
      {isWide ? (
        <>
          <div role="cell" className={`ellipsis ${classes['wide']}`} title={task.trigger_rule}>
            {task.trigger_rule}
          </div>
          <div role="cell" className={`ellipsis ${classes['wide']}`} title={task.pool}>
            {task.pool}
          </div>
          <div role="cell" className={`tabular ${classes['wide']}`}>
            {task.max_retries}
          </div>
        </>
      ) : null}
    </>
  )
}
