/** A run: head with state and actions; graph of its own version, task list, ledger, details. */
import { Button, Tabs } from '@mantine/core'
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { errorCode } from '../../api/errors.ts'
import { dagQuery, runQuery } from '../../api/queries.ts'
import { useCommands } from '../../commands/index.ts'
import { RUN_VIEWS, type RunSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { RunGantt } from '../gantt/index.ts'
import { DagGraph } from '../graph/index.ts'
import { useMayOperate } from '../session/index.ts'
import { Fact, PageHeader } from '../shell/index.ts'
import { TaskList, TaskPanelFrame } from '../tasks/index.ts'
import { RunDetails } from './RunDetails.tsx'
import { RunEvents } from './RunEvents.tsx'
import { RunMenu } from './RunMenu.tsx'
import { isActive, useRunActions } from './useRunActions.ts'
import classes from './RunPage.module.css'

const route = getRouteApi('/_app/dags/$dagId/runs/$runId')
type Change = { [K in keyof RunSearch]?: RunSearch[K] | undefined }

export function RunPage() {
  const { dagId, runId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const ref = { dag_id: dagId, run_id: runId }
  const run = useQuery(runQuery(ref))
  const change = useCallback(
    (part: Change) =>
      void navigate({
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
        replace: !('task' in part) && !('view' in part),
      }),
    [navigate],
  )
  const view = search.view ?? 'graph'
  useCommands([
    {
      id: 'run-view',
      title: `${strings.runs.tabs.graph} / ${strings.runs.tabs.tasks}`,
      group: 'view',
      keys: ['g'],
      run: () => {
        change({ view: view === 'graph' ? 'tasks' : undefined })
      },
    },
  ])
  if (run.isError && !run.data) {
    const missing = errorCode(run.error) === 'not_found'
    return <Failed isPage error={run.error} onRetry={() => void run.refetch()} {...(missing ? { title: strings.runs.notFound } : {})} />
  }
  return (
    <>
      <RunHeader dagId={dagId} runId={runId} run={run.data} />
      <Tabs
        value={view}
        mt={10}
        onChange={(value) => {
          change({ view: RUN_VIEWS.find((each) => each === value && each !== 'graph') })
        }}
      >
        <Tabs.List className={classes['list'] ?? ''} aria-label={runId}>
          {RUN_VIEWS.map((value) => (
            <Tabs.Tab key={value} value={value}>
              {strings.runs.tabs[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {run.data ? (
        <TaskPanelFrame dagId={dagId} runId={runId} search={search} onChange={change}>
          {view === 'graph' ? <DagGraph dagId={dagId} version={run.data.version} run={ref} search={search} onChange={change} /> : null}
          {view === 'gantt' ? <RunGantt run={run.data} search={search} onChange={change} /> : null}
          {view === 'tasks' ? <TaskList run={run.data} search={search} onChange={change} /> : null}
          {view === 'events' ? <RunEvents run={run.data} /> : null}
          {view === 'details' ? <RunDetails run={run.data} /> : null}
        </TaskPanelFrame>
      ) : (
        <div style={{ padding: '8px 24px' }}>
          <RowsSkeleton />
        </div>
      )}
    </>
  )
}

function RunHeader({ dagId, runId, run }: { dagId: string; runId: string; run: DagRun | undefined }) {
  const mayOperate = useMayOperate()
  const navigate = useNavigate()
  const zone = useQuery(dagQuery(dagId)).data?.timezone ?? null
  const actions = useRunActions()
  return (
    <PageHeader
      title={runId}
      mono
      trail={[
        <Link key="dags" to="/dags">
          {strings.dags.title}
        </Link>,
        <Link key="dag" to="/dags/$dagId" params={{ dagId }} className="ellipsis" title={dagId}>
          {dagId}
        </Link>,
        <Link key="runs" to="/dags/$dagId/runs" params={{ dagId }}>
          {strings.runs.title}
        </Link>,
      ]}
      marks={run ? <StateBadge state={run.state} size="md" /> : null}
      actions={
        run ? (
          <>
            {isActive(run) ? (
              <Button
                size="xs"
                variant="light"
                color="red"
                disabled={!mayOperate}
                leftSection={<IconPlayerStop size={15} />}
                onClick={() => {
                  actions.cancel(run)
                }}
              >
                {strings.runs.cancel}
              </Button>
            ) : null}
            {run.state === 'failed' ? (
              <Button
                size="xs"
                disabled={!mayOperate}
                leftSection={<IconRefresh size={15} />}
                onClick={() => {
                  actions.retry(run)
                }}
              >
                {strings.runs.retry}
              </Button>
            ) : null}
            <RunMenu run={run} disabled={!mayOperate} onDeleted={() => void navigate({ to: '/dags/$dagId/runs', params: { dagId } })} />
          </>
        ) : null
      }
      facts={
        run ? (
          <>
            <Fact label={strings.runs.columns.type}>{strings.runTypes[run.run_type]}</Fact>
            <Fact label={strings.runs.columns.logical}>
              <Instant at={run.logical_date} zone={zone} />
            </Fact>
            <Fact label={strings.runs.columns.duration}>
              <Elapsed start={run.start_time} end={run.end_time} />
            </Fact>
            <Fact label={strings.runs.triggeredBy}>{run.triggered_by}</Fact>
            {run.state_reason !== null && run.state === 'failed' ? (
              <Fact label={strings.runs.reason}>{strings.runs.reasons[run.state_reason] ?? run.state_reason}</Fact>
            ) : null}
          </>
        ) : undefined
      }
    />
  )
}
