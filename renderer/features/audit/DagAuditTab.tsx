/** The audit log of a DAG: who did what, and what the engine did with which cause. */
import { ActionIcon, Button, SegmentedControl, Select, Text, Tooltip } from '@mantine/core'
import { IconHistory, IconRefresh } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import type { LedgerEntry } from '#contract/taskInstance.ts'
import { dagQuery } from '../../api/queries.ts'
import { auditQuery } from '../../api/queries/insights.ts'
import type { AuditFilter } from '../../api/queryKeys.ts'
import { formatInstant, zoneFor } from '../../lib/time.ts'
import type { AuditSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { useTimeMode } from '../../ui/timeMode.ts'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import classes from './Audit.module.css'
import { asState, foldEntries, KINDS, wordsOf, type AuditRow } from './entries.ts'

const route = getRouteApi('/_app/dags/$dagId/audit')
const text = strings.audit
const ORIGINS = ['people', 'engine', 'all'] as const

export function DagAuditTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const zone = useQuery(dagQuery(dagId)).data?.timezone ?? null
  const filter: AuditFilter = {
    ...(search.origin === 'all' ? {} : { origin: search.origin ?? 'people' }),
    ...(search.kind === undefined ? {} : { kind: search.kind }),
    ...(search.actor === undefined ? {} : { actor: search.actor }),
  }
  const list = useInfiniteQuery({ ...auditQuery(dagId, filter), placeholderData: (before) => before })
  const rows = useMemo(() => foldEntries(list.data?.pages.flatMap((page) => page.data) ?? []), [list.data])
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const newestPage = list.data?.pages.at(-1)
  // A page that found nothing is not followed by itself: the log may be long and hold nothing that fits.
  const isSearching = (newestPage?.data.length ?? 0) > 0
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && isSearching) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, isSearching])
  const change = (part: { [K in keyof AuditSearch]?: AuditSearch[K] | undefined }) =>
    void navigate({
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
      replace: true,
    })
  const isFiltered = search.kind !== undefined || search.actor !== undefined || search.origin !== undefined
  return (
    <>
      <div className={classes['bar']}>
        <SegmentedControl
          size="xs"
          aria-label={text.origin}
          value={search.origin ?? 'people'}
          data={ORIGINS.map((value) => ({ value, label: text.origins[value] }))}
          onChange={(value) => {
            change({ origin: value === 'engine' || value === 'all' ? value : undefined })
          }}
        />
        <Select
          size="xs"
          w={160}
          clearable
          aria-label={text.kind}
          placeholder={text.allKinds}
          value={search.kind ?? null}
          data={KINDS.map((value) => ({ value, label: text.kinds[value] ?? value }))}
          onChange={(value) => {
            change({ kind: value ?? undefined })
          }}
        />
        <SearchField
          label={text.actor}
          width={170}
          value={search.actor ?? ''}
          onCommit={(actor) => {
            change({ actor: actor === '' ? undefined : actor })
          }}
        />
        <Tooltip label={text.refresh}>
          <ActionIcon variant="default" size={30} aria-label={text.refresh} loading={list.isRefetching} onClick={() => void list.refetch()}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton />
        </div>
      ) : rows.length === 0 && !hasNextPage ? (
        <Empty title={isFiltered ? text.empty : text.emptyPeople} icon={IconHistory} />
      ) : rows.length === 0 ? null : (
        <VirtualTable
          label={strings.dag.tabs.audit}
          columns="196px minmax(90px, 150px) minmax(0, 1fr)"
          head={[text.when, text.who, text.what]}
          rows={rows}
          total={rows.length + (hasNextPage && isSearching ? 1 : 0)}
          rowKey={({ entry }) => String(entry.id)}
          rowHeight={40}
          rowClass={classes['row']}
          onNearEnd={more}
          renderRow={(row) => <Row row={row} dagId={dagId} zone={zone} />}
        />
      )}
      {hasNextPage && !isSearching ? (
        <Further
          until={newestPage?.searched_until ?? null}
          zone={zone}
          isLoading={isFetchingNextPage}
          onMore={() => void fetchNextPage()}
        />
      ) : null}
    </>
  )
}

function Further({
  until,
  zone,
  isLoading,
  onMore,
}: {
  until: string | null
  zone: string | null
  isLoading: boolean
  onMore: () => void
}) {
  const zoneName = zoneFor(useTimeMode(), zone)
  return (
    <div className={classes['further']}>
      {until === null ? null : (
        <Text size="sm" c="dimmed" role="status">
          {text.searched(formatInstant(until, zoneName))}
        </Text>
      )}
      <Button size="xs" variant="default" loading={isLoading} onClick={onMore}>
        {text.more}
      </Button>
    </div>
  )
}

function Row({ row: { entry, count }, dagId, zone }: { row: AuditRow; dagId: string; zone: string | null }) {
  const state = asState(entry.to_state)
  const isEngine = entry.kind.endsWith('.state') && !WORDS_ENOUGH.has(entry.cause)
  return (
    <>
      <div role="cell" className={classes['when']}>
        <Instant at={entry.at} zone={zone} />
      </div>
      <div role="cell" className={`ellipsis ${classes['who']}`} title={entry.actor}>
        {entry.actor}
      </div>
      <div role="cell" className={classes['what']}>
        <span>{wordsOf(entry)}</span>
        {isEngine && state !== null ? <StateBadge state={state} /> : null}
        <What entry={entry} count={count} dagId={dagId} />
        {entry.message === null || SAID.has(entry.cause) ? null : <span className={classes['dim']}>{entry.message}</span>}
        {isEngine ? <span className={classes['dim']}>{`${text.cause}: ${entry.cause}`}</span> : null}
      </div>
    </>
  )
}

/** The message of these repeats the words. */
const SAID: ReadonlySet<string> = new Set(['marked', 'cancelled'])
/** The words of these tell the state and the cause. */
const WORDS_ENOUGH: ReadonlySet<string> = new Set(['cleared', 'marked', 'cancelled', 'new_version'])

function What({ entry, count, dagId }: { entry: LedgerEntry; count: number; dagId: string }) {
  const { run_id, task_id, map_index } = entry
  if (run_id === null) return null
  const run = (
    <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run_id }} className={classes['name']}>
      {run_id}
    </Link>
  )
  if (task_id === null) return run
  return (
    <>
      {count > 1 ? (
        <strong>{text.times(count)}</strong>
      ) : (
        <Link
          to="/dags/$dagId/runs/$runId/tasks/$taskId"
          params={{ dagId, runId: run_id, taskId: task_id }}
          search={map_index === null || map_index < 0 ? {} : { map: map_index }}
          className={classes['name']}
        >
          {task_id}
          {map_index === null || map_index < 0 ? '' : strings.tasks.mapIndex(map_index)}
        </Link>
      )}
      {run}
    </>
  )
}
