/** When the graph is put into its window again. What the reader zoomed or moved stays as it is, but the selected task never hides. */
import { useReactFlow, useStore } from '@xyflow/react'
import { useEffect, useRef, type RefObject } from 'react'
import { boxOf, isInView } from './inView.ts'
import type { LayoutOutput } from './layout.ts'

/** How the graph is put into the window: whole, never enlarged. */
export const FIT = { maxZoom: 1, padding: 0.06 }
/** A panel that is being resized changes the window with every frame. */
const SETTLED_MS = 60
/** Smaller than this nobody reads a name: the selected task in sight is worth more than all of them. */
const READABLE_ZOOM = 0.4

/** Fits the window again when the shape changed (groups folded, direction), not when a state did. */
export function useRefit(layout: LayoutOutput | undefined, isMoved: RefObject<boolean>): void {
  const flow = useReactFlow()
  const before = useRef(layout)
  useEffect(() => {
    if (layout === undefined || before.current === layout) return
    const isFirst = before.current === undefined
    before.current = layout
    if (isFirst) return
    isMoved.current = false
    const frame = requestAnimationFrame(() => void flow.fitView({ ...FIT, duration: 200 }))
    return () => {
      cancelAnimationFrame(frame)
    }
  }, [flow, layout, isMoved])
}

/** The window of the graph changes its size when a task's panel opens beside it. */
export function useFitOnResize(selected: string | undefined, isMoved: RefObject<boolean>): void {
  const flow = useReactFlow()
  const width = useStore((state) => state.width)
  const height = useStore((state) => state.height)
  const shown = useRef({ width: 0, height: 0 })
  useEffect(() => {
    if (width === 0 || height === 0) return
    if (shown.current.width === width && shown.current.height === height) return
    // The first size is fitted by the graph itself.
    if (shown.current.width === 0) {
      shown.current = { width, height }
      return
    }
    const show = async () => {
      shown.current = { width, height }
      const node = selected === undefined ? undefined : flow.getNode(selected)
      const whole = flow.getNodesBounds(flow.getNodes())
      const isReadable = Math.min(width / whole.width, height / whole.height) >= READABLE_ZOOM
      if (!isMoved.current && (node === undefined || isReadable)) await flow.fitView(FIT)
      if (node === undefined) return
      const box = boxOf([{ position: node.position, width: node.width ?? 0, height: node.height ?? 0 }])
      const { x, y, zoom } = flow.getViewport()
      if (!isInView(box, { x, y, zoom, width, height })) await flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom })
    }
    const timer = setTimeout(() => void show(), SETTLED_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [flow, width, height, selected, isMoved])
}
