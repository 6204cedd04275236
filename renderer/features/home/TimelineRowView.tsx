/** One DAG of the timeline: its name, its runs as bars, its planned runs as ticks. */
import { IconPlayerPause } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { TimelineRow } from '#contract/overview.ts'
import { formatDuration, timeParts } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { RunAnchor } from '../../ui/RunAnchor.tsx'
import { stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import { lanesOf, place, type PlacedBar, type Window } from './scale.ts'
import classes from './Timeline.module.css'

const text = strings.home.timeline
const percent = (share: number) => `${(share * 100).toFixed(3)}%`

interface RowProps {
  row: TimelineRow
  /** Times, rather than an object, so that a row renders only when it moves. */
  start: number
  end: number
  now: number
  zone: string
}

export const TimelineRowView = memo(function TimelineRowView({ row, start, end, now, zone }: RowProps) {
  const window = { start, end }
  const { placed, lanes } = lanesOf(row.bars, now)
  const shown = placed.filter((bar) => bar.end >= start && bar.start <= end)
  const planned = row.planned.map((at) => Date.parse(at)).filter((at) => at > now && at < end)
  const runs = shown.length + row.blocks.reduce((sum, block) => sum + block.count, 0)
  const failed =
    shown.filter(({ bar }) => bar.state === 'failed').length +
    row.blocks.reduce((sum, block) => sum + (block.state === 'failed' ? block.count : 0), 0)
  const name = row.dag_display_name ?? row.dag_id
  return (
    <>
      <div className={classes['name']}>
        {row.is_paused ? <IconPlayerPause size={13} role="img" aria-label={text.paused} /> : null}
        <Link
          to="/dags/$dagId"
          params={{ dagId: row.dag_id }}
          className="ellipsis"
          title={name}
          aria-label={text.row(name, runs, failed, planned.length)}
        >
          {name}
        </Link>
      </div>
      <div className={classes['track']} style={{ '--lanes': lanes } as React.CSSProperties}>
        {row.blocks.map((block) => (
          <Block key={`${block.start_time} ${block.state}`} block={block} window={window} now={now} zone={zone} />
        ))}
        {shown.map((each) => (
          <Bar key={each.bar.run_id} placed={each} dagId={row.dag_id} window={window} zone={zone} now={now} />
        ))}
        {planned.map((at) => (
          <span
            key={at}
            className={classes['tick']}
            style={{ left: percent(place(at, window)) }}
            role="img"
            aria-label={text.planned(clock(at, zone))}
            tabIndex={-1}
            data-hint={text.planned(clock(at, zone))}
          />
        ))}
      </div>
    </>
  )
})

interface BarProps {
  placed: PlacedBar
  dagId: string
  window: Window
  zone: string
  now: number
}

function Bar({ placed: { bar, start, end, lane }, dagId, window, zone, now }: BarProps) {
  const times =
    bar.start_time === null
      ? text.waiting(clock(start, zone))
      : text.from(clock(start, zone), formatDuration(Math.max(0, (bar.end_time === null ? now : end) - start)))
  const hint = text.bar(bar.run_id, stateWord(bar.state), times)
  return (
    <RunAnchor
      dagId={dagId}
      runId={bar.run_id}
      className={classes['bar']}
      style={{ ...span(start, end, window), '--lane': lane, background: stateFill(bar.state) } as React.CSSProperties}
      data-state={bar.state}
      data-hint={hint}
      aria-label={hint}
      // Arrows go there from the row's DAG (rowKeys.ts): a thousand stops would bury the rest of the page.
      tabIndex={-1}
      draggable={false}
    />
  )
}

function Block({ block, window, now, zone }: { block: TimelineRow['blocks'][number]; window: Window; now: number; zone: string }) {
  const start = Date.parse(block.start_time)
  const end = block.end_time === null ? now : Date.parse(block.end_time)
  const hint = text.block(block.count, stateWord(block.state), text.from(clock(start, zone), formatDuration(end - start)))
  return (
    <span
      className={classes['bar']}
      style={{ ...span(start, end, window), '--lane': 0, background: stateFill(block.state) } as React.CSSProperties}
      data-state={block.state}
      data-block
      role="img"
      aria-label={hint}
      tabIndex={-1}
      data-hint={hint}
    />
  )
}

/** From place to place, cut at the window's ends. */
function span(start: number, end: number, window: Window): { left: string; width: string } {
  const [left, right] = [Math.max(0, place(start, window)), Math.min(1, place(end, window))]
  return { left: percent(left), width: percent(Math.max(0, right - left)) }
}

/** `09:00:05`; the date too where it is not today's. */
export function clock(at: number, zone: string): string {
  const { date, time } = timeParts(new Date(at).toISOString(), zone)
  return date === timeParts(new Date().toISOString(), zone).date ? time : `${date} ${time}`
}
