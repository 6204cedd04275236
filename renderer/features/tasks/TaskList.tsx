/** The task instances of a run as a list: search and state filter in the URL, click opens the task panel. */
import { Select } from '@mantine/core'
import { IconListDetails } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { dagQuery, taskInstancesQuery } from '../../api/queries.ts'
import { instancesOfStateQuery } from '../../api/queries/taskViews.ts'
import type { RunSearch } from '../../search.ts'
import { spanOf } from '../../lib/taskSpan.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { CutNote } from '../../ui/CutNote.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { StateBadge, stateWord } from '../../ui/StateBadge.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import classes from './TaskList.module.css'

const { columns } = strings.tasks
const COLUMNS = '140px minmax(180px, 2fr) minmax(110px, 1fr) 70px minmax(176px, 1fr) 100px'
const HEAD = [columns.state, columns.task, columns.operator, columns.attempt, columns.start, columns.duration]

interface TaskListProps {
  run: DagRun
  search: RunSearch
  onChange: (change: { [K in keyof RunSearch]?: RunSearch[K] | undefined }) => void
}

export function TaskList({ run, search, onChange }: TaskListProps) {
  const list = useQuery(taskInstancesQuery(run))
  const zone = useQuery(dagQuery(run.dag_id)).data?.timezone ?? null
  const isCut = list.data !== undefined && list.data.total > list.data.data.length
  const ofState = useQuery(instancesOfStateQuery(run, search.state, isCut))
  const read = isCut && search.state !== undefined ? ofState.data : list.data
  const rows = useMemo(() => filterTasks(read?.data ?? [], search.q, search.state), [read, search.q, search.state])
  // The list may be cut; these are of the whole run.
  const counts = run.task_counts
  return (
    <>
      <div className={classes['filters']}>
        <SearchField
          label={strings.tasks.search}
          width={240}
          value={search.q ?? ''}
          onCommit={(q) => {
            onChange({ q: q === '' ? undefined : q })
          }}
        />
        <Select
          size="xs"
          w={190}
          clearable
          aria-label={columns.state}
          placeholder={strings.runs.allStates}
          value={search.state ?? null}
          data={TASK_INSTANCE_STATES.filter((state) => (counts[state] ?? 0) > 0 || state === search.state).map((state) => ({
            value: state,
            label: `${stateWord(state)} (${(counts[state] ?? 0).toLocaleString('en')})`,
          }))}
          onChange={(value) => {
            onChange({ state: TASK_INSTANCE_STATES.find((state) => state === value) })
          }}
        />
      </div>
      {read !== undefined && read.total > read.data.length ? <CutNote shown={read.data.length} total={read.total} /> : null}
      {list.isPending || (read === undefined && !ofState.isError) ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : ofState.isError && read === undefined ? (
        <Failed error={ofState.error} onRetry={() => void ofState.refetch()} />
      ) : rows.length === 0 ? (
        <Empty title={list.data.data.length === 0 ? strings.tasks.empty : strings.tasks.noMatch} icon={IconListDetails} />
      ) : (
        <VirtualTable
          label={strings.runs.tabs.tasks}
          columns={COLUMNS}
          head={HEAD}
          rows={rows}
          total={rows.length}
          rowKey={(task) => `${task.task_id} ${task.map_index}`}
          rowHeight={40}
          rowClass={classes['row']}
          isSelected={(task) => task.task_id === search.task && task.map_index === (search.map ?? -1)}
          renderRow={(task) => (
            <TaskRow
              task={task}
              zone={zone}
              onOpen={() => {
                onChange({ task: task.task_id, map: task.map_index < 0 ? undefined : task.map_index, attempt: undefined })
              }}
            />
          )}
        />
      )}
    </>
  )
}

function filterTasks(tasks: readonly TaskInstance[], q: string | undefined, state: TaskInstanceState | undefined): TaskInstance[] {
  const wanted = q?.toLowerCase()
  return tasks.filter(
    (task) => (state === undefined || task.state === state) && (wanted === undefined || task.task_id.toLowerCase().includes(wanted)),
  )
}

function TaskRow({ task, zone, onOpen }: { task: TaskInstance; zone: string | null; onOpen: () => void }) {
  return (
    <>
      <div role="cell" className={classes['state']}>
        <StateBadge state={task.state} />
      </div>
      <div role="cell" className={classes['task']}>
        <button type="button" className={`ellipsis ${classes['open']}`} title={task.task_id} onClick={onOpen}>
          {task.task_id}
          {task.map_index < 0 ? '' : strings.tasks.mapIndex(task.map_index)}
        </button>
      </div>
      <div role="cell" className={`ellipsis ${classes['operator']}`} title={task.operator}>
        {task.operator}
      </div>
      <div role="cell" className={`tabular ${classes['attempt']}`}>
        {task.try_number === 0 ? strings.time.never : `${task.try_number} / ${task.max_tries}`}
      </div>
      <div role="cell" className={classes['start']}>
        {/* One that was only decided (upstream_failed, skipped) has an instant too, but never started. */}
        <Instant at={task.try_number === 0 ? null : task.start_time} zone={zone} />
      </div>
      <div role="cell" className={classes['duration']}>
        {task.try_number === 0 ? <Elapsed start={null} end={null} /> : <Elapsed {...spanOf(task)} />}
      </div>
    </>
  )
}
