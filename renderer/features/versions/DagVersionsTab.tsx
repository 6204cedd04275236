/** Versions of a DAG, newest first, with their runs; and what the chosen one changed. */
import { Badge, Table } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { dagQuery, dagVersionsQuery } from '../../api/queries.ts'
import { versionRunsQuery } from '../../api/queries/insights.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { VersionChangesView } from './VersionChangesView.tsx'
import classes from './Versions.module.css'

const route = getRouteApi('/_app/dags/$dagId/versions')
const text = strings.versions

export function DagVersionsTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const list = useQuery(dagVersionsQuery(dagId))
  const runs = useQuery(versionRunsQuery(dagId))
  const zone = useQuery(dagQuery(dagId)).data?.timezone ?? null
  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  const versions = list.data?.versions
  const newest = versions?.[0]?.version
  if (versions === undefined || newest === undefined) {
    return (
      <div className={classes['page']}>
        <RowsSkeleton />
      </div>
    )
  }
  const runsOf = new Map(runs.data?.data.map((row) => [row.version, row]))
  const shown = search.version ?? newest
  const choose = (version: number) => void navigate({ search: version === newest ? {} : { version }, replace: true })
  return (
    <div className={classes['page']}>
      <div className={classes['list']}>
        <Table fz="sm" verticalSpacing={6} highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{text.version}</Table.Th>
              <Table.Th>{text.date}</Table.Th>
              <Table.Th>{text.runs}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {versions.map(({ version, created_at, hash }) => {
              const own = runsOf.get(version)
              return (
                <Table.Tr
                  key={version}
                  data-chosen={version === shown || undefined}
                  className={classes['row'] ?? ''}
                  onClick={() => {
                    choose(version)
                  }}
                >
                  <Table.Td>
                    <button
                      type="button"
                      className={classes['choose']}
                      aria-pressed={version === shown}
                      title={hash}
                      onClick={(event) => {
                        event.stopPropagation()
                        choose(version)
                      }}
                    >
                      {strings.dag.version(version)}
                    </button>
                    {version === newest ? (
                      <Badge size="xs" variant="light" ml={6} tt="none">
                        {text.newest}
                      </Badge>
                    ) : null}
                  </Table.Td>
                  <Table.Td>
                    <Instant at={created_at} zone={zone} />
                  </Table.Td>
                  <Table.Td>
                    {own?.last_run_id == null ? (
                      <span className={classes['dim']}>{runs.data ? text.noRuns : ''}</span>
                    ) : (
                      <Link
                        to="/dags/$dagId/runs/$runId"
                        params={{ dagId, runId: own.last_run_id }}
                        title={`${text.lastRun}: ${own.last_run_id}`}
                        onClick={(event) => {
                          event.stopPropagation()
                        }}
                      >
                        {text.runCount(own.runs)}
                      </Link>
                    )}
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </div>
      <VersionChangesView
        dagId={dagId}
        version={shown}
        compared={search.with ?? null}
        versions={versions.map(({ version }) => version)}
        onCompare={(other) =>
          void navigate({
            search: { ...(shown === newest ? {} : { version: shown }), ...(other === null || other === shown - 1 ? {} : { with: other }) },
            replace: true,
          })
        }
      />
    </div>
  )
}
