/** A value that changes at most every so often: rows are worked out four times a second, not for each event. */
import { useEffect, useRef, useState } from 'react'
import { serverNow } from '../../lib/serverClock.ts'

export function useThrottled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value)
  const last = useRef(0)
  useEffect(() => {
    const wait = last.current + ms - Date.now()
    const timer = setTimeout(
      () => {
        last.current = Date.now()
        setShown(value)
      },
      Math.max(0, wait),
    )
    return () => {
      clearTimeout(timer)
    }
  }, [value, ms])
  return shown
}

/** The present moment, moving on while something goes on. */
export function useNow(isLive: boolean, ms: number): number {
  const [now, setNow] = useState(() => serverNow())
  useEffect(() => {
    if (!isLive) return undefined
    setNow(serverNow())
    const timer = setInterval(() => {
      setNow(serverNow())
    }, ms)
    return () => {
      clearInterval(timer)
    }
  }, [isLive, ms])
  return now
}
