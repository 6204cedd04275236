/** The minimap of a large graph: the painter's small picture, and the window in it. A press or a drag moves the view there. */
import { useReactFlow, useStore } from '@xyflow/react'
import { useRef, type PointerEvent, type RefObject } from 'react'
import { strings } from '../../strings.ts'
import classes from './DagGraph.module.css'
import { OVERVIEW } from './GraphPicture.tsx'
import { isInView } from './inView.ts'
import type { Scene } from './scene.ts'

export function GraphOverview({ scene, canvas }: { scene: Scene; canvas: RefObject<HTMLCanvasElement | null> }) {
  const flow = useReactFlow()
  const isDragging = useRef(false)
  const { bounds } = scene
  const scale = Math.min(OVERVIEW.width / bounds.width, OVERVIEW.height / bounds.height)
  const size = { width: bounds.width * scale, height: bounds.height * scale }
  const isWhole = useStore(({ transform: [x, y, zoom], width, height }) => isInView(bounds, { x, y, zoom, width, height }))
  const go = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const [x, y] = [(event.clientX - box.left) / scale + bounds.x, (event.clientY - box.top) / scale + bounds.y]
    void flow.setCenter(x, y, { zoom: flow.getZoom() })
  }
  return (
    <div
      className={`${classes['overview']} ${classes['minimap']}`}
      style={size}
      hidden={isWhole}
      title={strings.graph.overview}
      onPointerDown={(event) => {
        isDragging.current = true
        event.currentTarget.setPointerCapture(event.pointerId)
        go(event)
      }}
      onPointerMove={(event) => {
        if (isDragging.current) go(event)
      }}
      onPointerUp={() => {
        isDragging.current = false
      }}
    >
      <canvas ref={canvas} style={size} aria-hidden="true" />
      <Window scene={scene} scale={scale} />
    </div>
  )
}

function Window({ scene: { bounds }, scale }: { scene: Scene; scale: number }) {
  const [x, y, zoom] = useStore((state) => state.transform)
  const width = useStore((state) => state.width)
  const height = useStore((state) => state.height)
  const box = {
    left: (-x / zoom - bounds.x) * scale,
    top: (-y / zoom - bounds.y) * scale,
    width: Math.max(4, (width / zoom) * scale),
    height: Math.max(4, (height / zoom) * scale),
  }
  return <span className={classes['overviewWindow']} style={box} />
}
