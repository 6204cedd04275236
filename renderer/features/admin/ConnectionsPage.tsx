/** Connections: an Operator sees ids and types, an Admin edits them. What is secret goes in and is never shown. */
import { ActionIcon, Button, Group, Text } from '@mantine/core'
import { IconPencil, IconPlugConnected, IconPlus, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import type { Connection, ConnectionSummary } from '#contract/connection.ts'
import { api } from '../../api/client.ts'
import { connectionsQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { Instant } from '../../ui/Instant.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { PageHeader } from '../shell/index.ts'
import { AdminList } from './AdminList.tsx'
import classes from './Admin.module.css'
import { ConnectionDialog } from './ConnectionDialog.tsx'
import { RoleGate, useHasRole } from './RoleGate.tsx'

const route = getRouteApi('/_app/admin/connections')
const text = strings.connections

export function ConnectionsPage() {
  return (
    <RoleGate role="Operator">
      <Connections />
    </RoleGate>
  )
}

function Connections() {
  const { search = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const isAdmin = useHasRole('Admin')
  const list = useInfiniteQuery(connectionsQuery(search))
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data), [list.data])
  const total = list.data?.pages[0]?.total ?? 0
  const [edited, setEdited] = useState<Connection | 'new' | null>(null)
  const opening = useMutation({
    mutationFn: (conn_id: string) => api.getConnection({ params: { conn_id } }),
    onSuccess: setEdited,
    onError: tellError,
  })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const create = isAdmin ? (
    <Button
      size="xs"
      leftSection={<IconPlus size={15} />}
      onClick={() => {
        setEdited('new')
      }}
    >
      {text.create}
    </Button>
  ) : null
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
        actions={create}
      />
      <div className={classes['bar']}>
        <SearchField
          label={text.search}
          value={search}
          onCommit={(next) => void navigate({ search: next === '' ? {} : { search: next }, replace: true })}
        />
      </div>
      <AdminList
        label={text.title}
        columns="minmax(180px, 2fr) minmax(120px, 1fr) 150px"
        head={[text.columns.id, text.columns.type, text.columns.changed]}
        rows={rows}
        total={total}
        error={list.error}
        onRetry={() => void list.refetch()}
        rowKey={({ conn_id }) => conn_id}
        onNearEnd={loadMore}
        renderRow={(connection) => (
          <ConnectionRow
            connection={connection}
            isAdmin={isAdmin}
            onEdit={() => {
              opening.mutate(connection.conn_id)
            }}
          />
        )}
        empty={
          search === ''
            ? {
                title: text.empty,
                text: isAdmin ? text.emptyText : `${text.emptyText} ${text.emptyOperator}`,
                icon: IconPlugConnected,
                action: <Group mt="sm">{create}</Group>,
              }
            : {
                title: text.noMatch,
                icon: IconPlugConnected,
                action: (
                  <Button mt="sm" size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
                    {text.clear}
                  </Button>
                ),
              }
        }
      />
      {edited === null ? null : (
        <ConnectionDialog
          connection={edited === 'new' ? null : edited}
          onClose={() => {
            setEdited(null)
          }}
        />
      )}
    </>
  )
}

function ConnectionRow({ connection, isAdmin, onEdit }: { connection: ConnectionSummary; isAdmin: boolean; onEdit: () => void }) {
  const client = useQueryClient()
  const { conn_id, conn_type, description } = connection
  const remove = useMutation({
    mutationFn: () => api.deleteConnection({ params: { conn_id } }),
    onSuccess: ({ message }) => {
      tell(message)
      void client.invalidateQueries({ queryKey: queryKeys.connections })
    },
    onError: tellError,
  })
  return (
    <>
      <div role="cell">
        <span className={classes['name']}>{conn_id}</span>
        {description === '' ? null : (
          <span className={`${classes['dim']} ${classes['clip']}`} title={description}>
            {description}
          </span>
        )}
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.type}>
        <span className="mono">{conn_type}</span>
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.changed}>
        <Instant at={connection.updated_at} relative />
      </div>
      <div role="cell" className={classes['actions']}>
        {isAdmin ? (
          <>
            <ActionIcon size="lg" aria-label={strings.admin.edit(conn_id)} onClick={onEdit}>
              <IconPencil size={17} />
            </ActionIcon>
            <ActionIcon
              size="lg"
              aria-label={strings.admin.delete(conn_id)}
              onClick={() => {
                confirmAction({
                  title: text.deleteTitle(conn_id),
                  text: text.deleteText,
                  confirm: strings.admin.deleteWord,
                  danger: true,
                  onConfirm: () => {
                    remove.mutate()
                  },
                })
              }}
            >
              <IconTrash size={17} />
            </ActionIcon>
          </>
        ) : null}
      </div>
    </>
  )
}
