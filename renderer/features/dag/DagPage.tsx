/** A DAG: head with its switch and actions, tabs as routes of their own. */
import { ActionIcon, Alert, Badge, Button, Menu, Switch, Tabs } from '@mantine/core'
import { IconAlertTriangle, IconDots, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { DagDetail } from '#contract/dag.ts'
import { api } from '../../api/client.ts'
import { errorCode } from '../../api/errors.ts'
import { dagQuery } from '../../api/queries.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { useCommands } from '../../commands/index.ts'
import { arrivedWords, dagScheduleInZone } from '../../lib/schedule.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { ImportFailure } from '../../ui/ImportFailure.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { useSetPaused } from '../dags/index.ts'
import { useMayOperate } from '../session/index.ts'
import { Fact, PageHeader } from '../shell/index.ts'
import classes from './DagPage.module.css'

const route = getRouteApi('/_app/dags/$dagId')
const TABS = [
  { value: 'grid', to: '/dags/$dagId' },
  { value: 'graph', to: '/dags/$dagId/graph' },
  { value: 'gantt', to: '/dags/$dagId/gantt' },
  { value: 'calendar', to: '/dags/$dagId/calendar' },
  { value: 'durations', to: '/dags/$dagId/durations' },
  { value: 'runs', to: '/dags/$dagId/runs' },
  { value: 'tasks', to: '/dags/$dagId/tasks' },
  { value: 'backfills', to: '/dags/$dagId/backfills' },
  { value: 'versions', to: '/dags/$dagId/versions' },
  { value: 'audit', to: '/dags/$dagId/audit' },
  { value: 'details', to: '/dags/$dagId/details' },
  { value: 'code', to: '/dags/$dagId/code' },
] as const

export function DagPage() {
  const { dagId } = route.useParams()
  const dag = useQuery(dagQuery(dagId))
  const tab = useRouterState({ select: (state) => state.location.pathname.split('/')[3] })
  const active = TABS.find(({ value }) => value === tab)?.value ?? 'grid'
  const navigate = useNavigate()
  const tabs = useRef<HTMLDivElement>(null)
  // More tabs than a narrow window shows: the chosen one is scrolled to, never the page.
  useEffect(() => {
    const chosen = tabs.current?.querySelector<HTMLElement>('[aria-selected=true]')
    if (tabs.current && chosen) tabs.current.scrollLeft = chosen.offsetLeft - (tabs.current.clientWidth - chosen.offsetWidth) / 2
  }, [active, dag.isPending])
  useCommands([
    {
      id: 'dag-grid-graph',
      title: `${strings.dag.tabs.grid} / ${strings.dag.tabs.graph}`,
      group: 'view',
      keys: ['g'],
      // What is unfolded and chosen comes along; each view drops what it does not know.
      run: () =>
        void navigate({
          to: active === 'grid' ? '/dags/$dagId/graph' : '/dags/$dagId',
          params: { dagId },
          search: (before: object) => before,
        }),
    },
  ])
  if (dag.isError && !dag.data) {
    const missing = errorCode(dag.error) === 'not_found'
    return <Failed isPage error={dag.error} onRetry={() => void dag.refetch()} {...(missing ? { title: strings.dag.notFound } : {})} />
  }
  return (
    <>
      <DagHeader dagId={dagId} dag={dag.data} />
      <Tabs value={active} className={classes['tabs'] ?? ''}>
        <Tabs.List ref={tabs} className={classes['list'] ?? ''} aria-label={dagId}>
          {TABS.map(({ value, to }) => (
            <Tabs.Tab key={value} value={value} renderRoot={(props) => <Link to={to} params={{ dagId }} {...props} />}>
              {strings.dag.tabs[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {dag.data ? (
        <Outlet />
      ) : (
        <div style={{ padding: '8px 24px' }}>
          <RowsSkeleton />
        </div>
      )}
    </>
  )
}

function DagHeader({ dagId, dag }: { dagId: string; dag: DagDetail | undefined }) {
  const mayOperate = useMayOperate()
  const setPaused = useSetPaused(dagId)
  const paused = dag?.is_paused ?? true
  return (
    <>
      <PageHeader
        title={dag?.dag_display_name ?? dagId}
        trail={[
          <Link key="dags" to="/dags">
            {strings.dags.title}
          </Link>,
        ]}
        marks={
          dag ? (
            <>
              <Switch
                size="sm"
                checked={!paused}
                disabled={!mayOperate}
                aria-label={paused ? strings.dags.unpause(dagId) : strings.dags.pause(dagId)}
                title={paused ? strings.dags.unpause(dagId) : strings.dags.pause(dagId)}
                onChange={(event) => {
                  setPaused.mutate(!event.currentTarget.checked)
                }}
              />
              {dag.last_run_state === null ? null : <StateBadge state={dag.last_run_state} />}
              {dag.is_stale ? (
                <Badge size="sm" color="orange" variant="light" title={strings.dags.staleHint}>
                  {strings.dags.stale}
                </Badge>
              ) : null}
            </>
          ) : null
        }
        facts={dag ? <Facts dag={dag} /> : undefined}
        actions={<Actions dagId={dagId} disabled={!mayOperate || dag === undefined || dag.is_stale} mayDelete={mayOperate} />}
      />
      {dag?.import_error == null ? null : (
        <Alert mx={{ base: 14, sm: 24 }} mt="sm" p="xs" color="red" icon={<IconAlertTriangle size={18} />}>
          <ImportFailure error={dag.import_error} version={dag.version} />{' '}
          <Link to="/dags" search={{ errors: true }}>
            {strings.dags.showErrors}
          </Link>
        </Alert>
      )}
      {dag && paused && dag.active_runs > 0 && dag.schedule_interval !== null ? (
        <Alert mx={{ base: 14, sm: 24 }} mt="sm" p="xs" color="yellow" icon={<IconAlertTriangle size={18} />}>
          {strings.dag.pausedNotice}
        </Alert>
      ) : null}
    </>
  )
}

function Facts({ dag }: { dag: DagDetail }) {
  const words = dagScheduleInZone(dag)
  const arrived = arrivedWords(dag)
  return (
    <>
      <Fact label={strings.dag.schedule}>
        <span title={arrived === null ? (dag.schedule_interval ?? '') : words}>{words}</span>
      </Fact>
      <Fact label={strings.dag.next}>
        {dag.is_paused && dag.schedule_interval !== null ? (
          strings.schedule.pausedNext
        ) : dag.next_run === null ? (
          arrived === null ? (
            strings.time.never
          ) : (
            <Link to="/dags/$dagId/details" params={{ dagId: dag.id }}>
              {arrived}
            </Link>
          )
        ) : (
          <Instant at={dag.next_run} zone={dag.timezone} />
        )}
      </Fact>
      <Fact label={strings.dags.owner} isMinor>
        {dag.owner}
      </Fact>
      <Fact label={strings.code.version} isMinor>
        {strings.dag.version(dag.version)}
      </Fact>
    </>
  )
}

function Actions({ dagId, disabled, mayDelete }: { dagId: string; disabled: boolean; mayDelete: boolean }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => api.deleteDag({ params: { dag_id: dagId } }),
    onError: tellError,
    onSuccess: async ({ message }) => {
      tell(message)
      await navigate({ to: '/dags' })
      client.removeQueries({ queryKey: queryKeys.dag(dagId) })
      await client.invalidateQueries({ queryKey: queryKeys.dagLists })
    },
  })
  const openTrigger = () => void navigate({ to: '.', search: (before: object) => ({ ...before, trigger: dagId }) })
  useCommands(disabled ? [] : [{ id: 'dag-trigger', title: strings.dags.trigger(dagId), group: 'act', keys: ['t'], run: openTrigger }])
  return (
    <>
      <Button size="xs" leftSection={<IconPlayerPlay size={15} />} disabled={disabled} onClick={openTrigger}>
        {strings.dag.trigger}
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon size="lg" aria-label={strings.dag.more} disabled={!mayDelete}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} />}
            onClick={() => {
              confirmAction({
                title: strings.dag.delete,
                text: strings.dag.deleteConfirm(dagId),
                confirm: strings.dag.delete,
                danger: true,
                onConfirm: () => {
                  remove.mutate()
                },
              })
            }}
          >
            {strings.dag.delete}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
