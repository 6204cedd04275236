/** Keeps a log's source reading: at first, when `log` events say that it grew, and when the connection came back. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { liveStore } from '../../api/liveEvents.ts'
import { logSignalQuery, readLog } from '../../api/queries.ts'
import { readLogIndex } from '../../api/queries/taskViews.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'
import { LogSource, type LogSnapshot } from './logSource.ts'

/** Between two looks at a large log that grows: each asks the server for what is new in its index. */
const PAGED_PAUSE_MS = 700

export interface LogReader {
  source: LogSource
  log: LogSnapshot
  retry: () => void
}

/** `wake` changes when the log may have grown without an event: the task's state or attempt changed. */
export function useLogSource(ref: AttemptRef, wake: string): LogReader {
  const source = useMemo(
    () => new LogSource({ page: (offset, limit) => readLog(ref, offset, limit), index: (from) => readLogIndex(ref, from) }),
    [ref],
  )
  const busy = useRef<LogSource | null>(null)
  const signal = useQuery(logSignalQuery(ref)).data
  const isConnected = useSyncExternalStore(liveStore.subscribe, () => liveStore.get().status === 'connected')
  const read = useCallback(async () => {
    if (busy.current === source) return
    busy.current = source
    try {
      while (await source.pump());
    } finally {
      if (busy.current === source) busy.current = null
    }
  }, [source])
  const log = useSyncExternalStore(source.subscribe, source.get)
  const signalled = signal?.size ?? 0
  const isBehind = log.isRead && !log.complete && log.error === null && (signalled > log.size || signal?.complete === true)
  useEffect(() => {
    void read()
  }, [read, wake, isConnected])
  useEffect(() => {
    if (!isBehind) return
    const timer = setTimeout(() => void read(), log.mode === 'paged' ? PAGED_PAUSE_MS : 0)
    return () => {
      clearTimeout(timer)
    }
  }, [read, isBehind, signalled, signal?.complete, log.size, log.mode])
  return { source, log, retry: () => void read() }
}
