/** The grid of a DAG, with the chosen task instance or run beside it. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { dagQuery } from '../../api/queries.ts'
import type { GridChange } from '../../search/grid.ts'
import { strings } from '../../strings.ts'
import { DagGrid, RunPanel } from '../grid/index.ts'
import { TaskPanelFrame } from '../tasks/index.ts'

const route = getRouteApi('/_app/dags/$dagId/')
/** What changes the view itself; all else is a step that the browser's Back takes back. */
const IN_PLACE: readonly (keyof GridChange)[] = ['find', 'open', 'runs']

export function DagGridTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const dag = useQuery(dagQuery(dagId)).data
  const { run, task } = search
  const change = useCallback(
    (part: GridChange) =>
      void navigate({
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
        // Moving on from cell to cell is one step, however many there were.
        replace: IN_PLACE.some((key) => key in part) || (run !== undefined && part.run !== undefined),
        resetScroll: false,
      }),
    [navigate, run],
  )
  if (!dag) return null
  const close = () => {
    change({ run: undefined })
  }
  return (
    <TaskPanelFrame
      dagId={dagId}
      runId={run ?? null}
      search={search}
      onChange={(part) => {
        // The panel is closed: nothing is chosen any more.
        change('task' in part && part.task === undefined ? { ...part, run: undefined } : part)
      }}
      other={
        run === undefined || task !== undefined
          ? null
          : {
              label: strings.grid.runPanel(run),
              onClose: close,
              content: (
                <RunPanel
                  key={run}
                  dagId={dagId}
                  runId={run}
                  onTask={(taskId) => {
                    change({ task: taskId })
                  }}
                  onClose={close}
                />
              ),
            }
      }
    >
      <DagGrid key={dagId} dagId={dagId} zone={dag.timezone} version={dag.version} search={search} onChange={change} />
    </TaskPanelFrame>
  )
}
