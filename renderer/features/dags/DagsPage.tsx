/** The DAG list: filters in the URL, rows virtualised and paged by the server, live by events. */
import { Button, Loader, Text, VisuallyHidden } from '@mantine/core'
import { IconAlertTriangle, IconSitemap } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { dagListQuery, readingQuery } from '../../api/queries.ts'
import type { DagsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useMayOperate } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import { DagFilters } from './DagFilters.tsx'
import { DagRow } from './DagRow.tsx'
import classes from './DagRow.module.css'
import { ImportErrors } from './ImportErrors.tsx'

const route = getRouteApi('/_app/dags')
const COLUMNS = '44px minmax(220px, 2.4fr) minmax(130px, 1.1fr) minmax(176px, 1fr) 178px 40px'
const { columns } = strings.dags
const hidden = (name: string) => <VisuallyHidden>{name}</VisuallyHidden>
const HEAD = [hidden(columns.active), columns.dag, columns.schedule, columns.next, columns.runs, hidden(columns.actions)]

export function DagsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayOperate = useMayOperate()
  const list = useInfiniteQuery({
    ...dagListQuery({ search: search.search, tag: search.tag, owner: search.owner, paused: search.paused, last_run_state: search.state }),
    // The old rows stay while a changed filter is answered.
    placeholderData: (before) => before,
  })
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data])
  const total = list.data?.pages[0]?.total ?? 0
  const change = useCallback(
    (part: { [K in keyof DagsSearch]?: DagsSearch[K] | undefined }) =>
      void navigate({ search: (before) => dropUndefined({ ...before, ...part }), replace: true }),
    [navigate],
  )
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const isFiltered = Object.keys(search).some((name) => name !== 'errors')

  return (
    <>
      <PageHeader
        title={strings.dags.title}
        marks={
          list.data ? (
            <Text size="sm" c="dimmed" role="status">
              {strings.dags.matching(total)}
            </Text>
          ) : null
        }
      />
      <ImportErrors
        isOpen={search.errors === true}
        onToggle={() => {
          change({ errors: search.errors === true ? undefined : true })
        }}
      />
      <DagFilters search={search} onChange={change} />
      {list.isPending ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton height={58} />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        isFiltered ? (
          <Empty title={strings.dags.noMatch} text={strings.dags.noMatchText} icon={IconSitemap}>
            <Button variant="default" size="xs" mt="sm" onClick={() => void navigate({ search: {} })}>
              {strings.dags.clearFilters}
            </Button>
          </Empty>
        ) : (
          <NoDags />
        )
      ) : (
        <VirtualTable
          label={strings.dags.title}
          columns={COLUMNS}
          head={HEAD}
          rows={rows}
          total={total}
          rowKey={(dag) => dag.id}
          rowHeight={58}
          rowClass={classes['row']}
          renderRow={(dag) => <DagRow dag={dag} mayOperate={mayOperate} />}
          onNearEnd={loadMore}
        />
      )}
    </>
  )
}

/** No DAG yet: either there is none, or the server has not come so far. */
function NoDags() {
  const reading = useQuery(readingQuery).data?.dag_files
  const words = strings.dags.reading
  if (reading === undefined || reading.state === 'ready')
    return <Empty title={strings.dags.empty} text={strings.dags.emptyText} icon={IconSitemap} />
  if (reading.state === 'failed') return <Empty title={words.failed} text={words.failedText} icon={IconAlertTriangle} />
  const isReading = reading.state === 'reading'
  return (
    <Empty title={isReading ? words.reading : words.preparing} text={isReading ? words.readingText(reading.waiting) : words.preparingText} icon={IconSitemap}>
      <Loader size="sm" mt="xs" />
    </Empty>
  )
}

function dropUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
