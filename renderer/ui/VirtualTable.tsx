/**
 * A table of any length: only the rows in view are in the page. Rows are measured, because names wrap on narrow windows.
 * The columns are one CSS grid template, shared by head and rows; below 720 px each row is laid out by its own style.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, type ReactNode } from 'react'
import { strings } from '../strings.ts'
import classes from './VirtualTable.module.css'

interface VirtualTableProps<T> {
  label: string
  /** CSS grid-template-columns. */
  columns: string
  head: readonly ReactNode[]
  /** How the rows are sorted, by column; absent = the column cannot sort. */
  sorted?: readonly ('ascending' | 'descending' | 'none' | undefined)[]
  rows: readonly T[]
  /** Rows that exist on the server; `rows` may be their beginning. */
  total: number
  /** More rows follow; absent = by `total`. For lists whose rows are not counted. */
  hasMore?: boolean
  rowKey: (row: T) => string
  renderRow: (row: T) => ReactNode
  rowHeight: number
  rowClass?: string | undefined
  isSelected?: (row: T) => boolean
  /** Called when the end of `rows` comes near. */
  onNearEnd?: () => void
}

/** Rows before the end at which the next page is asked for. */
const NEAR_END = 30

export function VirtualTable<T>(props: VirtualTableProps<T>) {
  const { rows, total, rowKey, onNearEnd } = props
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => props.rowHeight,
    overscan: 12,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : rowKey(row)
    },
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const isPart = rows.length < total
  const hasMore = props.hasMore ?? isPart
  useEffect(() => {
    if (hasMore && last >= rows.length - NEAR_END) onNearEnd?.()
  }, [hasMore, last, rows.length, onNearEnd])

  return (
    <div className={classes['frame']} style={{ '--columns': props.columns } as React.CSSProperties}>
      {/* The head lies within what scrolls, so that its columns are the rows', whatever room the scrollbar takes. */}
      <div
        ref={scroller}
        className={classes['scroller']}
        tabIndex={-1}
        role="table"
        aria-label={props.label}
        aria-rowcount={hasMore && !isPart ? -1 : total + 1}
      >
        <div role="rowgroup" className={classes['headGroup']}>
          <div className={classes['head']} role="row" aria-rowindex={1}>
            {props.head.map((cell, column) => (
              <span key={column} role="columnheader" className="ellipsis" aria-sort={props.sorted?.[column]}>
                {cell}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                role="row"
                aria-rowindex={item.index + 2}
                className={`${classes['row']} ${props.rowClass ?? ''}`}
                data-selected={props.isSelected?.(row) === true || undefined}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {props.renderRow(row)}
              </div>
            )
          })}
        </div>
        {isPart ? (
          <div className={classes['more']} role="presentation">
            {strings.common.of(rows.length, total)}
          </div>
        ) : null}
      </div>
    </div>
  )
}
