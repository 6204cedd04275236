/** Backfills of a DAG, newest first, with live progress; a new one from here or from the calendar. */
import { Button, Tooltip } from '@mantine/core'
import { IconHistory, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { dagQuery } from '../../api/queries.ts'
import { backfillsQuery } from '../../api/queries/insights.ts'
import { useCommands } from '../../commands/index.ts'
import { timeParts } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { useMayOperate } from '../session/index.ts'
import { BackfillCard } from './BackfillCard.tsx'
import { BackfillDialog } from './BackfillDialog.tsx'
import classes from './Backfills.module.css'

const route = getRouteApi('/_app/dags/$dagId/backfills')
const text = strings.backfills
/** Timetables that give no dates of their own; the server refuses them too. */
const NO_DATES: ReadonlySet<string> = new Set(['null', 'once', 'continuous'])

export function DagBackfillsTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayOperate = useMayOperate()
  const dag = useQuery(dagQuery(dagId)).data
  const list = useInfiniteQuery(backfillsQuery(dagId))
  const rows = list.data?.pages.flatMap((page) => page.data) ?? []
  /** The newest is open at first; 0 = none. */
  const opened = search.id ?? rows[0]?.id
  const dayOf = (at: string) => timeParts(at, dag?.timezone ?? 'UTC').date
  const hasDates = dag !== undefined && !NO_DATES.has(dag.timetable.type)
  const mayCreate = mayOperate && hasDates && dag.is_stale === false
  const openDialog = () => void navigate({ search: (before) => ({ ...before, create: true }) })
  useCommands(mayCreate ? [{ id: 'backfill-create', title: text.create, group: 'act', keys: ['n'], run: openDialog }] : [])
  const close = (id?: number) =>
    void navigate({ search: id === undefined ? (search.id === undefined ? {} : { id: search.id }) : { id }, replace: true })
  const button = (
    <Button size="xs" leftSection={<IconPlus size={15} />} disabled={!mayCreate} onClick={openDialog}>
      {text.create}
    </Button>
  )
  return (
    <div className={classes['page']}>
      {list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <RowsSkeleton />
      ) : rows.length === 0 ? (
        <Empty title={text.empty} text={dag !== undefined && !hasDates ? text.noSchedule : text.emptyText} icon={IconHistory}>
          <div style={{ marginTop: 10 }}>{hasDates ? button : null}</div>
        </Empty>
      ) : (
        <>
          <div className={classes['bar']}>{hasDates ? button : <Tooltip label={text.noSchedule}>{button}</Tooltip>}</div>
          <ul className={classes['list']}>
            {rows.map((backfill) => (
              <BackfillCard
                key={backfill.id}
                backfill={backfill}
                zone={dag?.timezone ?? null}
                mayOperate={mayOperate}
                isOpen={opened === backfill.id}
                onRetry={() =>
                  void navigate({
                    search: { create: true, again: true, from: dayOf(backfill.start_date), to: dayOf(backfill.end_date) },
                  })
                }
                onToggle={() => void navigate({ search: { id: opened === backfill.id ? 0 : backfill.id }, replace: true })}
              />
            ))}
          </ul>
          {list.hasNextPage ? (
            <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {strings.common.loadMore}
            </Button>
          ) : null}
        </>
      )}
      {search.create === true && dag !== undefined && mayCreate ? (
        <BackfillDialog
          dag={dag}
          search={search}
          onClose={() => {
            close()
          }}
          onCreated={(id) => {
            close(id)
          }}
        />
      ) : null}
    </div>
  )
}
