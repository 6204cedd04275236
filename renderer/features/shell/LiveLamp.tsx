/** The lamp that says whether what is on the page is live, and if not, how old it is. */
import { Tooltip } from '@mantine/core'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { liveStore } from '../../api/liveEvents.ts'
import { formatDuration, formatRelative } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import classes from './LiveLamp.module.css'

export function LiveLamp() {
  const live = useSyncExternalStore(liveStore.subscribe, liveStore.get)
  const [now, setNow] = useState(() => Date.now())
  const isBroken = live.status === 'reconnecting'
  useEffect(() => {
    if (!isBroken) return
    // Only a broken connection counts its seconds.
    const timer = setInterval(() => {
      setNow(Date.now())
    }, 1000)
    return () => {
      clearInterval(timer)
    }
  }, [isBroken])
  const ago = (at: number) => formatRelative(new Date(at).toISOString(), Math.max(now, at))
  const hint =
    live.status === 'connected'
      ? strings.live.connectedHint(live.lastEventAt === null ? strings.live.never : ago(live.lastEventAt))
      : isBroken
        ? (live.isSilent ? strings.live.silentHint : strings.live.reconnectingHint)(ago(live.since))
        : strings.live.connectingHint
  return (
    <Tooltip label={hint}>
      <span
        className={classes['lamp']}
        data-status={live.status}
        role="group"
        tabIndex={0}
        aria-label={`${strings.live[live.status]}. ${hint}`}
        onPointerEnter={() => {
          setNow(Date.now())
        }}
      >
        <span className={classes['dot']} />
        <span className={classes['word']}>
          {/* Read aloud when it changes, which its seconds do all the time. */}
          <span role="status">{strings.live[live.status]}</span>
          {isBroken ? <span aria-hidden> {formatDuration(Math.max(0, Math.floor((now - live.since) / 1000) * 1000))}</span> : null}
        </span>
      </span>
    </Tooltip>
  )
}
