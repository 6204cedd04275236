/** One asset, or all: those that DAGs name and those that updates are known of. Searched and paged by the server, live by events. */
import { Button, Text } from '@mantine/core'
import { IconDatabase } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, memo, Suspense, useMemo } from 'react'
import type { Asset } from '#contract/asset.ts'
import { rowsOf } from '../../api/livePages.ts'
import { assetListQuery } from '../../api/queries/assets.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import { PageHeader } from '../shell/index.ts'
import { AssetLink } from './AssetLink.tsx'
import classes from './Assets.module.css'

const AssetPage = lazy(() => import('./AssetPage.tsx').then(({ AssetPage: component }) => ({ default: component })))
const route = getRouteApi('/_app/assets')
const text = strings.assets
const COLUMNS = 'minmax(240px, 3fr) minmax(80px, 1fr) minmax(110px, 150px) 84px 92px'
const HEAD = [text.columns.name, text.columns.group, text.columns.last, text.columns.producers, text.columns.consumers]

export function AssetsPage() {
  const { uri } = route.useSearch()
  if (uri === undefined) return <AssetList />
  return (
    <Suspense fallback={null}>
      <AssetPage key={uri} uri={uri} />
    </Suspense>
  )
}

function AssetList() {
  const { search = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery({ ...assetListQuery(search), placeholderData: (before) => before })
  const rows = useMemo(() => rowsOf(list.data, ({ uri }) => uri), [list.data])
  const total = list.data?.pages[0]?.total ?? 0
  const loadMore = useLoadMore(list)
  return (
    <>
      <PageHeader
        title={text.title}
        marks={
          list.data ? (
            <Text size="sm" c="dimmed" role="status">
              {text.count(total)}
            </Text>
          ) : null
        }
      />
      <div className={classes['bar']}>
        <SearchField
          label={text.search}
          width={340}
          value={search}
          onCommit={(next) => void navigate({ search: next === '' ? {} : { search: next }, replace: true })}
        />
      </div>
      {list.isPending ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton height={52} />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        <Empty title={search === '' ? text.empty : text.noMatch} {...(search === '' ? { text: text.emptyText } : {})} icon={IconDatabase}>
          {search === '' ? null : (
            <Button variant="default" size="xs" mt="sm" onClick={() => void navigate({ search: {}, replace: true })}>
              {text.clear}
            </Button>
          )}
        </Empty>
      ) : (
        <VirtualTable
          label={text.title}
          columns={COLUMNS}
          head={HEAD}
          rows={rows}
          total={total}
          rowKey={({ uri }) => uri}
          rowHeight={52}
          rowClass={classes['row']}
          renderRow={(asset) => <Row asset={asset} />}
          onNearEnd={loadMore}
        />
      )}
    </>
  )
}

const Row = memo(function Row({ asset }: { asset: Asset }) {
  const { uri, name, group, last_event, producers, consumers } = asset
  return (
    <>
      <div role="cell" className={classes['asset']}>
        <AssetLink uri={uri} name={name} className={`ellipsis ${classes['link']}`} />
        {name === uri ? null : (
          <span className={`mono ellipsis ${classes['dim']}`} title={uri}>
            {uri}
          </span>
        )}
      </div>
      <div role="cell" className={classes['group']}>
        <span className="ellipsis">{group}</span>
      </div>
      <div role="cell">
        {last_event === null ? <span className={classes['dim']}>{text.never}</span> : <Instant at={last_event.at} relative />}
      </div>
      <Count count={producers} words={text.producers(producers)} />
      <Count count={consumers} words={text.consumers(consumers)} />
    </>
  )
})

/** A number below its head; where there is no room for heads, its words. */
function Count({ count, words }: { count: number; words: string }) {
  return (
    <div role="cell" className={classes['count']} title={words}>
      <span className={classes['number']} data-none={count === 0 || undefined}>
        {count}
      </span>
      <span className={classes['words']}>{words}</span>
    </div>
  )
}
