/** The updates of assets that triggered a run, newest first, each with the run that it came from. */
import { Button, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { RunRef } from '../../api/queryKeys.ts'
import { runAssetEventsQuery } from '../../api/queries/assets.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { AssetLink } from './AssetLink.tsx'
import classes from './Assets.module.css'
import { EventSource } from './EventSource.tsx'
import { ExtraView } from './ExtraView.tsx'

const text = strings.assets

export function RunAssetEvents({ run }: { run: RunRef }) {
  const list = useInfiniteQuery(runAssetEventsQuery(run))
  const events = list.data?.pages.flatMap(({ data }) => data)
  const left = (list.data?.pages[0]?.total ?? 0) - (events?.length ?? 0)
  return (
    <section aria-label={text.triggeredBy}>
      <Title order={2} size="h5" mt="xl" mb={2}>
        {text.triggeredBy}
      </Title>
      {events === undefined ? (
        list.isError ? (
          <Failed error={list.error} onRetry={() => void list.refetch()} />
        ) : (
          <RowsSkeleton rows={2} height={32} />
        )
      ) : (
        <ul className={classes['triggers']}>
          {events.map((event) => (
            <li key={event.id}>
              <AssetLink uri={event.uri} name={event.name} className={classes['link']} />
              <Instant at={event.at} relative />
              <div className={classes['wide']}>
                <EventSource event={event} />
              </div>
              {Object.keys(event.extra).length === 0 ? null : (
                <div className={classes['wide']}>
                  <ExtraView extra={event.extra} />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {left > 0 ? (
        <Button size="compact-xs" variant="default" mt={8} loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {text.more(left)}
        </Button>
      ) : null}
    </section>
  )
}
