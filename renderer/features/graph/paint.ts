/**
 * Draws part of a scene, for the picture of a large graph, its overview and its export. Pure but for the canvas. Near enough it looks as
 * the page's own nodes do; far away a node is a block in the colour of its state and an edge a thin line.
 */
import { isAcross } from './direction.ts'
import type { Area } from './inView.ts'
import type { Scene } from './scene.ts'

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

export interface Palette {
  page: string
  raised: string
  frame: string
  line: string
  lineStrong: string
  text: string
  dim: string
  edge: string
  upstream: string
  downstream: string
  selected: string
  current: string
  font: string
  /** Fill and word of each state, by number. */
  states: readonly { fill: string; word: string }[]
}

/** How a node is marked beside its state: bits of `marks`. */
export const MARK = { dim: 1, selected: 2, current: 4 } as const
/** How an edge is marked. */
export const EDGE_MARK = { none: 0, upstream: 1, downstream: 2, dim: 3 } as const

/** What changes while the shape stays. */
export interface Look {
  /** Number of each node's state + 1; 0 = no run is shown. */
  states: Uint8Array
  /** Instances of each node's tasks: more than its tasks where one is mapped. */
  counts: Uint32Array
  marks: Uint8Array
  edgeMarks: Uint8Array
}

/** Below these many pixels per unit of the graph: no words, no borders; straight edges. */
const WORDS_FROM = 0.3
const BORDERS_FROM = 0.12
const CURVES_FROM = 0.12
const DIM = 0.3
const [LABEL_PX, DETAIL_PX] = [13, 11.5]
/** Mean width of a character in pixels per pixel of its size. */
const CHARACTER = 0.56

/** `scale`: pixels per unit of the graph. The context's origin is the area's corner. */
export interface View {
  area: Area
  scale: number
}

export function paintEdges(context: Context, scene: Scene, look: Look, palette: Palette, view: View): void {
  enter(context, view)
  // The marked ones last, so that they lie on top.
  const passes: [mark: number, color: string, width: number][] = [
    [EDGE_MARK.dim, palette.edge, 1],
    [EDGE_MARK.none, palette.edge, 1.4],
    [EDGE_MARK.upstream, palette.upstream, 2.4],
    [EDGE_MARK.downstream, palette.downstream, 2.4],
  ]
  for (const [mark, color, width] of passes) {
    context.strokeStyle = color
    context.globalAlpha = mark === EDGE_MARK.dim ? DIM : Math.min(1, 0.35 + view.scale * 2)
    // A line is at least half a pixel thick, however far away.
    context.lineWidth = Math.max(width, (mark === EDGE_MARK.none || mark === EDGE_MARK.dim ? 0.5 : 1.5) / view.scale)
    context.beginPath()
    for (let e = 0; e < scene.ends.length / 2; e += 1) if ((look.edgeMarks[e] ?? 0) === mark) traceEdge(context, scene, e, view)
    context.stroke()
  }
  context.globalAlpha = 1
  if (view.scale >= WORDS_FROM) scene.edgeLabels.forEach((label, e) => label !== null && paintEdgeLabel(context, scene, e, label, palette))
  context.restore()
}

function enter(context: Context, { area, scale }: View): void {
  context.save()
  context.scale(scale, scale)
  context.translate(-area.x, -area.y)
}

function traceEdge(context: Context, scene: Scene, e: number, { area, scale }: View): void {
  const { points } = scene
  const [first, end] = [scene.starts[e] ?? 0, scene.starts[e + 1] ?? 0]
  const across = isAcross(scene.direction)
  let [x, y] = [points[first] ?? 0, points[first + 1] ?? 0]
  let isOpen = false
  for (let i = first + 2; i < end; i += 2) {
    const [nextX, nextY] = [points[i] ?? 0, points[i + 1] ?? 0]
    const isSeen =
      Math.max(x, nextX) >= area.x &&
      Math.min(x, nextX) <= area.x + area.width &&
      Math.max(y, nextY) >= area.y &&
      Math.min(y, nextY) <= area.y + area.height
    if (isSeen) {
      if (!isOpen) context.moveTo(x, y)
      const middle = across ? (x + nextX) / 2 : (y + nextY) / 2
      if (scale < CURVES_FROM || (across ? y === nextY : x === nextX)) context.lineTo(nextX, nextY)
      else if (across) context.bezierCurveTo(middle, y, middle, nextY, nextX, nextY)
      else context.bezierCurveTo(x, middle, nextX, middle, nextX, nextY)
    }
    isOpen = isSeen
    x = nextX
    y = nextY
  }
}

function paintEdgeLabel(context: Context, scene: Scene, e: number, label: string, palette: Palette): void {
  const middle = middleOf(scene, e)
  context.font = `11px ${palette.font}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  const width = context.measureText(label).width + 10
  context.fillStyle = palette.page
  context.fillRect(middle.x - width / 2, middle.y - 8, width, 16)
  context.fillStyle = palette.dim
  context.fillText(label, middle.x, middle.y)
}

/** The middle of an edge's middle piece. */
export function middleOf({ points, starts }: Scene, e: number): { x: number; y: number } {
  const [first, end] = [starts[e] ?? 0, starts[e + 1] ?? 0]
  const at = first + Math.floor((end - first) / 4 - 0.5) * 2
  return { x: ((points[at] ?? 0) + (points[at + 2] ?? 0)) / 2, y: ((points[at + 1] ?? 0) + (points[at + 3] ?? 0)) / 2 }
}

export function paintFrames(context: Context, scene: Scene, palette: Palette, view: View): void {
  enter(context, view)
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  context.font = `600 12px ${palette.font}`
  scene.frameLabels.forEach((label, i) => {
    const [x = 0, y = 0, width = 0, height = 0] = scene.frames.subarray(i * 4, i * 4 + 4)
    if (!touches(view.area, x, y, width, height)) return
    context.beginPath()
    context.roundRect(x, y, width, height, 12)
    context.fillStyle = palette.frame
    context.fill()
    context.strokeStyle = palette.lineStrong
    context.lineWidth = Math.max(1.5, 1 / view.scale)
    context.setLineDash(view.scale >= BORDERS_FROM ? [5, 4] : [])
    context.stroke()
    context.setLineDash([])
    if (view.scale < WORDS_FROM) return
    context.fillStyle = palette.dim
    context.fillText(label, x + 32, y + 16)
  })
  context.restore()
}

export function paintNodes(context: Context, scene: Scene, look: Look, palette: Palette, view: View): void {
  enter(context, view)
  const { boxes } = scene
  for (let n = 0; n * 4 < boxes.length; n += 1) {
    const [x = 0, y = 0, width = 0, height = 0] = [boxes[n * 4], boxes[n * 4 + 1], boxes[n * 4 + 2], boxes[n * 4 + 3]]
    if (!touches(view.area, x, y, width, height)) continue
    const marks = look.marks[n] ?? 0
    const state = palette.states[(look.states[n] ?? 0) - 1]
    const fill = state?.fill ?? palette.lineStrong
    context.globalAlpha = (marks & MARK.dim) === 0 ? 1 : DIM
    if (view.scale < BORDERS_FROM) {
      context.fillStyle = fill
      context.fillRect(x, y, width, height)
    } else paintNode(context, { x, y, width, height, fill, isGroup: scene.isGroup[n] === 1 }, palette)
    context.globalAlpha = 1
    if ((marks & (MARK.selected | MARK.current)) !== 0) {
      context.strokeStyle = (marks & MARK.current) === 0 ? palette.selected : palette.current
      context.lineWidth = Math.max(2.5, 2.5 / view.scale)
      const away = 3 + context.lineWidth / 2
      context.beginPath()
      context.roundRect(x - away, y - away, width + 2 * away, height + 2 * away, 10)
      context.stroke()
    }
    if (view.scale >= WORDS_FROM && (marks & MARK.dim) === 0) paintWords(context, { scene, look, palette, n, word: state?.word })
  }
  context.restore()
}

interface Painted extends Area {
  fill: string
  isGroup: boolean
}

function paintNode(context: Context, { x, y, width, height, fill, isGroup }: Painted, palette: Palette): void {
  if (isGroup) {
    context.beginPath()
    context.roundRect(x + 3, y + 3, width, height, 8)
    context.fillStyle = palette.lineStrong
    context.fill()
  }
  context.beginPath()
  context.roundRect(x, y, width, height, 8)
  context.fillStyle = palette.raised
  context.fill()
  context.strokeStyle = fill
  context.lineWidth = 1
  context.stroke()
  context.beginPath()
  context.roundRect(x, y, 5, height, [8, 0, 0, 8])
  context.fillStyle = fill
  context.fill()
}

interface Worded {
  scene: Scene
  look: Look
  palette: Palette
  n: number
  word: string | undefined
}

function paintWords(context: Context, { scene, look, palette, n, word }: Worded): void {
  const [x = 0, y = 0, width = 0] = scene.boxes.subarray(n * 4, n * 4 + 4)
  const isGroup = scene.isGroup[n] === 1
  const count = look.counts[n] ?? 0
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  context.fillStyle = palette.text
  context.font = `600 ${LABEL_PX}px ${palette.font}`
  const mapped = !isGroup && count > 1 ? ` ${count}×` : ''
  context.fillText(cut(`${scene.labels[n] ?? ''}`, width - 24 - mapped.length * 8, LABEL_PX) + mapped, x + 14, y + 17)
  context.fillStyle = palette.dim
  context.font = `${DETAIL_PX}px ${palette.font}`
  const detail = isGroup ? [scene.details[n], word].filter(Boolean).join(' · ') : (word ?? scene.details[n] ?? '')
  context.fillText(cut(detail, width - 24, DETAIL_PX), x + 14, y + 34)
}

export function cut(text: string, width: number, size: number): string {
  const room = Math.floor(width / (size * CHARACTER))
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`
}

const touches = (area: Area, x: number, y: number, width: number, height: number): boolean =>
  x + width >= area.x && x <= area.x + area.width && y + height >= area.y && y <= area.y + area.height
