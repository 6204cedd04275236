/** The cause ledger of a run: what happened, to what, by whom and why. Filtered and paged by the server. */
import { Button, Select } from '@mantine/core'
import { IconHistory, IconX } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { TASK_INSTANCE_STATES } from '#contract/states.ts'
import type { LedgerEntry } from '#contract/taskInstance.ts'
import { dagQuery, dagTasksQuery } from '../../api/queries.ts'
import { runEventPagesQuery } from '../../api/queries/taskViews.ts'
import type { RunSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge, stateWord } from '../../ui/StateBadge.tsx'
import { STATE_COLORS, type AnyState } from '../../ui/stateColors.ts'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import classes from './RunPage.module.css'

const text = strings.events
const COLUMNS = '200px minmax(140px, 1fr) 130px minmax(200px, 2fr) minmax(120px, 200px)'
const HEAD = [text.at, text.task, text.what, text.why, text.by]
/** Tasks offered by the filter: a list of thousands is searched by typing. */
const OPTIONS_MAX = 100

interface RunEventsProps {
  run: DagRun
  search: RunSearch
  onChange: (change: { [K in keyof RunSearch]?: RunSearch[K] | undefined }) => void
}

export function RunEvents({ run, search, onChange }: RunEventsProps) {
  const { event, etask } = search
  const filter = { task_id: etask, run_only: event === 'run', to_state: event === 'run' ? undefined : event }
  const list = useInfiniteQuery(runEventPagesQuery(run, filter))
  const zone = useQuery(dagQuery(run.dag_id)).data?.timezone ?? null
  const tasks = useQuery(dagTasksQuery(run.dag_id, run.version)).data?.tasks
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data])
  const loadMore = useLoadMore(list)
  const isFiltered = event !== undefined || etask !== undefined
  return (
    <>
      <div className={classes['filters']}>
        <Select
          size="xs"
          w={210}
          clearable
          aria-label={text.which}
          placeholder={text.all}
          value={event ?? null}
          data={[
            { value: 'run', label: text.runOnly },
            ...TASK_INSTANCE_STATES.map((value) => ({ value, label: text.to(stateWord(value)) })),
          ]}
          onChange={(value) => {
            onChange({ event: value === 'run' ? 'run' : TASK_INSTANCE_STATES.find((state) => state === value) })
          }}
        />
        <Select
          size="xs"
          w={230}
          clearable
          searchable
          limit={OPTIONS_MAX}
          aria-label={text.task}
          placeholder={text.allTasks}
          value={etask ?? null}
          data={(tasks ?? []).map(({ id }) => id)}
          onChange={(value) => {
            onChange({ etask: value ?? undefined })
          }}
        />
        {isFiltered ? (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconX size={14} />}
            onClick={() => {
              onChange({ event: undefined, etask: undefined })
            }}
          >
            {strings.dags.clearFilters}
          </Button>
        ) : null}
      </div>
      {list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <div className={classes['scroll']}>
          <RowsSkeleton />
        </div>
      ) : rows.length === 0 ? (
        <Empty title={isFiltered ? text.noMatch : strings.runs.noEvents} icon={IconHistory} />
      ) : (
        <VirtualTable
          label={strings.runs.tabs.events}
          columns={COLUMNS}
          head={HEAD}
          rows={rows}
          total={list.data.pages[0]?.total ?? rows.length}
          rowKey={(row) => String(row.id)}
          rowHeight={38}
          rowClass={classes['event']}
          onNearEnd={loadMore}
          renderRow={(row) => (
            <EventRow
              event={row}
              zone={zone}
              onTask={() => {
                if (row.task_id !== null)
                  onChange({ task: row.task_id, map: row.map_index === null || row.map_index < 0 ? undefined : row.map_index })
              }}
            />
          )}
        />
      )}
    </>
  )
}

const asState = (state: string | null): AnyState | null => (state !== null && state in STATE_COLORS ? (state as AnyState) : null)

function EventRow({ event, zone, onTask }: { event: LedgerEntry; zone: string | null; onTask: () => void }) {
  const state = asState(event.to_state)
  const map = event.map_index !== null && event.map_index >= 0 ? strings.tasks.mapIndex(event.map_index) : ''
  return (
    <>
      <div role="cell" className={classes['when']}>
        <Instant at={event.at} zone={zone} isFine />
      </div>
      <div role="cell" className={classes['subject']}>
        {event.task_id === null ? (
          <span className={classes['dim']}>{text.theRun}</span>
        ) : (
          <button type="button" className={`ellipsis ${classes['open']}`} title={event.task_id} onClick={onTask}>
            {event.task_id}
            {map}
          </button>
        )}
        {event.attempt === null ? null : <span className={classes['dim']}> {text.attempt(event.attempt)}</span>}
      </div>
      <div role="cell" className={classes['what']}>
        {state === null ? <span>{text.kinds[event.kind] ?? event.kind}</span> : <StateBadge state={state} />}
      </div>
      <div role="cell" className={classes['why']}>
        {text.causes[event.cause] ?? event.cause}
        {event.message === null ? null : <span className={classes['message']}> · {event.message}</span>}
      </div>
      <div role="cell" className={`ellipsis ${classes['by']}`} title={event.actor}>
        {event.actor}
      </div>
    </>
  )
}
