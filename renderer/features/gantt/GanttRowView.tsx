/** One row: name, and for each attempt what it waited (hatched) and what it ran (in the colour of its state). */
import { VisuallyHidden } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { memo, type PointerEvent } from 'react'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import type { CriticalStep } from './criticalPath.ts'
import classes from './Gantt.module.css'
import type { Pointed } from './GanttTip.tsx'
import type { Bar, GanttRow } from './model.ts'

/** A bar of a task that took no time can still be seen and hit. */
const LEAST_WIDTH = 4
const INDENT = 16

interface GanttRowProps {
  index: number
  top: number
  row: GanttRow
  toX: (time: number) => number
  width: number
  now: number
  step: CriticalStep | null
  isSelected: boolean
  onOpen: (row: GanttRow) => void
  onAttempt: (row: GanttRow, attempt: number) => void
  onPoint: (pointed: Pointed | null) => void
}

export const GanttRowView = memo(function GanttRowView(props: GanttRowProps) {
  const { index, top, row, step, isSelected, onOpen, onPoint } = props
  const Chevron = row.isOpen === true ? IconChevronDown : IconChevronRight
  return (
    <div
      className={classes['row']}
      role="listitem"
      data-index={index}
      data-critical={step !== null || undefined}
      data-selected={isSelected || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <button
        type="button"
        className={classes['name']}
        style={{ paddingLeft: 12 + row.depth * INDENT }}
        title={row.task_id ?? row.id}
        {...(row.isOpen === null ? {} : { 'aria-expanded': row.isOpen })}
        onClick={() => {
          onOpen(row)
        }}
        onBlur={() => {
          onPoint(null)
        }}
      >
        {row.isOpen === null ? <span className={classes['noChevron']} /> : <Chevron size={14} aria-hidden />}
        <StateIcon state={row.state} size={14} />
        <span className="ellipsis">{row.label}</span>
        {row.total > 1 ? (
          <span className={classes['count']} aria-hidden>
            {row.total.toLocaleString('en')}
          </span>
        ) : null}
        <VisuallyHidden>{saidOf(row, props.now)}</VisuallyHidden>
      </button>
      <div className={classes['track']}>{row.bars.map((bar, at) => barParts(bar, at, props))}</div>
    </div>
  )
})

function barParts(bar: Bar, at: number, { index, row, step, toX, width, now, onAttempt, onOpen, onPoint }: GanttRowProps) {
  const end = bar.end ?? now
  const start = bar.start ?? end
  const [x0, x1, x2] = [toX(bar.waiting_from ?? start), toX(start), toX(end)]
  if (Math.max(x2, x1 + LEAST_WIDTH) < 0 || x0 > width) return null
  // Far beyond the edges nothing is drawn: browsers dislike boxes of a million pixels.
  const [left, middle, right] = [x0, x1, x2].map((x) => Math.min(width + 20, Math.max(-20, x))) as [number, number, number]
  const point = (event: PointerEvent) => {
    onPoint({ row, bar, index, x: event.clientX, y: event.clientY })
  }
  const hit = {
    onPointerEnter: point,
    onPointerMove: point,
    onPointerLeave: () => {
      onPoint(null)
    },
    onClick: () => {
      if (bar.attempt === 0) onOpen(row)
      else onAttempt(row, bar.attempt)
    },
  }
  return (
    <span key={at} data-attempt={bar.attempt}>
      {middle - left > 0.5 ? <i className={classes['wait']} style={{ left, width: middle - left }} {...hit} /> : null}
      {bar.start === null ? null : (
        <i
          className={classes['bar']}
          data-state={bar.state}
          data-live={bar.end === null || undefined}
          data-many={row.total > 1 || undefined}
          data-critical={(step !== null && row.total === 1 && start >= step.start) || undefined}
          style={{ left: middle, width: Math.max(LEAST_WIDTH, right - middle), background: stateFill(bar.state) }}
          {...hit}
        />
      )}
    </span>
  )
}

/** What the bars show, for those who do not see them. */
function saidOf(row: GanttRow, now: number): string {
  const newest = row.bars.at(-1)
  const ran = newest?.start == null ? '' : `, ${strings.gantt.ranFor} ${formatDuration((newest.end ?? now) - newest.start)}`
  return `, ${row.total > 1 ? `${strings.gantt.counts(row.total)}, ` : ''}${stateWord(row.state)}${ran}`
}
