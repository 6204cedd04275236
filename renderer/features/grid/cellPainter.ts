/**
 * Cells of the grid on a canvas, painted from one small picture per state. Each picture has a sign of its
 * own beside the colour; the legend draws the same signs.
 */
import { NO_INSTANCE, stateByte } from '#contract/gridCells.ts'
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import { STATE_COLORS } from '../../ui/stateColors.ts'
import { shownBytes, type GridColumn } from './columns.ts'
import type { RowTree } from './rows.ts'
import { COLUMN_PX, ROW_PX, type Tile } from './window.ts'

/** Pixels of the square in a cell. */
export const CELL_PX = 17
/** The signs are drawn on ten by ten units. */
export const GLYPH_BOX = 10

export interface Glyph {
  path: string
  isFilled?: boolean
}
export const GLYPHS: Record<TaskInstanceState, Glyph> = {
  none: { path: '' },
  scheduled: { path: 'M5 2.2V5.2L7 6.6' },
  queued: { path: 'M2.2 5h.01M5 5h.01M7.8 5h.01' },
  running: { path: 'M3.4 1.9V8.1L8.4 5Z', isFilled: true },
  success: { path: 'M2 5.3 4.2 7.5 8 2.9' },
  failed: { path: 'M2.5 2.5 7.5 7.5M7.5 2.5 2.5 7.5' },
  skipped: { path: 'M2.2 2.4 4.8 5 2.2 7.6M5.4 2.4 8 5 5.4 7.6' },
  upstream_failed: { path: 'M5 1.9V5.6M5 8h.01' },
  up_for_retry: { path: 'M7.9 5A2.9 2.9 0 1 1 6.9 2.8M7.3 1V3.1H5.2' },
  up_for_reschedule: { path: 'M2.8 1.9H7.2M2.8 8.1H7.2M3.4 1.9C3.4 4.4 6.6 5.6 6.6 8.1M6.6 1.9C6.6 4.4 3.4 5.6 3.4 8.1' },
  deferred: { path: 'M3.5 2.4V7.6M6.5 2.4V7.6' },
  restarting: { path: 'M2.1 5A2.9 2.9 0 1 0 3.1 2.8M2.7 1V3.1H4.8' },
  removed: { path: 'M2.2 5H7.8' },
}

/** Pictures by byte, those of groups behind those of tasks. */
export type Sprites = readonly HTMLCanvasElement[]
const GROUPS_FROM = 32

export function makeSprites(scheme: 'light' | 'dark', ratio: number): Sprites {
  const sprites: HTMLCanvasElement[] = []
  for (const state of TASK_INSTANCE_STATES) {
    sprites[stateByte(state)] = sprite(state, scheme, ratio, false)
    sprites[GROUPS_FROM + stateByte(state)] = sprite(state, scheme, ratio, true)
  }
  return sprites
}

/** On a light page the fills are dark enough for white signs, on a dark one bright enough for dark ones. */
export const glyphInk = (scheme: 'light' | 'dark') => (scheme === 'light' ? '#ffffff' : '#101318')

function sprite(state: TaskInstanceState, scheme: 'light' | 'dark', ratio: number, isGroup: boolean): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.round(COLUMN_PX * ratio)
  const context = canvas.getContext('2d')
  if (context === null) return canvas
  const { fill } = STATE_COLORS[state][scheme]
  const edge = (COLUMN_PX - CELL_PX) / 2
  context.scale(ratio, ratio)
  context.fillStyle = context.strokeStyle = fill
  if (isGroup) {
    // The edge of a second card behind the first.
    context.globalAlpha = 0.55
    context.beginPath()
    context.roundRect(edge + 2.5, edge - 3, CELL_PX - 5, 5, 1.5)
    context.fill()
    context.globalAlpha = 1
  }
  context.beginPath()
  const { path, isFilled = false } = GLYPHS[state]
  if (state === 'none') {
    context.roundRect(edge + 0.75, edge + 0.75, CELL_PX - 1.5, CELL_PX - 1.5, 3)
    context.lineWidth = 1.25
    context.setLineDash([2.5, 2])
    context.stroke()
    return canvas
  }
  context.roundRect(edge, edge, CELL_PX, CELL_PX, 3.5)
  context.fill()
  const scale = (CELL_PX - 5) / GLYPH_BOX
  context.translate(edge + 2.5, edge + 2.5)
  context.scale(scale, scale)
  context.fillStyle = context.strokeStyle = glyphInk(scheme)
  context.lineWidth = 1.5
  context.lineCap = context.lineJoin = 'round'
  if (isFilled) context.fill(new Path2D(path))
  else context.stroke(new Path2D(path))
  return canvas
}

/** What a canvas shows: painted again is only what differs. */
export interface Painted {
  columns: readonly (GridColumn | undefined)[]
  /** Everything but the columns. */
  rest: readonly unknown[]
}

interface Strip {
  tile: Tile
  tree: RowTree
  visible: Int32Array
  columns: readonly GridColumn[]
  sprites: Sprites
  ratio: number
}

export function paintStrip(canvas: HTMLCanvasElement, strip: Strip, before: Painted | null): Painted {
  const { tile, tree, visible, sprites, ratio } = strip
  const columns = strip.columns.slice(tile.columnFrom, tile.columnTo)
  const rest = [tile.rowFrom, tile.rowTo, tile.columnFrom, tile.columnTo, tree, visible, sprites, ratio]
  const width = Math.round(columns.length * COLUMN_PX * ratio)
  const height = Math.round((tile.rowTo - tile.rowFrom) * ROW_PX * ratio)
  // Setting the size clears, but also makes new memory: only when it must.
  const isOtherSize = canvas.width !== width || canvas.height !== height
  if (isOtherSize) Object.assign(canvas, { width, height })
  const isKept = !isOtherSize && before !== null && before.rest.every((each, at) => each === rest[at])
  const context = canvas.getContext('2d')
  if (context === null) return { columns, rest }
  if (!isKept && !isOtherSize) context.clearRect(0, 0, width, height)
  for (const [at, column] of columns.entries()) {
    const x = Math.round(at * COLUMN_PX * ratio)
    if (isKept) {
      const shown = before.columns[at]
      // A column is made anew with each event; its run only if the event was the run's.
      if (shown?.run.states === column.run.states && shown.places === column.places) continue
      context.clearRect(x, 0, Math.round(COLUMN_PX * ratio), height)
    }
    paintColumn(context, strip, column, x)
  }
  return { columns, rest }
}

function paintColumn(
  context: CanvasRenderingContext2D,
  { tile, tree, visible, sprites, ratio }: Strip,
  column: GridColumn,
  x: number,
): void {
  const bytes = shownBytes(tree, column)
  for (let row = tile.rowFrom; row < tile.rowTo; row++) {
    const place = visible[row] ?? 0
    const byte = bytes[place] ?? NO_INSTANCE
    if (byte === NO_INSTANCE) continue
    const picture = sprites[tree.rows[place]?.operator === null ? GROUPS_FROM + byte : byte]
    if (picture) context.drawImage(picture, x, Math.round((row - tile.rowFrom) * ROW_PX * ratio))
  }
}
