/** The lines of a log: numbered, coloured, searched; only those in view are in the page. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useImperativeHandle, useRef, type Ref } from 'react'
import { strings } from '../../strings.ts'
import { logLevel, parseAnsi, plainText, timestampLength, type AnsiSpan } from './ansi.ts'
import classes from './LogLines.module.css'

export const LINE_HEIGHT = 20
/** How near the end counts as "at the end", so that a half line does not stop following. */
const END_SLACK = LINE_HEIGHT * 2

export interface LogLinesHandle {
  toLine: (index: number, align?: 'center' | 'start') => void
  toStart: () => void
  toEnd: () => void
}
interface LogLinesProps {
  ref: Ref<LogLinesHandle>
  lines: readonly string[]
  wrap: boolean
  timestamps: boolean
  search: string
  current: number | null
  following: boolean
  onFollow: (following: boolean) => void
}

export function LogLines({ ref, lines, wrap, timestamps, search, current, following, onFollow }: LogLinesProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 40,
  })
  useImperativeHandle(ref, () => ({
    toLine: (index, align = 'center') => {
      virtual.scrollToIndex(index, { align })
    },
    toStart: () => {
      virtual.scrollToIndex(0)
    },
    toEnd: () => {
      virtual.scrollToIndex(lines.length - 1, { align: 'end' })
    },
  }))
  // Line heights change with wrapping; measured ones are forgotten.
  useEffect(() => {
    virtual.measure()
  }, [virtual, wrap, timestamps])
  // Wrapped lines are higher than was guessed: the end moves when they are measured.
  const height = virtual.getTotalSize()
  useEffect(() => {
    if (following && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [virtual, following, lines.length, height])

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
  const gutter = `${Math.max(3, String(lines.length).length)}ch`
  return (
    <div
      ref={scroller}
      className={classes['scroller']}
      data-wrap={wrap || undefined}
      onScroll={onScroll}
      tabIndex={0}
      role="region"
      aria-label={strings.log.region}
    >
      <div style={{ height, position: 'relative', minWidth: wrap ? 0 : 'max-content' }}>
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            ref={wrap ? virtual.measureElement : undefined}
            data-index={item.index}
            className={classes['line']}
            data-current={item.index === current || undefined}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <span className={classes['number']} style={{ width: gutter }} aria-hidden>
              {item.index + 1}
            </span>
            <LineText line={lines[item.index] ?? ''} timestamps={timestamps} search={search} />
          </div>
        ))}
      </div>
    </div>
  )
}

const LineText = memo(function LineText({ line, timestamps, search }: { line: string; timestamps: boolean; search: string }) {
  const plain = plainText(line)
  const stamp = timestampLength(plain)
  const level = logLevel(plain)
  const hasColors = line.includes('\u001b')
  const spans = cutSpans(parseAnsi(line), stamp)
  return (
    <span className={classes['text']} data-level={hasColors ? undefined : (level ?? undefined)}>
      {timestamps && stamp > 0 ? <span className={classes['stamp']}>{plain.slice(0, stamp)}</span> : null}
      {spans.map((span, at) => (
        <span key={at} className={spanClass(span)} style={spanStyle(span)}>
          {marked(span.text, search)}
        </span>
      ))}
    </span>
  )
})

/** Leaves out the first `length` characters. */
function cutSpans(spans: AnsiSpan[], length: number): AnsiSpan[] {
  let left = length
  return spans.flatMap((span) => {
    const cut = Math.min(left, span.text.length)
    left -= cut
    return cut === span.text.length ? [] : [{ ...span, text: span.text.slice(cut) }]
  })
}

function spanClass(span: AnsiSpan): string | undefined {
  const names = [span.isBold && 'bold', span.isDim && 'dim', span.isItalic && 'italic', span.isUnderlined && 'underlined']
  return names.flatMap((name) => (name ? [classes[name] ?? ''] : [])).join(' ') || undefined
}
function spanStyle({ color, background }: AnsiSpan): React.CSSProperties | undefined {
  if (color === null && background === null) return undefined
  const css = (value: number | string) => (typeof value === 'number' ? `var(--ansi-${value})` : value)
  return { ...(color === null ? {} : { color: css(color) }), ...(background === null ? {} : { background: css(background) }) }
}

function marked(text: string, search: string) {
  if (search === '') return text
  const lower = text.toLowerCase()
  const parts = []
  let from = 0
  for (let at = lower.indexOf(search); at >= 0; at = lower.indexOf(search, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + search.length)}</mark>)
    from = at + search.length
  }
  parts.push(text.slice(from))
  return parts
}
