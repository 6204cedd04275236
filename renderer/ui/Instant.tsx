/** An instant in the chosen time mode; the tooltip holds the relative time and the other zones. */
import { Tooltip } from '@mantine/core'
import { useState, useSyncExternalStore } from 'react'
import { serverNow } from '../lib/serverClock.ts'
import { formatInstant, formatRelative, localZone, timeParts, zoneFor } from '../lib/time.ts'
import { strings } from '../strings.ts'
import { makeTicker, never } from './ticker.ts'
import { useTimeMode } from './timeMode.ts'

const TICK_MS = 30_000
const halfMinute = makeTicker(TICK_MS)

/** A tick old at most. */
function pastOf(at: string, ticked: number): number {
  const ahead = Date.parse(at) - ticked
  return ahead > 0 && ahead <= TICK_MS ? Math.min(serverNow(), ticked + TICK_MS) : ticked
}

interface InstantProps {
  at: string | null
  /** The DAG's zone, for DAG mode. */
  zone?: string | null
  /** Shows the relative time and keeps the absolute one for the tooltip. */
  relative?: boolean
  /** With milliseconds: many things of one second stand below each other. */
  isFine?: boolean
}

export function Instant({ at, zone = null, relative = false, isFine = false }: InstantProps) {
  const mode = useTimeMode()
  // Of an absolute time the tooltip alone is relative: read when the pointer comes. A thousand rows must not render each second.
  const ticked = useSyncExternalStore(relative ? halfMinute.subscribe : never, () => (relative ? halfMinute.now() : 0))
  const [seen, setSeen] = useState(0)
  // A tooltip costs as much as the rest of a row: it is made when the pointer comes.
  const [hasPointer, setHasPointer] = useState(false)
  if (at === null) return <span className="tabular">{strings.time.never}</span>
  // What has just come may be newer than the last tick, and is not of the future for that.
  const now = relative ? pastOf(at, Math.max(ticked, seen)) : seen
  const shown = timeParts(at, zoneFor(mode, zone))
  const time = (
    <time
      dateTime={at}
      className="tabular"
      onPointerEnter={() => {
        setSeen(serverNow())
        setHasPointer(true)
      }}
    >
      {relative ? formatRelative(at, now) : `${shown.date} ${shown.time}${isFine ? `.${at.slice(20, 23).padEnd(3, '0')}` : ''}`}
      {relative ? null : <span style={{ color: 'var(--text-dim)', fontSize: '0.85em' }}> {shown.zone}</span>}
    </time>
  )
  if (!hasPointer) return time
  const zones = [...new Set([zone ?? 'UTC', localZone(), 'UTC'])]
  const label = (
    <>
      <div>{formatRelative(at, now)}</div>
      {zones.map((name) => (
        <div key={name} className="tabular">
          {formatInstant(at, name)}
        </div>
      ))}
    </>
  )
  return (
    <Tooltip label={label} multiline>
      {time}
    </Tooltip>
  )
}
