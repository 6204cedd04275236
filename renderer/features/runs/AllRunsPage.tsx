/** Runs of all DAGs, newest first. */
import { getRouteApi } from '@tanstack/react-router'
import { strings } from '../../strings.ts'
import { PageHeader } from '../shell/index.ts'
import { RunList } from './RunList.tsx'

const route = getRouteApi('/_app/runs')

export function AllRunsPage() {
  const navigate = route.useNavigate()
  return (
    <>
      <PageHeader title={strings.runs.title} />
      <RunList dagId="~" search={route.useSearch()} onChange={(search) => void navigate({ search, replace: true })} />
    </>
  )
}
