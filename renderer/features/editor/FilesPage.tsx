/** The files of the DAG folder, with what each defines. Files dropped on it are uploaded. */
import { Alert, Button, FileButton, Text } from '@mantine/core'
import { IconFileCode, IconFilePlus, IconLock, IconUpload } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { DagFileEntry } from '#contract/dagFile.ts'
import { dagFileListQuery } from '../../api/queries/dagFiles.ts'
import { useCommands } from '../../commands/index.ts'
import { formatBytes } from '../../lib/format.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import { useMe } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import classes from './FilesPage.module.css'
import { NewFileDialog } from './NewFileDialog.tsx'
import { UploadDialog } from './UploadDialog.tsx'

const route = getRouteApi('/_app/files/')
const COLUMNS = 'minmax(200px, 1.6fr) minmax(180px, 2fr) 84px 170px'
const text = strings.files
const HEAD = [text.columns.path, text.columns.dags, text.columns.size, text.columns.modified]

export function FilesPage() {
  const { search = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const isAdmin = useMe()?.role === 'Admin'
  const list = useInfiniteQuery({ ...dagFileListQuery(search), placeholderData: (before) => before })
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data])
  const total = list.data?.pages[0]?.total ?? 0
  const readOnly = rows[0]?.read_only ?? null
  const mayChange = isAdmin && (rows.length === 0 || rows.some((row) => row.read_only === null))
  const [isNew, setNew] = useState(false)
  const [dropped, setDropped] = useState<File[]>([])
  const drop = useDrop(mayChange, setDropped)
  useCommands(
    mayChange
      ? [
          {
            id: 'file-new',
            title: text.create,
            group: 'act',
            keys: ['n'],
            run: () => {
              setNew(true)
            },
          },
        ]
      : [],
  )
  const loadMore = useLoadMore(list)

  return (
    <div className={classes['page']} {...drop.handlers}>
      <PageHeader
        title={text.title}
        marks={
          list.data ? (
            <Text size="sm" c="dimmed" role="status">
              {text.matching(total)}
            </Text>
          ) : null
        }
        actions={
          mayChange ? (
            <>
              <FileButton multiple onChange={setDropped} inputProps={{ 'aria-label': text.upload }}>
                {(props) => (
                  <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={15} />}>
                    {text.upload}
                  </Button>
                )}
              </FileButton>
              <Button
                size="xs"
                leftSection={<IconFilePlus size={15} />}
                onClick={() => {
                  setNew(true)
                }}
              >
                {text.create}
              </Button>
            </>
          ) : null
        }
      />
      {isAdmin && readOnly !== null && !mayChange ? (
        <Alert mx={{ base: 14, sm: 24 }} mt="sm" p="xs" color="gray" icon={<IconLock size={18} />} title={text.readOnlyTitle}>
          {readOnly}
        </Alert>
      ) : null}
      <div className={classes['filters']}>
        <SearchField
          label={text.search}
          value={search}
          onCommit={(value) => void navigate({ search: value === '' ? {} : { search: value }, replace: true })}
        />
      </div>
      {list.isPending ? (
        <div className={classes['filters']}>
          <RowsSkeleton />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        <Empty title={search === '' ? text.empty : text.noMatch} icon={IconFileCode} {...(search === '' ? { text: text.emptyText } : {})} />
      ) : (
        <VirtualTable
          label={text.title}
          columns={COLUMNS}
          head={HEAD}
          rows={rows}
          total={total}
          rowKey={(row) => row.path}
          rowHeight={44}
          rowClass={classes['row']}
          renderRow={(row) => <Row row={row} />}
          onNearEnd={loadMore}
        />
      )}
      {drop.isOver ? <div className={classes['drop']}>{text.drop}</div> : null}
      {isNew ? (
        <NewFileDialog
          onClose={() => {
            setNew(false)
          }}
        />
      ) : null}
      {dropped.length > 0 ? (
        <UploadDialog
          files={dropped}
          onClose={() => {
            setDropped([])
          }}
        />
      ) : null}
    </div>
  )
}

function Row({ row }: { row: DagFileEntry }) {
  return (
    <>
      <span role="cell" className="ellipsis">
        <Link to="/files/$" params={{ _splat: row.path }} className={classes['link']} title={row.path}>
          {row.path}
        </Link>
      </span>
      <span role="cell" className={classes['dags']}>
        {row.import_error === null ? null : (
          <Link to="/files/$" params={{ _splat: row.path }} className={`ellipsis ${classes['error']}`} title={row.import_error.message}>
            {text.failed(row.import_error.line, row.import_error.message)}
          </Link>
        )}
        {row.dag_ids.slice(0, 3).map((dag_id) => (
          <Link key={dag_id} to="/dags/$dagId" params={{ dagId: dag_id }} className="ellipsis">
            {dag_id}
          </Link>
        ))}
        {row.dag_count > 3 ? <span className={classes['dim']}>{text.moreDags(row.dag_count - 3)}</span> : null}
        {row.dag_count > 0 || row.import_error !== null ? null : (
          <span className={classes['dim']}>{row.is_dag_file ? text.noDag : text.module}</span>
        )}
      </span>
      <span role="cell" className={`tabular ${classes['dim']} ${classes['size']}`}>
        {formatBytes(row.size)}
      </span>
      <span role="cell" className={classes['changed']}>
        <Instant at={row.modified_at} relative />
      </span>
    </>
  )
}

/** Files that are dragged over the page. Leaving a child is no leaving of the page, so entries are counted. */
function useDrop(isOn: boolean, onFiles: (files: File[]) => void) {
  const [depth, setDepth] = useState(0)
  const isFiles = (event: React.DragEvent) => isOn && event.dataTransfer.types.includes('Files')
  const handlers = {
    onDragEnter: (event: React.DragEvent) => {
      if (isFiles(event)) setDepth((before) => before + 1)
    },
    onDragLeave: (event: React.DragEvent) => {
      if (isFiles(event)) setDepth((before) => Math.max(0, before - 1))
    },
    onDragOver: (event: React.DragEvent) => {
      // Without this the browser would open the file.
      if (isFiles(event)) event.preventDefault()
    },
    onDrop: (event: React.DragEvent) => {
      if (!isFiles(event)) return
      event.preventDefault()
      setDepth(0)
      onFiles([...event.dataTransfer.files])
    },
  }
  return { isOver: depth > 0, handlers }
}
