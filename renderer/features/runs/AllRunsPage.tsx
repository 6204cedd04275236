/** Runs of all DAGs, newest first; filters in the URL, live by events. */
import { Button, Text, VisuallyHidden } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { memo, useCallback, useMemo } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { rowsOf } from '../../api/livePages.ts'
import { runListQuery } from '../../api/queries.ts'
import { ALL_DAGS } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { useTimeMode } from '../../ui/timeMode.ts'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import { useMayOperate } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import { AllRunsFilters, type AllRunsChange } from './AllRunsFilters.tsx'
import classes from './AllRunsPage.module.css'
import { filtersIn, runFilterOf } from './allRunsFilter.ts'
import { RunMenu } from './RunMenu.tsx'
import { TaskCounts } from './TaskCounts.tsx'

const route = getRouteApi('/_app/runs')
const { columns } = strings.allRuns
const ACTIONS = <VisuallyHidden>{columns.actions}</VisuallyHidden>
const WIDE = {
  columns: '96px minmax(200px, 3fr) 80px minmax(172px, 1fr) 84px minmax(64px, 96px) 34px',
  head: [columns.state, columns.run, columns.type, columns.start, columns.duration, columns.tasks, ACTIONS],
}
/** Below 1100 px the type, which the id tells as well, is left out. */
const MEDIUM = {
  columns: '96px minmax(140px, 1fr) 172px 84px 72px 34px',
  head: [columns.state, columns.run, columns.start, columns.duration, columns.tasks, ACTIONS],
}

export function AllRunsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayOperate = useMayOperate()
  const isLocal = useTimeMode() === 'local'
  const layout = useMediaQuery('(min-width: 721px) and (max-width: 1100px)', false, { getInitialValueInEffect: false }) ? MEDIUM : WIDE
  const list = useInfiniteQuery({
    ...runListQuery(search.dag ?? ALL_DAGS, runFilterOf(search, isLocal)),
    placeholderData: (before) => before,
  })
  const rows = useMemo(() => rowsOf(list.data, (run) => String(run.id)), [list.data])
  const total = list.data?.pages[0]?.total ?? 0
  const change = useCallback(
    (part: AllRunsChange) =>
      void navigate({
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
        replace: true,
      }),
    [navigate],
  )
  const loadMore = useLoadMore(list)
  const hasFilter = filtersIn(search).length > 0
  return (
    <>
      <PageHeader
        title={strings.runs.title}
        marks={
          list.data ? (
            <Text size="sm" c="dimmed" role="status">
              {strings.allRuns.count(total)}
            </Text>
          ) : null
        }
      />
      <AllRunsFilters search={search} onChange={change} />
      {list.isPending ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton height={54} />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        <Empty
          title={hasFilter ? strings.runs.noMatch : strings.runs.empty}
          {...(hasFilter ? {} : { text: strings.allRuns.emptyText })}
          icon={IconPlayerPlay}
        >
          {hasFilter ? (
            <Button
              variant="default"
              size="xs"
              mt="sm"
              onClick={() => {
                change(Object.fromEntries(filtersIn(search).map((name) => [name, undefined])))
              }}
            >
              {strings.dags.clearFilters}
            </Button>
          ) : null}
        </Empty>
      ) : (
        <VirtualTable
          label={strings.runs.title}
          columns={layout.columns}
          head={layout.head}
          rows={rows}
          total={total}
          rowKey={(run) => String(run.id)}
          rowHeight={54}
          rowClass={classes['row']}
          renderRow={(run) => <Row run={run} mayOperate={mayOperate} />}
          onNearEnd={loadMore}
        />
      )}
    </>
  )
}

const Row = memo(function Row({ run, mayOperate }: { run: DagRun; mayOperate: boolean }) {
  const reason = run.state === 'failed' && run.state_reason !== null ? (strings.runs.reasons[run.state_reason] ?? run.state_reason) : null
  return (
    <>
      <div role="cell" className={classes['state']}>
        <StateBadge state={run.state} />
      </div>
      <div role="cell" className={classes['run']}>
        <Link
          to="/dags/$dagId/runs/$runId"
          params={{ dagId: run.dag_id, runId: run.run_id }}
          className={`ellipsis ${classes['link']}`}
          title={run.dag_id}
        >
          {run.dag_id}
        </Link>
        <span className={`ellipsis ${classes['id']}`} title={reason === null ? run.run_id : `${run.run_id}: ${reason}`}>
          {run.run_id}
          {reason === null ? null : <span className={classes['reason']}> · {reason}</span>}
        </span>
      </div>
      <div role="cell" className={classes['type']}>
        {strings.runTypes[run.run_type]}
      </div>
      <div role="cell" className={classes['start']}>
        <Instant at={run.start_time ?? run.queued_time} />
      </div>
      <div role="cell" className={classes['duration']}>
        <Elapsed start={run.start_time} end={run.end_time} />
      </div>
      <div role="cell" className={classes['tasks']}>
        <TaskCounts counts={run.task_counts} />
      </div>
      <div role="cell" className={classes['actions']}>
        <RunMenu run={run} disabled={!mayOperate} />
      </div>
    </>
  )
})
