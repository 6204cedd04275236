/** The next runs, in the schedule's zone, here and in UTC. At most 100 rows: few enough to be in the page at once. */
import { Table } from '@mantine/core'
import { IconClockExclamation } from '@tabler/icons-react'
import { memo } from 'react'
import type { PreviewedRun } from '#contract/schedule.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { formatDuration, formatRelative, localZone, timeParts } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { clockChangeWords } from './clockChange.ts'
import classes from './SchedulesPage.module.css'

const text = strings.preview

interface RunsTableProps {
  runs: readonly PreviewedRun[]
  zone: string
  /** How long a run of the DAG takes; null = not known. */
  usual: number | null
  /** Without the numbers and the other zones. */
  isShort?: boolean
}

export const RunsTable = memo(function RunsTable({ runs, zone, usual, isShort = false }: RunsTableProps) {
  const local = localZone()
  const others = isShort
    ? []
    : [
        ...(local === zone ? [] : [{ name: text.columns.local, zone: local }]),
        ...(zone === 'UTC' || local === 'UTC' ? [] : [{ name: text.columns.utc, zone: 'UTC' }]),
      ]
  const hasIntervals = runs.some((run) => run.data_interval_start !== run.data_interval_end)
  // Where the run starts at its logical date one column says both.
  const hasDates = hasIntervals || runs.some((run) => run.logical_date !== run.run_after)
  const hasMarks = runs.some((run) => run.clock_change !== null || run.still_running > 0)
  return (
    <div className={classes['tableFrame']} tabIndex={0} role="region" aria-label={text.next}>
      <Table verticalSpacing={4} fz="sm" stickyHeader={false} miw={isShort ? 380 : 560}>
        <Table.Thead>
          <Table.Tr>
            {isShort ? null : <Table.Th w={44}>{text.columns.number}</Table.Th>}
            <Table.Th>
              {text.columns.inZone} <span className={classes['dim']}>{zone}</span>
            </Table.Th>
            {hasMarks ? <Table.Th>{text.columns.marks}</Table.Th> : null}
            {others.map(({ name, zone: each }) => (
              <Table.Th key={each}>
                {name === each ? (
                  name
                ) : (
                  <>
                    {name} <span className={classes['dim']}>{each}</span>
                  </>
                )}
              </Table.Th>
            ))}
            {isShort ? null : <Table.Th>{text.columns.in}</Table.Th>}
            {hasDates ? <Table.Th>{hasIntervals ? text.columns.interval : text.columns.logical}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run, at) => (
            <Table.Tr key={run.run_after} {...(run.clock_change === null ? {} : { className: classes['changed'] })}>
              {isShort ? null : <Table.Td className="tabular">{at + 1}</Table.Td>}
              <Table.Td>
                <Moment at={run.run_after} zone={zone} withDay />
              </Table.Td>
              {hasMarks ? (
                <Table.Td>
                  <Marks run={run} usual={usual} />
                </Table.Td>
              ) : null}
              {others.map(({ zone: each }) => (
                <Table.Td key={each}>
                  <Moment at={run.run_after} zone={each} />
                </Table.Td>
              ))}
              {isShort ? null : (
                <Table.Td className={`tabular ${classes['dim']} ${classes['nowrap']}`}>
                  {formatRelative(run.run_after, serverNow())}
                </Table.Td>
              )}
              {hasDates ? (
                <Table.Td className={classes['nowrap'] ?? ''}>
                  {hasIntervals ? (
                    <>
                      <Moment at={run.data_interval_start} zone={zone} /> –{' '}
                      <Moment at={run.data_interval_end} zone={zone} isBrief={isShort} />
                    </>
                  ) : (
                    <Moment at={run.logical_date} zone={zone} />
                  )}
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
})

const weekdays = new Map<string, Intl.DateTimeFormat>()
function weekday(at: string, zone: string): string {
  let format = weekdays.get(zone)
  if (format === undefined) weekdays.set(zone, (format = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: zone })))
  return format.format(new Date(at))
}

/** Plain text, without a tooltip each: the other zones stand beside it. */
function Moment({ at, zone, withDay = false, isBrief = false }: { at: string; zone: string; withDay?: boolean; isBrief?: boolean }) {
  const { date, time, zone: name } = timeParts(at, zone)
  return (
    <time dateTime={at} className="tabular">
      {withDay ? <span className={classes['dim']}>{weekday(at, zone)} </span> : null}
      {isBrief ? date.slice(5) : date} {time.endsWith(':00') ? time.slice(0, 5) : time}
      {/* The head names the zone; the name of its hour says more only where the clock changes. */}
      {withDay && name !== zone ? <span className={classes['dim']}> {name}</span> : null}
    </time>
  )
}

function Marks({ run, usual }: { run: PreviewedRun; usual: number | null }) {
  const change = run.clock_change === null ? null : clockChangeWords(run.clock_change)
  return (
    <>
      {change === null ? null : (
        <span className={classes['clock']} title={change.sentence}>
          <IconClockExclamation size={14} aria-hidden /> {change.mark}
        </span>
      )}
      {run.still_running > 0 && usual !== null ? (
        <span title={text.overlapHint(run.still_running, formatDuration(usual))} style={{ display: 'block' }}>
          {text.overlap(run.still_running)}
        </span>
      ) : null}
    </>
  )
}
