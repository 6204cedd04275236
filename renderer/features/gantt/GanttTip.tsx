/** What the pointer is on: state, attempt, how long it waited and ran, and when. */
import { formatDuration, formatInstant, zoneFor } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import { useTimeMode } from '../../ui/timeMode.ts'
import type { CriticalStep } from './criticalPath.ts'
import classes from './Gantt.module.css'
import type { Bar, GanttRow } from './model.ts'

export interface Pointed {
  row: GanttRow
  bar: Bar
  index: number
  x: number
  y: number
}

const WIDTH = 320
const HEIGHT = 190
const text = strings.gantt

interface GanttTipProps {
  pointed: Pointed
  runStart: number
  now: number
  zone: string | null
  step: CriticalStep | null
}

export function GanttTip({ pointed: { row, bar, x, y }, runStart, now, zone, step }: GanttTipProps) {
  const zoneName = zoneFor(useTimeMode(), zone)
  const clock = (time: number) => formatInstant(new Date(time).toISOString(), zoneName)
  const end = bar.end ?? now
  const start = bar.start ?? end
  const facts: [string, string][] = [
    ...(bar.waiting_from !== null && start > bar.waiting_from
      ? [[text.waitedFor, formatDuration(start - bar.waiting_from)] as [string, string]]
      : []),
    ...(bar.start === null ? [] : [[text.ranFor, formatDuration(end - bar.start)] as [string, string]]),
    [text.from, `${clock(bar.start ?? bar.waiting_from ?? end)}`],
    [text.to, bar.end === null ? text.now : clock(bar.end)],
  ]
  const left = Math.max(8, Math.min(x + 14, window.innerWidth - WIDTH - 8))
  const top = y + 18 + HEIGHT > window.innerHeight ? y - HEIGHT : y + 18
  return (
    <div className={classes['tip']} role="tooltip" style={{ left, top, maxWidth: WIDTH }}>
      <strong>
        {row.task_id ?? row.id}
        {row.map_index < 0 ? '' : ` ${row.label}`}
      </strong>
      <div className={classes['tipState']}>
        <StateIcon state={bar.state} size={14} />
        {stateWord(bar.state)}
        {bar.attempt === 0
          ? ` · ${text.counts(row.total)}`
          : bar.attempt > 1 || row.bars.length > 1
            ? ` · ${text.attempt(bar.attempt, 0)}`
            : ''}
      </div>
      {bar.attempt === 0 ? (
        <div>{[...row.counts].map(([state, count]) => `${count.toLocaleString('en')} ${stateWord(state)}`).join(', ')}</div>
      ) : null}
      <dl>
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="tabular">{value}</dd>
          </div>
        ))}
      </dl>
      <div className={classes['dim']}>
        {text.afterStart(formatDuration(Math.max(0, (bar.start ?? bar.waiting_from ?? end) - runStart)))}
      </div>
      {step ? <div className={classes['tipPath']}>{text.criticalStep(formatDuration(step.waited_ms))}</div> : null}
    </div>
  )
}
