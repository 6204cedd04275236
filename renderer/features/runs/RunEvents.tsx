/** The cause ledger of a run: what happened, to what, by whom and why. */
import { Text } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { DagRun } from '#contract/dagRun.ts'
import { dagQuery, runEventsQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { STATE_COLORS, type AnyState } from '../../ui/stateColors.ts'
import classes from './RunPage.module.css'

const asState = (state: string | null): AnyState | null => (state !== null && state in STATE_COLORS ? (state as AnyState) : null)

export function RunEvents({ run }: { run: DagRun }) {
  const events = useQuery(runEventsQuery(run))
  const zone = useQuery(dagQuery(run.dag_id)).data?.timezone ?? null
  if (events.isError) return <Failed error={events.error} onRetry={() => void events.refetch()} />
  if (!events.data) {
    return (
      <div className={classes['scroll']}>
        <RowsSkeleton />
      </div>
    )
  }
  if (events.data.data.length === 0) return <Empty title={strings.runs.noEvents} icon={IconHistory} />
  return (
    <div className={classes['scroll']}>
      <ul className={classes['events']}>
        {events.data.data.map((event) => {
          const state = asState(event.to_state)
          return (
            <li key={event.id} className={classes['event']}>
              <Instant at={event.at} zone={zone} />
              <span className={classes['what']}>
                {event.task_id === null ? null : <strong style={{ fontWeight: 550, overflowWrap: 'anywhere' }}>{event.task_id}</strong>}
                {state === null ? <span>{event.kind}</span> : <StateBadge state={state} />}
                {event.message === null ? null : <span style={{ overflowWrap: 'anywhere' }}>{event.message}</span>}
                <span className={classes['dim']}>
                  {event.cause} · {event.actor}
                </span>
              </span>
            </li>
          )
        })}
      </ul>
      {events.data.total > events.data.data.length ? (
        <Text size="sm" c="dimmed" mt="sm">
          {strings.common.of(events.data.data.length, events.data.total)}
        </Text>
      ) : null}
    </div>
  )
}
