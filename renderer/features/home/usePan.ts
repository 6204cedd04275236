/** Dragging the timeline sideways, or rolling a wheel sideways, moves its window. A press that did not move stays a click. */
import { useEffect, useRef, useState } from 'react'

const MOVED_PX = 4
/** After the wheel has rested so long the window is written into the URL. */
const WHEEL_REST_MS = 250

/** `by`: how far the window is moved now, in ms; `onPan` gets it when the movement is over. */
export function usePan({ span, onPan }: { span: number; onPan: (by: number) => void }): {
  by: number
  handlers: React.HTMLAttributes<HTMLDivElement>
} {
  const [by, setBy] = useState(0)
  const drag = useRef<{ x: number; width: number; moved: boolean } | null>(null)
  const wheel = useRef<ReturnType<typeof setTimeout>>(undefined)
  const newest = useRef({ by, onPan })
  useEffect(() => {
    newest.current = { by, onPan }
  })
  const finish = () => {
    if (newest.current.by !== 0) newest.current.onPan(newest.current.by)
    setBy(0)
  }
  useEffect(
    () => () => {
      clearTimeout(wheel.current)
    },
    [],
  )
  const trackWidth = (frame: HTMLElement) => frame.querySelector('[data-track]')?.clientWidth ?? frame.clientWidth
  return {
    by,
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0 || event.pointerType === 'touch') return
        drag.current = { x: event.clientX, width: trackWidth(event.currentTarget), moved: false }
      },
      onPointerMove: (event) => {
        const from = drag.current
        if (!from) return
        const dx = event.clientX - from.x
        if (!from.moved && Math.abs(dx) < MOVED_PX) return
        if (!from.moved) event.currentTarget.setPointerCapture(event.pointerId)
        from.moved = true
        setBy((-dx / from.width) * span)
      },
      onPointerUp: () => {
        if (drag.current?.moved === true) finish()
        // The click that follows still asks whether it was a drag.
        setTimeout(() => {
          drag.current = null
        })
      },
      onPointerCancel: () => {
        drag.current = null
        setBy(0)
      },
      onClickCapture: (event) => {
        if (drag.current?.moved !== true) return
        event.preventDefault()
        event.stopPropagation()
      },
      onWheel: (event) => {
        const dx = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
        if (Math.abs(dx) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return
        const width = trackWidth(event.currentTarget)
        setBy((before) => before + (dx / width) * span)
        clearTimeout(wheel.current)
        wheel.current = setTimeout(finish, WHEEL_REST_MS)
      },
    },
  }
}
