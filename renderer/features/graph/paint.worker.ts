/**
 * Paints pictures of a graph beside the page. Edges are the costly part and rarely change, so each layer keeps its own of the last
 * picture: a change of states repaints nodes only.
 */
import type { Area } from './inView.ts'
import { paintEdges, paintFrames, paintNodes, type Look, type Palette, type View } from './paint.ts'
import type { Scene } from './scene.ts'

export type Layer = 'whole' | 'near' | 'overview' | 'export'
export type ToPainter =
  | { kind: 'scene'; scene: Scene }
  | { kind: 'look'; look: Look; hasNewEdges: boolean }
  | { kind: 'palette'; palette: Palette }
  | { kind: 'paint'; layer: Layer; id: number; area: Area; scale: number; background: boolean }
export interface FromPainter {
  layer: Layer
  id: number
  area: Area
  bitmap: ImageBitmap
}

let scene: Scene | undefined
let look: Look | undefined
let palette: Palette | undefined
const under = new Map<Layer, { view: View; canvas: OffscreenCanvas }>()

self.onmessage = ({ data }: MessageEvent<ToPainter>) => {
  if (data.kind === 'scene') {
    scene = data.scene
    look = undefined
    under.clear()
  } else if (data.kind === 'palette') {
    palette = data.palette
    under.clear()
  } else if (data.kind === 'look') {
    look = data.look
    if (data.hasNewEdges) under.clear()
  } else paint(data)
}

function paint({ layer, id, area, scale, background }: Extract<ToPainter, { kind: 'paint' }>): void {
  if (scene === undefined || look === undefined || palette === undefined) return
  const size = [Math.max(1, Math.round(area.width * scale)), Math.max(1, Math.round(area.height * scale))] as const
  const canvas = new OffscreenCanvas(...size)
  const context = canvas.getContext('2d')
  if (context === null) return
  if (background) {
    context.fillStyle = palette.page
    context.fillRect(0, 0, ...size)
  }
  context.drawImage(underOf(layer, { area, scale }, size), 0, 0)
  paintNodes(context, scene, look, palette, { area, scale })
  const bitmap = canvas.transferToImageBitmap()
  self.postMessage({ layer, id, area, bitmap } satisfies FromPainter, { transfer: [bitmap] })
}

/** Frames and edges of a layer. */
function underOf(layer: Layer, view: View, size: readonly [number, number]): OffscreenCanvas {
  const before = under.get(layer)
  if (before !== undefined && isSame(before.view, view)) return before.canvas
  const canvas = new OffscreenCanvas(...size)
  const context = canvas.getContext('2d')
  if (context !== null && scene !== undefined && look !== undefined && palette !== undefined) {
    paintFrames(context, scene, palette, view)
    paintEdges(context, scene, look, palette, view)
  }
  if (layer === 'export') return canvas
  under.set(layer, { view, canvas })
  return canvas
}

const isSame = (a: View, b: View): boolean =>
  a.scale === b.scale && a.area.x === b.area.x && a.area.y === b.area.y && a.area.width === b.area.width && a.area.height === b.area.height
