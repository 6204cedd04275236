/** What a DAG says about itself: documentation, notices, settings, params, next runs, versions. */
import { Alert, Badge, Code, Group, Table, Text, Title } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, Suspense, type ReactNode } from 'react'
import type { DagDetail } from '#contract/dag.ts'
import { dagQuery, dagVersionsQuery } from '../../api/queries.ts'
import { dagScheduleInZone } from '../../lib/schedule.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { AssetCondition } from '../assets/index.ts'
import { SchedulePanel } from '../schedule/index.ts'
import classes from './DagPage.module.css'

const Markdown = lazy(() => import('../../ui/Markdown.tsx').then(({ Markdown: component }) => ({ default: component })))
const route = getRouteApi('/_app/dags/$dagId/details')
const text = strings.details
const yesNo = (value: boolean) => (value ? text.yes : text.no)

export function DagDetailsTab() {
  const { dagId } = route.useParams()
  const { data: dag, error, refetch } = useQuery(dagQuery(dagId))
  if (!dag) return error ? <Failed error={error} onRetry={() => void refetch()} /> : <RowsSkeleton />
  return (
    <div className={classes['scroll']}>
      <div className={classes['columns']}>
        <div>
          {dag.description === null || dag.doc_md === null || dag.doc_md.trim() === '' ? null : <Text mb="md">{dag.description}</Text>}
          {dag.notices.length === 0 ? null : (
            <Alert color="blue" title={text.notices} icon={<IconInfoCircle size={18} />} mb="lg">
              <ul style={{ margin: 0, paddingLeft: 18 }}>
                {dag.notices.map((notice) => (
                  <li key={notice}>{notice}</li>
                ))}
              </ul>
            </Alert>
          )}
          <Section title={text.docs}>
            {dag.doc_md === null || dag.doc_md.trim() === '' ? (
              <Text size="sm" c="dimmed">
                {dag.description ?? text.noDocs}
              </Text>
            ) : (
              <Suspense fallback={<RowsSkeleton rows={3} />}>
                <Markdown text={dag.doc_md} />
              </Suspense>
            )}
          </Section>
          <Params params={dag.params} />
        </div>
        <div>
          <Section title={text.facts}>
            <Settings dag={dag} />
          </Section>
          {dag.asset_schedule === null ? null : (
            <Section title={strings.assets.condition}>
              <AssetCondition dagId={dag.id} isPaused={dag.is_paused} />
            </Section>
          )}
          <Section title={text.nextRuns}>
            <SchedulePanel dag={dag} />
          </Section>
          <Versions dagId={dagId} zone={dag.timezone} />
        </div>
      </div>
    </div>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes['section']} style={{ marginBottom: 28 }}>
      <Title order={2} size="h5">
        {title}
      </Title>
      {children}
    </section>
  )
}

function Settings({ dag }: { dag: DagDetail }) {
  const facts: [string, ReactNode][] = [
    ...(dag.dag_display_name === null ? [] : ([[text.dagId, <span className="mono">{dag.id}</span>]] as [string, ReactNode][])),
    [
      text.file,
      <Link to="/dags/$dagId/code" params={{ dagId: dag.id }} className="mono">
        {dag.file}
      </Link>,
    ],
    [text.created, <Instant at={dag.created_at} zone={dag.timezone} />],
    [
      strings.dag.schedule,
      dag.schedule_interval === null ? (
        strings.schedule.none
      ) : (
        <>
          {dagScheduleInZone(dag)} {dag.asset_schedule === null ? <span className="mono">{dag.schedule_interval}</span> : null}
        </>
      ),
    ],
    [text.timezone, dag.timezone],
    [text.startDate, <Instant at={dag.start_date} zone={dag.timezone} />],
    [text.endDate, <Instant at={dag.end_date} zone={dag.timezone} />],
    [text.catchup, yesNo(dag.catchup)],
    [text.maxActiveRuns, dag.max_active_runs],
    [text.maxActiveTasks, dag.max_active_tasks],
    [text.timeout, dag.dagrun_timeout_ms === null ? text.none : formatDuration(dag.dagrun_timeout_ms)],
    [text.failedInARow, dag.max_consecutive_failed_dag_runs === 0 ? text.never : text.failedRuns(dag.max_consecutive_failed_dag_runs)],
    [text.failFast, yesNo(dag.fail_fast)],
    [text.dialect, text.dialectOf(dag.dialect)],
    [text.callbacks, dag.callbacks.length === 0 ? text.none : dag.callbacks.join(', ')],
    [
      text.owner,
      <Link to="/dags" search={{ owner: dag.owner }}>
        {dag.owner}
      </Link>,
    ],
    [
      text.tasks,
      <Link to="/dags/$dagId/graph" params={{ dagId: dag.id }}>
        {dag.task_count.toLocaleString('en')}
      </Link>,
    ],
    [
      text.tags,
      dag.tags.length === 0 ? (
        text.none
      ) : (
        <Group gap={4}>
          {dag.tags.map((tag) => (
            <Badge
              key={tag}
              renderRoot={(props) => <Link to="/dags" search={{ tag }} {...props} />}
              variant="default"
              size="sm"
              tt="none"
              style={{ cursor: 'pointer' }}
            >
              {tag}
            </Badge>
          ))}
        </Group>
      ),
    ],
  ]
  return (
    <dl className={classes['facts']} style={{ margin: 0 }}>
      {facts.map(([label, value]) => (
        <div key={label} style={{ display: 'contents' }}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The type that the schema names, else that of the default: without a schema any value is taken. */
function paramType({ schema, value }: DagDetail['params'][string]): string {
  const { type, enum: allowed } = schema
  if (Array.isArray(allowed)) return text.oneOf(allowed.map((each) => JSON.stringify(each)).join(', '))
  if (type !== undefined) return [type].flat().map(String).join(' | ')
  const kind = value === null ? null : Array.isArray(value) ? 'array' : typeof value
  return kind === null ? text.any : text.anyLike(kind)
}

function Params({ params }: { params: DagDetail['params'] }) {
  const names = Object.keys(params)
  return (
    <Section title={text.params}>
      {names.length === 0 ? (
        <Text size="sm" c="dimmed">
          {text.noParams}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={360}>
          <Table verticalSpacing={6} fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{text.name}</Table.Th>
                <Table.Th>{text.type}</Table.Th>
                <Table.Th>{text.default}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {names.map((name) => {
                const param = params[name]
                return (
                  <Table.Tr key={name}>
                    <Table.Td>
                      <span className="mono">{name}</span>
                      {param?.description ? (
                        <Text size="xs" c="dimmed">
                          {param.description}
                        </Text>
                      ) : null}
                    </Table.Td>
                    <Table.Td style={{ overflowWrap: 'anywhere' }}>{param === undefined ? '' : paramType(param)}</Table.Td>
                    <Table.Td>
                      {param?.has_default === true ? (
                        <Code style={{ overflowWrap: 'anywhere' }}>{JSON.stringify(param.value)}</Code>
                      ) : (
                        text.none
                      )}
                    </Table.Td>
                  </Table.Tr>
                )
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  )
}

/** The newest ones; the tab of versions has them all. */
const VERSIONS_SHOWN = 5

function Versions({ dagId, zone }: { dagId: string; zone: string }) {
  const { data } = useQuery(dagVersionsQuery(dagId))
  return (
    <Section title={text.versions}>
      {data === undefined ? (
        <RowsSkeleton rows={2} height={28} />
      ) : (
        <Table verticalSpacing={4} fz="sm">
          <Table.Tbody>
            {data.versions.slice(0, VERSIONS_SHOWN).map((version) => (
              <Table.Tr key={version.id}>
                <Table.Td>
                  <Link to="/dags/$dagId/versions" params={{ dagId }} search={{ version: version.version }}>
                    {strings.dag.version(version.version)}
                  </Link>
                </Table.Td>
                <Table.Td className="mono">{version.hash.slice(0, 10)}</Table.Td>
                <Table.Td>
                  <Instant at={version.created_at} zone={zone} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Text size="sm" mt={6}>
        <Link to="/dags/$dagId/versions" params={{ dagId }}>
          {text.allVersions}
        </Link>
      </Text>
    </Section>
  )
}
