/** The DAG list: filters in the URL, rows virtualised and paged by the server, live by events; actions on many at once. */
import { Button, Checkbox, Loader, Text, VisuallyHidden } from '@mantine/core'
import { IconAlertTriangle, IconArrowDown, IconArrowUp, IconSitemap } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { BulkAction } from '#contract/dagList.ts'
import { rowsOf } from '../../api/livePages.ts'
import { dagListQuery, readingQuery } from '../../api/queries.ts'
import type { DagsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import { useMayOperate } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import { BulkBar } from './BulkBar.tsx'
import { BulkDialog } from './BulkDialog.tsx'
import { DagFilters, type DagsChange } from './DagFilters.tsx'
import { DagRow } from './DagRow.tsx'
import classes from './DagRow.module.css'
import { isFilter, listFilterOf, queryFilterOf } from './dagsFilter.ts'
import { ImportErrors } from './ImportErrors.tsx'
import { countOf, isChosen, NOTHING, withChosen, type Selection } from './selection.ts'

const route = getRouteApi('/_app/dags')
const COLUMNS = '18px 44px minmax(210px, 2.4fr) minmax(120px, 1.1fr) minmax(176px, 1fr) 150px 40px'
const { columns } = strings.dags

export function DagsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayOperate = useMayOperate()
  const list = useInfiniteQuery({
    ...dagListQuery(queryFilterOf(search)),
    // The old rows stay while a changed filter is answered.
    placeholderData: (before) => before,
  })
  const rows = useMemo(() => rowsOf(list.data, (dag) => dag.id), [list.data])
  const total = list.data?.pages[0]?.total ?? 0
  const change = useCallback(
    (part: DagsChange) => void navigate({ search: (before) => dropUndefined({ ...before, ...part }), replace: true }),
    [navigate],
  )
  const loadMore = useLoadMore(list)
  const filter = listFilterOf(search)
  const [selection, setSelection] = useSelection(JSON.stringify(filter))
  const shown = useMemo(() => rows.map(({ id }) => id), [rows])
  const select = useCallback(
    (id: string, selected: boolean) => {
      setSelection((before) => withChosen(before, id, selected, shown))
    },
    [setSelection, shown],
  )
  const [action, setAction] = useState<BulkAction | null>(null)
  const hasFilter = Object.keys(search).some((name) => isFilter(name))
  const head = useHead({ search, change, selection, shown, mayOperate, setSelection })

  return (
    <>
      <PageHeader
        title={strings.dags.title}
        marks={
          list.data ? (
            <Text size="sm" c="dimmed" role="status">
              {strings.dags.matching(total)}
            </Text>
          ) : null
        }
      />
      <ImportErrors
        isOpen={search.errors === true}
        onToggle={() => {
          change({ errors: search.errors === true ? undefined : true })
        }}
      />
      <DagFilters search={search} onChange={change} />
      <BulkBar
        selection={selection}
        total={total}
        loaded={rows.length}
        onAll={() => {
          setSelection({ all: true })
        }}
        onNone={() => {
          setSelection(NOTHING)
        }}
        onAction={setAction}
      />
      {action === null ? null : (
        <BulkDialog
          action={action}
          selection={selection}
          filter={filter}
          onClose={() => {
            setAction(null)
          }}
        />
      )}
      {list.isPending ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton height={58} />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        hasFilter ? (
          <Empty title={strings.dags.noMatch} text={strings.dags.noMatchText} icon={IconSitemap}>
            <Button variant="default" size="xs" mt="sm" onClick={() => void navigate({ search: {} })}>
              {strings.dags.clearFilters}
            </Button>
          </Empty>
        ) : (
          <NoDags />
        )
      ) : (
        <VirtualTable
          label={strings.dags.title}
          columns={COLUMNS}
          head={head.cells}
          sorted={head.sorted}
          rows={rows}
          total={total}
          rowKey={(dag) => dag.id}
          rowHeight={58}
          rowClass={classes['row']}
          isSelected={(dag) => isChosen(selection, dag.id)}
          renderRow={(dag) => <DagRow dag={dag} mayOperate={mayOperate} isSelected={isChosen(selection, dag.id)} onSelect={select} />}
          onNearEnd={loadMore}
        />
      )}
    </>
  )
}

/** Another filter shows other DAGs: what was chosen before must not be acted on unseen. */
function useSelection(filter: string) {
  const [selection, setSelection] = useState<Selection>(NOTHING)
  useEffect(() => {
    setSelection(NOTHING)
  }, [filter])
  return [selection, setSelection] as const
}

interface HeadProps {
  search: DagsSearch
  change: (part: DagsChange) => void
  selection: Selection
  shown: readonly string[]
  mayOperate: boolean
  setSelection: (selection: Selection) => void
}

function useHead({ search, change, selection, shown, mayOperate, setSelection }: HeadProps) {
  const { sort = 'id', desc = false } = search
  const chosen = countOf(selection, shown.length)
  const sortable = (key: typeof sort, name: string) => (
    <button
      type="button"
      className={classes['sort']}
      data-on={sort === key || undefined}
      onClick={() => {
        // The newest run first, but the soonest next one; a second click turns it round.
        const isDescending = sort === key ? !desc : key === 'last_run'
        change({ sort: key === 'id' ? undefined : key, desc: isDescending || undefined })
      }}
    >
      {name}
      {sort === key ? desc ? <IconArrowDown size={13} /> : <IconArrowUp size={13} /> : null}
    </button>
  )
  const hidden = (name: string) => <VisuallyHidden>{name}</VisuallyHidden>
  const way = (key: typeof sort) => (sort === key ? (desc ? ('descending' as const) : ('ascending' as const)) : ('none' as const))
  return {
    cells: [
      <Checkbox
        key="all"
        size="xs"
        aria-label={strings.dags.selectShown}
        disabled={!mayOperate}
        checked={selection.all || (shown.length > 0 && chosen >= shown.length)}
        indeterminate={!selection.all && chosen > 0 && chosen < shown.length}
        onChange={(event) => {
          setSelection(event.currentTarget.checked ? { all: false, ids: new Set(shown) } : NOTHING)
        }}
      />,
      hidden(columns.active),
      sortable('id', columns.dag),
      columns.schedule,
      sortable('next_run', columns.next),
      sortable('last_run', columns.runs),
      hidden(columns.actions),
    ],
    sorted: [undefined, undefined, way('id'), undefined, way('next_run'), way('last_run'), undefined],
  }
}

/** No DAG yet: either there is none, or the server has not come so far. */
function NoDags() {
  const reading = useQuery(readingQuery).data?.dag_files
  const words = strings.dags.reading
  if (reading === undefined || reading.state === 'ready')
    return <Empty title={strings.dags.empty} text={strings.dags.emptyText} icon={IconSitemap} />
  if (reading.state === 'failed') return <Empty title={words.failed} text={words.failedText} icon={IconAlertTriangle} />
  const isReading = reading.state === 'reading'
  return (
    <Empty
      title={isReading ? words.reading : words.preparing}
      text={isReading ? words.readingText(reading.waiting) : words.preparingText}
      icon={IconSitemap}
    >
      <Loader size="sm" mt="xs" />
    </Empty>
  )
}

function dropUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
