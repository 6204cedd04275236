/** Which rows and columns are drawn: those in sight and some around, in whole blocks, so that most scrolling redraws nothing. Pure. */

/** Pixels of a cell with its surroundings. */
export const ROW_PX = 24
export const COLUMN_PX = 24

/** A block's worth around the sight is enough for a turn of the wheel; a redraw costs a few milliseconds. */
export const ROW_BLOCK = 16
const COLUMN_BLOCK = 8

/** Columns and visible rows, the ends excluded. */
export interface Tile {
  rowFrom: number
  rowTo: number
  columnFrom: number
  columnTo: number
}

export interface Sight {
  top: number
  left: number
  /** Of the cells alone, without head and names. */
  width: number
  height: number
}

function blocks(from: number, size: number, unit: number, block: number, count: number): [number, number] {
  const first = Math.floor(from / unit / block) * block - block
  const last = Math.ceil((from + size) / unit / block) * block + block
  return [Math.min(count, Math.max(0, first)), Math.max(0, Math.min(count, last))]
}

export function tileOf(sight: Sight, rows: number, columns: number): Tile {
  const [rowFrom, rowTo] = blocks(sight.top, sight.height, ROW_PX, ROW_BLOCK, rows)
  const [columnFrom, columnTo] = blocks(sight.left, sight.width, COLUMN_PX, COLUMN_BLOCK, columns)
  return { rowFrom, rowTo, columnFrom, columnTo }
}

export const isSameTile = (a: Tile, b: Tile): boolean =>
  a.rowFrom === b.rowFrom && a.rowTo === b.rowTo && a.columnFrom === b.columnFrom && a.columnTo === b.columnTo

/** Where to scroll so that the stretch is in sight. */
export function scrolledTo(from: number, size: number, at: number, length: number): number {
  if (at < from) return at
  return at + length > from + size ? at + length - size : from
}
