/** The cells of a calendar: a year as twelve months, a month, or the hours of a month's days. */
import { VisuallyHidden } from '@mantine/core'
import { useState, type RefObject } from 'react'
import { strings } from '../../strings.ts'
import { stateFill } from '../../ui/stateColors.ts'
import classes from './Calendar.module.css'
import {
  byDay,
  byMonth,
  cellName,
  countsText,
  lookOf,
  monthName,
  oddLength,
  runsIn,
  STATES_BY_WEIGHT,
  weekday,
  type CalendarView,
  type Cell,
} from './model.ts'
import type { RangeChoice } from './useRange.ts'

interface CellsProps {
  cells: readonly Cell[]
  /** Day of the present moment in the DAG's zone. */
  today: string
  choice: RangeChoice
  /** Months before it had no runs to show. */
  begin?: string | null
}

export function CalendarCells({ view, frame, ...rest }: CellsProps & { view: CalendarView; frame: RefObject<HTMLDivElement | null> }) {
  return (
    <div ref={frame} className={classes['frame']} {...rest.choice.frameProps}>
      {view === 'hours' ? <Hours {...rest} /> : <Months {...rest} isLarge={view === 'month'} />}
    </div>
  )
}

function Months({ cells, today, choice, isLarge, begin }: CellsProps & { isLarge: boolean }) {
  const [isWhole, setWhole] = useState(false)
  const months = byMonth(cells)
  // Before the DAG begins there is nothing to see, unless somebody backfilled it.
  const isEarly = ({ month, cells: days }: (typeof months)[number]) =>
    !isLarge && begin != null && month.slice(0, 7) < begin.slice(0, 7) && days.every(({ cell }) => lookOf(cell) === 'empty')
  const firstShown = isWhole
    ? 0
    : Math.max(
        0,
        months.findIndex((month) => !isEarly(month)),
      )
  return (
    <>
      {firstShown === 0 ? null : (
        <button
          type="button"
          className={classes['earlier']}
          onClick={() => {
            setWhole(true)
          }}
        >
          {strings.calendar.showEarlier(firstShown)}
        </button>
      )}
      <div className={isLarge ? classes['oneMonth'] : classes['months']}>
        {months.slice(firstShown).map(({ month, cells: days }) => (
          <section key={month} aria-label={`${monthName(month)} ${month.slice(0, 4)}`}>
            {isLarge ? null : <h2 className={classes['monthName']}>{monthName(month)}</h2>}
            <div className={classes['days']} data-large={isLarge || undefined} role="group">
              {strings.calendar.weekdays.map((name) => (
                <span key={name} className={classes['weekday']} aria-hidden>
                  {name}
                </span>
              ))}
              {days.map(({ cell, index }, at) => (
                <CellButton
                  key={cell.date}
                  cell={cell}
                  index={index}
                  choice={choice}
                  isToday={cell.date === today}
                  {...(at === 0 ? { column: weekday(cell.date) + 1 } : {})}
                >
                  <span className={classes['number']}>{Number(cell.date.slice(8))}</span>
                  <VisuallyHidden>{` ${cellName(cell, false).slice(cellName(cell, false).indexOf(' ') + 1)}: `}</VisuallyHidden>
                  {isLarge && lookOf(cell) !== 'empty' ? (
                    <span className={classes['words']}>{countsText(cell)}</span>
                  ) : (
                    <VisuallyHidden>{countsText(cell)}</VisuallyHidden>
                  )}
                </CellButton>
              ))}
            </div>
          </section>
        ))}
      </div>
    </>
  )
}

function Hours({ cells, today, choice }: CellsProps) {
  return (
    <div className={classes['hoursScroll']} tabIndex={-1}>
      <div className={classes['hours']}>
        <span />
        {Array.from({ length: 24 }, (_, hour) => (
          <span key={hour} className={classes['hourName']} aria-hidden>
            {String(hour).padStart(2, '0')}
          </span>
        ))}
        {byDay(cells).map(({ date, hours }) => (
          <div key={date} className={classes['hourRow']} role="group" aria-label={cellName({ date, hour: 0 }, false)}>
            <span className={classes['dayName']} data-today={date === today || undefined} aria-hidden>
              {strings.calendar.weekdays[weekday(date)]} {Number(date.slice(8))}
            </span>
            {Array.from({ length: 24 }, (_, hour) => {
              // Where clocks go back an hour comes twice, where they go forward one is missing.
              const own = hours.filter(({ cell }) => cell.hour === hour)
              return (
                <span key={hour} className={classes['hourSlot']}>
                  {own.map(({ cell, index }) => (
                    <CellButton key={cell.start} cell={cell} index={index} choice={choice} isHour isToday={false}>
                      <VisuallyHidden>{`${cellName(cell, true)}: ${countsText(cell)}`}</VisuallyHidden>
                      {runsIn(cell) > 1 ? (
                        <span className={classes['hourCount']} aria-hidden>
                          {runsIn(cell)}
                        </span>
                      ) : null}
                    </CellButton>
                  ))}
                </span>
              )
            })}
          </div>
        ))}
      </div>
    </div>
  )
}

interface CellButtonProps {
  cell: Cell
  index: number
  choice: RangeChoice
  isToday: boolean
  isHour?: boolean
  column?: number
  children: React.ReactNode
}

function CellButton({ cell, index, choice, isToday, isHour = false, column, children }: CellButtonProps) {
  const look = lookOf(cell)
  const odd = oddLength(cell, isHour)
  const total = runsIn(cell)
  const { range } = choice
  const words = countsText(cell) + (odd === null ? '' : `, ${strings.calendar.clockChange(odd)}`)
  return (
    <button
      type="button"
      className={classes['cell']}
      data-cell={index}
      data-look={look}
      data-today={isToday || undefined}
      data-chosen={(range !== null && index >= range.first && index <= range.last) || undefined}
      tabIndex={index === choice.focus ? 0 : -1}
      title={`${cellName(cell, isHour)}: ${words}`}
      {...(isToday ? { 'aria-current': 'date' as const } : {})}
      style={{
        ...(column === undefined ? {} : { gridColumnStart: column }),
        ...(total > 0 && look !== 'planned' && look !== 'missing' && look !== 'empty' ? { '--look': stateFill(look) } : {}),
      }}
    >
      {children}
      {odd === null ? null : (
        <>
          <VisuallyHidden>{`, ${strings.calendar.clockChange(odd)}`}</VisuallyHidden>
          <span className={classes['clock']} aria-hidden />
        </>
      )}
      {total === 0 ? null : (
        <span className={classes['shares']} aria-hidden>
          {STATES_BY_WEIGHT.map((state) =>
            cell.counts[state] ? <i key={state} style={{ flexGrow: cell.counts[state], background: stateFill(state) }} /> : null,
          )}
        </span>
      )}
    </button>
  )
}
