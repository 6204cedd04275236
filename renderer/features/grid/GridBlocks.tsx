/**
 * The rows in sight, a block of them at a time: names and the cells of the block on a canvas of their own. Scrolling by a block makes
 * one block anew; an event repaints the columns of its run alone.
 *
 * A row spans the whole width, its name stays at the left.
 */
import { useComputedColorScheme } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { memo, useLayoutEffect, useMemo, useRef } from 'react'
import { isGroup } from '#contract/gridRows.ts'
import { strings } from '../../strings.ts'
import { makeSprites, paintStrip, type Painted, type Sprites } from './cellPainter.ts'
import type { GridColumn } from './columns.ts'
import classes from './grid.module.css'
import type { RowTree, Unfolded } from './rows.ts'
import { COLUMN_PX, ROW_BLOCK, ROW_PX, type Tile } from './window.ts'

const text = strings.grid
/** More blocks than a window shows: a block that comes in sight takes over the elements of one that left. */
const SLOTS = 16
const INDENT_PX = 14

export const rowId = (at: number) => `grid-row-${at}`

interface RowsProps {
  tree: RowTree
  visible: Int32Array
  columns: readonly GridColumn[]
  headHeight: number
  namesWidth: number
  unfolded: Unfolded
  isFinding: boolean
  selectedTask: string | undefined
  /** Row whose name has the keyboard. */
  focused: number | undefined
}

export function GridBlocks({ tile, ...rows }: RowsProps & { tile: Tile }) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const ratio = window.devicePixelRatio || 1
  const sprites = useMemo(() => makeSprites(scheme, ratio), [scheme, ratio])
  const first = Math.floor(tile.rowFrom / ROW_BLOCK)
  const count = Math.ceil(tile.rowTo / ROW_BLOCK) - first
  return Array.from({ length: count }, (_, i) => (
    <Block
      key={(first + i) % SLOTS}
      {...rows}
      block={first + i}
      columnFrom={tile.columnFrom}
      columnTo={tile.columnTo}
      sprites={sprites}
      ratio={ratio}
      focused={rows.focused !== undefined && Math.floor(rows.focused / ROW_BLOCK) === first + i ? rows.focused : undefined}
    />
  ))
}

interface BlockProps extends RowsProps {
  block: number
  columnFrom: number
  columnTo: number
  sprites: Sprites
  ratio: number
}

const Block = memo(function Block(p: BlockProps) {
  const { block, tree, visible, columns, columnFrom, columnTo, sprites, ratio } = p
  const from = block * ROW_BLOCK
  const to = Math.min(visible.length, from + ROW_BLOCK)
  const canvas = useRef<HTMLCanvasElement>(null)
  const painted = useRef<Painted | null>(null)
  useLayoutEffect(() => {
    if (canvas.current === null) return
    const tile = { rowFrom: from, rowTo: to, columnFrom, columnTo }
    painted.current = paintStrip(canvas.current, { tile, tree, visible, columns, sprites, ratio }, painted.current)
  }, [from, to, columnFrom, columnTo, tree, visible, columns, sprites, ratio])
  return (
    <div role="rowgroup" className={classes['block']} style={{ top: p.headHeight + from * ROW_PX, height: (to - from) * ROW_PX }}>
      <canvas
        ref={canvas}
        className={classes['cells']}
        aria-hidden
        style={{ left: p.namesWidth + columnFrom * COLUMN_PX, width: (columnTo - columnFrom) * COLUMN_PX, height: (to - from) * ROW_PX }}
      />
      <Names
        tree={tree}
        visible={visible}
        from={from}
        to={to}
        width={p.namesWidth}
        unfolded={p.unfolded}
        isFinding={p.isFinding}
        selectedTask={p.selectedTask}
        focused={p.focused}
      />
    </div>
  )
})

interface NamesProps extends Pick<RowsProps, 'tree' | 'visible' | 'unfolded' | 'isFinding' | 'selectedTask' | 'focused'> {
  from: number
  to: number
  width: number
}

/** Events change cells sixty times a second, names never. */
const Names = memo(function Names({ tree, visible, from, to, width, unfolded, isFinding, selectedTask, focused }: NamesProps) {
  return Array.from({ length: to - from }, (_, i) => {
    const at = from + i
    const place = visible[at] ?? 0
    const row = tree.rows[place]
    if (row === undefined) return null
    const group = isGroup(row)
    const isOpen = isFinding || unfolded === 'all' || unfolded.has(row.id)
    const Chevron = isOpen ? IconChevronDown : IconChevronRight
    return (
      <div
        key={i}
        role="row"
        aria-rowindex={at + 2}
        aria-level={(tree.depth[place] ?? 0) + 1}
        {...(group ? { 'aria-expanded': isOpen } : {})}
        className={classes['row']}
        data-selected={(!group && row.id === selectedTask) || undefined}
      >
        <div
          role="rowheader"
          id={rowId(at)}
          className={classes['name']}
          data-focused={at === focused || undefined}
          data-group={group || undefined}
          data-removed={row.is_removed || undefined}
          title={row.is_removed ? `${row.id}: ${text.removedHint}` : row.id}
          style={{ width, paddingLeft: 8 + (tree.depth[place] ?? 0) * INDENT_PX }}
        >
          <span className={classes['chevron']}>{group ? <Chevron size={14} aria-hidden /> : null}</span>
          <span className="ellipsis">{row.label}</span>
          {row.is_removed ? <span className={classes['removed']}>{text.removed}</span> : null}
        </div>
      </div>
    )
  })
})
