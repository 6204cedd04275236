/** Connections: an Operator sees ids and types, an Admin edits them. What is secret goes in and is never shown. */
import { IconPlugConnected } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { Connection, ConnectionSummary } from '#contract/connection.ts'
import { api } from '../../api/client.ts'
import { connectionsQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { Instant } from '../../ui/Instant.tsx'
import { CreateButton, DeleteButton, EditButton } from './AdminButtons.tsx'
import classes from './Admin.module.css'
import { ConnectionDialog } from './ConnectionDialog.tsx'
import { RoleGate, useHasRole } from './RoleGate.tsx'
import { SearchedList } from './SearchedList.tsx'

const route = getRouteApi('/_app/admin/connections')
const text = strings.connections
const idOf = ({ conn_id }: ConnectionSummary) => conn_id

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
  const [edited, setEdited] = useState<Connection | 'new' | null>(null)
  const opening = useMutation({
    mutationFn: (conn_id: string) => api.getConnection({ params: { conn_id } }),
    onSuccess: setEdited,
    onError: tellError,
  })
  return (
    <>
      <SearchedList
        text={text}
        list={useInfiniteQuery(connectionsQuery(search))}
        search={search}
        onSearch={(next) => void navigate({ search: next === '' ? {} : { search: next }, replace: true })}
        create={
          isAdmin ? (
            <CreateButton
              label={text.create}
              onClick={() => {
                setEdited('new')
              }}
            />
          ) : null
        }
        columns="minmax(180px, 2fr) minmax(120px, 1fr) 150px"
        head={[text.columns.id, text.columns.type, text.columns.changed]}
        rowKey={idOf}
        renderRow={(connection) => (
          <ConnectionRow
            connection={connection}
            isAdmin={isAdmin}
            onEdit={() => {
              opening.mutate(connection.conn_id)
            }}
          />
        )}
        emptyText={isAdmin ? text.emptyText : `${text.emptyText} ${text.emptyOperator}`}
        icon={IconPlugConnected}
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
  const { conn_id, conn_type, description } = connection
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
            <EditButton name={conn_id} onClick={onEdit} />
            <DeleteButton
              name={conn_id}
              question={{ title: text.deleteTitle(conn_id), text: text.deleteText }}
              remove={() => api.deleteConnection({ params: { conn_id } })}
              invalidates={queryKeys.connections}
            />
          </>
        ) : null}
      </div>
    </>
  )
}
