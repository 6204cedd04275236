/**
 * A DAG version as a graph, with the live states of one run. Layout is worked out beside the page; states reach nodes by id; what is
 * unfolded, searched and selected is in the URL of the page that shows it.
 */
import '@xyflow/react/dist/style.css'
import { IconSitemapOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { ReactFlowProvider } from '@xyflow/react'
import { useEffect, useState, type ReactNode } from 'react'
import { dagTasksQuery, taskInstancesQuery } from '../../api/queries.ts'
import type { RunRef } from '../../api/queryKeys.ts'
import type { GraphChange, GraphSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CutNote } from '../../ui/CutNote.tsx'
import { Empty, Failed } from '../../ui/PageState.tsx'
import { GraphCanvas, GraphLoading } from './GraphCanvas.tsx'
import { TaskStates, TaskStatesContext } from './taskStates.ts'
import { warmLayout } from './useGraphLayout.ts'

interface DagGraphProps {
  dagId: string
  /** null = the newest version. */
  version: number | null
  run: RunRef | null
  search: GraphSearch
  onChange: (change: GraphChange) => void
  /** Stands at the left of the toolbar. */
  toolbar?: ReactNode
}

export function DagGraph({ dagId, version, run, search, onChange, toolbar }: DagGraphProps) {
  const tasks = useQuery(dagTasksQuery(dagId, version))
  const { states, cut } = useRunStates(run)
  useEffect(warmLayout, [])
  if (tasks.isPending) return <GraphLoading />
  if (tasks.isError) return <Failed error={tasks.error} onRetry={() => void tasks.refetch()} />
  if (tasks.data.tasks.length === 0) return <Empty title={strings.graph.empty} icon={IconSitemapOff} />
  return (
    <TaskStatesContext value={states}>
      {cut === null ? null : <CutNote shown={cut.shown} total={cut.total} />}
      <ReactFlowProvider>
        <GraphCanvas dag={tasks.data} search={search} onChange={onChange} toolbar={toolbar} />
      </ReactFlowProvider>
    </TaskStatesContext>
  )
}

/** `cut`: the run has more task instances than one answer, and the nodes show states of its first ones. */
function useRunStates(run: RunRef | null): { states: TaskStates; cut: { shown: number; total: number } | null } {
  const [states] = useState(() => new TaskStates())
  const { data } = useQuery({ ...taskInstancesQuery(run ?? { dag_id: '', run_id: '' }), enabled: run !== null })
  const instances = run === null ? undefined : data?.data
  useEffect(() => {
    states.set(instances ?? [])
  }, [states, instances])
  const shown = instances?.length ?? 0
  return { states, cut: run !== null && data !== undefined && data.total > shown ? { shown, total: data.total } : null }
}
