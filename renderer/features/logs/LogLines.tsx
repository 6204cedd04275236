/** Lines that are held: numbered, coloured, folded, searched; only those in view are in the page. Their heights may differ. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react'
import type { LogLevel } from '#contract/logLines.ts'
import { strings } from '../../strings.ts'
import { GroupHead, LineNumber, LineText } from './LogLine.tsx'
import { LineTime } from './LineTime.tsx'
import type { LineClock } from './lineClock.ts'
import classes from './LogLines.module.css'
import type { LogGroup } from './logStructure.ts'

export const LINE_HEIGHT = 20
/** How near the end counts as "at the end", so that a half line does not stop following. */
const END_SLACK = LINE_HEIGHT * 2

export interface LineRange {
  from: number
  to: number
}
export interface LogLinesHandle {
  toRow: (row: number) => void
  toStart: () => void
  toEnd: () => void
}
export interface LogRow {
  line: number
  text: string
  /** When it came; null = not known. */
  at: number | null
  level: LogLevel | null
  group: LogGroup | null
}
/** What both kinds of views of lines are told alike. */
export interface LinesLook {
  timestamps: boolean
  clock: LineClock | null
  search: string
  /** The match that the reader is at. */
  current: number | null
  picked: LineRange | null
  following: boolean
  onFollow: (following: boolean) => void
  onPick: (line: number, isRange: boolean) => void
}
interface LogLinesProps extends LinesLook {
  ref: Ref<LogLinesHandle>
  count: number
  rowAt: (row: number) => LogRow
  /** The largest line number, for the width of the gutter. */
  lastLine: number
  wrap: boolean
  isOpen: (group: LogGroup) => boolean
  onToggle: (group: LogGroup) => void
}

const BACK_KEYS: ReadonlySet<string> = new Set(['ArrowUp', 'PageUp', 'Home'])

export const gutterWidth = (lines: number): string => `${Math.max(3, String(lines).length)}ch`
export const isPicked = (picked: LineRange | null, line: number): true | undefined =>
  (picked !== null && line >= picked.from && line <= picked.to) || undefined

export function LogLines(props: LogLinesProps) {
  const { ref, count, rowAt, wrap, timestamps, clock, search, following, onFollow } = props
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 40,
  })
  useImperativeHandle(ref, () => ({
    toRow: (row) => {
      virtual.scrollToIndex(row, { align: 'center' })
    },
    toStart: () => {
      virtual.scrollToIndex(0)
    },
    toEnd: () => {
      virtual.scrollToIndex(count - 1, { align: 'end' })
    },
  }))
  // Line heights change with wrapping; measured ones are forgotten.
  useEffect(() => {
    virtual.measure()
  }, [virtual, wrap, timestamps, clock === null])
  // Wrapped lines are higher than was guessed: the end moves when they are measured.
  const height = virtual.getTotalSize()
  useEffect(() => {
    if (following && count > 0) virtual.scrollToIndex(count - 1, { align: 'end' })
  }, [virtual, following, count, height])

  const lastTop = useRef(0)
  const onScroll = () => {
    const element = scroller.current
    if (!element) return
    const isUp = element.scrollTop < lastTop.current - 1
    lastTop.current = element.scrollTop
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - END_SLACK
    // Only a move upwards is a wish to stop: growth also leaves the end behind for a moment.
    if (isUp && !atEnd && following) onFollow(false)
    if (atEnd && !following && !isUp) onFollow(true)
  }
  // A wish to look back is heard before the scrolling that it begins: a log that grows fast would pull the reader to its end again.
  const lookBack = () => {
    if (following) onFollow(false)
  }
  const gutter = gutterWidth(props.lastLine)
  return (
    <div
      ref={scroller}
      className={classes['scroller']}
      data-wrap={wrap || undefined}
      onScroll={onScroll}
      onWheel={(event) => {
        if (event.deltaY < 0) lookBack()
      }}
      onKeyDown={(event) => {
        if (BACK_KEYS.has(event.key)) lookBack()
      }}
      onPointerDown={(event) => {
        // Beyond the text: the scroll bar.
        if (event.target === scroller.current && event.nativeEvent.offsetX >= event.currentTarget.clientWidth) lookBack()
      }}
      tabIndex={0}
      role="region"
      aria-label={strings.log.region}
    >
      <div style={{ height, position: 'relative', minWidth: wrap ? 0 : 'max-content' }}>
        {virtual.getVirtualItems().map((item) => {
          const { line, text, at, level, group } = rowAt(item.index)
          return (
            <div
              key={item.key}
              ref={wrap ? virtual.measureElement : undefined}
              data-index={item.index}
              className={classes['line']}
              data-current={line === props.current || undefined}
              data-picked={isPicked(props.picked, line)}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LineNumber line={line} width={gutter} onPick={props.onPick} />
              {group === null ? (
                <LineText line={text} at={at} level={level} timestamps={timestamps} clock={clock} search={search} />
              ) : (
                <>
                  {timestamps && clock !== null ? <LineTime line={text} at={at} clock={clock} /> : null}
                  <GroupHead
                    group={group}
                    isOpen={props.isOpen(group)}
                    search={search}
                    onToggle={() => {
                      props.onToggle(group)
                    }}
                  />
                </>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}
