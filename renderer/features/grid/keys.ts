/** What a key means in the grid. Pure. */

/** Row among the visible ones (-1 = the bars), column (-1 = the names). Never both -1. */
export interface Place {
  row: number
  column: number
}
export type KeyStep = { kind: 'move'; to: Place } | { kind: 'open'; at: Place } | { kind: 'fold'; at: Place }

/** Rows that PageUp and PageDown pass. */
const PAGE_ROWS = 20

export function keyStep(key: string, from: Place | null, size: { rows: number; columns: number }): KeyStep | null {
  const at = from ?? { row: 0, column: size.columns - 1 }
  if (key === 'Enter') return { kind: 'open', at }
  if (key === ' ') return { kind: 'fold', at }
  const to = target(key, at, size)
  if (to === null) return null
  const row = Math.max(-1, Math.min(to.row, size.rows - 1))
  const column = Math.max(-1, Math.min(to.column, size.columns - 1))
  // The corner above the names is no place.
  return { kind: 'move', to: row < 0 && column < 0 ? at : { row, column } }
}

function target(key: string, { row, column }: Place, size: { rows: number; columns: number }): Place | null {
  switch (key) {
    case 'ArrowUp':
      return { row: row - 1, column }
    case 'ArrowDown':
      return { row: row + 1, column }
    case 'ArrowLeft':
      return { row, column: column - 1 }
    case 'ArrowRight':
      return { row, column: column + 1 }
    case 'PageUp':
      return { row: Math.max(Math.min(row, 0), row - PAGE_ROWS), column }
    case 'PageDown':
      return { row: row + PAGE_ROWS, column }
    case 'Home':
      return { row, column: 0 }
    case 'End':
      return { row, column: size.columns - 1 }
    default:
      return null
  }
}
