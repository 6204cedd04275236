/** The source of a DAG version, read only. */
import { ActionIcon, CopyButton, Select, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { dagSourceQuery, dagVersionsQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { CodeView } from '../../ui/CodeView.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import classes from './DagPage.module.css'

const route = getRouteApi('/_app/dags/$dagId/code')

export function DagCodeTab() {
  const { dagId } = route.useParams()
  const { version } = route.useSearch()
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
      {source.data ? (
        <CodeView
          code={source.data.source}
          label={source.data.file_path}
          language={/\.ya?ml$/.test(source.data.file_path) ? 'yaml' : 'python'}
        />
      ) : (
        <div style={{ padding: '8px 24px' }}>
          <RowsSkeleton rows={14} height={26} />
        </div>
      )}
    </>
  )
}
