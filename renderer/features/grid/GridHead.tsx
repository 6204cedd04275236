/** The head of the grid: a bar per run (height = duration, colour and sign = state, mark = type), dates above. */
import { VisuallyHidden } from '@mantine/core'
import { IconDatabase, IconHistory, IconPlayerPlayFilled, type Icon } from '@tabler/icons-react'
import { memo } from 'react'
import type { RunType } from '#contract/states.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { elapsed, formatDuration, timeParts, zoneFor, type TimeMode } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import { GLYPH_BOX, GLYPHS } from './cellPainter.ts'
import type { GridColumn } from './columns.ts'
import classes from './grid.module.css'
import { COLUMN_PX } from './window.ts'

const text = strings.grid
/** Scheduled runs, the usual ones, carry no mark. */
export const TYPE_MARKS: Partial<Record<RunType, Icon>> = {
  manual: IconPlayerPlayFilled,
  backfill: IconHistory,
  asset_triggered: IconDatabase,
}
/** A bar must hold its sign. */
const LOWEST_PX = 15
export const BARS_PX = 62
/** A date takes the room of so many columns. */
const DATE_COLUMNS = 4

export const dateOf = ({ run }: GridColumn): string => run.logical_date ?? run.run_after
export const durationOf = ({ run }: GridColumn): number => elapsed(run.start_time, run.end_time, serverNow()) ?? 0
export const columnId = (runId: string) => `grid-run-${runId}`
/** What the bar says, in words. */
export const columnWords = (column: GridColumn): string =>
  [
    stateWord(column.run.state),
    strings.runTypes[column.run.run_type],
    ...(column.run.start_time === null ? [] : [formatDuration(durationOf(column))]),
  ].join(', ')

interface GridHeadProps {
  columns: readonly GridColumn[]
  from: number
  to: number
  /** Left edge of the first column. */
  offset: number
  longest: number
  selected: string | undefined
  focused: string | undefined
  zone: string | null
  mode: TimeMode
}

/** Only the columns in sight. Clicks and hovering are the grid's. */
export const GridHead = memo(function GridHead({ columns, from, to, offset, longest, selected, focused, zone, mode }: GridHeadProps) {
  // What all have in common marks none.
  const isMixed = columns.some(({ run }) => run.run_type !== columns[0]?.run.run_type)
  return columns.slice(from, to).map((column, i) => {
    const at = from + i
    const { run } = column
    const Mark = isMixed ? TYPE_MARKS[run.run_type] : undefined
    const height = Math.round(LOWEST_PX + (BARS_PX - LOWEST_PX) * (longest > 0 ? Math.min(1, durationOf(column) / longest) : 0))
    const { path, isFilled } = GLYPHS[run.state]
    return (
      <div
        key={run.run_id}
        id={columnId(run.run_id)}
        role="columnheader"
        aria-colindex={at + 2}
        aria-selected={run.run_id === selected}
        className={classes['column']}
        data-focused={run.run_id === focused || undefined}
        style={{ left: offset + at * COLUMN_PX }}
      >
        <VisuallyHidden>{text.column(run.run_id, columnWords(column))}</VisuallyHidden>
        {hasDate(at, columns.length) ? (
          <span className={classes['date']} aria-hidden>
            {shortDate(dateOf(column), zoneFor(mode, zone))}
          </span>
        ) : null}
        <span className={classes['bar']} data-state={run.state} style={{ height, background: stateFill(run.state) }}>
          <svg viewBox={`0 0 ${GLYPH_BOX} ${GLYPH_BOX}`} className={classes['sign']} aria-hidden>
            <path d={path} data-filled={isFilled} />
          </svg>
        </span>
        <span className={classes['type']} aria-hidden>
          {Mark ? <Mark size={11} /> : null}
        </span>
      </div>
    )
  })
})

function hasDate(at: number, count: number): boolean {
  if (count < DATE_COLUMNS) return at === 0
  // Counted from the newest, so that dates stay where they are while runs are added; each begins above its own column.
  return (count - at) % DATE_COLUMNS === 0
}

function shortDate(iso: string, zone: string): string {
  const { date, time } = timeParts(iso, zone)
  return `${date.slice(5)} ${time.slice(0, 5)}`
}
