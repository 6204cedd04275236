/** Axis and rows of a Gantt chart. Only rows in view are in the page; positions come from the time scale and the visible part of it. */
import { useElementSize, useMediaQuery } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { zoneFor } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { useTimeMode } from '../../ui/timeMode.ts'
import type { CriticalPath, CriticalStep } from './criticalPath.ts'
import classes from './Gantt.module.css'
import { GanttAxis, tellsElapsed } from './GanttAxis.tsx'
import { GanttRowView } from './GanttRowView.tsx'
import { GanttTip, type Pointed } from './GanttTip.tsx'
import type { GanttRow } from './model.ts'
import { PathLines } from './PathLines.tsx'
import type { TimeScale } from './timeScale.ts'
import type { View } from './useView.ts'

const ROW_HEIGHT = 30
/** Room at the right end for bars that have no length. */
const END_ROOM = 14

interface GanttChartProps {
  label: string
  rows: readonly GanttRow[]
  scale: TimeScale
  view: View
  now: number
  zone: string | null
  path: CriticalPath | null
  /** Key of the selected task instance. */
  selected: string | null
  onOpen: (row: GanttRow) => void
  onAttempt: (row: GanttRow, attempt: number) => void
}

export function GanttChart({ label, rows, scale, view, now, zone, path, selected, onOpen, onAttempt }: GanttChartProps) {
  const zoneName = zoneFor(useTimeMode(), zone)
  const isNarrow = useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false })
  const { ref: trackRef, width: trackWidth } = useElementSize()
  const width = Math.max(0, trackWidth - END_ROOM)
  const scroller = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<Pointed | null>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const steps = useMemo(() => stepsByRow(rows, path), [rows, path])
  const toX = (time: number) => ((scale.at(time) - view.shown.from) / (view.shown.to - view.shown.from)) * width
  useWheel(scroller, view, width, isNarrow)
  const drag = useDrag(view, width)
  const items = virtual.getVirtualItems()
  const keys = (event: KeyboardEvent) => {
    const act = KEYS[event.key]
    if (act) {
      act(view)
      event.preventDefault()
      return
    }
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const at = Number((event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset['index'] ?? -1)
    if (step === 0 || at < 0) return
    event.preventDefault()
    const next = Math.min(rows.length - 1, Math.max(0, at + step))
    virtual.scrollToIndex(next)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] button`)?.focus())
  }
  return (
    <div className={classes['chart']} role="group" aria-label={label} aria-description={strings.gantt.keys} onKeyDown={keys}>
      <div className={classes['head']}>
        <div className={classes['corner']}>
          {strings.gantt.task}
          <span>{tellsElapsed(scale) ? strings.gantt.sinceStart : zoneName}</span>
        </div>
        <div ref={trackRef} className={classes['axis']}>
          <GanttAxis {...{ scale, view, width, zone }} />
        </div>
      </div>
      <div
        ref={scroller}
        className={classes['scroller']}
        data-pan={!view.isAll || undefined}
        onPointerLeave={() => {
          setPointed(null)
        }}
        {...drag}
      >
        <div role="list" aria-label={label} style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = rows[item.index]
            return row === undefined ? null : (
              <GanttRowView
                key={item.key}
                index={item.index}
                top={item.start}
                row={row}
                toX={toX}
                width={width}
                now={now}
                step={steps.get(item.index) ?? null}
                isSelected={row.id === selected}
                onOpen={onOpen}
                onAttempt={onAttempt}
                onPoint={setPointed}
              />
            )
          })}
        </div>
        {path === null ? null : (
          <PathLines {...{ rows, path, toX, width }} first={items[0]?.index ?? 0} last={items.at(-1)?.index ?? 0} now={now} />
        )}
      </div>
      {pointed ? <GanttTip pointed={pointed} runStart={scale.from} now={now} zone={zone} step={steps.get(pointed.index) ?? null} /> : null}
    </div>
  )
}

const KEYS: Record<string, (view: View) => void> = {
  '+': (view) => {
    view.zoom(0.6)
  },
  '=': (view) => {
    view.zoom(0.6)
  },
  '-': (view) => {
    view.zoom(1.7)
  },
  '0': (view) => {
    view.show(null)
  },
  ArrowLeft: (view) => {
    view.pan(-0.2)
  },
  ArrowRight: (view) => {
    view.pan(0.2)
  },
}

/** Row of each step of the critical path: its own, or that of what it is folded into. */
function stepsByRow(rows: readonly GanttRow[], path: CriticalPath | null): Map<number, CriticalStep> {
  const wanted = new Map(path?.steps.map((step) => [`${step.task_id} ${step.map_index}`, step]) ?? [])
  const found = new Map<number, CriticalStep>()
  if (wanted.size === 0) return found
  rows.forEach((row, index) => {
    // An unfolded row stands for nothing itself.
    const step = row.isOpen === true ? undefined : row.members.map((key) => wanted.get(key)).find((each) => each !== undefined)
    if (step) found.set(index, step)
  })
  return found
}

/** Ctrl and wheel zoom at the pointer; sideways it pans. React's own listener could not keep the page from zooming. */
function useWheel(scroller: React.RefObject<HTMLDivElement | null>, view: View, width: number, isNarrow: boolean): void {
  const latest = useRef(view)
  useEffect(() => {
    latest.current = view
  })
  useEffect(() => {
    const element = scroller.current
    if (!element) return undefined
    const onWheel = (event: WheelEvent) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        const left = element.getBoundingClientRect().right - width
        latest.current.zoom(Math.exp(event.deltaY * 0.002), Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width))))
      } else if (!latest.current.isAll && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
        event.preventDefault()
        latest.current.pan((event.deltaX || event.deltaY) / Math.max(1, width))
      }
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => {
      element.removeEventListener('wheel', onWheel)
    }
  }, [scroller, width, isNarrow])
}

/** Pixels that a pointer moves before it drags rather than clicks. */
const DRAG_LEAST = 4

function useDrag(view: View, width: number) {
  const from = useRef<{ x: number; shown: { from: number; to: number }; moved: boolean } | null>(null)
  return {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      if (view.isAll || event.button !== 0) return
      from.current = { x: event.clientX, shown: view.shown, moved: false }
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      const start = from.current
      if (!start) return
      const by = event.clientX - start.x
      if (!start.moved && Math.abs(by) < DRAG_LEAST) return
      start.moved = true
      event.currentTarget.setPointerCapture(event.pointerId)
      const shift = (-by / Math.max(1, width)) * (start.shown.to - start.shown.from)
      view.show({ from: start.shown.from + shift, to: start.shown.to + shift })
    },
    onPointerUp: () => {
      from.current = null
    },
    onPointerCancel: () => {
      from.current = null
    },
  }
}
