/** Where the view of the graph stands: when it is fitted to its window, and how it gets to a node. What the reader moved stays as it is. */
import { getViewportForBounds, useReactFlow, useStore, useStoreApi } from '@xyflow/react'
import { useCallback, useEffect, useRef, type RefObject } from 'react'
import { isInView, type Area } from './inView.ts'
import type { LayoutOutput } from './layout.ts'
import type { Scene } from './scene.ts'

const PADDING = 0.06
export const MIN_ZOOM = 0.002
const MAX_ZOOM = 1
/** A panel that is being resized changes the window with every frame. */
const SETTLED_MS = 60
/** Smaller than this nobody reads a name: the selected task in sight is worth more than all of them. */
const READABLE_ZOOM = 0.4

export interface Views {
  /** Never enlarged. Whole if asked for; else not smaller than can be read, from its start on. */
  fit: (p?: { duration?: number; isWhole?: boolean }) => void
  /** Puts a node into the middle, large enough to be read. */
  goTo: (id: string) => void
  /** Moves only if the node is out of sight. */
  reveal: (id: string) => void
  /** The reader has moved the view. */
  isMoved: RefObject<boolean>
}

export function useViews(p: { layout: LayoutOutput | undefined; scene: Scene | null; selected: string | undefined; least: number }): Views {
  const { layout, scene, selected, least } = p
  const flow = useReactFlow()
  const store = useStoreApi()
  const isMoved = useRef(false)
  const now = useRef({ layout, scene, least })
  useEffect(() => {
    now.current = { layout, scene, least }
  })
  const fit = useCallback(
    ({ duration = 0, isWhole = false }: { duration?: number; isWhole?: boolean } = {}) => {
      const { width, height } = store.getState()
      const { scene: drawn, least: zoom } = now.current
      if (drawn === null || width === 0 || height === 0) return
      isMoved.current = false
      const whole = getViewportForBounds(drawn.bounds, width, height, MIN_ZOOM, MAX_ZOOM, PADDING)
      void flow.setViewport(isWhole || whole.zoom >= zoom ? whole : startOf(drawn, { width, height, zoom }), { duration })
    },
    [flow, store],
  )
  const centre = useCallback(
    (box: Area, zoom: number, duration: number) => void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom, duration }),
    [flow],
  )
  const goTo = useCallback(
    (id: string) => {
      const box = now.current.layout?.nodes[id]
      if (box === undefined) return
      isMoved.current = true
      centre(box, Math.min(MAX_ZOOM, Math.max(0.8, flow.getZoom())), 250)
    },
    [centre, flow],
  )
  const reveal = useCallback(
    (id: string) => {
      const box = now.current.layout?.nodes[id]
      const { width, height } = store.getState()
      if (box === undefined || isInView(box, { ...flow.getViewport(), width, height })) return
      centre(box, flow.getZoom(), 200)
    },
    [centre, flow, store],
  )
  useRefit(scene, fit)
  useResize({ selected, fit, reveal, isMoved, scene: () => now.current.scene })
  return { fit, goTo, reveal, isMoved }
}

/** Where the edges begin stands at its end of the window; across, it is in the middle if it fits. */
function startOf({ bounds, direction }: Scene, { width, height, zoom }: { width: number; height: number; zoom: number }) {
  const place = (from: number, size: number, room: number, isEnd: boolean) => {
    const air = room * PADDING
    if (size * zoom <= room - 2 * air) return (room - size * zoom) / 2 - from * zoom
    return isEnd ? room - air - (from + size) * zoom : air - from * zoom
  }
  return {
    x: place(bounds.x, bounds.width, width, direction === 'RL'),
    y: place(bounds.y, bounds.height, height, direction === 'BT'),
    zoom,
  }
}

/** Fits the window at first and when the shape changed (groups folded, direction), not when a state did. */
function useRefit(scene: Scene | null, fit: Views['fit']): void {
  const isReady = useStore(({ width, height }) => width > 0 && height > 0)
  const fitted = useRef<Scene>(undefined)
  useEffect(() => {
    if (scene === null || !isReady || fitted.current === scene) return
    const isFirst = fitted.current === undefined
    fitted.current = scene
    fit(isFirst ? {} : { duration: 200 })
  }, [scene, isReady, fit])
}

interface Resized extends Pick<Views, 'fit' | 'reveal' | 'isMoved'> {
  selected: string | undefined
  scene: () => Scene | null
}

/** The window of the graph changes its size when a task's panel opens beside it. */
function useResize({ selected, fit, reveal, isMoved, scene }: Resized): void {
  const width = useStore((state) => state.width)
  const height = useStore((state) => state.height)
  const shown = useRef({ width: 0, height: 0 })
  const newest = useRef({ selected, scene })
  useEffect(() => {
    newest.current = { selected, scene }
  })
  useEffect(() => {
    if (width === 0 || height === 0) return
    const before = shown.current
    if (before.width === width && before.height === height) return
    shown.current = { width, height }
    // The first size is fitted with the shape.
    if (before.width === 0) return
    const timer = setTimeout(() => {
      const bounds = newest.current.scene()?.bounds
      const task = newest.current.selected
      const isReadable = bounds !== undefined && Math.min(width / bounds.width, height / bounds.height) >= READABLE_ZOOM
      // Beside a panel the whole of it, as long as names can be made out.
      if (!isMoved.current && (task === undefined || isReadable)) fit({ isWhole: task !== undefined })
      if (task !== undefined) reveal(task)
    }, SETTLED_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [width, height, fit, reveal, isMoved])
}
