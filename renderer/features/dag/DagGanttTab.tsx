/** The timeline of a run of the DAG: the newest one, or the one that is chosen. */
import { Select } from '@mantine/core'
import { IconChartBar } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { runListQuery, runQuery } from '../../api/queries.ts'
import type { DagGanttSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import { RunGantt } from '../gantt/index.ts'
import { TaskPanelFrame } from '../tasks/index.ts'

const route = getRouteApi('/_app/dags/$dagId/gantt')
type Change = { [K in keyof DagGanttSearch]?: DagGanttSearch[K] | undefined }

export function DagGanttTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(runListQuery(dagId, {}))
  const runs = list.data?.pages[0]?.data ?? []
  const runId = search.run ?? runs[0]?.run_id
  // A run that is not among the newest is asked for by its name.
  const run = useQuery({ ...runQuery({ dag_id: dagId, run_id: runId ?? '' }), enabled: runId !== undefined })
  const change = useCallback(
    (part: Change) =>
      void navigate({
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
        replace: !('task' in part) && !('run' in part),
      }),
    [navigate],
  )
  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  if (list.data && runId === undefined) return <Empty title={strings.gantt.noRun} text={strings.runs.emptyText} icon={IconChartBar} />
  if (run.isError && !run.data) return <Failed error={run.error} onRetry={() => void run.refetch()} />
  if (!run.data) {
    return (
      <div style={{ padding: '12px 24px' }}>
        <RowsSkeleton />
      </div>
    )
  }
  const shown = run.data
  return (
    <TaskPanelFrame dagId={dagId} runId={shown.run_id} search={search} onChange={change}>
      <RunGantt
        key={shown.run_id}
        run={shown}
        search={search}
        onChange={change}
        toolbar={
          <Select
            size="xs"
            w={250}
            maw="100%"
            aria-label={strings.graph.run}
            leftSection={<StateIcon state={shown.state} size={15} />}
            value={shown.run_id}
            data={[
              ...(runs.some(({ run_id }) => run_id === shown.run_id) ? [] : [{ value: shown.run_id, label: shown.run_id, state: '' }]),
              ...runs.map(({ run_id, state }) => ({ value: run_id, label: run_id, state: stateWord(state) })),
            ]}
            searchable
            onChange={(value) => {
              if (value !== null)
                change({ run: value === runs[0]?.run_id ? undefined : value, span: undefined, task: undefined, map: undefined })
            }}
          />
        }
      />
    </TaskPanelFrame>
  )
}
