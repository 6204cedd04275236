/**
 * Which way the edges run. If nobody chose, the direction in which the whole graph is seen larger in its window; decided once for a shape
 * and the first size of the window, so that a panel that opens beside it turns nothing.
 */
import { useState } from 'react'
import type { Direction } from './direction.ts'
import type { LayoutOutput } from './layout.ts'
import type { GraphModel } from './model.ts'
import { useGraphLayout, type LayoutOf } from './useGraphLayout.ts'

/** Larger ones are not looked over as a whole, and would cost two layouts. */
const TRIED_MAX = 150
/** From left to right reads better: the other way must be worth it. */
const WORTH = 1.15

interface Asked {
  chosen: Direction | undefined
  isNarrow: boolean
  of: Omit<LayoutOf, 'direction'>
  model: GraphModel
  /** Of the graph's window; 0 = not measured yet. */
  width: number
  height: number
}

/** Null while it is not known. */
export function useDirection({ chosen, isNarrow, of, model, width, height }: Asked): Direction | null {
  const isOpen = chosen === undefined && !isNarrow && model.nodes.length <= TRIED_MAX
  const [first, setFirst] = useState<{ width: number; height: number } | null>(null)
  if (first === null && width > 0 && height > 0) setFirst({ width, height })
  const across = useGraphLayout({ ...of, direction: 'LR' }, model, isOpen)
  const down = useGraphLayout({ ...of, direction: 'TB' }, model, isOpen)
  const [last, setLast] = useState<Direction | null>(null)
  if (chosen !== undefined) return chosen
  if (isNarrow) return 'TB'
  if (!isOpen) return 'LR'
  // An error is shown by whoever draws.
  if (across.isError || down.isError) return 'LR'
  if (first === null || !across.data || !down.data || across.isPlaceholderData || down.isPlaceholderData) return last
  const found = zoomOf(down.data, first) > zoomOf(across.data, first) * WORTH ? 'TB' : 'LR'
  if (found !== last) setLast(found)
  return found
}

function zoomOf({ nodes, frames }: LayoutOutput, window: { width: number; height: number }): number {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { x, y, width, height } of [...Object.values(nodes), ...Object.values(frames)]) {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + width)
    bottom = Math.max(bottom, y + height)
  }
  return Math.min(1, window.width / (right - left), window.height / (bottom - top))
}
