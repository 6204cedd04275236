/** One line of a log: its number as a link, its text with colours, links and matches; or the head of a group. */
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { memo } from 'react'
import { levelAfter, plainText, timestampLength, type LogLevel } from '#contract/logLines.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { parseAnsi, type AnsiSpan } from './ansi.ts'
import { LineTime } from './LineTime.tsx'
import type { LineClock } from './lineClock.ts'
import classes from './LogLines.module.css'
import type { LogGroup } from './logStructure.ts'

export interface LineChoice {
  timestamps: boolean
  /** null = it is not known when the lines came: times that the lines begin with are all there is. */
  clock: LineClock | null
  /** Lower case; '' = nothing is looked for. */
  search: string
}

interface LineNumberProps {
  line: number
  width: string
  onPick: (line: number, isRange: boolean) => void
}

/** Not a stop of the Tab key: a log has thousands. */
export function LineNumber({ line, width, onPick }: LineNumberProps) {
  return (
    <a
      href={`#L${line + 1}`}
      tabIndex={-1}
      className={classes['number']}
      style={{ width }}
      aria-label={strings.log.lineLink(line + 1)}
      onClick={(event) => {
        event.preventDefault()
        onPick(line, event.shiftKey)
      }}
    >
      {line + 1}
    </a>
  )
}

interface GroupHeadProps {
  group: LogGroup
  isOpen: boolean
  search: string
  onToggle: () => void
}

export function GroupHead({ group, isOpen, search, onToggle }: GroupHeadProps) {
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <button
      type="button"
      className={classes['group']}
      style={{ paddingLeft: group.depth * 14 }}
      aria-expanded={isOpen}
      data-error={group.hasError || undefined}
      onClick={onToggle}
    >
      <Chevron size={14} aria-hidden />
      <span>{marked(group.name === '' ? strings.log.group : group.name, search)}</span>
      {group.hasError ? <span className={classes['groupError']}>{strings.log.groupError}</span> : null}
      {group.duration_ms === null ? null : <span className={classes['groupTime']}>{formatDuration(group.duration_ms)}</span>}
    </button>
  )
}

interface LineTextProps extends LineChoice {
  line: string
  /** When it came; null = not known. */
  at: number | null
  level: LogLevel | null
}

export const LineText = memo(function LineText({ line, at, level, timestamps, clock, search }: LineTextProps) {
  const plain = plainText(line)
  const stamp = timestampLength(plain)
  const hasColors = line.includes('\u001b')
  const shown = level ?? levelAfter(plain, 'info')
  const spans = hasColors ? cutSpans(parseAnsi(line), stamp) : null
  return (
    <span
      className={classes['text']}
      data-level={hasColors || shown === 'info' ? undefined : shown}
      data-timed={(timestamps && clock !== null) || undefined}
    >
      {timestamps && clock !== null ? <LineTime line={plain} at={at} clock={clock} /> : null}
      {timestamps && clock === null && stamp > 0 ? <span className={classes['stamp']}>{plain.slice(0, stamp)}</span> : null}
      {spans === null
        ? linked(plain.slice(stamp), search)
        : spans.map((span, index) => (
            <span key={index} className={spanClass(span)} style={spanStyle(span)}>
              {linked(span.text, search)}
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

/** Only http and https: what a task prints must not become a script. The end of a sentence is no part of an address. */
const ADDRESS = /https?:\/\/[^\s<>"'`\u0000-\u001f]+[^\s<>"'`.,;:!?)\]}\u0000-\u001f]/g

function linked(text: string, search: string): React.ReactNode {
  if (!text.includes('://')) return marked(text, search)
  const parts: React.ReactNode[] = []
  let from = 0
  for (const found of text.matchAll(ADDRESS)) {
    parts.push(marked(text.slice(from, found.index), search))
    parts.push(
      <a key={found.index} href={found[0]} target="_blank" rel="noopener noreferrer" className={classes['link']}>
        {marked(found[0], search)}
      </a>,
    )
    from = found.index + found[0].length
  }
  parts.push(marked(text.slice(from), search))
  return parts
}

function marked(text: string, search: string): React.ReactNode {
  if (search === '') return text
  const lower = text.toLowerCase()
  // Some letters are longer in lower case; then positions do not fit and nothing is marked.
  if (lower.length !== text.length) return text
  const parts: React.ReactNode[] = []
  let from = 0
  for (let at = lower.indexOf(search); at >= 0; at = lower.indexOf(search, from)) {
    parts.push(text.slice(from, at), <mark key={`m${at}`}>{text.slice(at, at + search.length)}</mark>)
    from = at + search.length
  }
  if (from === 0) return text
  parts.push(text.slice(from))
  return parts
}
