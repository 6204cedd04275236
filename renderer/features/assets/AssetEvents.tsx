/** Updates of one asset, newest first. How many there are is not counted: there may be millions. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { assetEventsQuery } from '../../api/queries/assets.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import classes from './Assets.module.css'
import { EventSource } from './EventSource.tsx'
import { ExtraView } from './ExtraView.tsx'

const text = strings.assets
const COLUMNS = '172px minmax(200px, 1.4fr) minmax(140px, 1fr)'
const HEAD = [text.eventColumns.at, text.eventColumns.source, text.eventColumns.extra]

export function AssetEvents({ uri }: { uri: string }) {
  const list = useInfiniteQuery(assetEventsQuery(uri))
  // A page that is read again begins later: what it shows twice is one update.
  const rows = useMemo(
    () => [...new Map(list.data?.pages.flatMap(({ data }) => data.map((event) => [event.id, event] as const)) ?? []).values()],
    [list.data],
  )
  const loadMore = useLoadMore(list)
  if (list.isPending)
    return (
      <div style={{ padding: '0 24px' }}>
        <RowsSkeleton rows={5} />
      </div>
    )
  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  if (rows.length === 0) return <Empty title={text.noUpdates} text={text.noUpdatesText} />
  return (
    <div className={classes['table']} style={{ '--rows': rows.length } as React.CSSProperties}>
      <VirtualTable
        label={text.updates}
        columns={COLUMNS}
        head={HEAD}
        rows={rows}
        total={rows.length}
        hasMore={list.hasNextPage}
        rowKey={({ id }) => String(id)}
        rowHeight={44}
        rowClass={classes['event']}
        onNearEnd={loadMore}
        renderRow={(event) => (
          <>
            <div role="cell">
              <Instant at={event.at} />
            </div>
            <div role="cell">
              <EventSource event={event} />
            </div>
            <div role="cell">
              <ExtraView extra={event.extra} />
            </div>
          </>
        )}
      />
    </div>
  )
}
