/** The grid of a DAG: tasks by runs. Folded groups, filters, the chosen run and task are in the URL of the page that shows it. */
import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { isGroup } from '#contract/gridRows.ts'
import { RUN_TYPES } from '#contract/states.ts'
import { gridQueryOf } from '../../api/queries/grid.ts'
import { GRID_RUNS, type DagGridSearch, type GridChange } from '../../search/grid.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import { buildColumns, cellFacts, newestWith, statesShown, type GridColumn } from './columns.ts'
import classes from './grid.module.css'
import { GridLegend } from './GridLegend.tsx'
import { GridMatrix } from './GridMatrix.tsx'
import { GridToolbar } from './GridToolbar.tsx'
import type { Place } from './keys.ts'
import { buildTree, openAtFirst, parseUnfolded, toggleFold, visibleRows, type RowTree } from './rows.ts'
import { targetAt, useGridActions } from './useGridActions.tsx'

const text = strings.grid
/** A held arrow key passes many cells; the panel follows when it rests. */
const FOLLOW_MS = 150
const NO_PANEL = { task: undefined, map: undefined, attempt: undefined, tab: undefined }

interface DagGridProps {
  dagId: string
  zone: string | null
  /** Newest version of the DAG: with a new one come new rows. */
  version: number
  search: DagGridSearch
  onChange: (change: GridChange) => void
}

/** The grid's data as the page has it. */
export function useGrid(dagId: string, search: DagGridSearch, version: number) {
  const wanted = search.runs ?? GRID_RUNS[2]
  const query = useInfiniteQuery({ ...gridQueryOf(dagId, search), placeholderData: (before) => before })
  const { data, isFetching, refetch } = query
  const pages = data?.pages
  const rowsIds = pages?.map((page) => page.rows_id).join(' ')
  // The tree changes with the lists of rows only; states change sixty times a second.
  const { tree, places } = useMemo(() => buildTree(pages?.map((page) => page.rows) ?? []), [rowsIds])
  const columns = useMemo(() => (pages === undefined || pages.length !== places.length ? [] : buildColumns(pages, places)), [pages, places])
  const loadOlder = useLoadMore(query)
  useEffect(() => {
    if (!query.isPlaceholderData && !isFetching && columns.length < wanted) loadOlder()
  }, [query.isPlaceholderData, isFetching, columns.length, wanted, loadOlder])
  const known = useRef(version)
  useEffect(() => {
    if (known.current !== version) void refetch()
    known.current = version
  }, [version, refetch])
  return { query, tree, columns, loadOlder }
}

export function DagGrid({ dagId, zone, version, search, onChange }: DagGridProps) {
  const { query, tree, columns, loadOlder } = useGrid(dagId, search, version)
  const isNarrow = useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false })
  const unfolded = useMemo(() => parseUnfolded(openAtFirst(tree, search.open)), [tree, search.open])
  const visible = useMemo(() => visibleRows(tree, unfolded, search.find), [tree, unfolded, search.find])
  const place = usePlace({ tree, visible, columns, search, onChange })
  const dialog = useGridActions(place.focus !== null, () => targetAt({ dag_id: dagId, tree, columns, visible }, place.focus))
  const legend = useMemo(() => statesShown(columns), [columns])
  const types = useMemo(() => RUN_TYPES.filter((type) => columns.some(({ run }) => run.run_type === type)), [columns])
  const isFiltered = [search.state, search.type, search.from, search.to].some((each) => each !== undefined)
  if (query.isPending) {
    return (
      <div style={{ padding: '8px 24px' }}>
        <RowsSkeleton height={26} />
      </div>
    )
  }
  if (query.isError && !query.data) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  return (
    <div className={classes['grid']}>
      <GridToolbar search={search} onChange={onChange} hasGroups={tree.rows.some(isGroup)} isAllOpen={unfolded === 'all'} />
      {columns.length === 0 ? (
        <NoRuns isFiltered={isFiltered} onChange={onChange} />
      ) : visible.length === 0 ? (
        <Empty title={text.noRows} />
      ) : (
        <GridMatrix
          label={text.label(dagId)}
          tree={tree}
          visible={visible}
          columns={columns}
          unfolded={unfolded}
          isFinding={search.find !== undefined}
          isNarrow={isNarrow}
          zone={zone}
          selected={{ run: search.run, task: search.task }}
          focus={place.focus}
          onFocus={place.onFocus}
          onOpen={place.onOpen}
          onFold={place.onFold}
          onNearStart={loadOlder}
          isLoadingOlder={query.isFetchingNextPage}
        />
      )}
      {columns.length === 0 ? null : <GridLegend states={legend} types={types} />}
      {dialog}
    </div>
  )
}

function NoRuns({ isFiltered, onChange }: { isFiltered: boolean; onChange: DagGridProps['onChange'] }) {
  return (
    <Empty title={isFiltered ? text.noMatch : text.empty} {...(isFiltered ? {} : { text: text.emptyText })} icon={IconPlayerPlay}>
      {isFiltered ? (
        <Button
          variant="default"
          size="xs"
          mt="sm"
          onClick={() => {
            onChange({ state: undefined, type: undefined, from: undefined, to: undefined })
          }}
        >
          {strings.dags.clearFilters}
        </Button>
      ) : null}
    </Empty>
  )
}

/** The keyboard's place, kept by names: rows fold and runs come while it rests. */
interface Named {
  row: string | null
  run: string | null
}

function usePlace(p: {
  tree: RowTree
  visible: Int32Array
  columns: readonly GridColumn[]
  search: DagGridSearch
  onChange: (change: GridChange) => void
}) {
  const { tree, visible, columns, search, onChange } = p
  const [named, setNamed] = useState<Named | null>(() =>
    search.run === undefined && search.task === undefined ? null : { row: search.task ?? null, run: search.run ?? null },
  )
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const nameAt = (row: number): string | null => tree.rows[visible[row] ?? -1]?.id ?? null
  const focus = useMemo((): Place | null => {
    if (named === null) return null
    const column = named.run === null ? -1 : columns.findIndex(({ run }) => run.run_id === named.run)
    const row = named.row === null ? -1 : visible.findIndex((at) => tree.rows[at]?.id === named.row)
    const isGone = (named.row !== null && row < 0) || (named.run !== null && column < 0) || (row < 0 && column < 0)
    return isGone ? null : { row, column }
  }, [named, tree, visible, columns])

  const select = (at: Place) => {
    const row = visible[at.row]
    const each = row === undefined ? undefined : tree.rows[row]
    if (row === undefined || each === undefined) return onChange({ ...NO_PANEL, run: columns[at.column]?.run.run_id })
    const column = columns[at.column < 0 ? newestWith(tree, columns, row) : at.column]
    const isTask = !isGroup(each) && (column === undefined || cellFacts(tree, column, row).state !== null)
    onChange({ ...NO_PANEL, run: column?.run.run_id, ...(isTask ? { task: each.id, tab: search.tab } : {}) })
  }
  const fold = (at: Place) => {
    const each = tree.rows[visible[at.row] ?? -1]
    if (each !== undefined && isGroup(each)) onChange({ open: toggleFold(tree, parseUnfolded(openAtFirst(tree, search.open)), each.id) })
  }
  const isPanelOpen = search.task !== undefined || search.run !== undefined
  return {
    focus,
    onFold: fold,
    /** A name of a group folds it; everything else is shown beside the grid. */
    onOpen: (at: Place) => {
      const each = tree.rows[visible[at.row] ?? -1]
      if (at.column < 0 && each !== undefined && isGroup(each)) fold(at)
      else select(at)
    },
    /** By a key the open panel follows, so that what is shown and what the keys act on are one. */
    onFocus: (at: Place, by: 'pointer' | 'key' | 'held key') => {
      setNamed({ row: nameAt(at.row), run: columns[at.column]?.run.run_id ?? null })
      clearTimeout(timer.current)
      if (!isPanelOpen || at.column < 0 || by === 'pointer') return
      if (by === 'held key') timer.current = setTimeout(select, FOLLOW_MS, at)
      else select(at)
    },
  }
}
