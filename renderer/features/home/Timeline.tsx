/**
 * The timeline of all DAGs: a row per DAG, past runs as bars, planned runs as ticks, the present as a line. Window and filters are in
 * the URL; without a start the window follows the present.
 */
import { ActionIcon, Button, Chip, Group, SegmentedControl, Tooltip } from '@mantine/core'
import { useElementSize, useMediaQuery } from '@mantine/hooks'
import { IconChevronLeft, IconChevronRight, IconSitemap, IconStar } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef } from 'react'
import type { TimelineRow } from '#contract/overview.ts'
import { timelineQuery } from '../../api/queries/home.ts'
import { useCommands } from '../../commands/index.ts'
import { timeParts, zoneFor } from '../../lib/time.ts'
import { TIMELINE_HOURS, type HomeSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { useTimeMode } from '../../ui/timeMode.ts'
import { moveInRows } from './rowKeys.ts'
import { askedRange, HOUR_MS, marksOf, place, windowOf, type Window } from './scale.ts'
import classes from './Timeline.module.css'
import { clock, TimelineRowView } from './TimelineRowView.tsx'
import { useHint } from './useHint.tsx'
import { useNow } from './useNow.ts'
import { usePan } from './usePan.ts'

const text = strings.home.timeline
const ROW_HEIGHT = 30
/** The present moves by less than a pixel between two of these. */
const STEPS_PER_WINDOW = 1200
const NEAR_END = 15
/** Half of the word at the present, half of a mark's, and air. */
const NOW_WORD_PX = 42

type Change = { [K in keyof HomeSearch]?: HomeSearch[K] | undefined }

export function Timeline({ search, onChange }: { search: HomeSearch; onChange: (change: Change) => void }) {
  const hours = search.hours ?? 6
  const now = useNow(Math.max(1000, (hours * HOUR_MS) / STEPS_PER_WINDOW))
  const at = search.at === undefined ? null : Date.parse(search.at)
  const asked = windowOf({ hours, at, now })
  const zone = zoneFor(useTimeMode(), null)
  const moveTo = (start: number) => {
    onChange({ at: new Date(Math.round(start / 1000) * 1000).toISOString() })
  }
  const pan = usePan({
    span: asked.end - asked.start,
    onPan: (by) => {
      moveTo(asked.start + by)
    },
  })
  const window: Window = { start: asked.start + pan.by, end: asked.end + pan.by }
  const step = (direction: 1 | -1) => {
    moveTo(asked.start + (direction * (asked.end - asked.start)) / 2)
  }
  const zoom = (direction: 1 | -1) => {
    const next = TIMELINE_HOURS[TIMELINE_HOURS.indexOf(hours) + direction]
    if (next !== undefined) onChange({ hours: next === 6 ? undefined : next })
  }
  const toNow = () => {
    onChange({ at: undefined })
  }
  useCommands([
    {
      id: 'timeline-earlier',
      title: text.earlier,
      group: 'view',
      keys: ['arrowleft'],
      run: () => {
        step(-1)
      },
    },
    {
      id: 'timeline-later',
      title: text.later,
      group: 'view',
      keys: ['arrowright'],
      run: () => {
        step(1)
      },
    },
    { id: 'timeline-now', title: text.now, group: 'view', keys: ['n'], run: toNow },
    {
      id: 'timeline-in',
      title: `${text.zoom} −`,
      group: 'view',
      keys: ['+'],
      run: () => {
        zoom(-1)
      },
    },
    {
      id: 'timeline-out',
      title: `${text.zoom} +`,
      group: 'view',
      keys: ['-'],
      run: () => {
        zoom(1)
      },
    },
  ])
  return (
    <section className={classes['timeline']} aria-label={text.title}>
      <div className={classes['bar-of-tools']}>
        <h2>{text.title}</h2>
        <SearchField
          label={text.search}
          width={170}
          value={search.q ?? ''}
          onCommit={(value) => {
            onChange({ q: value === '' ? undefined : value })
          }}
        />
        <Chip
          size="xs"
          icon={<IconStar size={12} />}
          checked={search.fav === true}
          onChange={(checked) => {
            onChange({ fav: checked || undefined })
          }}
        >
          {text.favourites}
        </Chip>
        <Group gap={6} ml="auto" wrap="nowrap">
          <SegmentedControl
            size="xs"
            aria-label={text.zoom}
            value={String(hours)}
            data={TIMELINE_HOURS.map((value) => ({ value: String(value), label: text.hours(value) }))}
            onChange={(value) => {
              const next = TIMELINE_HOURS.find((each) => String(each) === value)
              onChange({ hours: next === 6 ? undefined : next })
            }}
          />
          <Tooltip label={text.earlier}>
            <ActionIcon
              size="md"
              variant="default"
              aria-label={text.earlier}
              onClick={() => {
                step(-1)
              }}
            >
              <IconChevronLeft size={16} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={text.later}>
            <ActionIcon
              size="md"
              variant="default"
              aria-label={text.later}
              onClick={() => {
                step(1)
              }}
            >
              <IconChevronRight size={16} />
            </ActionIcon>
          </Tooltip>
          <Button size="compact-sm" variant="default" disabled={at === null} onClick={toNow}>
            {text.now}
          </Button>
        </Group>
      </div>
      <Rows search={search} range={askedRange(asked)} window={window} now={now} zone={zone} pan={pan.handlers} />
    </section>
  )
}

interface RowsProps {
  search: HomeSearch
  range: { from: string; to: string }
  window: Window
  now: number
  zone: string
  pan: React.HTMLAttributes<HTMLDivElement>
}

function Rows({ search, range, window, now, zone, pan }: RowsProps) {
  const list = useInfiniteQuery(timelineQuery({ ...range, search: search.q, favourite: search.fav }))
  // A DAG that moved up between two pages is on both.
  const rows = useMemo(() => {
    const byId = new Map<string, TimelineRow>()
    for (const page of list.data?.pages ?? []) for (const row of page.data) if (!byId.has(row.dag_id)) byId.set(row.dag_id, row)
    return [...byId.values()]
  }, [list.data])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
    getItemKey: (index) => rows[index]?.dag_id ?? index,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - NEAR_END) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length])
  const hint = useHint()
  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  if (!list.data) return <RowsSkeleton rows={6} height={ROW_HEIGHT} />
  if (rows.length === 0) {
    const isFiltered = search.q !== undefined || search.fav === true
    return <Empty title={text.none} text={isFiltered ? text.noneText : text.noneYet} icon={IconSitemap} />
  }
  return (
    <div className={classes['frame']} {...pan} {...hint.handlers}>
      <Axis window={window} now={now} zone={zone} />
      <div ref={scroller} className={classes['scroller']} style={{ height: Math.min(12, rows.length) * ROW_HEIGHT + 2 }} tabIndex={-1}>
        <ul
          className={classes['rows']}
          onKeyDown={moveInRows}
          style={{ height: virtual.getTotalSize() }}
          aria-label={text.label(clock(window.start, zone), clock(window.end, zone))}
        >
          {items.map((item) => {
            const row = rows[item.index]
            return row ? (
              <li key={item.key} className={classes['row']} style={{ transform: `translateY(${item.start}px)` }}>
                <TimelineRowView row={row} start={window.start} end={window.end} now={now} zone={zone} />
              </li>
            ) : null
          })}
        </ul>
      </div>
      {hint.shown}
    </div>
  )
}

/** The words of the axis, its lines down through the rows, and the present. */
function Axis({ window, now, zone }: { window: Window; now: number; zone: string }) {
  const isNarrow = useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false })
  const { ref, width } = useElementSize()
  const marks = marksOf(window, isNarrow ? 4 : 9, offsetOf(window.start, zone))
  const nowAt = place(now, window)
  return (
    <div className={classes['axis']} aria-hidden>
      <div />
      <div ref={ref} className={classes['marks']} data-track>
        {marks.map((at) => {
          // The word at the present would cover this one.
          const isCovered = Math.abs(place(at, window) - nowAt) * width < NOW_WORD_PX
          const { date, time } = timeParts(new Date(at).toISOString(), zone)
          const isMidnight = time.startsWith('00:00')
          return (
            <span key={at} className={classes['mark']} data-day={isMidnight || undefined} style={{ left: `${place(at, window) * 100}%` }}>
              {isCovered ? null : <span>{isMidnight ? date.slice(5) : time.slice(0, 5)}</span>}
            </span>
          )
        })}
        {nowAt >= 0 && nowAt <= 1 ? (
          <span className={classes['now']} style={{ left: `${nowAt * 100}%` }}>
            <span>{text.nowLine}</span>
          </span>
        ) : null}
      </div>
    </div>
  )
}

/** How far the zone is ahead of UTC at an instant. */
function offsetOf(at: number, zone: string): number {
  const { date, time } = timeParts(new Date(at).toISOString(), zone)
  return Date.parse(`${date}T${time}Z`) - Math.floor(at / 1000) * 1000
}
