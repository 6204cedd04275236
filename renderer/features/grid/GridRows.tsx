/** The names at the left of the grid: only the rows in sight. A row spans the whole width, so that hovering marks it throughout. */
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { memo } from 'react'
import { isGroup } from '#contract/gridRows.ts'
import { strings } from '../../strings.ts'
import { ROW_PX } from './cellPainter.ts'
import classes from './grid.module.css'
import type { RowTree, Unfolded } from './rows.ts'

const text = strings.grid
/** More rows than a tile has: a row that comes in sight takes over the element of one that left. */
const SLOTS = 128
const INDENT_PX = 14

export const rowId = (at: number) => `grid-row-${at}`

interface GridRowsProps {
  tree: RowTree
  visible: Int32Array
  from: number
  to: number
  headHeight: number
  namesWidth: number
  unfolded: Unfolded
  isFinding: boolean
  selectedTask: string | undefined
  focused: number | undefined
}

export const GridRows = memo(function GridRows(p: GridRowsProps) {
  const { tree, visible, from, to } = p
  return Array.from({ length: to - from }, (_, i) => {
    const at = from + i
    const place = visible[at] ?? 0
    const row = tree.rows[place]
    if (row === undefined) return null
    const group = isGroup(row)
    const isOpen = p.isFinding || p.unfolded === 'all' || p.unfolded.has(row.id)
    const Chevron = isOpen ? IconChevronDown : IconChevronRight
    return (
      <div
        key={at % SLOTS}
        role="row"
        aria-rowindex={at + 2}
        aria-level={(tree.depth[place] ?? 0) + 1}
        {...(group ? { 'aria-expanded': isOpen } : {})}
        className={classes['row']}
        data-selected={(!group && row.id === p.selectedTask) || undefined}
        style={{ transform: `translateY(${p.headHeight + at * ROW_PX}px)` }}
      >
        <div
          role="rowheader"
          id={rowId(at)}
          className={classes['name']}
          data-focused={at === p.focused || undefined}
          data-group={group || undefined}
          data-removed={row.is_removed || undefined}
          title={row.is_removed ? `${row.id}: ${text.removedHint}` : row.id}
          style={{ width: p.namesWidth, paddingLeft: 8 + (tree.depth[place] ?? 0) * INDENT_PX }}
        >
          <span className={classes['chevron']}>{group ? <Chevron size={14} aria-hidden /> : null}</span>
          <span className="ellipsis">{row.label}</span>
          {row.is_removed ? <span className={classes['removed']}>{text.removed}</span> : null}
        </div>
      </div>
    )
  })
})
