/** The present, as often as it can be seen to have moved; it stands still in a hidden tab. */
import { useEffect, useState } from 'react'
import { serverNow } from '../../lib/serverClock.ts'

export function useNow(stepMs: number): number {
  const [now, setNow] = useState(() => serverNow())
  useEffect(() => {
    const tick = () => {
      if (!document.hidden) setNow(serverNow())
    }
    const timer = setInterval(tick, stepMs)
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [stepMs])
  return now
}
