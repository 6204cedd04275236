/** The intervals of a backfill in their order, each with the state of its run. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { backfillRunsQuery } from '../../api/queries/insights.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import classes from './Backfills.module.css'

const text = strings.backfills
const { columns } = strings.runs
const ROW = 34
/** Rows seen at once; more scroll. */
const SHOWN = 10

export function BackfillRuns({ dagId, id, zone }: { dagId: string; id: number; zone: string | null }) {
  const list = useInfiniteQuery(backfillRunsQuery(dagId, id))
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data])
  const more = useLoadMore(list)
  const [first] = list.data?.pages ?? []
  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  if (!first) return <RowsSkeleton rows={3} height={ROW} />
  return (
    <div className={classes['runs']} style={{ height: Math.min(SHOWN, first.total) * ROW + 40 }}>
      <VirtualTable
        label={text.details(id)}
        columns="130px minmax(0, 1fr) minmax(0, 1.6fr) 80px"
        head={[columns.state, columns.logical, columns.run, columns.duration]}
        rows={rows}
        total={first.total}
        rowKey={(row) => String(row.ordinal)}
        rowHeight={ROW}
        rowClass={classes['runRow']}
        onNearEnd={more}
        renderRow={(row) => (
          <>
            <div role="cell">
              {row.state !== null ? (
                <StateBadge state={row.state} />
              ) : (
                <span className={classes['dim']}>{row.action === 'skip' ? text.actions.skip : text.notStarted}</span>
              )}
            </div>
            <div role="cell" className={classes['runDate']}>
              <Instant at={row.logical_date} zone={zone} />
            </div>
            <div role="cell" className="ellipsis">
              {row.state === null && row.action !== 'skip' ? (
                <span className={classes['dim']}>{row.run_id}</span>
              ) : (
                <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId: row.run_id }}>
                  {row.run_id}
                </Link>
              )}
            </div>
            <div role="cell">
              <Elapsed start={row.start_time} end={row.end_time} />
            </div>
          </>
        )}
      />
    </div>
  )
}
