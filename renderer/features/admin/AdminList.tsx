/** One list of an admin page with its states: loading, failed, empty, rows. */
import { VisuallyHidden } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import classes from './Admin.module.css'

/** Every column has a name; those of buttons alone are for screen readers. */
const hidden = (name: string) => <VisuallyHidden>{name}</VisuallyHidden>

interface AdminListProps<T> {
  label: string
  columns: string
  /** Names of the columns: empty for the one that opens a row; the last one, for actions, is added. */
  head: readonly ReactNode[]
  rows: readonly T[] | undefined
  total?: number
  error: Error | null
  onRetry: () => void
  rowKey: (row: T) => string
  renderRow: (row: T) => ReactNode
  empty: { title: string; text?: string; icon: Icon; action?: ReactNode }
  onNearEnd?: () => void
}

export function AdminList<T>(props: AdminListProps<T>) {
  const { rows, error, empty } = props
  if (rows === undefined) {
    return error === null ? (
      <div style={{ padding: '0 24px' }}>
        <RowsSkeleton />
      </div>
    ) : (
      <Failed error={error} onRetry={props.onRetry} />
    )
  }
  if (rows.length === 0)
    return (
      <Empty title={empty.title} icon={empty.icon} {...(empty.text === undefined ? {} : { text: empty.text })}>
        {empty.action}
      </Empty>
    )
  return (
    <VirtualTable
      label={props.label}
      columns={`${props.columns} 84px`}
      head={[
        ...props.head.map((name) => (name === '' ? hidden(strings.admin.columns.details) : name)),
        hidden(strings.admin.columns.actions),
      ]}
      rows={rows}
      total={props.total ?? rows.length}
      rowKey={props.rowKey}
      rowHeight={48}
      rowClass={classes['row']}
      renderRow={props.renderRow}
      {...(props.onNearEnd ? { onNearEnd: props.onNearEnd } : {})}
    />
  )
}
