/** A list that the server searches and pages: its head with the count, the search that is in the address, and its rows. */
import { Button, Group, Text } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'
import { rowsOf } from '../../api/livePages.ts'
import { SearchField } from '../../ui/SearchField.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import { PageHeader } from '../shell/index.ts'
import { AdminList } from './AdminList.tsx'
import classes from './Admin.module.css'

interface PageOfRows<T> {
  data: T[]
  total: number
}
interface SearchedListProps<T> {
  text: { title: string; search: string; count: (total: number) => string; empty: string; noMatch: string; clear: string }
  list: UseInfiniteQueryResult<InfiniteData<PageOfRows<T>>>
  search: string
  onSearch: (search: string) => void
  actions?: ReactNode
  columns: string
  head: readonly ReactNode[]
  rowKey: (row: T) => string
  renderRow: (row: T) => ReactNode
  /** Where there is nothing at all, rather than nothing that fits. */
  emptyText: string
  /** The way out of that. */
  create: ReactNode
  icon: Icon
}

export function SearchedList<T>(p: SearchedListProps<T>) {
  const { text, list, search, rowKey } = p
  const rows = useMemo(() => (list.data ? rowsOf(list.data, rowKey) : undefined), [list.data, rowKey])
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
        actions={
          <>
            {p.actions}
            {p.create}
          </>
        }
      />
      <div className={classes['bar']}>
        <SearchField label={text.search} value={search} onCommit={p.onSearch} />
      </div>
      <AdminList
        label={text.title}
        columns={p.columns}
        head={p.head}
        rows={rows}
        total={total}
        error={list.error}
        onRetry={() => void list.refetch()}
        rowKey={rowKey}
        onNearEnd={loadMore}
        renderRow={p.renderRow}
        empty={
          search === ''
            ? { title: text.empty, text: p.emptyText, icon: p.icon, action: <Group mt="sm">{p.create}</Group> }
            : {
                title: text.noMatch,
                icon: p.icon,
                action: (
                  <Button
                    mt="sm"
                    size="xs"
                    variant="default"
                    onClick={() => {
                      p.onSearch('')
                    }}
                  >
                    {text.clear}
                  </Button>
                ),
              }
        }
      />
    </>
  )
}
