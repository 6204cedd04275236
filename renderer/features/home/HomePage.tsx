/** Home: how the server is, what runs, what failed, what comes next. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { overviewQuery } from '../../api/queries/home.ts'
import type { HomeSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Failed } from '../../ui/PageState.tsx'
import { PageHeader } from '../shell/index.ts'
import { Counts } from './Counts.tsx'
import { HomeLists } from './HomeLists.tsx'
import classes from './HomePage.module.css'
import { Lamps } from './Lamps.tsx'
import { Timeline } from './Timeline.tsx'

const route = getRouteApi('/_app/')

export function HomePage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const overview = useQuery(overviewQuery)
  const change = useCallback(
    (part: { [K in keyof HomeSearch]?: HomeSearch[K] | undefined }) =>
      void navigate({
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
        replace: true,
      }),
    [navigate],
  )
  return (
    <>
      <PageHeader title={strings.home.title} facts={<Lamps importErrors={overview.data?.counts.import_errors ?? 0} />} />
      <div className={classes['page']}>
        {overview.isError && !overview.data ? (
          <Failed error={overview.error} onRetry={() => void overview.refetch()} />
        ) : (
          <>
            <Counts counts={overview.data?.counts} />
            <Timeline search={search} onChange={change} />
            <HomeLists overview={overview.data} />
          </>
        )}
      </div>
    </>
  )
}
