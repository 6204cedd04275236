/** Runs of a DAG, newest first; filters and the unfolded run in the URL, live by events. Several can be cleared at once. */
import { ActionIcon, Button, Checkbox, Select, Text, VisuallyHidden } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconEraser, IconPlayerPlay, IconX } from '@tabler/icons-react'
import { useMediaQuery } from '@mantine/hooks'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { DAG_RUN_STATES, RUN_TYPES } from '#contract/states.ts'
import { rowsOf } from '../../api/livePages.ts'
import { dagQuery, runListQuery } from '../../api/queries.ts'
import type { DagRunsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge, stateWord } from '../../ui/StateBadge.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { useLoadMore } from '../../ui/useLoadMore.ts'
import { ClearDialog } from '../clear/index.ts'
import { useMayOperate } from '../session/index.ts'
import { RunInline } from './RunInline.tsx'
import classes from './RunList.module.css'
import { RunMenu } from './RunMenu.tsx'
import { TaskCounts } from './TaskCounts.tsx'

const { columns } = strings.runs
const ACTIONS = <VisuallyHidden>{columns.actions}</VisuallyHidden>
const text = strings.runRows
/** Each is a request, and a commit of the engine. */
const SELECTED_MAX = 100
/** Fits beside the navigation in a window of 1240 px; the longest text of a column but the run's id is never cut. */
const WIDE = {
  columns: '124px minmax(160px, 2.4fr) 72px minmax(172px, 1fr) minmax(172px, 1fr) 76px minmax(64px, 88px) 30px',
  head: [columns.state, columns.run, columns.type, columns.logical, columns.start, columns.duration, columns.tasks, ACTIONS],
}
/** Below that, type and logical date, which the id tells as well, are left to the run's page. Fits in a window of 880 px. */
const MEDIUM = {
  columns: '124px minmax(90px, 1fr) 172px 76px 64px 30px',
  head: [columns.state, columns.run, columns.start, columns.duration, columns.tasks, ACTIONS],
}

interface RunListProps {
  dagId: string
  search: DagRunsSearch
  onChange: (search: DagRunsSearch) => void
}

export function RunList({ dagId, search, onChange }: RunListProps) {
  const mayOperate = useMayOperate()
  const isMedium = useMediaQuery('(min-width: 721px) and (max-width: 1240px)', false, { getInitialValueInEffect: false })
  const layout = isMedium ? MEDIUM : WIDE
  const zone = useQuery(dagQuery(dagId)).data?.timezone ?? null
  const list = useInfiniteQuery({
    ...runListQuery(dagId, {
      state: search.state,
      run_type: search.type,
      logical_date_from: search.date_from,
      logical_date_to: search.date_to,
    }),
    placeholderData: (before) => before,
  })
  const rows = useMemo(() => rowsOf(list.data, (run) => String(run.id)), [list.data])
  const loadMore = useLoadMore(list)
  const isDated = search.date_from !== undefined || search.date_to !== undefined
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [isClearing, setClearing] = useState(false)
  const toggle = (runId: string) => {
    setSelected((before) => {
      const after = new Set(before)
      if (!after.delete(runId) && after.size < SELECTED_MAX) after.add(runId)
      return after
    })
  }
  const isFiltered = search.state !== undefined || search.type !== undefined || isDated
  const state = (value: string | null) => {
    const chosen = DAG_RUN_STATES.find((each) => each === value)
    const { state: _, ...rest } = search
    onChange({ ...rest, ...(chosen ? { state: chosen } : {}) })
  }
  const type = (value: string | null) => {
    const chosen = RUN_TYPES.find((each) => each === value)
    const { type: _, ...rest } = search
    onChange({ ...rest, ...(chosen ? { type: chosen } : {}) })
  }
  return (
    <>
      <div className={classes['filters']}>
        <Select
          size="xs"
          w={150}
          clearable
          aria-label={columns.state}
          placeholder={strings.runs.allStates}
          value={search.state ?? null}
          data={DAG_RUN_STATES.map((value) => ({ value, label: stateWord(value) }))}
          onChange={state}
        />
        <Select
          size="xs"
          w={150}
          clearable
          aria-label={columns.type}
          placeholder={strings.runs.allTypes}
          value={search.type ?? null}
          data={RUN_TYPES.map((value) => ({ value, label: strings.runTypes[value] }))}
          onChange={type}
        />
        {isDated ? (
          <Button
            size="xs"
            variant="default"
            fw={400}
            rightSection={<IconX size={14} />}
            aria-label={strings.runs.anyDate}
            onClick={() => {
              const { date_from: _, date_to: __, ...rest } = search
              onChange(rest)
            }}
          >
            <Instant at={search.date_from ?? null} zone={zone} />
            {' – '}
            <Instant at={search.date_to ?? null} zone={zone} />
          </Button>
        ) : null}
        {selected.size > 0 ? (
          <>
            <Text size="sm" role="status">
              {text.selected(selected.size)}
              {selected.size >= SELECTED_MAX ? ` · ${text.tooMany(SELECTED_MAX)}` : ''}
            </Text>
            <Button
              size="xs"
              leftSection={<IconEraser size={15} />}
              onClick={() => {
                setClearing(true)
              }}
            >
              {text.clearSelected(selected.size)}
            </Button>
            <Button
              size="xs"
              variant="subtle"
              onClick={() => {
                setSelected(new Set())
              }}
            >
              {text.unselect}
            </Button>
          </>
        ) : null}
      </div>
      {isClearing ? (
        <ClearDialog
          run={[...selected].map((run_id) => ({ dag_id: dagId, run_id }))}
          taskIds={[]}
          onClose={() => {
            setClearing(false)
          }}
          onDone={() => {
            setSelected(new Set())
          }}
        />
      ) : null}
      {list.isPending ? (
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton />
        </div>
      ) : list.isError && !list.data ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        <Empty
          title={isFiltered ? strings.runs.noMatch : strings.runs.empty}
          {...(isFiltered ? {} : { text: strings.runs.emptyText })}
          icon={IconPlayerPlay}
        >
          {isFiltered ? (
            <Button
              variant="default"
              size="xs"
              mt="sm"
              onClick={() => {
                onChange({})
              }}
            >
              {strings.dags.clearFilters}
            </Button>
          ) : null}
        </Empty>
      ) : (
        <VirtualTable
          label={strings.runs.title}
          columns={layout.columns}
          head={layout.head}
          rows={rows}
          total={list.data.pages[0]?.total ?? rows.length}
          rowKey={(run) => run.run_id}
          rowHeight={46}
          rowClass={classes['row']}
          renderRow={(run) => (
            <RunRow
              run={run}
              zone={zone}
              mayOperate={mayOperate}
              isOpen={search.open === run.run_id}
              onOpen={(open) => {
                const { open: _, ...rest } = search
                onChange(open ? { ...rest, open: run.run_id } : rest)
              }}
              isSelected={selected.has(run.run_id)}
              onSelect={() => {
                toggle(run.run_id)
              }}
            />
          )}
          onNearEnd={loadMore}
        />
      )}
    </>
  )
}

interface RunRowProps {
  run: DagRun
  zone: string | null
  mayOperate: boolean
  isOpen: boolean
  onOpen: (open: boolean) => void
  isSelected: boolean
  onSelect: () => void
}

function RunRow({ run, zone, mayOperate, isOpen, onOpen, isSelected, onSelect }: RunRowProps) {
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <>
      <div role="cell" className={classes['state']}>
        {mayOperate ? <Checkbox size="xs" aria-label={text.select(run.run_id)} checked={isSelected} onChange={onSelect} /> : null}
        <StateBadge state={run.state} />
      </div>
      <div role="cell" className={classes['run']}>
        <ActionIcon
          size="sm"
          aria-expanded={isOpen}
          aria-label={isOpen ? text.collapse(run.run_id) : text.expand(run.run_id)}
          onClick={() => {
            onOpen(!isOpen)
          }}
        >
          <Chevron size={16} />
        </ActionIcon>
        <Link
          to="/dags/$dagId/runs/$runId"
          params={{ dagId: run.dag_id, runId: run.run_id }}
          className={`ellipsis ${classes['link']}`}
          title={run.run_id}
        >
          {run.run_id}
        </Link>
      </div>
      <div role="cell" className={classes['type']}>
        {strings.runTypes[run.run_type]}
      </div>
      <div role="cell" className={classes['logical']}>
        <Instant at={run.logical_date} zone={zone} />
      </div>
      <div role="cell" className={classes['start']}>
        <Instant at={run.start_time} zone={zone} />
      </div>
      <div role="cell" className={classes['duration']}>
        <Elapsed start={run.start_time} end={run.end_time} />
      </div>
      <div role="cell" className={classes['tasks']}>
        <TaskCounts counts={run.task_counts} />
      </div>
      <div role="cell" className={classes['actions']}>
        <RunMenu run={run} disabled={!mayOperate} />
      </div>
      {isOpen ? (
        <div role="cell" className={classes['inline']}>
          <RunInline run={run} />
        </div>
      ) : null}
    </>
  )
}
