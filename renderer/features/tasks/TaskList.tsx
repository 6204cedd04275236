/** The task instances of a run as a list: search and state filter in the URL, click opens the task panel. */
import { Select } from '@mantine/core'
import { IconListDetails } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { dagQuery, taskInstancesQuery } from '../../api/queries.ts'
import type { RunSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
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
  const rows = useMemo(() => filterTasks(list.data?.data ?? [], search.q, search.state), [list.data, search.q, search.state])
  const counts = useMemo(() => {
    const byState = new Map<TaskInstanceState, number>()
    for (const { state } of list.data?.data ?? []) byState.set(state, (byState.get(state) ?? 0) + 1)
    return byState
  }, [list.data])
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
          data={TASK_INSTANCE_STATES.filter((state) => counts.has(state) || state === search.state).map((state) => ({
            value: state,
            label: `${stateWord(state)} (${counts.get(state) ?? 0})`,
          }))}
          onChange={(value) => {
            onChange({ state: TASK_INSTANCE_STATES.find((state) => state === value) })
          }}
        />
      </div>
      {list.isPending ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
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
        <Elapsed start={task.try_number === 0 ? null : task.start_time} end={task.end_time} />
      </div>
    </>
  )
}
