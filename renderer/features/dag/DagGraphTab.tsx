/** The graph of a DAG with the states of its newest run, or of the run that is chosen. */
import { Select } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { dagQuery, runListQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import type { GraphChange } from '../../search.ts'
import { DagGraph } from '../graph/index.ts'
import { TaskPanelFrame } from '../tasks/index.ts'

const route = getRouteApi('/_app/dags/$dagId/graph')

export function DagGraphTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const runs = useInfiniteQuery(runListQuery(dagId, {})).data?.pages[0]?.data ?? []
  const newestVersion = useQuery(dagQuery(dagId)).data?.version
  const newest = runs[0]
  const run = search.run === undefined ? newest : runs.find(({ run_id }) => run_id === search.run)
  const runId = search.run ?? newest?.run_id ?? null
  const change = useCallback(
    (part: GraphChange & { run?: string | undefined }) =>
      void navigate({
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
        replace: !('task' in part) && !('run' in part),
      }),
    [navigate],
  )
  return (
    <TaskPanelFrame dagId={dagId} runId={runId} search={search} onChange={change}>
      <DagGraph
        dagId={dagId}
        // The run's own version: an old run shows the graph that it ran. The newest one is asked for before any run is known.
        version={run === undefined || run.version === newestVersion ? null : run.version}
        run={runId === null ? null : { dag_id: dagId, run_id: runId }}
        search={search}
        onChange={change}
        toolbar={
          <Select
            size="xs"
            w={330}
            maw="100%"
            styles={{ input: { textOverflow: 'ellipsis' } }}
            aria-label={strings.graph.run}
            placeholder={runs.length === 0 ? strings.graph.noRun : strings.graph.newestRun}
            disabled={runs.length === 0}
            leftSection={run ? <StateIcon state={run.state} size={15} /> : null}
            value={runId}
            data={[
              ...(runId !== null && !run ? [{ value: runId, label: runId }] : []),
              ...runs.map(({ run_id, state }) => ({ value: run_id, label: run_id, state: stateWord(state) })),
            ]}
            searchable
            onChange={(value) => {
              change({ run: value === null || value === newest?.run_id ? undefined : value })
            }}
          />
        }
      />
    </TaskPanelFrame>
  )
}
