/**
 * Names at the left, bars on top, cells on canvases: one scroller for all three, so that nothing can run out of step. What is drawn is
 * part of the content and scrolls with it; more is drawn only when the sight leaves it (window.ts).
 *
 * The keyboard's place is one element that moves: assistive technology reads it as the current cell of a treegrid.
 */
import { Loader } from '@mantine/core'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useCommands } from '../../commands/index.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { useTimeMode } from '../../ui/timeMode.ts'
import { cellFacts, type GridColumn } from './columns.ts'
import classes from './grid.module.css'
import { BARS_PX, columnId, durationOf, GridHead } from './GridHead.tsx'
import { GridBlocks, rowId } from './GridBlocks.tsx'
import { cellWords, GridTooltip, HoverStore } from './GridTooltip.tsx'
import { keyStep, type Place } from './keys.ts'
import type { RowTree, Unfolded } from './rows.ts'
import { COLUMN_PX, isSameTile, ROW_PX, scrolledTo, tileOf } from './window.ts'

const HEAD_PX = 20 + BARS_PX + 16
const STEPS = [
  ['ArrowLeft', strings.grid.keys.left],
  ['ArrowRight', strings.grid.keys.right],
  ['ArrowUp', strings.grid.keys.up],
  ['ArrowDown', strings.grid.keys.down],
] as const
/** Older runs are asked for when so many columns are left. */
const NEAR_START = 8

interface GridMatrixProps {
  label: string
  tree: RowTree
  visible: Int32Array
  columns: readonly GridColumn[]
  unfolded: Unfolded
  isFinding: boolean
  isNarrow: boolean
  zone: string | null
  selected: { run: string | undefined; task: string | undefined }
  /** Where the keyboard is: row among the visible ones (-1 = the bars), column (-1 = the names). */
  focus: Place | null
  onFocus: (place: Place, by: 'pointer' | 'key' | 'held key') => void
  onOpen: (place: Place) => void
  onFold: (place: Place) => void
  /** The sight comes near the oldest run. */
  onNearStart: () => void
  isLoadingOlder: boolean
}

export function GridMatrix(p: GridMatrixProps) {
  const { tree, visible, columns, focus } = p
  const namesWidth = p.isNarrow ? 150 : 290
  const mode = useTimeMode()
  const scroller = useRef<HTMLDivElement>(null)
  const mark = useRef<HTMLDivElement>(null)
  const rowMark = useRef<HTMLDivElement>(null)
  const [hover] = useState(() => new HoverStore())
  const longest = useMemo(() => Math.max(0, ...columns.map(durationOf)), [columns])
  const { tile, onScroll } = useSight({ scroller, rows: visible.length, columns, namesWidth, onNearStart: p.onNearStart })
  useFocusInSight({ scroller, focus, namesWidth, hasColumns: columns.length > 0 })
  const selectedRow = p.selected.task === undefined ? -1 : visible.findIndex((at) => tree.rows[at]?.id === p.selected.task)
  const selectedColumn = columns.findIndex(({ run }) => run.run_id === p.selected.run)

  const placeAt = (event: { clientX: number; clientY: number }): Place | null => {
    const element = scroller.current
    if (!element) return null
    const box = element.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const row = y < HEAD_PX ? -1 : Math.floor((y - HEAD_PX + element.scrollTop) / ROW_PX)
    const column = x < namesWidth ? -1 : Math.floor((x - namesWidth + element.scrollLeft) / COLUMN_PX)
    if (row >= visible.length || column >= columns.length || (row < 0 && column < 0)) return null
    return { row, column }
  }
  const onPointerMove = (event: PointerEvent) => {
    const place = event.pointerType === 'touch' ? null : placeAt(event)
    const column = place && place.column >= 0 ? columns[place.column] : undefined
    hover.set(
      place && column ? { column, row: place.row < 0 ? null : (visible[place.row] ?? null), x: event.clientX, y: event.clientY } : null,
    )
    // Moved by hand: a render for each cell that the pointer crosses would be felt.
    moveMark(mark.current, column !== undefined, { left: namesWidth + (place?.column ?? 0) * COLUMN_PX })
    moveMark(rowMark.current, place !== null && place.row >= 0, { top: HEAD_PX + (place?.row ?? 0) * ROW_PX })
  }
  const leave = () => {
    hover.set(null)
    moveMark(mark.current, false, {})
    moveMark(rowMark.current, false, {})
  }
  /** True if the key is one of the grid's. */
  const press = (key: string, isRepeat: boolean): boolean => {
    const step = keyStep(key, focus, { rows: visible.length, columns: columns.length })
    if (step === null) return false
    if (step.kind === 'move') p.onFocus(step.to, isRepeat ? 'held key' : 'key')
    else if (step.kind === 'open') p.onOpen(step.at)
    else p.onFold(step.at)
    if (step.kind === 'move' && step.to.column === 0) p.onNearStart()
    return true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    if (press(event.key, event.repeat)) event.preventDefault()
  }
  // Airflow's: from wherever the focus is, as after a dialog.
  useCommands(
    STEPS.map(([key, title]) => ({
      id: `grid-${key}`,
      title,
      group: 'view',
      keys: [`shift+${key}`],
      run: () => {
        scroller.current?.focus()
        press(key, false)
      },
    })),
  )
  const width = namesWidth + columns.length * COLUMN_PX + 12
  return (
    <div
      ref={scroller}
      className={classes['scroller']}
      role="treegrid"
      aria-label={p.label}
      aria-rowcount={visible.length + 1}
      aria-colcount={columns.length + 1}
      aria-readonly
      aria-activedescendant={focus === null ? undefined : focusId(focus, columns)}
      tabIndex={0}
      onScroll={() => {
        onScroll()
        leave()
      }}
      onKeyDown={onKeyDown}
      onFocus={() => {
        if (focus === null && visible.length > 0) p.onFocus({ row: 0, column: columns.length - 1 }, 'pointer')
      }}
      onPointerMove={onPointerMove}
      onPointerLeave={leave}
      onClick={(event) => {
        const place = placeAt(event)
        if (place === null) return
        leave()
        p.onFocus(place, 'pointer')
        p.onOpen(place)
      }}
    >
      <div className={classes['content']} role="presentation" style={{ width, height: HEAD_PX + visible.length * ROW_PX + 8 }}>
        <div role="row" aria-rowindex={1} className={classes['head']} style={{ height: HEAD_PX, width: '100%' }}>
          <div role="columnheader" className={classes['corner']} style={{ width: namesWidth }}>
            {longest > 0 ? (
              <span className={classes['axis']} style={{ top: HEAD_PX - 16 - BARS_PX }}>
                {formatDuration(longest)}
              </span>
            ) : null}
            {p.isLoadingOlder ? (
              <span className={classes['older']} role="status">
                <Loader size={11} /> {strings.grid.loadingOlder}
              </span>
            ) : (
              <span>{strings.tasks.columns.task}</span>
            )}
          </div>
          <GridHead
            columns={columns}
            from={tile.columnFrom}
            to={tile.columnTo}
            offset={namesWidth}
            longest={longest}
            selected={p.selected.run}
            focused={focus !== null && focus.row < 0 ? columns[focus.column]?.run.run_id : undefined}
            zone={p.zone}
            mode={mode}
          />
        </div>
        {selectedColumn < 0 ? null : (
          <div className={classes['mark']} data-kind="selected" style={{ left: namesWidth + selectedColumn * COLUMN_PX }} />
        )}
        {selectedRow < 0 ? null : (
          <div className={classes['rowMark']} data-kind="selected" style={{ top: HEAD_PX + selectedRow * ROW_PX }} />
        )}
        <div ref={mark} className={classes['mark']} hidden />
        <div ref={rowMark} className={classes['rowMark']} hidden />
        <GridBlocks
          tile={tile}
          tree={tree}
          visible={visible}
          columns={columns}
          headHeight={HEAD_PX}
          namesWidth={namesWidth}
          unfolded={p.unfolded}
          isFinding={p.isFinding}
          selectedTask={p.selected.task}
          focused={focus !== null && focus.column < 0 ? focus.row : undefined}
        />
        {focus === null ? null : <FocusMark {...p} focus={focus} namesWidth={namesWidth} />}
      </div>
      <GridTooltip store={hover} tree={tree} zone={p.zone} />
    </div>
  )
}

function moveMark(element: HTMLElement | null, isShown: boolean, at: { left?: number; top?: number }): void {
  if (element === null) return
  element.hidden = !isShown
  for (const [side, px] of Object.entries(at)) element.style.setProperty(side, `${px}px`)
}

function focusId(focus: Place, columns: readonly GridColumn[]): string {
  if (focus.row < 0) return columnId(columns[focus.column]?.run.run_id ?? '')
  return focus.column < 0 ? rowId(focus.row) : 'grid-focus'
}

function FocusMark({ tree, visible, columns, focus, namesWidth }: GridMatrixProps & { focus: Place; namesWidth: number }) {
  const place = visible[focus.row] ?? 0
  const column = columns[focus.column]
  // Bars and names mark themselves.
  if (focus.row < 0 || column === undefined) return null
  const box = { left: namesWidth + focus.column * COLUMN_PX, top: HEAD_PX + focus.row * ROW_PX, width: COLUMN_PX, height: ROW_PX }
  const words = strings.grid.cell(tree.rows[place]?.id ?? '', column.run.run_id, cellWords(cellFacts(tree, column, place)))
  return (
    <div role="row" aria-rowindex={focus.row + 2}>
      <div role="gridcell" id="grid-focus" aria-colindex={focus.column + 2} aria-label={words} className={classes['focus']} style={box} />
    </div>
  )
}

/** The tile around what is in sight. The newest run stays where it is when older ones come, and in sight when a newer one comes. */
function useSight(p: {
  scroller: React.RefObject<HTMLDivElement | null>
  rows: number
  columns: readonly GridColumn[]
  namesWidth: number
  onNearStart: () => void
}) {
  const { scroller, rows, columns, namesWidth, onNearStart } = p
  const [tile, setTile] = useState(() => tileOf({ top: 0, left: Infinity, width: 0, height: 900 }, rows, columns.length))
  /** Distance of the sight from the right end, and the newest run, as they were at the last look. */
  const anchor = useRef({ fromRight: 0, left: 0, newest: '' })
  const count = columns.length
  const look = useCallback(() => {
    const element = scroller.current
    if (!element) return
    const { scrollTop, scrollLeft, clientWidth, clientHeight, scrollWidth } = element
    anchor.current.fromRight = scrollWidth - scrollLeft - clientWidth
    anchor.current.left = scrollLeft
    const sight = { top: scrollTop, left: scrollLeft, width: clientWidth - namesWidth, height: clientHeight - HEAD_PX }
    const next = tileOf(sight, rows, count)
    setTile((before) => (isSameTile(before, next) ? before : next))
  }, [scroller, rows, count, namesWidth])
  const newest = columns.at(-1)?.run.run_id ?? ''
  useLayoutEffect(() => {
    const element = scroller.current
    const { fromRight } = anchor.current
    // A newer run pushes nothing out of the sight of somebody who looks at older ones.
    const isAppended = anchor.current.newest !== '' && anchor.current.newest !== newest
    anchor.current.newest = newest
    if (element && !(isAppended && fromRight > COLUMN_PX))
      element.scrollLeft = element.scrollWidth - element.clientWidth - (isAppended ? 0 : fromRight)
    look()
  }, [scroller, look, newest])
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      element.scrollLeft = element.scrollWidth - element.clientWidth - anchor.current.fromRight
      look()
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [scroller, look])
  const onScroll = () => {
    const before = anchor.current.left
    look()
    const { left } = anchor.current
    if (left < before && left < NEAR_START * COLUMN_PX) onNearStart()
  }
  return { tile, onScroll }
}

function useFocusInSight(p: {
  scroller: React.RefObject<HTMLDivElement | null>
  focus: Place | null
  namesWidth: number
  hasColumns: boolean
}): void {
  const { scroller, focus, namesWidth, hasColumns } = p
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element || focus === null) return
    const { scrollTop, scrollLeft, clientWidth, clientHeight } = element
    if (focus.row >= 0) element.scrollTop = scrolledTo(scrollTop, clientHeight - HEAD_PX, focus.row * ROW_PX, ROW_PX)
    if (focus.column >= 0 && hasColumns)
      element.scrollLeft = scrolledTo(scrollLeft, clientWidth - namesWidth, focus.column * COLUMN_PX, COLUMN_PX)
  }, [scroller, focus, namesWidth, hasColumns])
}
