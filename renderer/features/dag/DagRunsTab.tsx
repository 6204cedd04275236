/** The runs of a DAG. */
import { getRouteApi } from '@tanstack/react-router'
import { RunList } from '../runs/index.ts'

const route = getRouteApi('/_app/dags/$dagId/runs')

export function DagRunsTab() {
  const { dagId } = route.useParams()
  const navigate = route.useNavigate()
  return <RunList dagId={dagId} search={route.useSearch()} onChange={(search) => void navigate({ search, replace: true })} />
}
