/** Lines of a log too large to be held: each screen of them is read when it comes into view. All lines have one height. */
import { useElementSize, useMergedRef } from '@mantine/hooks'
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from 'react'
import { strings } from '../../strings.ts'
import { LineNumber, LineText } from './LogLine.tsx'
import classes from './LogLines.module.css'
import { gutterWidth, isPicked, LINE_HEIGHT, type LinesLook, type LogLinesHandle } from './LogLines.tsx'
import type { LogSource } from './logSource.ts'
import { heightOf, placeAfter, placeOf, settled, type PagedPlace, type PagedSize } from './pagedScroll.ts'

/** Lines drawn above and below the view. */
const OVERSCAN = 12
/** A wheel that rests for so long has come to its end. */
const REST_MS = 150

interface PagedLinesProps extends LinesLook {
  ref: Ref<LogLinesHandle>
  source: LogSource
  count: number
  /** Grows when lines were read. */
  version: number
}

export function PagedLines({
  ref,
  source,
  count,
  version,
  timestamps,
  clock,
  search,
  current,
  picked,
  following,
  onFollow,
  onPick,
}: PagedLinesProps) {
  const { ref: sizeRef, height } = useElementSize()
  const scroller = useRef<HTMLDivElement>(null)
  const merged = useMergedRef(scroller, sizeRef)
  const size: PagedSize = { lines: count, line_height: LINE_HEIGHT, view_height: Math.max(LINE_HEIGHT, height) }
  const [place, setPlace] = useState<PagedPlace>({ top: 0, scroll: 0 })
  const newest = useRef({ place, size })
  newest.current = { place, size }
  const newestFollow = useRef(onFollow)
  newestFollow.current = onFollow
  const rest = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  const go = (next: PagedPlace) => {
    newest.current.place = next
    setPlace(next)
  }
  const toLine = (line: number) => {
    go(placeOf(line, newest.current.size))
  }
  useImperativeHandle(ref, () => ({
    toRow: (row) => {
      toLine(row - newest.current.size.view_height / LINE_HEIGHT / 2)
    },
    toStart: () => {
      toLine(0)
    },
    toEnd: () => {
      toLine(newest.current.size.lines)
    },
  }))
  useEffect(() => {
    // Before the view is measured it has no end.
    if (following && height > 0) toLine(count)
  }, [following, count, height])
  // The bar follows what was decided here, never the other way round.
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element || Math.abs(element.scrollTop - place.scroll) <= 1) return
    element.scrollTop = place.scroll
    // Where the browser stopped it is no wish of the reader.
    if (newest.current.place === place) newest.current.place = { ...place, scroll: element.scrollTop }
  }, [place])
  useEffect(() => () => clearTimeout(rest.current), [])
  // A wheel moves lines, not the smaller scale of the bar: near the ends the bar has no pixels left for it.
  useEffect(() => {
    const element = scroller.current
    const onWheel = (event: WheelEvent) => {
      if (event.ctrlKey || event.deltaY === 0 || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return
      event.preventDefault()
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_HEIGHT : event.deltaY
      if (pixels < 0) newestFollow.current(false)
      go(placeOf(newest.current.place.top + pixels / LINE_HEIGHT, newest.current.size))
    }
    element?.addEventListener('wheel', onWheel, { passive: false })
    return () => element?.removeEventListener('wheel', onWheel)
  }, [])

  const onScroll = () => {
    const element = scroller.current
    const before = newest.current.place
    if (!element || Math.abs(element.scrollTop - before.scroll) <= 1) return
    const isUp = element.scrollTop < before.scroll
    const next = placeAfter(before, element.scrollTop, newest.current.size)
    go(next)
    if (following && isUp) onFollow(false)
    clearTimeout(rest.current)
    rest.current = setTimeout(() => {
      const { place: now, size: then } = newest.current
      go(settled(now, then))
      if (!isUp && now.top >= then.lines - then.view_height / LINE_HEIGHT - 2) onFollow(true)
    }, REST_MS)
  }
  // Home and End are of the whole log; the browser's own would go by the smaller scale, which is right for these two alone.
  const onKeyDown = (event: KeyboardEvent) => {
    const lines = Math.floor(size.view_height / LINE_HEIGHT) - 1
    const step = { PageDown: lines, PageUp: -lines, ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (step < 0) onFollow(false)
    toLine(newest.current.place.top + step)
  }

  const first = Math.max(0, Math.floor(place.top) - OVERSCAN)
  const last = Math.min(count, Math.ceil(place.top + size.view_height / LINE_HEIGHT) + OVERSCAN)
  useEffect(() => {
    source.want(first, last)
  }, [source, first, last, version])
  const gutter = gutterWidth(count)
  return (
    <div
      ref={merged}
      className={classes['scroller']}
      data-paged
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      tabIndex={0}
      role="region"
      aria-label={strings.log.region}
    >
      <div style={{ height: heightOf(size), position: 'relative', minWidth: 'max-content' }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, at) => {
          const line = first + at
          const text = source.line(line)
          return (
            <div
              key={line}
              className={classes['line']}
              data-current={line === current || undefined}
              data-picked={isPicked(picked, line)}
              style={{ transform: `translateY(${place.scroll + (line - place.top) * LINE_HEIGHT}px)` }}
            >
              <LineNumber line={line} width={gutter} onPick={onPick} />
              {text === undefined ? (
                <span className={classes['pending']}>…</span>
              ) : (
                <LineText line={text} at={source.timeAt(line)} level={null} timestamps={timestamps} clock={clock} search={search} />
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}
