/** Past and planned runs of a DAG by day or hour of its time zone; a cell or a range can be run or backfilled. */
import { ActionIcon, Alert, Button, Group, SegmentedControl, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconInfoCircle } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { Calendar } from '#contract/insights.ts'
import { dagQuery } from '../../api/queries.ts'
import { calendarQuery } from '../../api/queries/insights.ts'
import { formatInstant, timeParts } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import classes from './Calendar.module.css'
import { CalendarCells } from './CalendarCells.tsx'
import { CellMenu } from './CellMenu.tsx'
import { monthName, moved, rangeOf, STATES_BY_WEIGHT, type CalendarView } from './model.ts'
import { useRange } from './useRange.ts'

const route = getRouteApi('/_app/dags/$dagId/calendar')
const text = strings.calendar
const VIEWS = ['year', 'month', 'hours'] as const

export function DagCalendarTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const dag = useQuery(dagQuery(dagId)).data
  const zone = dag?.timezone ?? 'UTC'
  const today = timeParts(new Date().toISOString(), zone).date
  const view: CalendarView = search.view ?? 'year'
  const at = search.at ?? today
  const range = rangeOf(view, at)
  const calendar = useQuery({ ...calendarQuery(dagId, range), placeholderData: keepPreviousData })
  const go = (change: { at?: string | undefined; view?: CalendarView }) => {
    const next: { at?: string | undefined; view: CalendarView } = { at: search.at, view, ...change }
    const isNow = next.at === undefined || rangeOf(next.view, next.at).from === rangeOf(next.view, today).from
    void navigate({
      search: { ...(isNow || next.at === undefined ? {} : { at: next.at }), ...(next.view === 'year' ? {} : { view: next.view }) },
      replace: true,
    })
  }
  const year = at.slice(0, 4)
  return (
    <div className={classes['page']}>
      <div className={classes['bar']}>
        <Group gap={4} wrap="nowrap">
          <ActionIcon
            variant="default"
            size={30}
            aria-label={text.earlier}
            onClick={() => {
              go({ at: moved(view, at, -1) })
            }}
          >
            <IconChevronLeft size={17} />
          </ActionIcon>
          <Text fw={600} miw={view === 'year' ? 60 : 136} ta="center" role="status">
            {view === 'year' ? year : `${monthName(at)} ${year}`}
          </Text>
          <ActionIcon
            variant="default"
            size={30}
            aria-label={text.later}
            onClick={() => {
              go({ at: moved(view, at, 1) })
            }}
          >
            <IconChevronRight size={17} />
          </ActionIcon>
        </Group>
        <Button
          size="xs"
          variant="default"
          disabled={rangeOf(view, today).from === range.from}
          onClick={() => {
            go({ at: undefined })
          }}
        >
          {text.today}
        </Button>
        <SegmentedControl
          size="xs"
          aria-label={text.view}
          value={view}
          data={VIEWS.map((value) => ({ value, label: text[value] }))}
          onChange={(value) => {
            go({ at: search.at ?? today, view: VIEWS.find((each) => each === value) ?? 'year' })
          }}
        />
        <Legend zone={calendar.data?.timezone ?? zone} />
      </div>
      {calendar.isError && !calendar.data ? (
        <Failed error={calendar.error} onRetry={() => void calendar.refetch()} />
      ) : calendar.data ? (
        <Shown
          key={`${calendar.data.unit} ${calendar.data.cells[0]?.date} ${calendar.data.cells.length}`}
          calendar={calendar.data}
          view={calendar.data.unit === 'hour' ? 'hours' : calendar.data.cells.length > 31 ? 'year' : 'month'}
          hasSchedule={dag?.schedule_interval !== null}
          begin={dag?.start_date == null ? null : timeParts(dag.start_date, zone).date}
        />
      ) : (
        <RowsSkeleton />
      )}
    </div>
  )
}

interface ShownProps {
  calendar: Calendar
  view: CalendarView
  hasSchedule: boolean
  /** The day from which on the DAG runs. */
  begin: string | null
}

function Shown({ calendar, view, hasSchedule, begin }: ShownProps) {
  const { cells, now, timezone } = calendar
  const today = timeParts(now, timezone).date
  const frame = useRef<HTMLDivElement>(null)
  const start = cells.findIndex((cell) => cell.start <= now && now < cell.end)
  const choice = useRange(frame, cells.length, Math.max(0, start), view === 'hours' ? 24 : 7)
  // A year is longer than a window: begin where now is.
  useEffect(() => {
    // With its name in sight; in a window that holds it all nothing moves.
    frame.current?.querySelector('[data-today]')?.closest('section')?.scrollIntoView({ block: 'nearest' })
  }, [])
  const isPlanned = cells.some(({ planned }) => planned > 0)
  return (
    <div className={classes['shown']}>
      {hasSchedule ? null : (
        <Alert p="xs" color="gray" icon={<IconInfoCircle size={18} />}>
          {text.noSchedule}
        </Alert>
      )}
      {calendar.is_paused && isPlanned ? (
        <Alert p="xs" color="yellow" icon={<IconInfoCircle size={18} />}>
          {text.pausedHint}
        </Alert>
      ) : null}
      <CalendarCells view={view} cells={cells} today={today} choice={choice} frame={frame} begin={begin} />
      <Text size="xs" c="dimmed">
        {text.hint}
        {calendar.planned_until === null ? '' : ` ${text.until(formatInstant(calendar.planned_until, timezone))}`}
      </Text>
      {choice.chosen ? (
        <CellMenu
          dagId={calendar.dag_id}
          cells={cells}
          chosen={choice.chosen}
          isHour={view === 'hours'}
          hasSchedule={hasSchedule}
          onClose={choice.close}
        />
      ) : null}
    </div>
  )
}

function Legend({ zone }: { zone: string }) {
  return (
    <div className={classes['legend']}>
      {STATES_BY_WEIGHT.map((state) => (
        <span key={state}>
          <StateIcon state={state} size={14} /> {stateWord(state)}
        </span>
      ))}
      <span>
        <i data-look="planned" /> {text.planned}
      </span>
      <span>
        <i data-look="missing" /> {text.missing}
      </span>
      <span className={classes['zone']}>{text.zone(zone)}</span>
    </div>
  )
}
