/** The time axis: round clock times, folded idle time, and zooming into what is dragged over. */
import { useRef, useState, type PointerEvent } from 'react'
import { formatDuration, timeParts, zoneFor } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { axisDuration } from '../durations/chartLook.ts'
import { useTimeMode } from '../../ui/timeMode.ts'
import classes from './Gantt.module.css'
import { ticks, type TimeScale } from './timeScale.ts'
import type { View } from './useView.ts'

/** Room for `09:00:00.500`. */
const TICK_WIDTH = 96
const DRAG_LEAST = 6

/** Of a short run it matters how long after its start something was; of a long one what the clock said. */
const ELAPSED_BELOW = 3_600_000
export const tellsElapsed = ({ from, to }: TimeScale): boolean => to - from < ELAPSED_BELOW
const elapsed = (ms: number): string => (ms === 0 ? '0' : `+${ms < 1000 ? `${ms} ms` : axisDuration(ms)}`)

interface GanttAxisProps {
  scale: TimeScale
  view: View
  width: number
  zone: string | null
}

export function GanttAxis({ scale, view, width, zone }: GanttAxisProps) {
  const zoneName = zoneFor(useTimeMode(), zone)
  const start = useRef<number | null>(null)
  const [brush, setBrush] = useState<{ from: number; to: number } | null>(null)
  if (width === 0) return null
  const { shown } = view
  const perPixel = (shown.to - shown.from) / width
  const toX = (position: number) => (position - shown.from) / perPixel
  const isElapsed = tellsElapsed(scale)
  const marks = ticks(scale, shown, TICK_WIDTH * perPixel, isElapsed ? scale.from : 0)
  const fine = marks.some((time) => time % 1000 !== 0)
  const position = (event: PointerEvent<HTMLDivElement>) => event.clientX - event.currentTarget.getBoundingClientRect().left
  return (
    <div
      className={classes['axisInner']}
      onDoubleClick={() => {
        view.show(null)
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = position(event)
      }}
      onPointerMove={(event) => {
        if (start.current === null) return
        const at = Math.min(width, Math.max(0, position(event)))
        setBrush({ from: Math.min(start.current, at), to: Math.max(start.current, at) })
      }}
      onPointerUp={() => {
        if (brush && brush.to - brush.from > DRAG_LEAST)
          view.show({ from: shown.from + brush.from * perPixel, to: shown.from + brush.to * perPixel })
        start.current = null
        setBrush(null)
      }}
    >
      {marks.map((time, index) => {
        // A word that the edge would cut is left out; its line stays.
        const isCut = toX(scale.at(time)) > width - TICK_WIDTH / 2
        const { date, time: clock } = timeParts(new Date(time).toISOString(), zoneName)
        const before = marks[index - 1]
        const isNewDay = before === undefined || timeParts(new Date(before).toISOString(), zoneName).date !== date
        return (
          <span key={time} className={classes['tick']} style={{ left: toX(scale.at(time)) }}>
            {isCut ? null : isElapsed ? (
              elapsed(time - scale.from)
            ) : (
              <>
                {clock}
                {fine ? `.${String(time % 1000).padStart(3, '0')}` : ''}
                {isNewDay && index > 0 ? <b>{date.slice(5)}</b> : null}
              </>
            )}
          </span>
        )
      })}
      {scale.folds.map((fold) => {
        const [left, right] = [toX(scale.at(fold.from)), toX(scale.at(fold.to))]
        return right < 0 || left > width ? null : (
          <span
            key={fold.from}
            className={classes['fold']}
            style={{ left, width: right - left }}
            title={strings.gantt.idleHint(formatDuration(fold.to - fold.from))}
          />
        )
      })}
      {brush ? <span className={classes['brush']} style={{ left: brush.from, width: brush.to - brush.from }} /> : null}
    </div>
  )
}
