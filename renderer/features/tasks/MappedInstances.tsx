/** The instances of one mapped task in a run: by page, for there may be ten thousand. */
import { Select } from '@mantine/core'
import { IconStack2 } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { dagQuery } from '../../api/queries.ts'
import { mappedInstancesQuery } from '../../api/queries/taskViews.ts'
import type { TaskChange } from '../../search.ts'
import { spanOf } from '../../lib/taskSpan.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge, stateWord } from '../../ui/StateBadge.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import classes from './TaskList.module.css'

const { columns } = strings.tasks
const COLUMNS = '64px 130px minmax(150px, 1fr) 90px'
const HEAD = [strings.mapped.index, columns.state, columns.start, columns.duration]

interface MappedInstancesProps {
  /** Of map index -1: the task as a whole, which has no instance of its own once it has its instances. */
  task: Pick<TaskInstance, 'dag_id' | 'run_id' | 'task_id' | 'map_index'>
  state: TaskInstanceState | undefined
  onChange: (change: TaskChange) => void
}

export function MappedInstances({ task, state, onChange }: MappedInstancesProps) {
  const list = useInfiniteQuery(mappedInstancesQuery(task, state))
  const zone = useQuery(dagQuery(task.dag_id)).data?.timezone ?? null
  const loadMore = useLoadMore(list)
  const rows = list.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <>
      <div className={classes['filters']}>
        <Select
          size="xs"
          w={190}
          clearable
          aria-label={columns.state}
          placeholder={strings.runs.allStates}
          value={state ?? null}
          data={TASK_INSTANCE_STATES.map((value) => ({ value, label: stateWord(value) }))}
          onChange={(value) => {
            onChange({ istate: TASK_INSTANCE_STATES.find((each) => each === value) })
          }}
        />
      </div>
      {list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <div style={{ padding: '0 18px' }}>
          <RowsSkeleton />
        </div>
      ) : rows.length === 0 ? (
        <Empty title={strings.mapped.none} icon={IconStack2} />
      ) : (
        <VirtualTable
          label={strings.tasks.tabs.instances}
          columns={COLUMNS}
          head={HEAD}
          rows={rows}
          total={list.data.pages[0]?.total ?? rows.length}
          rowKey={(each) => String(each.map_index)}
          rowHeight={40}
          rowClass={classes['instance']}
          isSelected={(each) => each.map_index === task.map_index}
          onNearEnd={loadMore}
          renderRow={(each) => (
            <>
              <div role="cell" className={classes['task']}>
                <button
                  type="button"
                  className={classes['open']}
                  onClick={() => {
                    onChange({
                      map: each.map_index < 0 ? undefined : each.map_index,
                      tab: undefined,
                      attempt: undefined,
                      line: undefined,
                      logq: undefined,
                    })
                  }}
                >
                  {strings.tasks.mapIndex(each.map_index)}
                </button>
              </div>
              <div role="cell">
                <StateBadge state={each.state} />
              </div>
              <div role="cell" className={classes['start']}>
                <Instant at={each.start_time} zone={zone} />
              </div>
              <div role="cell" className={classes['duration']}>
                <Elapsed {...spanOf(each)} />
              </div>
            </>
          )}
        />
      )}
    </>
  )
}

/** What a task shows that has no instance without an index: its instances, or that there is no such task in the run. */
export function MappedTask(props: MappedInstancesProps) {
  const all = useInfiniteQuery(mappedInstancesQuery(props.task, undefined))
  if (all.isError && !all.data) return <Failed error={all.error} onRetry={() => void all.refetch()} />
  if (!all.data) return <RowsSkeleton rows={5} />
  return (all.data.pages[0]?.total ?? 0) === 0 ? <Empty title={strings.tasks.notFound} /> : <MappedInstances {...props} />
}
