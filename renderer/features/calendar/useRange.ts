/** Choosing one cell or a range: click, drag, Shift and click; arrow keys, with Shift for a range, Enter opens the menu. */
import { useEffect, useRef, useState, type FocusEvent, type KeyboardEvent, type PointerEvent, type RefObject } from 'react'

export interface CellRange {
  first: number
  last: number
}
export interface Chosen extends CellRange {
  /** Where the menu stands. */
  x: number
  y: number
}

export interface RangeChoice {
  /** What is marked now. */
  range: CellRange | null
  chosen: Chosen | null
  close: () => void
  /** The cell that Tab reaches. */
  focus: number
  frameProps: {
    onPointerDown: (event: PointerEvent<HTMLElement>) => void
    onPointerMove: (event: PointerEvent<HTMLElement>) => void
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void
    onFocus: (event: FocusEvent<HTMLElement>) => void
  }
}

const indexOf = (target: EventTarget | null): number | null => {
  const found = target instanceof Element ? target.closest<HTMLElement>('[data-cell]')?.dataset['cell'] : undefined
  return found === undefined ? null : Number(found)
}

/** `across`: cells from one row to the next. */
export function useRange(frame: RefObject<HTMLElement | null>, count: number, start: number, across: number): RangeChoice {
  const [anchor, setAnchor] = useState<number | null>(null)
  const [focus, setFocus] = useState(start)
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const dragging = useRef(false)
  const range = anchor === null ? null : { first: Math.min(anchor, focus), last: Math.max(anchor, focus) }
  const latest = useRef({ range, focus })
  useEffect(() => {
    latest.current = { range, focus }
  })
  const open = (of: CellRange, at: number) => {
    const box = frame.current?.querySelector(`[data-cell="${at}"]`)?.getBoundingClientRect()
    setChosen({ ...of, x: box?.left ?? 0, y: (box?.bottom ?? 0) + 2 })
  }
  const openLatest = useRef(open)
  useEffect(() => {
    openLatest.current = open
  })
  // A drag may end anywhere.
  useEffect(() => {
    const end = () => {
      if (!dragging.current) return
      dragging.current = false
      const { range: marked, focus: at } = latest.current
      if (marked) openLatest.current(marked, at)
    }
    window.addEventListener('pointerup', end)
    return () => {
      window.removeEventListener('pointerup', end)
    }
  }, [])
  const goTo = (index: number) => {
    const at = Math.min(count - 1, Math.max(0, index))
    setFocus(at)
    frame.current?.querySelector<HTMLElement>(`[data-cell="${at}"]`)?.focus()
    return at
  }
  return {
    range,
    chosen,
    focus: Math.min(focus, Math.max(0, count - 1)),
    close: () => {
      setChosen(null)
      setAnchor(null)
      frame.current?.querySelector<HTMLElement>(`[data-cell="${focus}"]`)?.focus()
    },
    frameProps: {
      onPointerDown: (event) => {
        const index = indexOf(event.target)
        if (index === null || event.button !== 0) return
        // A finger scrolls the page: it chooses by its tap alone.
        dragging.current = true
        if (event.target instanceof Element && event.target.hasPointerCapture(event.pointerId))
          event.target.releasePointerCapture(event.pointerId)
        if (!event.shiftKey || anchor === null) setAnchor(event.shiftKey ? focus : index)
        setFocus(index)
      },
      onPointerMove: (event) => {
        if (!dragging.current || event.pointerType === 'touch') return
        const index = indexOf(event.target)
        if (index !== null && index !== focus) setFocus(index)
      },
      onFocus: (event) => {
        const index = indexOf(event.target)
        if (index !== null && !dragging.current) setFocus(index)
      },
      onKeyDown: (event) => {
        const index = indexOf(event.target)
        if (index === null) return
        const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -index, End: count - 1 - index }[event.key]
        if (step !== undefined) {
          event.preventDefault()
          if (event.shiftKey) setAnchor(anchor ?? index)
          else setAnchor(null)
          goTo(index + step)
        } else if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault()
          // The menu would take this very key for one that was pressed outside of it.
          event.stopPropagation()
          if (anchor === null) setAnchor(index)
          open(range ?? { first: index, last: index }, index)
        }
      },
    },
  }
}
