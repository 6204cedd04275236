/** The code of a DAG: its file in the editor for an Admin; for everybody else, and for an older version, the source to read. */
import { ActionIcon, Alert, Button, CopyButton, Select, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy, IconLock, IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { errorCode } from '../../api/errors.ts'
import { dagFileQuery } from '../../api/queries/dagFiles.ts'
import { dagQuery, dagSourceQuery, dagVersionsQuery } from '../../api/queries.ts'
import type { EditorChange } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CodeView } from '../../ui/CodeView.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { useMe } from '../session/index.ts'
import classes from './DagPage.module.css'

const FileEditor = lazy(() => import('../editor/FileEditor.tsx').then(({ FileEditor: component }) => ({ default: component })))
const route = getRouteApi('/_app/dags/$dagId/code')

export function DagCodeTab() {
  const { dagId } = route.useParams()
  const { version, ...search } = route.useSearch()
  const navigate = useNavigate()
  const dag = useQuery(dagQuery(dagId)).data
  const isAdmin = useMe()?.role === 'Admin'
  const isEdited = isAdmin && version === undefined && dag !== undefined && !dag.is_stale
  const file = useQuery({ ...dagFileQuery(dag?.file ?? ''), enabled: isEdited })
  const change = (part: EditorChange) =>
    void navigate({
      to: '/dags/$dagId/code',
      params: { dagId },
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
    })
  if (dag === undefined || (isEdited && file.isPending)) return <Loading />
  // A file that cannot be shown here (another encoding, too large) still has the source of its version.
  if (!isEdited || file.data === undefined || file.data.read_only !== null) {
    return <VersionSource dagId={dagId} version={version} mayEdit={isAdmin && !dag.is_stale} why={file.data?.read_only ?? null} />
  }
  return (
    <Suspense fallback={<Loading />}>
      <FileEditor
        key={dag.file}
        path={dag.file}
        file={file.data}
        isGone={errorCode(file.error) === 'not_found'}
        search={search}
        onChange={change}
        onMoved={(to) => {
          if (to === null) void navigate({ to: '/files' })
        }}
      />
    </Suspense>
  )
}

function Loading() {
  return (
    <div style={{ padding: '8px 24px' }}>
      <RowsSkeleton rows={14} height={26} />
    </div>
  )
}

interface VersionSourceProps {
  dagId: string
  version: number | undefined
  mayEdit: boolean
  /** Why the file cannot be changed. */
  why: string | null
}

function VersionSource({ dagId, version, mayEdit, why }: VersionSourceProps) {
  const navigate = route.useNavigate()
  const source = useQuery(dagSourceQuery(dagId, version ?? null))
  const versions = useQuery(dagVersionsQuery(dagId)).data?.versions ?? []
  const newest = versions[0]?.version
  if (source.isError) return <Failed error={source.error} onRetry={() => void source.refetch()} />
  return (
    <>
      <div className={classes['codeBar']}>
        <Select
          size="xs"
          w={150}
          aria-label={strings.code.version}
          value={String(version ?? newest ?? '')}
          data={versions.map((each) => ({
            value: String(each.version),
            label:
              each.version === newest ? `${strings.dag.version(each.version)} (${strings.code.newest})` : strings.dag.version(each.version),
          }))}
          onChange={(value) => void navigate({ search: value === null || Number(value) === newest ? {} : { version: Number(value) } })}
        />
        <Text size="sm" c="dimmed" className="mono ellipsis" title={source.data?.file_path}>
          {source.data?.file_path}
        </Text>
        <span style={{ flex: 1 }} />
        {mayEdit && version !== undefined ? (
          <>
            <Button size="xs" variant="default" visibleFrom="sm" onClick={() => void navigate({ search: { compare: version } })}>
              {strings.editor.compareToNow}
            </Button>
            <Button size="xs" leftSection={<IconPencil size={15} />} onClick={() => void navigate({ search: {} })}>
              {strings.editor.editNewest}
            </Button>
          </>
        ) : null}
        <CopyButton value={source.data?.source ?? ''}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? strings.code.copied : strings.code.copy}>
              <ActionIcon onClick={copy} aria-label={strings.code.copy}>
                {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </div>
      {why === null ? null : (
        <Alert p="xs" radius={0} color="gray" icon={<IconLock size={18} />}>
          {why}
        </Alert>
      )}
      {source.data ? <CodeView code={source.data.source} file={source.data.file_path} label={source.data.file_path} /> : <Loading />}
    </>
  )
}
