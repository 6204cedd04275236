/** One file of the DAG folder: edited by an Admin, read by everybody else. */
import { Alert } from '@mantine/core'
import { IconFileOff, IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { errorCode } from '../../api/errors.ts'
import { dagFileQuery } from '../../api/queries/dagFiles.ts'
import type { EditorChange } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CodeView } from '../../ui/CodeView.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { useMe } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import { FileEditor } from './FileEditor.tsx'
import classes from './FilesPage.module.css'
import { templateText } from './templates.ts'

const route = getRouteApi('/_app/files/$')

export function FilePage() {
  const { _splat: path = '' } = route.useParams()
  const { template, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const file = useQuery(dagFileQuery(path))
  const isAdmin = useMe()?.role === 'Admin'
  const isMissing = errorCode(file.error) === 'not_found'
  const change = (part: EditorChange) =>
    void navigate({
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
    })
  // Until the first save is read back: the question for a missing file begins anew with each event.
  const [missing, setMissing] = useState<string | null>(null)
  if (isMissing && missing !== path) setMissing(path)
  const isNew = isAdmin && template !== undefined && file.data === undefined && (isMissing || missing === path)
  return (
    <div className={classes['page']}>
      <PageHeader
        title={path}
        mono
        trail={[
          <Link key="files" to="/files">
            {strings.files.back}
          </Link>,
        ]}
        facts={file.data === undefined || file.data.dags.length === 0 ? undefined : <Dags dags={file.data.dags} />}
      />
      {file.isPending && !isNew ? (
        <div className={classes['filters']}>
          <RowsSkeleton />
        </div>
      ) : isAdmin && (isNew || file.data?.read_only === null) ? (
        <FileEditor
          key={path}
          path={path}
          file={file.data ?? null}
          isGone={isMissing && file.data !== undefined}
          template={templateText(template, path)}
          search={search}
          onChange={change}
          onMoved={(to) => void (to === null ? navigate({ to: '/files' }) : navigate({ to: '/files/$', params: { _splat: to } }))}
        />
      ) : file.data === undefined ? (
        isMissing ? (
          <Empty title={strings.files.notFound} text={strings.files.notFoundText} icon={IconFileOff} />
        ) : (
          <Failed error={file.error} onRetry={() => void file.refetch()} />
        )
      ) : (
        <>
          {isAdmin && file.data.read_only !== null ? (
            <Alert mx={{ base: 14, sm: 24 }} my="sm" p="xs" color="gray" icon={<IconLock size={18} />}>
              {file.data.read_only}
            </Alert>
          ) : null}
          <CodeView code={file.data.text} file={path} label={strings.editor.label(path)} />
        </>
      )}
    </div>
  )
}

function Dags({ dags }: { dags: { dag_id: string }[] }) {
  return (
    <>
      {dags.slice(0, 5).map(({ dag_id }) => (
        <Link key={dag_id} to="/dags/$dagId" params={{ dagId: dag_id }} className="ellipsis">
          {dag_id}
        </Link>
      ))}
      {dags.length > 5 ? strings.files.moreDags(dags.length - 5) : null}
    </>
  )
}
