/** A run: head with state and actions; graph and code of its own version, Gantt, task list, ledger, details. */
import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { errorCode } from '../../api/errors.ts'
import { runQuery } from '../../api/queries.ts'
import { useCommands } from '../../commands/index.ts'
import { RUN_VIEWS, type RunSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { RunGantt } from '../gantt/index.ts'
import { DagGraph } from '../graph/index.ts'
import { TaskList, TaskPanelFrame } from '../tasks/index.ts'
import { RunCode } from './RunCode.tsx'
import { RunCompare } from './RunCompare.tsx'
import { RunDetails } from './RunDetails.tsx'
import { RunEvents } from './RunEvents.tsx'
import { RunHeader } from './RunHeader.tsx'
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
          {view === 'compare' ? <RunCompare run={run.data} search={search} onChange={change} /> : null}
          {view === 'events' ? <RunEvents run={run.data} search={search} onChange={change} /> : null}
          {view === 'code' ? <RunCode run={run.data} /> : null}
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
