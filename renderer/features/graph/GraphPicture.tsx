/**
 * The picture behind a large graph: nodes and edges painted beside the page, put under React Flow's own transform, so that a pan or a
 * zoom moves two images and nothing else. `near` is the window and some around it, sharp, painted again when the view comes to rest or
 * leaves it; `whole` is all of the graph, coarse, for where `near` does not reach yet.
 */
import { useComputedColorScheme } from '@mantine/core'
import { useStoreApi, ViewportPortal } from '@xyflow/react'
import { useContext, useEffect, useRef } from 'react'
import classes from './DagGraph.module.css'
import type { Area, View } from './inView.ts'
import { marksOf, statesOf, type Marked } from './look.ts'
import type { GraphModel } from './model.ts'
import type { Look } from './paint.ts'
import { Painter } from './painter.ts'
import type { FromPainter } from './paint.worker.ts'
import { readPalette } from './palette.ts'
import type { Scene } from './scene.ts'
import { TaskStatesContext } from './taskStates.ts'

interface GraphPictureProps {
  model: GraphModel
  scene: Scene
  marked: Marked
  /** The overview beside the graph, painted from the same thread. */
  overview: React.RefObject<HTMLCanvasElement | null>
  /** After the view has come to rest. */
  onRest: (view: View) => void
}

/** The view rests when it has not changed for so long. */
const REST_MS = 120
/** States are painted at most so often: near, and in the whole picture. */
const NEAR_STATES_MS = 200
const WHOLE_STATES_MS = 1_000
/** The sharp picture reaches beyond the window by this share of it on each side. */
const AROUND = 0.35
/** Pixels of the whole picture: longest side and area (12 MB). */
const WHOLE_SIDE = 2_048
const WHOLE_PIXELS = 3_000_000
/** A sharp picture that is shown smaller or larger than this is painted again while the view still moves. */
const STRETCH = 1.8
export const OVERVIEW = { width: 200, height: 140 } as const

export function GraphPicture({ model, scene, marked, overview, onRest }: GraphPictureProps) {
  const whole = useRef<HTMLCanvasElement>(null)
  const near = useRef<HTMLCanvasElement>(null)
  const states = useContext(TaskStatesContext)
  const scheme = useComputedColorScheme()
  const store = useStoreApi()
  const picture = useRef<Picture>(undefined)
  const rest = useRef(onRest)
  useEffect(() => {
    rest.current = onRest
  })

  useEffect(() => {
    const made = new Picture({ whole, near, overview })
    picture.current = made
    const view = (): View => {
      const { transform, width, height } = store.getState()
      return { x: transform[0], y: transform[1], zoom: transform[2], width, height }
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    const moved = () => {
      made.moved(view())
      clearTimeout(timer)
      timer = setTimeout(() => {
        made.rested(view())
        rest.current(view())
      }, REST_MS)
    }
    const stop = store.subscribe((now, before) => {
      if (now.transform !== before.transform || now.width !== before.width || now.height !== before.height) moved()
    })
    moved()
    return () => {
      clearTimeout(timer)
      stop()
      made.close()
    }
  }, [store, overview])

  useEffect(() => {
    // Variables of the new theme are in force after this frame.
    const frame = requestAnimationFrame(() => picture.current?.setPalette())
    return () => {
      cancelAnimationFrame(frame)
    }
  }, [scheme])
  useEffect(() => {
    picture.current?.setScene(scene)
  }, [scene])
  useEffect(() => {
    picture.current?.setLook({ ...statesOf(model, states), ...marksOf(model, marked) }, true)
  }, [model, scene, states, marked])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = states.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        picture.current?.setStates(statesOf(model, states))
      }, NEAR_STATES_MS)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [model, scene, states])

  return (
    <ViewportPortal>
      <canvas ref={whole} className={classes['picture']} aria-hidden="true" />
      <canvas ref={near} className={classes['picture']} aria-hidden="true" />
    </ViewportPortal>
  )
}

interface Canvases {
  whole: React.RefObject<HTMLCanvasElement | null>
  near: React.RefObject<HTMLCanvasElement | null>
  overview: React.RefObject<HTMLCanvasElement | null>
}

/** Decides what is painted when; the canvases show what the painter answers. */
class Picture {
  readonly #canvases: Canvases
  readonly #painter: Painter
  #scene: Scene | undefined
  #look: Look | undefined
  #view: View | undefined
  #wholeScale = 1
  #isDue = new Map<'near' | 'whole', ReturnType<typeof setTimeout>>()
  #nearShown: { area: Area; scale: number } | undefined

  constructor(canvases: Canvases) {
    this.#canvases = canvases
    this.#painter = new Painter((painted) => {
      this.#show(painted)
    })
    this.#painter.setPalette(readPalette())
  }

  setPalette(): void {
    this.#painter.setPalette(readPalette())
    this.#paintAll()
  }

  setScene(scene: Scene): void {
    this.#scene = scene
    this.#look = undefined
    this.#nearShown = undefined
    const { width, height } = scene.bounds
    this.#wholeScale = Math.min(1, WHOLE_SIDE / Math.max(width, height), Math.sqrt(WHOLE_PIXELS / (width * height)))
    this.#painter.setScene(scene)
  }

  setLook(look: Look, hasNewEdges: boolean): void {
    this.#look = look
    this.#painter.setLook(look, hasNewEdges)
    this.#paintAll()
  }

  setStates(change: Pick<Look, 'states' | 'counts'>): void {
    if (this.#look === undefined) return
    this.#look = { ...this.#look, ...change }
    this.#painter.setLook(this.#look, false)
    this.#paintNear(true)
    this.#later('whole', WHOLE_STATES_MS, () => {
      this.#paintWhole()
    })
  }

  /** While the view moves: a new sharp picture only if the one there is, or is coming, no longer serves. */
  moved(view: View): void {
    this.#view = view
    this.#hideWhole()
    const shown = this.#painter.coming('near') ?? this.#nearShown
    if (shown === undefined) return
    const wanted = view.zoom * devicePixelRatio
    const stretch = wanted / shown.scale
    if (stretch < STRETCH && stretch > 1 / STRETCH && covers(shown.area, this.#clip(areaOf(view, 0)))) return
    this.#paintNear(false)
  }

  rested(view: View): void {
    this.#view = view
    this.#paintNear(false)
  }

  close(): void {
    for (const timer of this.#isDue.values()) clearTimeout(timer)
    this.#painter.close()
  }

  #later(layer: 'near' | 'whole', ms: number, action: () => void): void {
    if (this.#isDue.has(layer)) return
    const timer = setTimeout(() => {
      this.#isDue.delete(layer)
      action()
    }, ms)
    this.#isDue.set(layer, timer)
  }

  #paintAll(): void {
    if (this.#scene === undefined || this.#look === undefined) return
    this.#paintWhole()
    this.#paintNear(true)
  }

  #paintWhole(): void {
    if (this.#scene === undefined) return
    const { bounds } = this.#scene
    this.#painter.paint('whole', { area: bounds, scale: this.#wholeScale })
    const scale = Math.min(OVERVIEW.width / bounds.width, OVERVIEW.height / bounds.height) * devicePixelRatio
    this.#painter.paint('overview', { area: bounds, scale })
  }

  #paintNear(isChanged: boolean): void {
    const view = this.#view
    if (view === undefined || this.#look === undefined || view.width === 0) return
    const scale = view.zoom * devicePixelRatio
    const shown = this.#painter.coming('near') ?? this.#nearShown
    const isSame = shown !== undefined && Math.abs(shown.scale - scale) < scale * 0.01
    if (!isChanged && isSame && covers(shown.area, this.#clip(areaOf(view, AROUND / 3)))) return
    const area = isChanged && isSame && covers(shown.area, this.#clip(areaOf(view, 0))) ? shown.area : this.#clip(areaOf(view, AROUND))
    if (area.width > 0 && area.height > 0) this.#painter.paint('near', { area, scale })
  }

  /** The part of an area that holds something. */
  #clip(area: Area): Area {
    const bounds = this.#scene?.bounds ?? area
    const [left, top] = [Math.max(area.x, bounds.x), Math.max(area.y, bounds.y)]
    const right = Math.min(area.x + area.width, bounds.x + bounds.width)
    const bottom = Math.min(area.y + area.height, bounds.y + bounds.height)
    return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) }
  }

  #show({ layer, area, bitmap }: FromPainter): void {
    if (layer === 'export') return
    const canvas = this.#canvases[layer].current
    if (canvas === null) {
      bitmap.close()
      return
    }
    if (layer !== 'overview') {
      if (layer === 'near') this.#nearShown = { area, scale: bitmap.width / area.width }
      Object.assign(canvas.style, { left: `${area.x}px`, top: `${area.y}px`, width: `${area.width}px`, height: `${area.height}px` })
    }
    canvas.width = bitmap.width
    canvas.height = bitmap.height
    canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap)
    this.#hideWhole()
  }

  /** The pictures are transparent: the coarse one is shown only while the sharp one leaves part of the window bare. */
  #hideWhole(): void {
    const canvas = this.#canvases.whole.current
    if (canvas === null || this.#view === undefined) return
    canvas.hidden = this.#nearShown !== undefined && covers(this.#nearShown.area, this.#clip(areaOf(this.#view, 0)))
  }
}

/** The part of the graph that the window shows, and some around it. */
function areaOf({ x, y, zoom, width, height }: View, around: number): Area {
  const [wide, high] = [width / zoom, height / zoom]
  return { x: -x / zoom - wide * around, y: -y / zoom - high * around, width: wide * (1 + 2 * around), height: high * (1 + 2 * around) }
}

const covers = (outer: Area, inner: Area): boolean =>
  outer.x <= inner.x + 0.5 &&
  outer.y <= inner.y + 0.5 &&
  outer.x + outer.width >= inner.x + inner.width - 0.5 &&
  outer.y + outer.height >= inner.y + inner.height - 0.5
